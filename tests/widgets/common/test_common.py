"""Banners, toasts, dialogs, side bar, labels and what else every page uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QStandardPaths, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.themed import nameless, unreachable, wear
from widgets.common import (
    Banner,
    ConfirmDialog,
    ElidedLabel,
    EmptyState,
    ErrorDialog,
    FileDialog,
    NavItem,
    PageHeader,
    ProgressRow,
    Sidebar,
    Toasts,
)

PAGES = [NavItem("agents", "Agents", "layout-grid", 4), NavItem("sessions", "Sessions", "messages-square", 128)]


@pytest.fixture(autouse=True)
def _theme(qapp: QApplication) -> None:
    wear(qapp)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    made = QWidget()
    made.resize(800, 600)
    qtbot.addWidget(made)
    made.show()
    QCursor.setPos(made.mapToGlobal(QPoint(1, 1)))
    yield made
    for toasts in made.findChildren(Toasts):
        toasts.clear()


def test_a_banner_says_and_offers(qtbot: QtBot) -> None:
    banner = Banner("Nothing new can be kept.", "Choose another place", "warn")
    qtbot.addWidget(banner)
    banner.show()
    assert nameless(banner) == []
    with qtbot.waitSignal(banner.action_clicked):
        qtbot.mouseClick(banner.action, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(banner.dismissed):
        qtbot.mouseClick(banner.close_button, Qt.MouseButton.LeftButton)
    assert banner.isHidden()


def test_toasts_stack_and_are_kept(window: QWidget, qtbot: QtBot) -> None:
    toasts = Toasts(window)
    for number in range(5):
        toasts.show(f"Message {number}")
    shown = toasts.open_toasts
    assert [toast.record.text for toast in shown] == ["Message 2", "Message 3", "Message 4"]
    assert [record.text for record in toasts.history] == [f"Message {n}" for n in range(5)]
    tops = [toast.y() for toast in shown]
    assert tops == sorted(tops) and all(window.rect().contains(toast.geometry()) for toast in shown)
    window.resize(500, 400)
    assert all(window.rect().contains(toast.geometry()) for toast in toasts.open_toasts)


def test_undo_in_a_toast(window: QWidget, qtbot: QtBot) -> None:
    toasts, undone = Toasts(window), []
    toast = toasts.show("It is in the trash.", "Undo", lambda: undone.append(True))
    qtbot.mouseClick(toast.action, Qt.MouseButton.LeftButton)
    assert undone == [True] and toasts.open_toasts == []


def test_an_error_stays_until_it_is_dismissed(window: QWidget, qtbot: QtBot) -> None:
    toasts = Toasts(window)
    toast = toasts.show("It could not be saved.", tone="bad")
    assert not toast.is_timed
    assert toasts.show("Saved.").is_timed
    qtbot.mouseClick(toast.close_button, Qt.MouseButton.LeftButton)
    assert [each.record.text for each in toasts.open_toasts] == ["Saved."]


def test_an_empty_state_has_a_next_step(qtbot: QtBot) -> None:
    empty = EmptyState("inbox", "Nothing here", "Agents stand here.", "New agent")
    qtbot.addWidget(empty)
    empty.show()
    with qtbot.waitSignal(empty.action_clicked):
        qtbot.mouseClick(empty.action, Qt.MouseButton.LeftButton)
    empty.set_content("inbox", "Nothing here")
    assert not empty.action.isVisible() and not empty.text.isVisible()


def test_a_progress_can_be_stopped(qtbot: QtBot) -> None:
    row = ProgressRow("Reading…")
    qtbot.addWidget(row)
    row.show()
    assert row.bar.maximum() == 0
    row.set_progress(0.5, "Half")
    assert row.bar.value() == 500 and row.bar.accessibleName() == "Half"
    with qtbot.waitSignal(row.cancelled):
        qtbot.mouseClick(row.cancel_button, Qt.MouseButton.LeftButton)
    row.set_cancelling()
    assert not row.cancel_button.isEnabled()


def test_a_dangerous_question_defaults_to_no(window: QWidget, qtbot: QtBot) -> None:
    dialog = ConfirmDialog("Delete it?", "It cannot be undone.", "Delete session", danger=True, parent=window)
    dialog.open()
    assert dialog.cancel_button.isDefault() and dialog.confirm_button.property("role") == "danger"
    with qtbot.waitSignal(dialog.rejected):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    harmless = ConfirmDialog("Open the link?", "https://example.org", "Open", parent=window)
    harmless.open()
    with qtbot.waitSignal(harmless.accepted):
        qtbot.keyClick(harmless, Qt.Key.Key_Return)


def test_an_error_says_what_happened_and_folds_its_details(window: QWidget, qtbot: QtBot) -> None:
    dialog = ErrorDialog("Not reached", "Nobody answers.", "Nothing was lost.", "Try again", "Traceback: x", window)
    dialog.open()
    assert not dialog.details.isVisible() and nameless(dialog) == [] and unreachable(dialog) == []
    qtbot.mouseClick(dialog.fold_button, Qt.MouseButton.LeftButton)
    assert dialog.details.isVisible() and dialog.details.toPlainText() == "Traceback: x"
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Not reached\n\nNobody answers.\n\nTraceback: x"
    with qtbot.waitSignal(dialog.accepted):
        qtbot.mouseClick(dialog.action_button, Qt.MouseButton.LeftButton)


def test_the_side_bar_leads_to_pages_and_sessions(qtbot: QtBot) -> None:
    bar = Sidebar()
    bar.resize(208, 600)
    qtbot.addWidget(bar)
    bar.set_pages(PAGES, [NavItem("settings", "Settings", "settings")])
    bar.set_recent([("s1", "Ryan and the figs"), ("s2", "Trip to Bergen")])
    bar.show()
    with qtbot.waitSignal(bar.page_chosen) as page:
        qtbot.mouseClick(bar.rows["sessions"], Qt.MouseButton.LeftButton)
    assert page.args == ["sessions"]
    assert [key for key, row in bar.rows.items() if row.isChecked()] == ["sessions"]
    with qtbot.waitSignal(bar.session_chosen) as session:
        qtbot.keyClick(bar.recent_rows["s2"], Qt.Key.Key_Space)
    assert session.args == ["s2"]
    assert bar.rows["sessions"].accessibleName() == "Sessions, 128"
    bar.set_count("sessions", 129)
    assert bar.rows["sessions"].accessibleName() == "Sessions, 129"
    assert bar.rows["settings"].y() > bar.recent_rows["s2"].y()
    assert nameless(bar) == [] and unreachable(bar) == []
    bar.set_recent([])
    assert not bar.recent_title.isVisible() and bar.recent_rows == {}


def test_a_label_without_room_tells_all_in_its_tip(qtbot: QtBot, qapp: QApplication) -> None:
    label = ElidedLabel("A rather long title that cannot fit")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    label.grab()
    assert label.toolTip() == "A rather long title that cannot fit"
    label.resize(600, 20)
    label.grab()
    assert label.toolTip() == ""


def test_what_a_header_is_given_stands_where_it_says(qtbot: QtBot) -> None:
    header = PageHeader("Notepad assistant", "saved a few seconds ago")
    header.resize(700, 48)
    qtbot.addWidget(header)
    right, first = QLabel("right"), QLabel("first")
    header.add_widget(right)
    header.add_first(first)
    header.show()
    assert first.x() < header.title.x() < right.x()
    assert right.x() > header.note.x()


def test_a_file_dialog_begins_where_the_last_one_ended(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, folder = tmp_path / "home", tmp_path / "papers"
    home.mkdir()
    folder.mkdir()
    monkeypatch.setattr(FileDialog, "_last", "")
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(home))
    first = FileDialog(None, "Open")
    qtbot.addWidget(first)
    assert first.directory().absolutePath() == str(home)
    first.setDirectory(str(folder))
    first.filesSelected.emit([str(folder / "a.txt")])
    second = FileDialog(None, "Open")
    qtbot.addWidget(second)
    assert second.directory().absolutePath() == str(folder)
    folder.rmdir()
    third = FileDialog(None, "Open")
    qtbot.addWidget(third)
    assert third.directory().absolutePath() == str(home)
