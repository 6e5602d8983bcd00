"""What changed inside one node: each property with its words before and after. Struck out went, underlined came."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QColor, QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from engine.blueprint.compare import Merged, PropertyChange, property_changes
from engine.blueprint.document import Node
from engine.blueprint.text_diff import Run
from widgets import theme
from widgets.tree import words
from widgets.versions.looks import words_of

AROUND = 160
"""So many letters of a long unchanged stretch are shown at each end."""


class DifferenceView(QTextEdit):
    """The differences of one node, to read and to copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setProperty("role", "bare")
        self.setTabChangesFocus(True)
        self.setAccessibleName(self.tr("What changed in the text"))
        self.document().setDocumentMargin(16)
        self._shown: Merged | None = None
        self._text: PropertyChange | None = None
        theme.manager().changed.connect(self._again)

    def show_node(self, merged: Merged | None) -> None:
        """Show what happened to a node; nothing for None."""
        self._shown, self._text = merged, None
        self.clear()
        cursor = self.textCursor()
        if merged is None:
            self._line(cursor, self.tr("Choose a part to see what changed in it."), dim=True, first=True)
            return
        self._line(cursor, words.title_of(merged.node), strong=True, first=True)
        change = merged.change
        if change is None:
            self._line(cursor, self.tr("Nothing changed in this part."), dim=True)
            return
        said = words_of(change)
        if change.before is None or change.after is None:
            self._line(cursor, said, dim=True)
            properties = _all_of(change.before, change.after)
        else:
            if change.move is not None:
                self._line(cursor, change.move.words(), dim=True)
            properties = change.properties
        for found in properties:
            self._property(cursor, found)
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.setAccessibleDescription(self.plain_difference())  # a screen reader is not told of strokes and tints

    def show_text(self, change: PropertyChange) -> None:
        """Show one text before and after, that of no node in particular."""
        self._shown, self._text = None, change
        self.clear()
        cursor = self.textCursor()
        self._line(cursor, change.label, strong=True, first=True)
        self._words(cursor, change)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _again(self) -> None:
        if self._text is not None:
            self.show_text(self._text)
        else:
            self.show_node(self._shown)

    def _property(self, cursor: QTextCursor, change: PropertyChange) -> None:
        self._line(cursor, change.label, label=True)
        self._words(cursor, change)

    def _words(self, cursor: QTextCursor, change: PropertyChange) -> None:
        cursor.insertBlock(_block(2), QTextCharFormat())
        if not change.before or not change.after:
            self._run(cursor, Run("removed", change.before) if change.before else Run("added", change.after))
            return
        runs = change.runs()
        if all(run.kind != "same" for run in runs) and "\n" not in change.before + change.after:
            self._run(cursor, runs[0])
            cursor.insertText(" → ", self._plain())
            self._run(cursor, runs[-1])
            return
        for number, run in enumerate(runs):
            text = (
                shortened(run.text, first=not number, last=number == len(runs) - 1) if run.kind == "same" else run.text
            )
            self._run(cursor, Run(run.kind, text))

    def _run(self, cursor: QTextCursor, run: Run) -> None:
        tokens = theme.current()
        form = self._plain()
        if run.kind == "removed":
            form.setForeground(QColor(tokens.bad))
            form.setBackground(QColor(tokens.bad_tint))
            form.setFontStrikeOut(True)
        elif run.kind == "added":
            form.setForeground(QColor(tokens.good))
            form.setBackground(QColor(tokens.accent_tint))
            form.setFontUnderline(True)
        cursor.insertText(run.text, form)

    def _plain(self) -> QTextCharFormat:
        form = QTextCharFormat()
        form.setFont(theme.font("body"))
        form.setForeground(QColor(theme.current().text))
        return form

    def _line(
        self,
        cursor: QTextCursor,
        text: str,
        *,
        strong: bool = False,
        dim: bool = False,
        label: bool = False,
        first: bool = False,
    ) -> None:
        form = QTextCharFormat()
        font: QFont = theme.font("strong" if strong else "caption")
        if label:
            font.setWeight(QFont.Weight.Medium)
        form.setFont(font)
        form.setForeground(QColor(theme.current().dim if dim or label else theme.current().text))
        if first:
            cursor.setBlockFormat(_block(0))
        else:
            cursor.insertBlock(_block(12 if label else 2), form)
        cursor.insertText(text, form)

    def plain_difference(self) -> str:
        """The differences in plain text, with ``[-went-]`` and ``[+came+]``."""
        change = self._shown.change if self._shown is not None else None
        if change is None:
            return ""
        lines = []
        for found in change.properties or _all_of(change.before, change.after):
            marks = {"removed": ("[-", "-]"), "added": ("[+", "+]"), "same": ("", "")}
            lines.append(
                found.label + ": " + "".join(f"{marks[r.kind][0]}{r.text}{marks[r.kind][1]}" for r in found.runs())
            )
        return "\n".join(lines)


def _all_of(before: Node | None, after: Node | None) -> Iterable[PropertyChange]:
    """What a node that came or went says, as if it had come from or gone to nothing."""
    node = after or before
    assert node is not None
    blank = Node(node.id, node.kind, {"kind": node.props.get("kind", "")} if node.kind == "unknown" else {})
    return tuple(property_changes(before or blank, after or blank))


def _block(space: int) -> QTextBlockFormat:
    form = QTextBlockFormat()
    form.setTopMargin(space)
    form.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return form


def shortened(text: str, *, first: bool, last: bool) -> str:
    """An unchanged stretch with its middle left out where it is long; at the ends of a text only what is next to the
    change stays.
    """
    if len(text) <= 2 * AROUND + 40:
        return text
    head = "" if first else text[:AROUND].rsplit(" ", 1)[0]
    tail = "" if last else text[-AROUND:].split(" ", 1)[-1]
    # A line break next to the change stays: without it two lines would run into each other.
    return " ".join(piece for piece in (head, "⋯", tail) if piece)
