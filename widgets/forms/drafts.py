"""What stands in fields and cannot be taken, kept while the form shows another node. Nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.blueprint.document import Node
from widgets.forms.field_row import FieldRow


class Drafts:
    """Drafts by node and field, each with the value that the document had then."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[str, Any]] = {}

    def keep(self, node: Node | None, rows: Mapping[str, FieldRow]) -> None:
        """The form goes on to another node."""
        for name, row in rows.items() if node is not None else ():
            assert node is not None
            draft = row.editor.draft()
            self._kept.pop((node.id, name), None)
            if draft is not None:
                self._kept[node.id, name] = (draft, node.props.get(name, row.field.default))

    def restore(self, node: Node, rows: Mapping[str, FieldRow]) -> None:
        """The form came back; a value that has changed meanwhile is newer than the draft."""
        for name, row in rows.items():
            draft, value = self._kept.get((node.id, name), (None, None))
            if draft is not None and value == node.props.get(name, row.field.default):
                row.editor.restore(draft)
