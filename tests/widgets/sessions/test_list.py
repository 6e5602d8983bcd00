"""The session list with a source that answers when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from tests.widgets.themed import nameless, unreachable, wear
from widgets.sessions import SessionEntry, SessionList, SessionPage, SessionQuery

NOW = 1_795_000_000.0
DAY = 86_400


def entry(number: int, **changes: Any) -> SessionEntry:
    values: dict[str, Any] = {
        "title": f"Session {number}",
        "updated": NOW - number * 600,
        "agent": "Notepad",
        "snippet": f"words {number}",
    }
    return SessionEntry(f"s{number}", **{**values, **changes})


class Source:
    """Answers from a list; remembers what it was asked; can be told to wait or to fail."""

    def __init__(self, entries: list[SessionEntry]) -> None:
        self.entries = entries
        self.asked: list[tuple[SessionQuery, Any, int]] = []
        self.gate: asyncio.Event | None = None
        self.trouble: Exception | None = None

    async def page(self, query: SessionQuery, *, after: Any = None, limit: int = 200) -> SessionPage:
        self.asked.append((query, after, limit))
        if self.gate is not None:
            await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble
        found = [each for each in self.entries if each.trashed == (query.view == "trash")]
        found = [each for each in found if query.text.casefold() in (each.title + str(each.snippet)).casefold()]
        start = int(after or 0)
        end = start + limit
        return SessionPage(found[start:end], end if end < len(found) else None, len(found))


class Room:
    """A list on screen with its source, and the tasks that it started."""

    def __init__(self, loop: asyncio.AbstractEventLoop, source: Source, qtbot: QtBot) -> None:
        self.loop, self.source, self.qtbot = loop, source, qtbot
        self.tasks: list[asyncio.Task[None]] = []
        self.list = SessionList(clock=lambda: NOW)
        self.list.resize(330, 640)
        qtbot.addWidget(self.list)
        self.list.show()
        self.list.set_source(source, self.spawn)
        self.arrived()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.loop.create_task(work)
        self.tasks.append(task)
        return task

    def arrived(self) -> None:
        self.qtbot.waitUntil(lambda: all(task.done() for task in self.tasks))

    def titles(self) -> list[str]:
        return [row if isinstance(row, str) else row.title for row in self.list.model.rows]

    def click(self, session_id: str, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        rect = self.list.table.visualRect(self.list.model.index(self.list.model.row_of(session_id), 0))
        self.qtbot.mouseClick(self.list.table.viewport(), button, pos=rect.center())

    def type(self, text: str) -> None:
        self.list.search.setFocus()
        before = len(self.source.asked)
        self.qtbot.keyClicks(self.list.search, text)
        self.qtbot.waitUntil(lambda: len(self.source.asked) > before)
        self.arrived()


@pytest.fixture
def make(qapp: QApplication, qloop: asyncio.AbstractEventLoop, qtbot: QtBot) -> Iterator[Any]:
    wear(qapp)
    rooms: list[Room] = []

    def build(entries: list[SessionEntry]) -> Room:
        room = Room(qloop, Source(entries), qtbot)
        rooms.append(room)
        return room

    yield build
    for room in rooms:
        if room.list._toasts is not None:
            room.list._toasts.clear()


def test_sessions_stand_in_groups(make: Any) -> None:
    room = make(
        [
            entry(1, pinned=True, updated=NOW - 90 * DAY),
            entry(2),
            entry(3, updated=NOW - DAY),
            entry(4, updated=NOW - 400 * DAY, title=""),
        ]
    )
    titles = room.titles()
    assert titles[:4] == ["Pinned", "Session 1", "Today", "Session 2"]
    assert titles[4:6] == ["Yesterday", "Session 3"]
    assert room.list.model.data(room.list.model.index(7, 0)) == "New session"
    assert room.list.table.rowHeight(0) < room.list.table.rowHeight(1)


def test_a_click_and_enter_open(make: Any, qtbot: QtBot) -> None:
    room = make([entry(n) for n in range(5)])
    with qtbot.waitSignal(room.list.opened) as opened:
        room.click("s2")
    assert opened.args == ["s2"]
    with qtbot.waitSignal(room.list.opened) as opened:
        qtbot.keyClick(room.list.table, Qt.Key.Key_Down)
        qtbot.keyClick(room.list.table, Qt.Key.Key_Return)
    assert opened.args == ["s3"]


def test_arrow_keys_step_over_group_titles(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1), entry(2, updated=NOW - DAY), entry(3, updated=NOW - 30 * DAY)])
    room.list.set_current("s1")
    reached = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(room.list.table, key)
        reached.append(room.list.current_id())
    assert reached == ["s2", "s3", "s2", "s1", "s1"]


def test_typing_searches_after_a_moment_and_marks_hits(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1, title="Call Ada"), entry(2), entry(3, snippet=[("please ", False), ("call", True)])])
    heard: list[str] = []
    room.list.search_changed.connect(heard.append)
    room.type("call ada")
    assert heard == ["call ada"]
    assert [query.text for query, _after, _limit in room.source.asked] == ["", "call ada"]
    assert room.titles() == ["Today", "Call Ada"]
    assert room.list.delegate.search == "call ada"


def test_keys_lead_from_search_to_list_and_back(make: Any, qtbot: QtBot, qapp: QApplication) -> None:
    room = make([entry(n) for n in range(5)])
    room.list.activateWindow()
    room.list.focus_search()
    qtbot.keyClick(room.list.search, Qt.Key.Key_Down)
    assert room.list.current_id() == "s0" and qapp.focusWidget() is room.list.table
    room.type("Session 3")
    qtbot.keyClick(room.list.search, Qt.Key.Key_Escape)
    assert room.list.search.text() == ""
    qtbot.waitUntil(lambda: room.list.query.text == "")
    room.arrived()
    assert room.list.model.count == 5


def test_an_answer_that_comes_too_late_is_dropped(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1, title="alpha"), entry(2, title="beta")])
    room.source.gate = asyncio.Event()
    room.list.search.setText("alpha")
    qtbot.waitUntil(lambda: len(room.source.asked) == 2)
    room.list.search.setText("beta")
    qtbot.waitUntil(lambda: len(room.source.asked) == 3)
    room.source.gate.set()
    room.arrived()
    assert room.titles() == ["Today", "beta"]
    assert room.tasks[1].cancelled()


def test_pages_come_as_the_list_is_scrolled(make: Any, qtbot: QtBot) -> None:
    room = make([entry(n, updated=NOW - n) for n in range(1000)])
    assert room.list.model.count == 200
    bar = room.list.table.verticalScrollBar()

    def all_there() -> bool:
        bar.setValue(bar.maximum())
        return bool(room.list.model.count == 1000)

    qtbot.waitUntil(all_there)
    room.arrived()
    assert [after for _query, after, _limit in room.source.asked] == [None, 200, 400, 600, 800]
    assert len({row.id for row in room.list.model.rows if isinstance(row, SessionEntry)}) == 1000


def test_a_reload_keeps_place_and_choice(make: Any, qtbot: QtBot) -> None:
    room = make([entry(n, updated=NOW - n) for n in range(300)])
    room.list.set_current("s100")
    bar = room.list.table.verticalScrollBar()
    bar.setValue(3000)
    changes: list[str] = []
    room.list.current_changed.connect(changes.append)
    room.source.entries[5] = entry(5, title="Another name", updated=NOW - 5)
    room.list.reload()
    room.arrived()
    assert room.list.current_id() == "s100" and bar.value() == 3000 and changes == []
    assert "Another name" in room.titles()


def test_renaming_in_place(make: Any, qtbot: QtBot) -> None:
    room = make([entry(n) for n in range(3)])
    room.list.set_current("s1")
    room.list.table.setFocus()
    qtbot.keyClick(room.list.table, Qt.Key.Key_F2)
    editor = room.list.table.findChild(QLineEdit)
    assert editor is not None and editor.text() == "Session 1"
    editor.selectAll()
    qtbot.keyClicks(editor, "  A better   name ")
    with qtbot.waitSignal(room.list.rename_requested) as renamed:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert renamed.args == ["s1", "A better name"]
    assert "A better name" in room.titles()


def test_an_empty_name_changes_nothing(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1)])
    heard: list[object] = []
    room.list.rename_requested.connect(lambda *args: heard.append(args))
    assert not room.list.model.setData(room.list.model.index(1, 0), "   ")
    assert heard == [] and room.titles() == ["Today", "Session 1"]


def test_delete_goes_to_the_trash_and_can_be_undone(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1), entry(2)])
    room.list.set_current("s1")
    room.list.table.setFocus()
    with qtbot.waitSignal(room.list.trash_requested) as trashed:
        qtbot.keyClick(room.list.table, Qt.Key.Key_Delete)
    assert trashed.args == ["s1"]
    assert room.titles() == ["Today", "Session 2"]
    toast = room.list._toasts.open_toasts[0]
    assert toast.text.text() == "“Session 1” is in the trash."
    with qtbot.waitSignal(room.list.restore_requested) as restored:
        qtbot.mouseClick(toast.action, Qt.MouseButton.LeftButton)
    assert restored.args == ["s1"]


def test_the_last_of_a_group_takes_its_title_along(make: Any) -> None:
    room = make([entry(1), entry(2, updated=NOW - DAY)])
    room.list.trash(room.source.entries[1])
    assert room.titles() == ["Today", "Session 1"]


def test_the_trash_restores_and_deletes_for_ever(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1), entry(2, trashed=True), entry(3, trashed=True)])
    qtbot.mouseClick(room.list.trash_tab, Qt.MouseButton.LeftButton)
    room.arrived()
    assert room.titles() == ["Today", "Session 2", "Session 3"]
    assert not room.list.restore_button.isEnabled()
    room.click("s2")
    with qtbot.waitSignal(room.list.restore_requested) as restored:
        qtbot.mouseClick(room.list.restore_button, Qt.MouseButton.LeftButton)
    assert restored.args == ["s2"]
    dialog = room.list.ask_purge(room.source.entries[2])
    assert "for ever" in dialog.title.text() and dialog.cancel_button.isDefault()
    with qtbot.waitSignal(room.list.purge_requested) as purged:
        qtbot.mouseClick(dialog.confirm_button, Qt.MouseButton.LeftButton)
    assert purged.args == ["s3"]
    assert room.list.empty.isVisible() and room.list.empty.title.text() == "The trash is empty"


def test_a_purge_that_is_thought_over_does_nothing(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1, trashed=True)])
    heard: list[str] = []
    room.list.purge_requested.connect(heard.append)
    dialog = room.list.ask_purge(room.source.entries[0])
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert heard == []


def test_the_menu_fits_the_view(make: Any) -> None:
    room = make([entry(1), entry(2, pinned=True), entry(3, trashed=True)])
    words = {
        each.id: [action.text() for action in room.list.make_menu(each).actions() if action.text()]
        for each in room.source.entries
    }
    assert words["s1"] == ["Open", "Rename", "Pin to the top", "Move to trash"]
    assert words["s2"][2] == "Unpin"
    assert words["s3"] == ["Open", "Restore", "Delete for ever…"]


def test_empty_states_say_what_belongs_here(make: Any, qtbot: QtBot) -> None:
    room = make([])
    assert room.list.empty.title.text() == "No sessions yet"
    with qtbot.waitSignal(room.list.new_requested):
        qtbot.mouseClick(room.list.empty.action, Qt.MouseButton.LeftButton)
    room.type("zzz")
    assert room.list.empty.title.text() == "Nothing found for “zzz”"
    qtbot.mouseClick(room.list.empty.action, Qt.MouseButton.LeftButton)
    assert room.list.search.text() == ""
    qtbot.waitUntil(lambda: room.list.query.text == "")
    room.arrived()


def test_a_source_that_fails_is_said_and_can_be_tried_again(
    make: Any, qtbot: QtBot, qloop: asyncio.AbstractEventLoop
) -> None:
    room = make([entry(1)])
    room.source.trouble = RuntimeError("disk")
    room.list.reload()
    room.arrived()
    assert isinstance(room.tasks[-1].exception(), RuntimeError)
    assert room.list.empty.isVisible() and "could not be read" in room.list.empty.title.text()
    room.source.trouble = None
    qtbot.mouseClick(room.list.empty.action, Qt.MouseButton.LeftButton)
    room.arrived()
    assert room.titles() == ["Today", "Session 1"]


def test_a_slow_first_page_shows_a_skeleton(make: Any, qtbot: QtBot) -> None:
    room = make([])
    room.source.entries = [entry(1)]
    room.source.gate = asyncio.Event()
    room.list.reload()
    qtbot.waitUntil(room.list.skeleton.isVisible)
    room.source.gate.set()
    qtbot.waitUntil(lambda: room.list.table.isVisible() and room.list.model.count == 1)


def test_everything_has_a_name_and_can_be_reached(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1), entry(2, trashed=True)])
    assert nameless(room.list) == [] and unreachable(room.list) == []
    room.list.show_view("trash")
    room.arrived()
    assert nameless(room.list) == [] and unreachable(room.list) == []


def test_a_row_says_what_it_is_to_a_screen_reader(make: Any) -> None:
    room = make([entry(1)])
    words = room.list.model.data(room.list.model.index(1, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert words.startswith("Session 1, Notepad, ")


def test_the_menu_key_opens_the_menu_of_the_current_row(make: Any, qtbot: QtBot) -> None:
    room = make([entry(1)])
    room.list.set_current("s1")
    asked: list[int] = []
    room.list.table.menu_wanted.disconnect()
    room.list.table.menu_wanted.connect(lambda row, _place: asked.append(row))
    room.list.table.customContextMenuRequested.emit(QPoint(-1, -1))
    assert asked == [1]
