"""Head and fields of one node, from top to bottom. Not here: what is done with what they say (``form``)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from widgets.forms.field_row import FieldRow
from widgets.forms.folded import Folded
from widgets.forms.header import FormHeader


class NodePage(QFrame):
    """One node's properties as widgets; rarely needed ones fold out.

    Args:
        shown: The fields, from the top.
        unfolded: Whether the rarely needed ones are to be seen at first.

    Attributes:
        header: Icon, title, switch.
        rows: The row of each field, by its name.
        more: Folds the rarely needed ones out; None where there are none.
    """

    def __init__(self, shown: Sequence[Field], unfolded: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.rows: dict[str, FieldRow] = {}
        self.more: QPushButton | None = None
        self._chain: list[QWidget] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 24)
        layout.setSpacing(16)
        self.header = FormHeader(self)
        layout.addWidget(self.header)
        self._fixed = QLabel(self)
        self._fixed.setProperty("role", "badge")
        self._fixed.setWordWrap(True)
        self._fixed.setMargin(6)
        layout.addWidget(self._fixed)
        for field in shown:
            if not field.advanced:
                layout.addWidget(self._make(field, self))
        folded = [field for field in shown if field.advanced]
        if folded:
            more = Folded(unfolded, self)
            for field in folded:
                more.add(self._make(field, more.inside))
            layout.addWidget(more)
            self.more = more.button
        layout.addStretch(1)

    def _make(self, field: Field, parent: QWidget) -> FieldRow:
        row = self.rows[field.name] = FieldRow(field, parent)
        return row

    def show_fixed(self, reason: str | None) -> None:
        """Why nothing can be changed here; None where it can."""
        self._fixed.setText(reason or "")
        self._fixed.setVisible(reason is not None)
        self.header.setEnabled(reason is None)

    def order_keys(self) -> None:
        """Tab goes from top to bottom, also after rows were added."""
        chain = self.header.tab_widgets()
        for row in self.rows.values():
            if not row.field.advanced:
                chain += row.tab_widgets()
        chain += [self.more] if self.more is not None else []
        for row in self.rows.values():
            if row.field.advanced:
                chain += row.tab_widgets()
        if chain != self._chain:
            self._chain = chain
            for before, after in itertools.pairwise(chain):
                QWidget.setTabOrder(before, after)
