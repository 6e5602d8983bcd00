"""Writes chunks into a text document, block by block, with our own formats.

Prose is parsed by Qt in a scratch document (no raw HTML) and copied over. Nothing but text, emphasis, code, links,
lists, quotes, rules and tables comes across: images become their description, links other than http, https and mailto
become plain text. Not here: which chunks there are (``chunks``) and when they are written (``render``).
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTable,
    QTextTableFormat,
)

from widgets import theme
from widgets.chat.chunks import Chunk
from widgets.chat.formats import (
    CODE_BLOCK,
    CODE_LANGUAGE,
    CODE_PADDING,
    QUOTE_LEVEL,
    Formats,
    QuietDocument,
    is_code,
    safe_link,
)

_FEATURES: Final = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_GAP: Final = 9.0
_HEADING_SIZES: Final = {1: 17, 2: 15, 3: 14}


class Pen:
    """Writes at the end of a document.

    Attributes:
        fresh: Nothing has been written yet: the document's only block is empty and unused.
        list: The list that the last block belongs to, which a next chunk may go on with.
        codes: How many code blocks are complete.
        references: Link definitions that every prose chunk is parsed with.
    """

    def __init__(self, document: QTextDocument) -> None:
        self.document = document
        self.fresh = True
        self.list: QTextList | None = None
        self.codes = 0
        self.references = ""
        self._formats = Formats.current()
        self._scratch = QuietDocument()
        self._scratch.setUndoRedoEnabled(False)

    def write(self, cursor: QTextCursor, chunk: Chunk) -> None:
        """Writes a chunk."""
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if chunk.kind == "code":
            self.list = None
            self._new_block(cursor, self._code_format(chunk.language, first=True), self._formats.code)
            self.write_code(cursor, chunk.text, chunk.language)
            return
        text = chunk.text + "\n\n" + self.references if self.references else chunk.text
        self._scratch.setMarkdown(text, _FEATURES)
        self._copy(cursor, join=chunk.joins)

    def _new_block(self, cursor: QTextCursor, block: QTextBlockFormat, char: QTextCharFormat) -> None:
        """A block to write into: the document's only, empty one at first."""
        if self.fresh:
            block.setTopMargin(CODE_PADDING if block.hasProperty(CODE_BLOCK) else 0)
            cursor.setBlockFormat(block)
            cursor.setBlockCharFormat(char)
            self.fresh = False
        else:
            if is_code(cursor.block()):
                block.setTopMargin(block.topMargin() + CODE_PADDING)
            cursor.insertBlock(block, char)

    # Code

    def _code_format(self, language: str, first: bool = False) -> QTextBlockFormat:
        result = QTextBlockFormat(self._formats.code_block)
        result.setProperty(CODE_BLOCK, self.codes + 1)
        result.setProperty(CODE_LANGUAGE, language)
        result.setTopMargin(_GAP + CODE_PADDING if first else 0)
        return result

    def write_code(self, cursor: QTextCursor, text: str, language: str) -> None:
        """Adds code to the end of a code block."""
        cursor.movePosition(QTextCursor.MoveOperation.End)
        for number, line in enumerate(text.split("\n")):
            if number:
                cursor.insertBlock(self._code_format(language), self._formats.code)
            if line:
                cursor.insertText(line, self._formats.code)

    # Prose

    def _copy(self, cursor: QTextCursor, join: bool) -> None:
        lists: dict[int, QTextList] = {}
        block = self._scratch.begin()
        first = True
        while block.isValid():
            table = QTextCursor(block).currentTable()
            if table is not None:
                self._copy_table(cursor, table)
                end = table.lastCursorPosition().block()
                while block.isValid() and block != end:
                    block = block.next()
                block = block.next()
                self.list = None
                first = False
                continue
            if block.text() or block.textList() is not None or _is_rule(block):
                self._copy_block(cursor, block, lists, join and first)
                first = False
            block = block.next()

    def _copy_block(self, cursor: QTextCursor, block: QTextBlock, lists: dict[int, QTextList], join: bool) -> None:
        source = block.blockFormat()
        formats = self._formats
        result = QTextBlockFormat(formats.paragraph)
        char = formats.text
        level = source.headingLevel()
        quote = int(source.property(QUOTE_LEVEL) or 0)
        text_list = block.textList()
        inner_code = source.hasProperty(QTextFormat.Property.BlockCodeFence)
        if inner_code or source.hasProperty(QTextFormat.Property.BlockCodeLanguage):
            self._copy_inner_code(cursor, block)
            return
        result.setTopMargin(_GAP)
        if level:
            result.setHeadingLevel(level)
            result.setTopMargin(_GAP + 7)
            char = QTextCharFormat(formats.text)
            font = theme.font("strong")
            font.setPixelSize(_HEADING_SIZES.get(level, 13))
            char.setFont(font)
        if quote:
            result.setProperty(QUOTE_LEVEL, quote)
            result.setLeftMargin(14.0 * quote)
            char = formats.dim
        if _is_rule(block):
            result.setProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth, QTextLength())
            result.setBackground(QBrush(formats.line))
        if text_list is None:
            result.setIndent(source.indent())
            self.list = None
            self._new_block(cursor, result, char)
        else:
            self._list_block(cursor, block, text_list, result, lists, join)
        self._copy_fragments(cursor, block, char)

    def _list_block(
        self,
        cursor: QTextCursor,
        block: QTextBlock,
        source: QTextList,
        result: QTextBlockFormat,
        lists: dict[int, QTextList],
        join: bool,
    ) -> None:
        marker = block.blockFormat().marker()
        result.setMarker(marker)
        key = source.objectIndex()
        level = source.format().indent()
        continues = key in lists or (join and self.list is not None) or level > 1
        result.setTopMargin(3 if continues else _GAP)
        self._new_block(cursor, result, self._formats.text)
        if key in lists:
            lists[key].add(cursor.block())
            return
        if join and self.list is not None:
            lists[key] = self.list
            self.list.add(cursor.block())
            return
        wanted = QTextListFormat()
        wanted.setStyle(source.format().style())
        wanted.setIndent(level)
        wanted.setStart(source.format().start())
        if source.format().numberSuffix():
            wanted.setNumberSuffix(source.format().numberSuffix())
        lists[key] = cursor.createList(wanted)
        if level == 1:
            self.list = lists[key]

    def _copy_inner_code(self, cursor: QTextCursor, block: QTextBlock) -> None:
        result = QTextBlockFormat(self._formats.code_block)
        result.setTopMargin(0)
        result.setIndent(block.blockFormat().indent())
        result.setBackground(self._formats.sunk)
        self._new_block(cursor, result, self._formats.code)
        cursor.insertText(block.text(), self._formats.code)

    def _copy_fragments(self, cursor: QTextCursor, block: QTextBlock, base: QTextCharFormat) -> None:
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            source = fragment.charFormat()
            iterator += 1
            if source.isImageFormat():
                self._copy_image(cursor, source, base)
                continue
            cursor.insertText(fragment.text(), self._char(source, base))

    def _char(self, source: QTextCharFormat, base: QTextCharFormat) -> QTextCharFormat:
        result = QTextCharFormat(self._formats.inline_code if source.fontFixedPitch() else base)
        if source.fontWeight() >= QFont.Weight.Bold:
            result.setFontWeight(QFont.Weight.DemiBold)
        if source.fontItalic():
            result.setFontItalic(True)
        if source.fontStrikeOut():
            result.setFontStrikeOut(True)
        link = safe_link(source.anchorHref()) if source.isAnchor() else ""
        if link:
            _make_link(result, link, self._formats.link)
        return result

    def _copy_image(self, cursor: QTextCursor, source: QTextCharFormat, base: QTextCharFormat) -> None:
        image = source.toImageFormat()
        words = str(source.property(QTextFormat.Property.ImageAltText) or "") or image.name()
        result = QTextCharFormat(base)
        link = safe_link(image.name())
        if link:
            _make_link(result, link, self._formats.link)
        cursor.insertText(QCoreApplication.translate("Chat", "Image: {words}").format(words=words), result)

    def _copy_table(self, cursor: QTextCursor, source: QTextTable) -> None:
        wanted = QTextTableFormat()
        wanted.setCellPadding(6)
        wanted.setCellSpacing(0)
        wanted.setBorder(1)
        wanted.setBorderCollapse(True)
        wanted.setBorderBrush(QBrush(self._formats.line))
        wanted.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        wanted.setTopMargin(_GAP + (CODE_PADDING if is_code(self.document.lastBlock()) else 0))
        wanted.setBottomMargin(0)
        wanted.setHeaderRowCount(1)
        if self.fresh:
            self.fresh = False
        cursor.movePosition(QTextCursor.MoveOperation.End)
        table = cursor.insertTable(source.rows(), source.columns(), wanted)
        for row in range(source.rows()):
            base = QTextCharFormat(self._formats.text)
            if row == 0:
                base.setFontWeight(QFont.Weight.DemiBold)
            for column in range(source.columns()):
                block = source.cellAt(row, column).firstCursorPosition().block()
                inside = table.cellAt(row, column).firstCursorPosition()
                sample = source.cellAt(min(row or 1, source.rows() - 1), column).firstCursorPosition().block()
                inside.setBlockFormat(_cell_format(sample))
                self._copy_fragments(inside, block, base)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        thin = QTextBlockFormat()
        thin.setLineHeight(1, int(QTextBlockFormat.LineHeightTypes.FixedHeight.value))
        cursor.setBlockFormat(thin)


def _cell_format(sample: QTextBlock) -> QTextBlockFormat:
    """Aligned as the sample is: Qt tells it for the cells of a column but not for its heading."""
    result = QTextBlockFormat()
    result.setAlignment(sample.blockFormat().alignment())
    return result


def _make_link(result: QTextCharFormat, link: str, colour: QColor) -> None:
    result.setAnchor(True)
    result.setAnchorHref(link)
    result.setForeground(colour)
    result.setFontUnderline(True)


def _is_rule(block: QTextBlock) -> bool:
    return block.blockFormat().hasProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth)
