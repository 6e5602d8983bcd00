"""The page of node kinds is what the kinds declare."""

from __future__ import annotations

from pathlib import Path

from engine.blueprint.form_fields import fields
from engine.blueprint.kinds import KINDS
from engine.blueprint.reference import reference


def test_the_page_is_current(root: Path) -> None:
    page = (root / "docs" / "node-kinds.md").read_text(encoding="utf-8")
    assert page == reference(), "write it again: python -m engine.blueprint.reference > docs/node-kinds.md"


def test_every_kind_that_can_be_added_explains_itself() -> None:
    page = reference()
    for kind in KINDS.values():
        if kind.addable:
            assert f"\n### {kind.title}\n" in page
            assert kind.help.endswith(".") and len(kind.help) > 20
            assert all(f"| `{field.name}` |" in page for field in fields(kind.name))


def test_every_kind_but_the_plainest_has_an_example() -> None:
    assert {kind.name for kind in KINDS.values() if kind.addable and not kind.example} <= {"clear", "otherwise"}
