"""The question what an agent from a file may do."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from tests.widgets.themed import nameless, unreachable, wear
from widgets.permissions import ConsentDialog, ConsentRow
from widgets.permissions.looks import ICONS, icon_of
from widgets.theme import has_icon

ROWS = [
    ConsentRow(("http:1", "http:2"), "http", "Fetch from example.org", "Tool · Look up"),
    ConsentRow(("python:1",), "python", "Run code of its own", "Tool · Count", "import os\nprint(1)"),
]


@pytest.fixture
def ask(qapp: QApplication, qtbot: Any) -> Any:
    wear(qapp)

    def make(rows: list[ConsentRow] = ROWS, unknown: tuple[str, ...] = ()) -> ConsentDialog:
        dialog = ConsentDialog("Researcher", "/tmp/researcher.bough.json", rows, unknown)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return make


def click(widget: Any) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_nothing_is_ticked_and_enter_allows_nothing(ask: Any) -> None:
    dialog = ask()
    assert dialog.ticked() == ()
    assert not dialog.allow.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.allowed == ()


def test_what_is_ticked_is_allowed_and_no_more(ask: Any) -> None:
    dialog = ask()
    dialog.lines[0].box.click()
    assert dialog.allow.text() == "Allow 1 and add"
    click(dialog.allow)
    assert dialog.allowed == ("http:1", "http:2")


def test_looking_first_allows_nothing_of_what_is_ticked(ask: Any) -> None:
    dialog = ask()
    dialog.all.click()
    assert len(dialog.ticked()) == 3
    assert dialog.allow.text() == "Allow 2 and add"
    dialog.lines[1].box.click()
    assert not dialog.all.isChecked()
    click(dialog.look)
    assert dialog.allowed == ()


def test_code_is_shown_as_it_is_before_agreeing(ask: Any) -> None:
    dialog = ask()
    line = dialog.lines[1]
    assert not dialog.lines[0].fold.isVisible()
    assert line.detail.isHidden()
    click(line.fold)
    assert line.detail.isVisible()
    assert line.detail.toPlainText() == "import os\nprint(1)"
    click(line.fold)
    assert line.detail.isHidden()


def test_parts_of_a_newer_version_are_named(ask: Any) -> None:
    dialog = ask([], ("hologram", "hologram", "warp"))
    assert "“hologram”, “warp”" in dialog.unknown.text()
    assert not dialog.allow.isVisible()
    assert dialog.look.text() == "Add agent"
    assert dialog.ticked() == ()
    click(dialog.cancel)
    assert dialog.result() == QDialog.DialogCode.Rejected


def test_everyone_can_answer(ask: Any) -> None:
    dialog = ask()
    dialog.lines[1].fold.click()
    assert not nameless(dialog)
    assert not unreachable(dialog)
    assert "Run code of its own" in dialog.lines[1].box.accessibleName()


def test_every_kind_has_an_icon(qapp: QApplication) -> None:
    assert all(has_icon(icon_of(kind)) for kind in [*ICONS, "something new"])
