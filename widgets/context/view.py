"""What the model sees: a bar of what fills the context, the request by node, and the raw request one click away."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from html import escape

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QStackedWidget,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.cache_advice import Parting
from engine.blueprint.why import Because
from engine.model import ModelRequest
from widgets import theme
from widgets.context.advice import AdviceStrip
from widgets.context.blocks import build_parts, raw_json
from widgets.context.canvas import ContextCanvas
from widgets.context.search import SearchBar
from widgets.context.token_bar import TokenBar
from widgets.context.try_values import TryStrip
from widgets.forms.highlight import CodeHighlighter

_MOST_MARKED = 2_000
RAW_HIT = 0.14
"""How strongly a hit is tinted: more, and the colours of the JSON could no longer be read on it."""
_MOST_COLOURED = 60_000
"""Longer raw requests, in characters, are shown in one colour: colouring takes longer than anything else."""


class ContextView(QWidget):
    """The next request, by the nodes that wrote it.

    Signals:
        node_clicked: A block was clicked: its node is to be selected.
        move_wanted: The edit that puts a part below the conversation.
    """

    node_clicked = Signal(str)
    move_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request: ModelRequest | None = None
        self._raw_of: ModelRequest | None = None
        self._titles: Mapping[str, str] = {}
        self._reasons: Mapping[str, str | None] = {}
        self._chosen: list[str] = []
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bar = TokenBar(self)
        self._raw_button = self._button("braces", self.tr("Show the raw request"))
        self._raw_button.setCheckable(True)
        self._raw_button.toggled.connect(self.show_raw)
        self._copy_button = self._button("copy", self.tr("Copy the raw request"))
        self._copy_button.clicked.connect(self._copy_raw)
        self._search_button = self._button("search", self.tr("Find in the context"))
        self._search_button.clicked.connect(self.begin_search)
        top = QHBoxLayout()
        top.setContentsMargins(16, 6, 10, 2)
        top.setSpacing(2)
        top.addWidget(self._bar, 1, Qt.AlignmentFlag.AlignVCenter)
        top.addSpacing(6)
        for button in (self._search_button, self._copy_button, self._raw_button):
            top.addWidget(button)
        self.search = SearchBar(self)
        self.search.changed.connect(self._search)
        self.search.step_wanted.connect(self._step)
        self.search.closed.connect(self._search_closed)
        self.trying = TryStrip(self)
        self.canvas = ContextCanvas(self)
        self.canvas.node_clicked.connect(self.node_clicked)
        self._raw = self._raw_view()
        self._colours = CodeHighlighter(self._raw.document(), "json")
        self._empty = QLabel(self.tr("Nothing is sent yet. Add instructions, or write to the agent."), self)
        self._empty.setProperty("role", "dim")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setMargin(32)
        self._stack = QStackedWidget(self)
        for widget in (self._empty, self.canvas, self._raw):
            self._stack.addWidget(widget)
        self._note = QLabel(self)
        self._note.setProperty("role", "caption")
        self._note.setTextFormat(Qt.TextFormat.RichText)
        self._note.setWordWrap(True)
        self._note.setContentsMargins(16, 4, 16, 6)
        self._note.hide()
        self.advice = AdviceStrip(self)
        self.advice.move_wanted.connect(self.move_wanted)
        self.advice.node_clicked.connect(self.node_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.search)
        tried = QHBoxLayout()
        tried.setContentsMargins(8, 0, 8, 0)
        tried.addWidget(self.trying)
        layout.addLayout(tried)
        layout.addWidget(self._note)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.advice)
        self.setMinimumWidth(240)
        self._copy_button.hide()
        keys = [self._search_button, self._copy_button, self._raw_button, self.search.field, *self.search.buttons]
        keys += [self.trying.button, self.trying.body, self.trying.back, self.canvas, self._raw, *self.advice.buttons]
        for before, after in itertools.pairwise(keys):
            QWidget.setTabOrder(before, after)

    def _button(self, icon: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon(icon, "dim"))
        button.setIconSize(QSize(15, 15))
        button.setToolTip(words)
        button.setAccessibleName(words)
        return button

    def _raw_view(self) -> QPlainTextEdit:
        raw = QPlainTextEdit(self)
        raw.setReadOnly(True)
        raw.setTabChangesFocus(True)
        raw.setUndoRedoEnabled(False)
        raw.setProperty("role", "mono")
        raw.setProperty("frame", "none")
        raw.setAccessibleName(self.tr("Raw request"))
        return raw

    @property
    def request(self) -> ModelRequest | None:
        """The request that is shown."""
        return self._request

    def set_request(
        self,
        request: ModelRequest | None,
        titles: Mapping[str, str],
        groups: Mapping[str, str],
        *,
        window: int | None = None,
        because: Mapping[str, Because] | None = None,
        absent: Mapping[str, str] | None = None,
        reasons: Mapping[str, str | None] | None = None,
        holders: Mapping[str, str] | None = None,
        parting: Parting | None = None,
        often: Parting | None = None,
    ) -> None:
        """Show another request.

        Args:
            request: The exact request; None where there is none.
            titles: What each node is called, by its id.
            groups: Each node's group, for its hue.
            window: How many tokens the model can read.
            because: Why a node that is not always there is there now.
            absent: Nodes that could be sent and are not, with the reason: these are listed.
            reasons: Why any node is not sent, also one that never is, for the one that is selected.
            holders: The node that holds each variable, by its name.
            parting: How the request follows the one that was sent last.
            often: A part that made calls part lately and could stand below the conversation.
        """
        self._request = request
        self._titles, self._reasons = titles, reasons or absent or {}
        parts = (
            build_parts(request, titles, groups, because or {}, absent or {}, parting=parting, holders=holders)
            if request is not None
            else []
        )
        self.canvas.set_parts(parts)
        counts: dict[str, int] = {}
        for part in parts:
            for block in part.blocks:
                counts[block.group] = counts.get(block.group, 0) + block.tokens
        self._bar.set_counts(counts, window)
        self.advice.show_advice(parting, often, titles)
        self._show_page(bool(parts))
        self._show_note()
        if not self.search.isHidden():
            self._show_hits()

    def _show_page(self, some: bool) -> None:
        raw = self._raw_button.isChecked() and self._request is not None
        self._copy_button.setVisible(raw)
        if raw and self._request is not None:
            if self._request is not self._raw_of:
                self._raw_of = self._request
                text = raw_json(self._request)
                if text != self._raw.toPlainText():
                    self._colours.setDocument(self._raw.document() if len(text) < _MOST_COLOURED else None)
                    place = self._raw.verticalScrollBar().value()
                    self._raw.setPlainText(text)
                    self._raw.verticalScrollBar().setValue(place)
            self._stack.setCurrentWidget(self._raw)
        else:
            self._stack.setCurrentWidget(self.canvas if some else self._empty)

    @Slot(bool)
    def show_raw(self, on: bool) -> None:
        """Show the raw request, or the blocks again."""
        self._raw_button.setChecked(on)
        self._show_page(bool(self.canvas.parts))
        if not self.search.isHidden():
            self._search(self.search.field.text())

    @Slot()
    def _copy_raw(self) -> None:
        if self._request is not None:
            QGuiApplication.clipboard().setText(raw_json(self._request))

    def highlight(self, node_ids: Iterable[str]) -> None:
        """Light up what these nodes wrote, and scroll there; one that wrote nothing says why."""
        self._chosen = list(node_ids)
        self.canvas.highlight(self._chosen)
        self._show_note()

    def _show_note(self) -> None:
        """Why the selected node cannot be found here."""
        reason = self._reasons.get(self._chosen[0]) if len(self._chosen) == 1 else None
        self._note.setVisible(bool(reason))
        if reason:
            title = escape(self._titles.get(self._chosen[0], ""))
            self._note.setText(self.tr("<b>%1</b> is not here. %2").replace("%1", title).replace("%2", escape(reason)))

    def total_tokens(self) -> int:
        """Tokens of the request that is shown."""
        return sum(part.tokens for part in self.canvas.parts)

    # -- searching --------------------------------------------------------------------------------------------

    @Slot()
    def begin_search(self) -> None:
        """Open the search."""
        self.search.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Find):
            self.begin_search()
        elif event.key() == Qt.Key.Key_Escape and not self.search.isHidden():
            self.search.end()
        else:
            super().keyPressEvent(event)

    @property
    def _is_raw(self) -> bool:
        return self._stack.currentWidget() is self._raw

    @Slot(str)
    def _search(self, needle: str) -> None:
        if self._is_raw:
            self.canvas.search("")
            self._mark_raw(needle)
            self._raw.moveCursor(QTextCursor.MoveOperation.Start)
            self._step(1)
        else:
            self._raw.setExtraSelections([])
            self.canvas.search(needle)
        self._show_hits()

    @Slot(int)
    def _step(self, step: int) -> None:
        needle = self.search.field.text().strip()
        if not self._is_raw:
            self.canvas.go_to_hit(step)
        elif needle:
            back = QTextDocument.FindFlag.FindBackward if step < 0 else QTextDocument.FindFlag(0)
            if not self._raw.find(needle, back):
                end = QTextCursor.MoveOperation.End if step < 0 else QTextCursor.MoveOperation.Start
                self._raw.moveCursor(end)
                self._raw.find(needle, back)
        self._show_hits()

    def _show_hits(self) -> None:
        if not self._is_raw:
            self.search.show_count(*self.canvas.hit)
            return
        marked = self._raw.extraSelections()
        place = self._raw.textCursor().selectionEnd()
        number = sum(1 for one in marked if one.cursor.selectionEnd() <= place)
        self.search.show_count(number, len(marked))

    def _mark_raw(self, needle: str) -> None:
        """Mark every place in the raw request, as many as can be looked at."""
        found: list[QTextEdit.ExtraSelection] = []
        tokens, shape = theme.current(), QTextCharFormat()
        shape.setBackground(QColor(theme.mix(tokens.panel, tokens.warn, RAW_HIT)))
        cursor = self._raw.document().find(needle.strip(), 0) if needle.strip() else QTextCursor()
        while not cursor.isNull() and len(found) < _MOST_MARKED:
            one = QTextEdit.ExtraSelection()
            one.format, one.cursor = shape, cursor
            found.append(one)
            cursor = self._raw.document().find(needle.strip(), cursor)
        self._raw.setExtraSelections(found)

    @Slot()
    def _search_closed(self) -> None:
        (self._raw if self._is_raw else self.canvas).setFocus(Qt.FocusReason.OtherFocusReason)
