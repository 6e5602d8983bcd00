"""The Library page: parts, what they are made of, where they are used."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton

from tests.engine.blueprint.builders import notepad
from tests.widgets.themed import nameless, unreachable, wear
from widgets.library import LibraryPage, PartItem, UseItem

PARTS = [PartItem("p1", "Greeting", "Says hello.", 2, 1), PartItem("p2", "Notes", uses=1), PartItem("p3", "Unused")]
USES = [UseItem("a1", "Notepad assistant", False, 2, 1), UseItem("p9", "Outer part", True, 1, 0)]


@pytest.fixture
def page(qapp: QApplication, qtbot: Any) -> LibraryPage:
    wear(qapp)
    made = LibraryPage()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    return made


def words(page: LibraryPage) -> set[str]:
    return {label.text() for label in page.findChildren(QLabel) if not label.isHidden()}


def test_without_parts_it_says_what_they_are_for(page: LibraryPage, qtbot: Any) -> None:
    assert not page.is_empty, "before it is known whether there are parts"
    page.show_parts([])
    assert page.is_empty
    assert "Save as part" in page.empty.text.text()
    with qtbot.waitSignal(page.asked) as asked:
        QTest.mouseClick(page.empty.action, Qt.MouseButton.LeftButton)
    assert asked.args == ["agents"]


def test_parts_are_listed_with_how_they_are_used(page: LibraryPage) -> None:
    chosen: list[str] = []
    page.list.chosen.connect(chosen.append)
    page.show_parts(PARTS, "p2")
    assert not page.is_empty
    assert chosen[-1] == "p2"
    model = page.list.parts
    spoken = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert spoken == [
        "Greeting, Says hello., used in 2 places · 1 not up to date",
        "Notes, used in 1 place",
        "Unused, not used yet",
    ]
    assert model.index(0).data() == "Greeting"
    assert model.index(9).data() is None
    page.show_parts(PARTS[:1])
    assert page.list.current() == "p1"
    page.show_parts([])
    assert chosen[-1] == ""


def test_a_part_shows_its_tree_and_where_it_is_used(page: LibraryPage, qtbot: Any) -> None:
    page.show_parts(PARTS)
    page.show_part("Greeting", "Says hello.", ["tone", "name"], notepad(), USES)
    assert {"Greeting", "Says hello.", "Is given: tone, name", "2 times", "not up to date", "up to date"} <= words(page)
    assert page.tree.topLevelItem(0).childCount() == 5
    assert page.buttons["update"].isEnabled()
    qtbot.waitUntil(lambda: any(b.text() == "Open" and b.isVisible() for b in page.findChildren(QPushButton)))
    open_button = next(b for b in page.findChildren(QPushButton) if b.accessibleName() == "Open Notepad assistant")
    with qtbot.waitSignal(page.open_requested) as asked:
        QTest.mouseClick(open_button, Qt.MouseButton.LeftButton)
    assert asked.args == ["a1"]
    page.show_part("Unused", "", [], notepad(), [])
    assert not page.buttons["update"].isEnabled()
    assert not page.wants.isVisible()
    qtbot.waitUntil(lambda: any(text.startswith("Nowhere yet.") for text in words(page)))


def test_everything_can_be_asked_by_button_menu_and_key(page: LibraryPage) -> None:
    page.show_parts(PARTS)
    page.show_part("Greeting", "", [], notepad(), USES)
    page.set_can_use(True)
    asked: list[str] = []
    page.asked.connect(asked.append)
    for button in page.buttons.values():
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == ["use", "edit", "update", "rename", "delete"]
    for signal in (
        page.list.edit_requested, page.list.rename_requested, page.list.update_requested, page.list.delete_requested,
    ):  # fmt: skip
        signal.connect(asked.append)
    for action in page.list.make_menu("p3").actions():
        action.trigger()
    assert asked[5:] == ["p3"] * 4
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_F2)
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    assert asked[9:] == ["p1", "p1"]
    page.set_can_use(False)
    assert not page.buttons["use"].isEnabled()


def test_deleted_parts_are_brought_back_from_a_menu(page: LibraryPage, qtbot: Any) -> None:
    page.show_parts(PARTS)
    page.show_deleted([])
    assert not page.deleted.isVisible()
    page.show_deleted([("p9", "Old part")])
    assert page.deleted.isVisible()
    (action,) = page.deleted.menu().actions()
    assert action.text() == "Restore “Old part”"
    with qtbot.waitSignal(page.restore_requested) as asked:
        action.trigger()
    assert asked.args == ["p9"]


def test_everyone_can_use_it(page: LibraryPage) -> None:
    page.show_parts(PARTS)
    page.show_part("Greeting", "", [], notepad(), USES)
    page.grab()
    assert not nameless(page)
    assert not unreachable(page)


def test_a_right_click_below_the_parts_opens_no_menu(page: LibraryPage) -> None:
    page.show_parts(PARTS, "p1")
    view = page.list.viewport()
    place = QPoint(20, view.height() - 5)
    assert not page.list.indexAt(place).isValid()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place))
    QApplication.sendEvent(view, event)
    assert page.list.findChildren(QMenu) == []
