"""Renders markdown into a text document as it arrives: finished chunks once, the open one again and again.

Not here: where chunks are cut (``chunks``), how one is written (``pen``), and the widget that shows it (``richtext``).
"""

from __future__ import annotations

from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextDocument, QTextList

from widgets.chat.chunks import Chunk, Chunker, definitions
from widgets.chat.formats import INDENT, Formats
from widgets.chat.pen import Pen


class MarkdownWriter:
    """Writes markdown into a document as it arrives; rendering is the same whether it came in one piece or in many.

    Example:
        >>> writer = MarkdownWriter(QuietDocument())
        >>> writer.feed("Some **words**")
        >>> writer.finish()
    """

    def __init__(self, document: QTextDocument) -> None:
        self.document = document
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(0)
        document.setIndentWidth(INDENT)
        document.setDefaultFont(Formats.current().text.font())
        self.reset()

    def reset(self) -> None:
        """Empties the document."""
        self.document.clear()
        self._pen = Pen(self.document)
        self._chunker = Chunker()
        self._text: list[str] = []
        self._tail_start = 0
        self._tail_shown = Chunk("prose")
        self._frozen_fresh = True
        self._frozen_format = QTextBlockFormat()
        self._frozen_list: QTextList | None = None
        self._finished = False

    @property
    def text(self) -> str:
        """The markdown that was fed."""
        return "".join(self._text)

    @property
    def settled_blocks(self) -> int:
        """How many blocks at the start can no longer change."""
        return max(0, self.document.findBlock(self._tail_start).blockNumber())

    def feed(self, text: str) -> None:
        """Adds text to the end."""
        self._text.append(text)
        done = self._chunker.feed(text)
        cursor = QTextCursor(self.document)
        cursor.beginEditBlock()
        for chunk in done:
            self._freeze(cursor, chunk)
        self._show_tail(cursor)
        cursor.endEditBlock()

    def finish(self, text: str | None = None) -> None:
        """The text is complete. ``text``: the whole of it, where it may differ from what was fed."""
        if self._finished and (text is None or text == self.text):
            return
        fed = self.text
        references = definitions(fed if text is None else text)
        cursor = QTextCursor(self.document)
        cursor.beginEditBlock()
        if (text is not None and text != fed) or references:
            self.reset()
            whole = fed if text is None else text
            self._text.append(whole)
            self._pen.references = references
            for chunk in self._chunker.feed(whole):
                self._freeze(cursor, chunk)
        for chunk in self._chunker.finish():
            self._freeze(cursor, chunk)
        self._drop_tail(cursor)
        cursor.endEditBlock()
        self._finished = True

    # Chunks

    def _drop_tail(self, cursor: QTextCursor) -> None:
        self._pen.fresh = self._frozen_fresh
        self._pen.list = self._frozen_list
        cursor.setPosition(self._tail_start)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        if cursor.hasSelection():
            cursor.removeSelectedText()
        if cursor.block().length() <= 1:  # Qt gives an empty block the format of what was removed after it
            cursor.setBlockFormat(self._frozen_format)
        self._tail_shown = Chunk("prose")

    def _freeze(self, cursor: QTextCursor, chunk: Chunk) -> None:
        shown = self._tail_shown
        if shown.text and (shown.kind, shown.language, shown.text) == (chunk.kind, chunk.language, chunk.text):
            self._tail_shown = Chunk("prose")
        else:
            self._drop_tail(cursor)
            self._pen.write(cursor, chunk)
        if chunk.kind == "code":
            self._pen.codes += 1
        self._frozen_fresh = self._pen.fresh
        self._frozen_list = self._pen.list
        cursor.movePosition(QTextCursor.MoveOperation.End)
        self._tail_start = cursor.position()
        self._frozen_format = cursor.blockFormat()

    def _show_tail(self, cursor: QTextCursor) -> None:
        chunk = self._chunker.tail()
        shown = self._tail_shown
        if chunk is None:
            if shown.text:
                self._drop_tail(cursor)
            return
        same_code = chunk.kind == shown.kind == "code" and chunk.language == shown.language and shown.text
        if same_code and chunk.text.startswith(shown.text):
            self._pen.write_code(cursor, chunk.text[len(shown.text) :], chunk.language)
        elif chunk.text != shown.text or chunk.kind != shown.kind:
            self._drop_tail(cursor)
            self._pen.write(cursor, chunk)
        self._tail_shown = chunk
