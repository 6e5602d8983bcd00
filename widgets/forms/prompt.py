"""The prompt editor: text with variables in ``{{ }}``, shown as chips, completed while typing, with a token count.

Not here: what is offered while typing (``completion``), and the page that shows a text in full height (``full``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import Variable
from widgets import theme
from widgets.forms.base import FieldEditor, FormContext
from widgets.forms.chips import ChipBar
from widgets.forms.completion import Completion, offers_for
from widgets.forms.highlight import mark_line
from widgets.forms.text import GrowingText, show_text

_MARK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def estimate_tokens(text: str) -> int:
    """Tokens of a text as the engine estimates them: four characters each, rounded up."""
    return math.ceil(len(text) / 4)


class TemplateHighlighter(QSyntaxHighlighter):
    """Colours variables and statements; a name that does not exist is underlined."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._known: frozenset[str] = frozenset()

    def set_known(self, names: Sequence[str]) -> None:
        """Names that exist here."""
        known = frozenset(names)
        if known != self._known:
            self._known = known
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        tokens = theme.current()
        for found in _MARK.finditer(text):
            kind = found.group()[1]
            hue = tokens.hue({"{": "memory", "%": "flow"}.get(kind, "root"))
            shape = QTextCharFormat()
            shape.setForeground(QColor(hue.ink if kind != "#" else tokens.faint))
            if kind != "#":
                shape.setBackground(QColor(hue.tint))
            if kind == "{":
                shape.setFontWeight(QFont.Weight.Medium)
                name = _NAME.search(found.group())
                if name and name.group() not in self._known and self._known is not None:
                    shape.setUnderlineColor(QColor(tokens.bad))
                    shape.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            self.setFormat(found.start(), found.end() - found.start(), shape)


class PromptText(GrowingText):
    """The text itself, with completion inside ``{{`` and behind ``/``."""

    def __init__(self, parent: QWidget | None = None, least: int = 4, most: int = 16) -> None:
        super().__init__(parent, least, most)
        self.completion = Completion(self)
        self._popup = self.completion.popup
        self.highlighter = TemplateHighlighter(self.document())
        theme.manager().changed.connect(self.highlighter.rehighlight)

    def set_names(self, names: Sequence[str]) -> None:
        """Variables that may be written here."""
        self.completion.set_names(names)
        self.highlighter.set_known(names)

    def set_variables(self, variables: Sequence[Variable]) -> None:
        """Variables that may be written here, and what is offered with them."""
        self.set_names([variable.name for variable in variables])
        self.completion.set_offers(offers_for(variables))

    def insert_variable(self, name: str) -> None:
        """Write a variable at the cursor; inside open braces only what is missing."""
        self.completion.insert_variable(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._popup.isVisible() and event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Tab,
            Qt.Key.Key_Escape,
            Qt.Key.Key_Backtab,
        ):
            event.ignore()
            return
        super().keyPressEvent(event)
        if event.text() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.completion.show()


class PromptEditor(FieldEditor):
    """A prompt: text, chips of the variables in scope, token count, and a view in full height.

    Signals:
        full_wanted: The person wants to see the text in the whole column, or no longer.
    """

    full_wanted = Signal(bool)

    def __init__(self, field: Field, parent: QWidget | None = None, *, compact: bool = False) -> None:
        super().__init__(field, parent)
        self._known = ""
        self._compact = compact
        self._least, self._most = (1, 6) if compact else (4, 14)
        self._edit = PromptText(self, self._least, self._most)
        self._edit.setPlaceholderText(field.placeholder)
        self._chips = ChipBar(self)
        self._chips.chosen.connect(self._edit.insert_variable)
        self._count = QLabel(self)
        self._count.setProperty("role", "faint")
        self._full = QToolButton(self)
        self._full.setIcon(theme.icon("unfold-vertical", "dim"))
        self._full.setToolTip(self.tr("Show the text in full height"))
        self._full.setAccessibleName(self.tr("Show the text in full height"))
        self._full.setCheckable(True)
        self._full.toggled.connect(self.full_wanted)
        self.set_full(False)
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(8)
        below.addWidget(self._chips, 1)
        side = Qt.AlignmentFlag.AlignTop
        if not compact:
            below.addWidget(self._count, 0, side)
            below.addWidget(self._full, 0, side)
        self._count.setVisible(not compact)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._edit)
        layout.addLayout(below)
        self._edit.textChanged.connect(self._changed)
        self.watch(self._edit)
        self._show_count()

    @Slot()
    def _changed(self) -> None:
        # Qt also says that the text changed when only its colours did.
        text = self._edit.toPlainText()
        if text != self._known:
            self._known = text
            self._show_count()
            mark_line(self._edit, None)
            self.edited.emit(text)

    def _show_count(self) -> None:
        count = estimate_tokens(self._edit.toPlainText())
        text = self.tr("about 1 token") if count == 1 else self.tr("about %1 tokens").replace("%1", f"{count:,}")
        self._count.setText(text)
        self._count.setContentsMargins(0, 5, 0, 0)

    def set_full(self, on: bool) -> None:
        """Fill all the room there is, or be as high as the text again."""
        self._full.setVisible(not on and not self._compact)
        blocked = self._full.blockSignals(True)
        self._full.setChecked(on)
        self._full.blockSignals(blocked)
        up = QSizePolicy.Policy.Expanding if on else QSizePolicy.Policy.Fixed
        self._edit.setSizePolicy(QSizePolicy.Policy.Expanding, up)
        self._edit.updateGeometry()

    def mark_line(self, line: int | None) -> None:
        mark_line(self._edit, line)

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        self.show_variables(context.variables())

    def show_variables(self, variables: Sequence[Variable]) -> None:
        """Variables that may be written here."""
        self._edit.set_variables(variables)
        self._chips.show_variables(variables)

    def set_value(self, value: Any) -> None:
        self._known = "" if value is None else str(value)
        show_text(self._edit, self._known)
        self._show_count()

    def focus_target(self) -> QWidget:
        return self._edit
