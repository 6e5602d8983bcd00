"""Colours for program text and JSON: names of the language, texts, numbers, remarks. And the mark of an error's line.

Not here: templates (``prompt``), which colour variables.
"""

from __future__ import annotations

import keyword
import re
from typing import Literal

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from widgets import theme

Language = Literal["python", "json"]

_STRING = r'"(?:[^"\\\n]|\\.)*"?'
_PYTHON = re.compile(
    rf"(?P<remark>#[^\n]*)|(?P<text>[rbfu]{{0,2}}(?:{_STRING}|'(?:[^'\\\n]|\\.)*'?))"
    rf"|(?P<word>\b(?:{'|'.join(keyword.kwlist)})\b)|(?P<number>\b\d[\d_.]*(?:[eE][+-]?\d+)?\b)"
    r"|(?P<name>(?<=def )\w+|(?<=class )\w+|@\w+)",
)
_JSON = re.compile(
    rf"(?P<name>{_STRING}(?=\s*:))|(?P<text>{_STRING})|(?P<word>\b(?:true|false|null)\b)"
    r"|(?P<number>-?\b\d[\d.]*(?:[eE][+-]?\d+)?\b)"
)
_PATTERNS = {"python": _PYTHON, "json": _JSON}
_HUES = {"text": "memory", "word": "instructions", "number": "abilities", "name": "steps"}
_TRIPLE = re.compile(r'"""|\'\'\'')


class CodeHighlighter(QSyntaxHighlighter):
    """Colours a document; follows the theme."""

    def __init__(self, document: QTextDocument, language: Language) -> None:
        super().__init__(document)
        self._language = language
        theme.manager().changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        tokens = theme.current()
        start = self._long_text(text) if self._language == "python" else 0
        for found in _PATTERNS[self._language].finditer(text, start):
            kind = str(found.lastgroup)
            shape = QTextCharFormat()
            shape.setForeground(QColor(tokens.faint if kind == "remark" else tokens.hue(_HUES[kind]).ink))
            if kind == "word":
                shape.setFontWeight(QFont.Weight.Medium)
            self.setFormat(found.start(), found.end() - found.start(), shape)

    def _long_text(self, text: str) -> int:
        """Texts in three quotes go over lines: colour what is inside, and say where the rest begins."""
        shape = QTextCharFormat()
        shape.setForeground(QColor(theme.current().hue("memory").ink))
        inside, start = self.previousBlockState() > 0, 0
        opened = {1: '"""', 2: "'''"}.get(self.previousBlockState(), "")
        for found in _TRIPLE.finditer(text):
            if inside and found.group() == opened:
                self.setFormat(start, found.end() - start, shape)
                inside, start = False, found.end()
            elif not inside:
                inside, opened, start = True, found.group(), found.start()
        if inside:
            self.setFormat(start, len(text) - start, shape)
        self.setCurrentBlockState({'"""': 1, "'''": 2}[opened] if inside else 0)
        return len(text) if inside else start


def mark_line(edit: QPlainTextEdit, line: int | None, column: int | None = None) -> None:
    """Give one line (from 1) the colour of an error, with a wave from the column on; None takes the mark away."""
    block = edit.document().findBlockByNumber(line - 1) if line is not None else None
    if block is None or not block.isValid():
        edit.setExtraSelections([])
        return
    tokens = theme.current()
    whole, wave = QTextEdit.ExtraSelection(), QTextEdit.ExtraSelection()
    tinted, waved = QTextCharFormat(), QTextCharFormat()
    tinted.setBackground(QColor(tokens.bad_tint))
    tinted.setProperty(QTextFormat.Property.FullWidthSelection, True)
    waved.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
    waved.setUnderlineColor(QColor(tokens.bad))
    cursor = QTextCursor(block)
    whole.format, whole.cursor = tinted, QTextCursor(cursor)
    cursor.setPosition(block.position() + min(max(0, (column or 1) - 1), max(0, block.length() - 2)))
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    wave.format, wave.cursor = waved, cursor
    edit.setExtraSelections([whole, wave])
