"""The session list without what can be done to a session: search, filter, paging, empty and slow states."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.common import EmptyState, text_label
from widgets.sessions.delegate import SessionDelegate
from widgets.sessions.model import SessionModel
from widgets.sessions.skeleton import Skeleton
from widgets.sessions.source import Cancellable, SessionPage, SessionQuery, SessionSource, Spawn, View
from widgets.sessions.table import SessionTable

PAGE: Final = 200
_TYPING_MS: Final = 90
_SKELETON_MS: Final = 150


class SessionPages(QWidget):
    """Sessions, newest first, in pages from a :class:`SessionSource`.

    Signals:
        opened: A session was clicked, or chosen with Enter.
        current_changed: Another session is the current one ("" for none).
        rename_requested: Id and new title.
        search_changed: The text of the search field, after a moment.
        new_requested: The empty list's next step.
    """

    opened = Signal(str)
    current_changed = Signal(str)
    rename_requested = Signal(str, str)
    search_changed = Signal(str)
    new_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._clock = clock
        self._source: SessionSource | None = None
        self._spawn: Spawn | None = None
        self._task: Cancellable | None = None
        self._round = 0
        self._after: Any = None
        self._loading = False
        self._query = SessionQuery()
        self._wanted = ""
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._make_top())
        self.model = SessionModel(clock)
        self.model.renamed.connect(self.rename_requested)
        self.table = SessionTable(self.model)
        self.delegate = SessionDelegate(self.table)
        self.table.setItemDelegate(self.delegate)
        self.table.clicked.connect(self._clicked)
        self.table.chosen.connect(self._open_row)
        self.table.verticalScrollBar().valueChanged.connect(self._near_end)
        self.table.verticalScrollBar().rangeChanged.connect(self._grown)
        self.table.selectionModel().currentChanged.connect(self._current)
        self.empty = EmptyState()
        self.empty.action_clicked.connect(self._empty_action)
        self.skeleton = Skeleton()
        middle = QWidget()
        self._stack = QStackedLayout(middle)
        for page in (self.table, self.empty, self.skeleton):
            self._stack.addWidget(page)
        outer.addWidget(middle, 1)
        self.trash_bar = self._make_trash_bar()
        outer.addWidget(self.trash_bar)
        self._typing = _timer(self, _TYPING_MS, self._search_now)
        self._slow = _timer(self, _SKELETON_MS, self._show_skeleton)
        theme.manager().changed.connect(self.table.viewport().update)

    def _make_top(self) -> QWidget:
        top = QFrame()
        column = QVBoxLayout(top)
        column.setContentsMargins(12, 10, 12, 6)
        column.setSpacing(6)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search sessions"))
        self.search.setAccessibleName(self.tr("Search sessions"))
        self.search.setClearButtonEnabled(True)
        action = QAction(theme.icon("search", "dim"), self.tr("Search"), self.search)
        self.search.addAction(action, QLineEdit.ActionPosition.LeadingPosition)
        self.search.setTextMargins(-6, 0, 0, 0)  # as far from the glass as icons are from words elsewhere
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._to_list)
        self.search.installEventFilter(self)
        column.addWidget(self.search)
        line = QHBoxLayout()
        line.setSpacing(2)
        self.all_tab = _tab(self.tr("Sessions"))
        self.trash_tab = _tab(self.tr("Trash"))
        self._tabs = QButtonGroup(self)
        for button in (self.all_tab, self.trash_tab):
            self._tabs.addButton(button)
            line.addWidget(button)
        self.all_tab.setChecked(True)
        self._tabs.buttonClicked.connect(self._tab_clicked)
        line.addStretch(1)
        self.count = text_label("", "faint", wrap=False)
        line.addWidget(self.count)
        column.addLayout(line)
        return top

    def _make_trash_bar(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("role", "footer")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 8, 12, 8)
        self.restore_button = QPushButton(self.tr("Restore"))
        self.purge_button = QPushButton(self.tr("Delete for ever"))
        self.purge_button.setProperty("role", "danger")
        row.addWidget(self.restore_button)
        row.addWidget(self.purge_button)
        row.addStretch(1)
        bar.hide()
        return bar

    # For the owner

    def set_source(self, source: SessionSource, spawn: Spawn) -> None:
        """Says where sessions come from and how to start a coroutine; loads the first page."""
        self._source, self._spawn = source, spawn
        self.reload()

    def reload(self) -> None:
        """Asks anew for what is shown, keeping place and choice. Call it when sessions changed."""
        keep = max(PAGE, min(self.model.count, 2_000))
        self._load(first=True, limit=keep)

    def set_current(self, session_id: str) -> None:
        """Marks a session as the current one, as soon as it is loaded."""
        self._wanted = session_id
        row = self.model.row_of(session_id)
        if row >= 0:
            self.table.setCurrentIndex(self.model.index(row, 0))
        elif not session_id:
            self.table.selectionModel().clear()

    def current_id(self) -> str:
        """The current session's id, or ""."""
        entry = self.model.entry(self.table.currentIndex().row())
        return entry.id if entry else ""

    def focus_search(self) -> None:
        """Puts the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def show_view(self, view: View) -> None:
        """Shows the sessions or the trash."""
        (self.trash_tab if view == "trash" else self.all_tab).setChecked(True)
        self._set_query(SessionQuery(self._query.text, view))

    @property
    def query(self) -> SessionQuery:
        """What is shown."""
        return self._query

    # Loading

    def _set_query(self, query: SessionQuery) -> None:
        if query == self._query:
            return
        self._query = query
        self.table.scrollToTop()
        self._load(first=True, limit=PAGE)

    def _load(self, *, first: bool, limit: int) -> None:
        if self._source is None or self._spawn is None:
            return
        if self._task is not None:
            self._task.cancel()
        self._round += 1
        self._loading = True
        if first and not self.model.count:
            self._slow.start()
        self._task = self._spawn(self._fetch(self._round, self._query, None if first else self._after, limit))

    async def _fetch(self, number: int, query: SessionQuery, after: Any, limit: int) -> None:
        assert self._source is not None
        try:
            page = await self._source.page(query, after=after, limit=limit)
        except Exception:
            if number == self._round:
                self._failed()
            raise
        if number == self._round:
            self._arrived(page, query, first=after is None)

    def _arrived(self, page: SessionPage, query: SessionQuery, *, first: bool) -> None:
        self._loading = False
        self._slow.stop()
        self._after = page.after
        self.delegate.search = query.text
        self.delegate.set_now(self._clock())
        if first:
            current = self._wanted or self.current_id()
            place = self.table.verticalScrollBar().value()
            blocked = self.table.selectionModel().blockSignals(True)
            self.model.set_entries(page.entries)
            self.table.fit_headings(0)
            row = self.model.row_of(current)
            if row >= 0:
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.table.selectionModel().setCurrentIndex(self.model.index(row, 0), flags)
            self.table.selectionModel().blockSignals(blocked)
            self.table.verticalScrollBar().setValue(place)
            self.table.viewport().update()
        else:
            start = self.model.rowCount()
            self.model.append_entries(page.entries)
            self.table.fit_headings(start)
        known = page.total if page.total is not None else None if page.after is not None else self.model.count
        self.count.setText(f"{known:,}" if known else "")
        self._show_right_page()

    def _failed(self) -> None:
        self._loading = False
        self._slow.stop()
        self.empty.set_content(
            "circle-alert",
            self.tr("The sessions could not be read"),
            self.tr("Nothing was lost: they are still in the database."),
            self.tr("Try again"),
        )
        self.empty.setProperty("purpose", "retry")
        self._stack.setCurrentWidget(self.empty)

    def _near_end(self, value: int) -> None:
        bar = self.table.verticalScrollBar()
        if self._after is not None and not self._loading and value > bar.maximum() - 3 * self.table.height():
            self._load(first=False, limit=PAGE)

    def _grown(self) -> None:
        self._near_end(self.table.verticalScrollBar().value())

    def _show_skeleton(self) -> None:
        if self._loading:
            self._stack.setCurrentWidget(self.skeleton)

    def _show_right_page(self) -> None:
        trash = self._query.view == "trash"
        self.trash_bar.setVisible(trash and self.model.count > 0)
        self._enable_trash_buttons()
        if self.model.count:
            self._stack.setCurrentWidget(self.table)
            return
        if self._query.text:
            purpose, content = (
                "clear",
                (
                    "search-x",
                    self.tr("Nothing found for “{text}”").format(text=self._query.text),
                    self.tr("Every message of every session was searched."),
                    self.tr("Clear search"),
                ),
            )
        elif trash:
            purpose, content = (
                "",
                (
                    "trash-2",
                    self.tr("The trash is empty"),
                    self.tr("Sessions that you delete wait here until you delete them for ever."),
                    "",
                ),
            )
        else:
            purpose, content = (
                "new",
                (
                    "messages-square",
                    self.tr("No sessions yet"),
                    self.tr("Every conversation with an agent is kept here, on this device."),
                    self.tr("New session"),
                ),
            )
        self.empty.setProperty("purpose", purpose)
        self.empty.set_content(*content)
        self._stack.setCurrentWidget(self.empty)

    def _empty_action(self) -> None:
        purpose = self.empty.property("purpose")
        if purpose == "clear":
            self.search.clear()
            self.search.setFocus()
        elif purpose == "new":
            self.new_requested.emit()
        else:
            self.reload()

    # Search and filters

    def _typed(self) -> None:
        self._typing.start()

    def _search_now(self) -> None:
        self._typing.stop()
        text = " ".join(self.search.text().split())
        if text != self._query.text:
            self.search_changed.emit(text)
            self._set_query(SessionQuery(text, self._query.view))

    def _tab_clicked(self) -> None:
        self._set_query(SessionQuery(self._query.text, "trash" if self.trash_tab.isChecked() else "all"))

    def _to_list(self) -> None:
        self._search_now()
        self.table.first_row()
        self.table.setFocus(Qt.FocusReason.TabFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow down goes from the search to the list, Escape clears the search."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down:
                self._to_list()
                return True
            if event.matches(QKeySequence.StandardKey.Cancel) and self.search.text():
                self.search.clear()
                return True
        return super().eventFilter(watched, event)

    # Rows

    def _clicked(self, index: QModelIndex) -> None:
        self._open_row(index.row())

    def _open_row(self, row: int) -> None:
        entry = self.model.entry(row)
        if entry is not None:
            self.opened.emit(entry.id)

    def _current(self, index: QModelIndex) -> None:
        entry = self.model.entry(index.row())
        self._wanted = entry.id if entry else ""
        self._enable_trash_buttons()
        self.current_changed.emit(self._wanted)

    def _enable_trash_buttons(self) -> None:
        for button in (self.restore_button, self.purge_button):
            button.setEnabled(bool(self.current_id()))


def _tab(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "tab")
    button.setCheckable(True)
    return button


def _timer(owner: QObject, milliseconds: int, call: Callable[[], None]) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(call)
    return timer
