"""The list of versions and two versions compared on screen."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.blueprint import AgentDocument, Batch, InsertNode, MoveNode, RemoveNode, SetProperty, apply, make_node
from engine.blueprint.compare import compare
from engine.blueprint.edits import SetEnabled
from tests.engine.blueprint.builders import notepad
from tests.widgets.themed import nameless, unreachable, wear
from widgets.versions import CompareView, VersionItem, VersionList, VersionsPage, group_versions, moment
from widgets.versions.difference import AROUND, shortened
from widgets.versions.list import size_words
from widgets.versions.list_model import VersionListModel
from widgets.versions.looks import words_of

NOON = datetime(2026, 3, 10, 12, 0).timestamp()


def after(*edits: Any) -> AgentDocument:
    return apply(notepad(), Batch(edits), check=False)[0]


def items() -> list[VersionItem]:
    moments = {"e": 0.0, "d": 30.0, "c": 60.0, "b": 5_000.0, "a": 5_010.0}
    named = {"a": "First try"}
    return [VersionItem(key, NOON - ago, named.get(key, ""), 900, key == "e") for key, ago in moments.items()]


@pytest.fixture
def app(qapp: QApplication) -> QApplication:
    wear(qapp)
    return qapp


# --- folding -----------------------------------------------------------------------------------------------------


def test_steps_of_one_go_fold_under_the_last_but_never_a_name() -> None:
    groups = group_versions(items())
    assert [(group.head.id, [step.id for step in group.steps]) for group in groups] == [
        ("e", ["d", "c"]),
        ("b", []),
        ("a", []),
    ]


def test_midnight_ends_a_group() -> None:
    midnight = datetime(2026, 3, 10).timestamp()
    groups = group_versions([VersionItem("late", midnight + 5), VersionItem("early", midnight - 5)])
    assert len(groups) == 2
    assert group_versions([]) == []


# --- the list ----------------------------------------------------------------------------------------------------


def test_rows_tell_day_time_name_and_change(app: QApplication) -> None:
    model = VersionListModel()
    model.set_groups(group_versions(items()))
    assert [row.kind for row in model.rows] == ["day", "version", "steps", "version", "version"]
    assert model.unknown() == [("e", "b"), ("b", "a")]
    model.set_change("e", "b", "2 added")
    assert model.unknown() == [("b", "a")]
    spoken = model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "as it is now" in spoken
    assert spoken.endswith("2 added")
    assert model.index(4).data().startswith("First try, ")
    assert model.index(4).data().endswith("The first version")
    assert model.flags(model.index(0)) == Qt.ItemFlag.NoItemFlags
    assert model.data(QModelIndex()) is None
    assert "12:00" in model.index(1).data(Qt.ItemDataRole.ToolTipRole)
    model.toggle("e")
    assert [row.kind for row in model.rows] == ["day", "version", "steps", "version", "version", "version", "version"]
    assert [(row.item.id, row.before) for row in model.rows if row.kind == "version" and row.item] == [
        ("e", "d"), ("d", "c"), ("c", "b"), ("b", "a"), ("a", ""),
    ]  # fmt: skip
    assert model.index(2).data() == "2 steps before it, unfolded"
    assert model.row_of("nobody") == -1
    model.set_groups(group_versions(items()[:3]))
    assert next((row.item.id, row.before) for row in model.rows if row.kind == "version" and row.item) == ("e", "d")
    model.toggle("e")
    assert model.unknown() == [("e", "c")], "folded, all of the first day is one change"


def test_keys_and_mouse_fold_choose_and_ask(app: QApplication, qtbot: Any) -> None:
    view = VersionList()
    qtbot.addWidget(view)
    view.resize(340, 600)
    view.show()
    chosen: list[list[str]] = []
    asked: list[tuple[str, str]] = []
    view.chosen.connect(chosen.append)
    view.name_requested.connect(lambda key: asked.append(("name", key)))
    view.restore_requested.connect(lambda key: asked.append(("restore", key)))
    view.copy_requested.connect(lambda key: asked.append(("copy", key)))
    with qtbot.waitSignal(view.changes_wanted):
        view.show_groups(group_versions(items()))
    view.select(["b"])
    assert chosen[-1] == ["b"]
    QTest.keyClick(view, Qt.Key.Key_F2)
    assert asked == [("name", "b")]
    line = view.visualRect(view.versions.index(2)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=line)
    assert len(view.versions.rows) == 7
    assert view.selected() == ["b"]
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert len(view.versions.rows) == 5
    both = QItemSelectionModel.SelectionFlag.Select
    view.selectionModel().select(view.versions.index(1), both)
    assert view.selected() == ["e", "b"]
    menu = view.make_menu("b", present=False)
    for action in menu.actions():
        action.trigger()
    assert asked[1:] == [("restore", "b"), ("copy", "b"), ("name", "b")]
    assert not view.make_menu("e", present=True).actions()[0].isEnabled()
    view.grab()
    assert not nameless(view)


def test_the_end_of_the_list_asks_for_more(app: QApplication, qtbot: Any) -> None:
    view = VersionList()
    qtbot.addWidget(view)
    view.resize(340, 200)
    view.show()
    many = [VersionItem(f"v{n}", NOON - n * 3_000) for n in range(40)]
    view.show_groups(group_versions(many))
    bar = view.verticalScrollBar()
    with qtbot.waitSignal(view.more_wanted):
        bar.setValue(bar.maximum())


def test_words_for_size_and_time() -> None:
    assert [size_words(size) for size in (820, 3_400, 140_000)] == ["820 B", "3.4 kB", "140 kB"]
    assert moment(NOON).endswith("12:00")
    assert moment(time.time()) == f"{datetime.now():%H:%M}"


# --- comparing ---------------------------------------------------------------------------------------------------


@pytest.fixture
def view(app: QApplication, qtbot: Any) -> CompareView:
    made = CompareView()
    qtbot.addWidget(made)
    made.resize(800, 700)
    made.show()
    return made


def rows(view: CompareView) -> list[str]:
    found: list[str] = []

    def walk(parent: QModelIndex) -> None:
        for number in range(view.tree.rows.rowCount(parent)):
            index = view.tree.rows.index(number, 0, parent)
            found.append(index.data(Qt.ItemDataRole.AccessibleTextRole))
            if view.tree.isExpanded(index):
                walk(index)

    walk(QModelIndex())
    return found


def test_both_trees_in_one_with_words_and_what_did_not_change_folded(view: CompareView) -> None:
    view.show_comparison(
        compare(
            notepad(),
            after(
                InsertNode("root", 0, make_node("reminder", id="new", text="Be brief.")),
                RemoveNode("reply"),
                MoveNode("time", "root", 1),
                SetProperty("section", "text", "* {{ item }}"),
                SetEnabled("section", False),
            ),
        )
    )
    assert rows(view) == [
        "Notepad assistant, unchanged",
        "Reminder, added",
        "Timeline, moved up",
        "2 parts without changes",
        "Tool · Add note, unchanged",
        "Append to notepad, unchanged",
        "Reply, removed",
        "When, unchanged",
        "Section · notepad, changed text, switched on",
    ]
    badges = {kind: badge.text() for kind, badge in view.badges.items() if badge.isVisibleTo(view)}
    assert badges == {"added": "1 added", "removed": "1 removed", "moved": "1 moved", "changed": "1 changed"}
    assert view.difference.toPlainText().startswith("Reminder\nadded")
    assert "[+Be brief.+]" in view.difference.accessibleDescription()
    fold = next(i for i in _indexes(view) if i.data() == "2 parts without changes")
    view.tree.setCurrentIndex(fold)
    assert view.difference.toPlainText() == "Choose a part to see what changed in it."
    view.grab()
    assert not nameless(view)


def _indexes(view: CompareView, parent: QModelIndex | None = None) -> list[QModelIndex]:
    parent = parent or QModelIndex()
    here = [view.tree.rows.index(n, 0, parent) for n in range(view.tree.rows.rowCount(parent))]
    return [found for index in here for found in (index, *_indexes(view, index))]


def test_the_words_inside_a_text(view: CompareView) -> None:
    text = "You are a very good assistant with a notepad."
    view.show_comparison(compare(notepad(), after(SetProperty("sys", "text", text))))
    assert view.difference.plain_difference() == "Instructions: You are [-an-][+a very good+] assistant with a notepad."
    shown = view.difference.toPlainText()
    assert shown.splitlines()[-1] == "You are ana very good assistant with a notepad."
    wear(QApplication.instance(), "dark")  # type: ignore[arg-type]
    assert view.difference.toPlainText() == shown
    wear(QApplication.instance())  # type: ignore[arg-type]


def test_short_values_are_shown_one_after_the_other(view: CompareView) -> None:
    view.show_comparison(compare(notepad(), after(SetProperty("notes", "type", "text"), MoveNode("notes", "root", 0))))
    lines = view.difference.toPlainText().splitlines()
    assert "List → Text" in lines
    assert "moved up" in lines
    assert words_of(view.comparison.changes[0]) == "moved up · changed what it holds"  # type: ignore[union-attr]


def test_a_node_without_changes_says_so(view: CompareView) -> None:
    view.show_comparison(compare(notepad(), after(RemoveNode("time"))))
    root = view.tree.rows.index(0, 0)
    view.tree.setCurrentIndex(root)
    assert "Nothing changed in this part." in view.difference.toPlainText()
    assert view.difference.plain_difference() == ""


def test_equal_versions_get_a_sentence(view: CompareView) -> None:
    assert view.is_empty
    view.show_comparison(compare(notepad(), notepad()))
    assert view.is_empty
    assert view.nothing.title.text() == "Both are the same"


def test_long_unchanged_stretches_are_shortened() -> None:
    text = "word " * 200
    assert shortened("short", first=False, last=False) == "short"
    middle = shortened(text, first=False, last=False)
    assert middle.startswith("word")
    assert middle.endswith(" ")
    assert len(middle) < 2 * AROUND + 10
    assert shortened(text, first=True, last=False).startswith("⋯ word")
    assert shortened(text, first=False, last=True).endswith("word ⋯")


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_page_asks_and_goes_back(app: QApplication, qtbot: Any) -> None:
    page = VersionsPage()
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    page.set_agent("Notepad assistant")
    page.set_choices([("before", "the version before it"), ("now", "now"), ("v1", "Today, 10:02")], "now")
    page.show_version("Today, 10:05", present=False, pair=False)
    assert page.against.currentData() == "now"
    asked: list[str] = []
    page.asked.connect(asked.append)
    for button in page.buttons.values():
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == ["name", "copy", "restore"]
    against: list[str] = []
    page.against_chosen.connect(against.append)
    page.against.setCurrentIndex(page.against.findData("v1"))
    page.against.activated.emit(page.against.currentIndex())
    assert against == ["v1"]
    page.show_version("now", present=True, pair=False)
    assert not page.buttons["restore"].isEnabled()
    page.show_version("a → b", present=False, pair=True)
    assert not page.against.isVisible()
    with qtbot.waitSignal(page.back_requested):
        QTest.keyClick(page.list, Qt.Key.Key_Escape)
    page.show_version("Today, 10:05", present=False, pair=False)
    assert not nameless(page)
    assert not unreachable(page)
    assert page.panes()[0] is page.list
