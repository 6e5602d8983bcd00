"""How rendered text looks: the text formats of the theme, safe links, and a document that loads nothing.

Not here: markdown (``pen``, ``render``).
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QFont, QTextBlock, QTextBlockFormat, QTextCharFormat, QTextDocument, QTextFormat

from widgets import theme

SAFE_SCHEMES: Final = ("http", "https", "mailto")
CODE_BLOCK: Final = int(QTextFormat.Property.UserProperty) + 1
"""Block property: number of the code block that this line belongs to."""
CODE_LANGUAGE: Final = int(QTextFormat.Property.UserProperty) + 2
CODE_PADDING: Final = 9.0
QUOTE_LEVEL: Final = int(QTextFormat.Property.BlockQuoteLevel)

_LINE_HEIGHT: Final = 132.0
_CODE_LINE_HEIGHT: Final = 128.0
_PROPORTIONAL: Final = int(QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
INDENT: Final = 18.0


def safe_link(href: str) -> str:
    """The address if a person may follow it, else ""."""
    url = QUrl(href, QUrl.ParsingMode.TolerantMode)
    scheme = url.scheme().lower()
    if scheme not in SAFE_SCHEMES or not url.isValid():
        return ""
    if scheme != "mailto" and not url.host():
        return ""
    return url.toString(QUrl.ComponentFormattingOption.FullyEncoded)


class QuietDocument(QTextDocument):
    """A document that never loads anything: no image, no style sheet, from nowhere."""

    def loadResource(self, kind: int, url: QUrl | str) -> object:
        """Nothing, whatever is asked for."""
        del kind, url
        return None


class Formats:
    """The text formats of the current theme; made once per theme."""

    _now: Formats | None = None
    _watching = False

    def __init__(self) -> None:
        tokens = theme.current()
        self.text = QTextCharFormat()
        self.text.setForeground(QColor(tokens.text))
        self.text.setFont(theme.font("body"))
        self.dim = QTextCharFormat(self.text)
        self.dim.setForeground(QColor(tokens.dim))
        self.code = QTextCharFormat()
        self.code.setFont(_plain_letters(theme.font("mono")))
        self.code.setForeground(QColor(tokens.text))
        self.inline_code = QTextCharFormat(self.code)
        self.inline_code.setBackground(QColor(tokens.sunk))
        self.link = QColor(tokens.accent)
        self.line = QColor(tokens.line)
        self.sunk = QColor(tokens.sunk)
        self.paragraph = QTextBlockFormat()
        self.paragraph.setLineHeight(_LINE_HEIGHT, _PROPORTIONAL)
        self.code_block = QTextBlockFormat()
        self.code_block.setLineHeight(_CODE_LINE_HEIGHT, _PROPORTIONAL)
        self.code_block.setLeftMargin(12)
        self.code_block.setRightMargin(36)  # the copy button stands there

    @classmethod
    def current(cls) -> Formats:
        """The formats of the theme that holds now."""
        if not cls._watching:
            cls._watching = True
            theme.manager().changed.connect(_forget_formats)
        found = cls._now
        if found is None:
            found = cls._now = cls()
        return found


def _plain_letters(font: QFont) -> QFont:
    """A font of code without ligatures: code is shown letter by letter, as it is."""
    for tag in ("calt", "liga"):
        font.setFeature(QFont.Tag(tag), 0)
    return font


def _forget_formats() -> None:
    Formats._now = None


def is_code(block: QTextBlock) -> bool:
    """Whether a block is a line of a code block."""
    return bool(block.blockFormat().hasProperty(CODE_BLOCK))
