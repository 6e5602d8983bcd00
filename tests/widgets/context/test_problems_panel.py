"""The panel of problems: grouped and counted, every place and every fix one key away, live."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from engine.blueprint.problem import Problem, set_value
from tests.widgets.editor_help import nameless
from widgets import theme
from widgets.context.problems import MOST, ProblemsPanel

FIX = set_value("a", "text", "x", "write something")
FOUND = [
    Problem("a", "text", "error", "There is no text.", FIX),
    Problem("b", None, "error", "This is broken."),
    Problem("root", None, "warning", "There is no Timeline.", set_value("root", "name", "x", "Add a Timeline")),
    Problem("c", None, "info", "Nothing stands inside.", set_value("c", "x", 1, "Remove it")),
]
TITLES = {"a": "System", "b": "When", "root": "Agent · Ada", "c": "Group"}


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> ProblemsPanel:
    theme.manager().apply(qapp)
    widget = ProblemsPanel()
    qtbot.addWidget(widget)
    widget.resize(700, 220)
    widget.show_problems(FOUND, TITLES)
    widget.begin()
    return widget


def texts(panel: ProblemsPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel) and label.text()]


def button(panel: ProblemsPanel, text: str) -> QPushButton:
    return next(b for b in panel.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(panel))


def test_problems_stand_in_groups_with_words_and_counts(panel: ProblemsPanel) -> None:
    said = texts(panel)
    assert said[:2] == ["Problems", "2 problems, 1 hint, 1 note"]
    order = [t for t in said if t in ("MUST BE PUT RIGHT", "PROBABLY NOT AS MEANT", "WORTH A LOOK") or t.endswith(".")]
    assert order == [
        "MUST BE PUT RIGHT",
        "There is no text.",
        "This is broken.",
        "PROBABLY NOT AS MEANT",
        "There is no Timeline.",
        "WORTH A LOOK",
        "Nothing stands inside.",
    ]
    assert nameless(panel) == []


def test_each_row_leads_to_its_place_and_its_fix(panel: ProblemsPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.chosen) as heard:
        button(panel, "System").click()
    assert heard.args == [FOUND[0]]
    with qtbot.waitSignal(panel.fix_wanted) as heard:
        button(panel, "Write something").click()
    assert heard.args == [FOUND[0]]
    assert not panel.rows()[1].fix.isVisibleTo(panel)
    with qtbot.waitSignal(panel.fix_all_wanted):
        button(panel, "Fix all that can be fixed (2)").click()


def test_the_list_is_live_and_the_keyboard_stays_where_it_was(panel: ProblemsPanel, qtbot: QtBot) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.rows()[0].fix.setFocus()
    rows = panel.rows()
    panel.show_problems([*FOUND], TITLES)
    assert panel.rows() == rows, "what reads the same is not built anew"
    panel.show_problems(FOUND[1:], TITLES)
    assert len(panel.rows()) == 3
    assert panel.rows()[0].has_focus()
    panel.show_problems([], TITLES)
    assert "No problems. What could go wrong is checked after every change." in texts(panel)


def test_a_fix_in_the_middle_of_a_long_list_leaves_the_list_where_it_was(panel: ProblemsPanel, qtbot: QtBot) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    many = [Problem("a", "text", "warning", f"Number {n}.", FIX) for n in range(40)]
    panel.show_problems(many, TITLES)
    bar = panel.findChild(QScrollArea).verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 500)
    bar.setValue(500)
    pressed = next(row for row in panel.rows() if row.y() > 520)
    number = panel.rows().index(pressed)
    pressed.fix.setFocus()
    panel.show_problems(many[:number] + many[number + 1 :], TITLES)
    qtbot.waitUntil(lambda: panel.rows()[number].y() > 520)
    assert bar.value() == 500 and panel.rows()[number].has_focus()


def test_a_row_that_stays_gets_the_newest_fix(panel: ProblemsPanel) -> None:
    newer = Problem("a", "text", "error", "There is no text.", set_value("a", "text", "y", "write something"))
    panel.show_problems([newer, *FOUND[1:]], TITLES)
    assert panel.rows()[0].problem is newer


def test_keys_walk_through_the_list_and_close_it(panel: ProblemsPanel, qtbot: QtBot) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.begin()
    assert panel.rows()[0].place.hasFocus()
    QTest.keyClick(panel.rows()[0].place, Qt.Key.Key_Down)
    QTest.keyClick(panel.rows()[1].place, Qt.Key.Key_Down)
    assert panel.rows()[2].place.hasFocus()
    QTest.keyClick(panel.rows()[2].place, Qt.Key.Key_Up)
    assert panel.rows()[1].place.hasFocus()
    with qtbot.waitSignal(panel.closed):
        QTest.keyClick(panel.rows()[1].place, Qt.Key.Key_Escape)
    assert panel.isHidden()


def test_while_it_is_closed_nothing_is_built(panel: ProblemsPanel) -> None:
    panel.end()
    before = panel.rows()
    panel.show_problems(FOUND[:1], TITLES)
    assert panel.rows() == before
    panel.begin()
    assert len(panel.rows()) == 1


def test_a_very_long_list_says_how_many_more_there_are(panel: ProblemsPanel) -> None:
    many = [Problem("a", None, "warning", f"Number {n}.") for n in range(MOST + 7)]
    panel.show_problems(many, TITLES)
    assert len(panel.rows()) == MOST
    assert "and 7 more" in texts(panel)


def test_icons_differ_in_shape_and_follow_the_theme(panel: ProblemsPanel, qapp: QApplication) -> None:
    from tests.widgets.themed import wear

    def pictures() -> list[Any]:
        return [row._icon.pixmap().toImage() for row in panel.rows()]

    light = pictures()
    assert light[0] == light[1] and light[0] != light[2] and light[2] != light[3]
    wear(qapp, "dark")
    assert pictures()[0] != light[0]
    wear(qapp, "light")
