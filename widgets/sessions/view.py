"""The session list: everything that can be done to a session, by mouse, keys and menu. The owner is told by signals."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from widgets.common import ConfirmDialog, ItemMenu, Toasts
from widgets.sessions.pages import SessionPages
from widgets.sessions.source import SessionEntry


class SessionList(SessionPages):
    """All sessions, newest first, with renaming, pinning, trash and restore.

    Signals:
        trash_requested, restore_requested: Id. Undo of a trashing asks to restore.
        purge_requested: Id; the person has agreed to delete it for ever.
        pin_requested: Id, and whether it is to stand at the top.
    """

    trash_requested = Signal(str)
    restore_requested = Signal(str)
    purge_requested = Signal(str)
    pin_requested = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(parent, clock=clock)
        self._toasts: Toasts | None = None
        self.table.menu_wanted.connect(self.open_menu)
        self.table.delete_wanted.connect(self._delete_row)
        self.restore_button.clicked.connect(self._restore_current)
        self.purge_button.clicked.connect(self._purge_current)

    def set_toasts(self, toasts: Toasts) -> None:
        """Where "moved to the trash" is said; without it, over the list itself."""
        self._toasts = toasts

    def _delete_row(self, row: int) -> None:
        entry = self.model.entry(row)
        if entry is None:
            return
        if entry.trashed or self._query.view == "trash":
            self.ask_purge(entry)
        else:
            self.trash(entry)

    def trash(self, entry: SessionEntry) -> None:
        """Asks to put a session into the trash, and offers Undo."""
        self._take_out(entry.id)
        self.trash_requested.emit(entry.id)
        toasts = self._toasts or self._own_toasts()
        title = entry.title or self.tr("New session")
        toasts.show(
            self.tr("“{title}” is in the trash.").format(title=_short(title)),
            self.tr("Undo"),
            partial(self.restore_requested.emit, entry.id),
        )

    def restore(self, entry: SessionEntry) -> None:
        """Asks to take a session out of the trash."""
        self._take_out(entry.id)
        self.restore_requested.emit(entry.id)

    def ask_purge(self, entry: SessionEntry) -> ConfirmDialog:
        """Asks whether a session is to be deleted for ever."""
        dialog = ConfirmDialog(
            self.tr("Delete “{title}” for ever?").format(title=_short(entry.title or self.tr("New session"))),
            self.tr("All of its messages and numbers are removed from this device. This cannot be undone."),
            self.tr("Delete session"),
            danger=True,
            parent=self,
        )
        dialog.accepted.connect(lambda session_id=entry.id: self._purge(session_id))
        dialog.open()
        return dialog

    def _purge(self, session_id: str) -> None:
        self._take_out(session_id)
        self.purge_requested.emit(session_id)

    def _take_out(self, session_id: str) -> None:
        row = self.model.row_of(session_id)
        if self.model.remove(session_id):
            self.table.fit_headings(max(0, row - 1))
            self._show_right_page()

    def _restore_current(self) -> None:
        entry = self.model.entry(self.table.currentIndex().row())
        if entry is not None:
            self.restore(entry)

    def _purge_current(self) -> None:
        entry = self.model.entry(self.table.currentIndex().row())
        if entry is not None:
            self.ask_purge(entry)

    def rename(self, session_id: str) -> None:
        """Opens the field for another title."""
        row = self.model.row_of(session_id)
        if row >= 0:
            self.table.setCurrentIndex(self.model.index(row, 0))
            self.table.edit(self.model.index(row, 0))

    def open_menu(self, row: int, place: QPoint) -> None:
        """Opens the menu of a session without blocking."""
        entry = self.model.entry(row)
        if entry is not None:
            self.make_menu(entry).popup(place)

    def make_menu(self, entry: SessionEntry) -> QMenu:
        """The menu of a session."""
        menu = ItemMenu(self)
        menu.add(self.tr("Open"), lambda: self.opened.emit(entry.id), "Return")
        if entry.trashed or self._query.view == "trash":
            menu.add(self.tr("Restore"), lambda: self.restore(entry))
            menu.addSeparator()
            menu.add(self.tr("Delete for ever…"), lambda: self.ask_purge(entry), "Del")
        else:
            menu.add(self.tr("Rename"), lambda: self.rename(entry.id), "F2")
            pin = self.tr("Unpin") if entry.pinned else self.tr("Pin to the top")
            menu.add(pin, lambda: self.pin_requested.emit(entry.id, not entry.pinned))
            menu.addSeparator()
            menu.add(self.tr("Move to trash"), lambda: self.trash(entry), "Del")
        return menu

    def _own_toasts(self) -> Toasts:
        self._toasts = Toasts(self)
        return self._toasts


def _short(title: str) -> str:
    return title if len(title) <= 40 else title[:39] + "…"
