"""The command palette, by keyboard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.themed import nameless, wear
from widgets.palette import CommandPalette, PaletteItem
from widgets.palette.fuzzy import match

ITEMS = [
    PaletteItem("new", "New session", "Ctrl+N", group="Session", icon="plus"),
    PaletteItem("list", "Open the session list", "Ctrl+Shift+S"),
    PaletteItem("undo", "Undo add Section", "Ctrl+Z", enabled=False, group="Agent"),
    PaletteItem("settings", "Settings", "Ctrl+,"),
]


@pytest.fixture
def palette(qapp: QApplication, qtbot: QtBot) -> CommandPalette:
    wear(qapp)
    window = QWidget()
    window.resize(800, 600)
    layout = QVBoxLayout(window)
    layout.addWidget(QLineEdit())
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    window.findChild(QLineEdit).setFocus()
    made = CommandPalette(window)
    made.window_kept = window  # type: ignore[attr-defined]
    made.set_commands(ITEMS)
    made.open()
    return made


def test_typing_filters_and_enter_chooses(palette: CommandPalette, qtbot: QtBot) -> None:
    assert palette.titles() == [item.title for item in ITEMS]
    qtbot.keyClicks(palette.field, "sett")
    assert palette.titles()[0] == "Settings"
    with qtbot.waitSignal(palette.chosen) as chosen:
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == ["settings"] and palette.isHidden()


def test_arrows_skip_what_is_not_available(palette: CommandPalette, qtbot: QtBot) -> None:
    for _ in range(2):
        qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.chosen) as chosen:
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == ["settings"]


def test_escape_gives_the_focus_back(palette: CommandPalette, qtbot: QtBot, qapp: QApplication) -> None:
    assert qapp.focusWidget() is palette.field
    with qtbot.waitSignal(palette.closed):
        qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert isinstance(qapp.focusWidget(), QLineEdit) and qapp.focusWidget() is not palette.field


def test_a_click_elsewhere_closes_it(palette: CommandPalette, qtbot: QtBot) -> None:
    qtbot.mouseClick(palette.parentWidget(), Qt.MouseButton.LeftButton)
    assert palette.isHidden()


def test_a_click_chooses(palette: CommandPalette, qtbot: QtBot) -> None:
    place = palette.list.visualRect(palette.list.model().index(1, 0)).center()
    with qtbot.waitSignal(palette.chosen) as chosen:
        qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["list"]


def test_nothing_fits_is_said(palette: CommandPalette, qtbot: QtBot) -> None:
    qtbot.keyClicks(palette.field, "qqq")
    assert palette.titles() == [] and palette.nothing.isVisible()
    heard: list[str] = []
    palette.chosen.connect(heard.append)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert heard == []


def test_a_group_is_found_too(palette: CommandPalette, qtbot: QtBot) -> None:
    qtbot.keyClicks(palette.field, "agent undo")
    assert palette.titles() == ["Undo add Section"]


def test_names_for_everyone(palette: CommandPalette) -> None:
    assert nameless(palette) == []
    words = palette.list.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "New session, Session, Ctrl+N"


def test_beginnings_of_words_win() -> None:
    titles = ["Open the session list", "New session", "Unset notes"]
    scores = {title: match("ns", title) for title in titles}
    best = max((title for title in titles if scores[title]), key=lambda title: (scores[title] or (0, []))[0])
    assert best == "New session"
    assert match("", "anything") == (0, [])
    assert match("zz", "New session") is None


@given(st.text(max_size=12), st.text(max_size=30))
def test_matching_never_fails_and_points_into_the_title(typed: str, title: str) -> None:
    found = match(typed, title)
    if found is not None:
        assert found[1] == sorted(set(found[1]))
        assert all(0 <= place < len(title) for place in found[1])


@given(st.text(alphabet="abc def", min_size=1, max_size=20))
def test_a_title_fits_itself(title: str) -> None:
    assert match(title, title) is not None
