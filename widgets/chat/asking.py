"""Rows that ask the person something: may a tool run, may the agent do this, what is the answer.

Not here: rows that only show (``cards``, ``rows``), what comes of an answer (the app).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.chat.input_editor import InputEditor
from widgets.chat.items import ChatAnswer, ChatItem, as_text
from widgets.chat.rows import Row
from widgets.forms.chips import FlowLayout

_SHOWN = 3_000
_DETAIL_LINES = 12


class AskingRow(Row):
    """A card with the edge of the abilities, a question, and what can be answered."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.column = QVBoxLayout()
        self.column.setContentsMargins(16, 12, 14, 12)
        self.column.setSpacing(8)
        outer.addLayout(self.column)
        self.title = _label("strong")
        self.text = _label("dim")
        self.column.addWidget(self.title)
        self.column.addWidget(self.text)

    def measure(self, width: int) -> int:
        """The height that the row needs in that width."""
        for layout in (self.column, self.layout()):
            if layout is not None:
                layout.invalidate()  # parts that were hidden just now tell their layout only later
        return super().measure(width)

    @property
    def waiting(self) -> bool:
        """Whether an answer is still wanted."""
        return self.item.status == "waiting"

    def answer(self, answer: ChatAnswer) -> None:
        """The person has decided."""
        if self.waiting:
            self.answered.emit(self.item.id, answer)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The card."""
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.card))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.hue("abilities").ink))
        painter.drawRoundedRect(QRectF(0, 10, tokens.edge, self.height() - 20), 1.5, 1.5)


class DecisionRow(AskingRow):
    """Something to allow or not: once, always, or not at all with a reason."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.once_button = _button("primary")
        self.once_button.clicked.connect(self._once)
        self.always_button = _button()
        self.always_button.clicked.connect(self._always)
        self.deny_button = _button()
        self.deny_button.clicked.connect(self._deny)
        self.buttons = _row(self.once_button, self.always_button, self.deny_button)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("Why not? The agent is told (optional)"))
        self.reason.setAccessibleName(self.tr("Reason for not allowing it"))
        self.reason.returnPressed.connect(self._deny)
        self.reason.textEdited.connect(lambda text: self.state.update(reason=text))

    def show_decision(self, said: str) -> None:
        """Buttons while it waits, else what was decided."""
        waiting = self.waiting
        reason = str(self.item.detail.get("reason") or "")
        given = self.tr("“{reason}”").format(reason=reason) if reason else ""
        self.text.setText(self.item.text if waiting else " ".join(part for part in (said, given) if part))
        self.text.setVisible(bool(self.text.text()))
        self.buttons.setVisible(waiting)
        self.always_button.setVisible(waiting and bool(self.item.detail.get("can_always", True)))
        self.reason.setVisible(waiting)
        if self.reason.text() != self.state.get("reason", ""):
            self.reason.setText(str(self.state.get("reason", "")))
        for button in (self.once_button, self.always_button, self.deny_button):
            button.setAccessibleName(f"{button.text()}: {self.title.text()}")

    def _once(self) -> None:
        self.answer(ChatAnswer(True))

    def _always(self) -> None:
        self.answer(ChatAnswer(True, always=True))

    def _deny(self) -> None:
        self.answer(ChatAnswer(False, self.reason.text().strip()))


class ApprovalRow(DecisionRow):
    """May this tool run with this input? It may be changed first."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.once_button.setText(self.tr("Approve"))
        self.always_button.setText(self.tr("Always for this tool"))
        self.deny_button.setText(self.tr("Deny"))
        self.asked = _label("mono")
        self.asked.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.change_button = QPushButton(self.tr("Change the input"))
        self.change_button.setProperty("role", "link")
        self.change_button.clicked.connect(self._change)
        self.editor: InputEditor | None = None
        for widget in (self.asked, self.change_button, self.buttons, self.reason):
            self.column.addWidget(widget)
        self.column.setAlignment(self.change_button, Qt.AlignmentFlag.AlignLeft)
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        self.title.setText(item.title or self.tr("The agent wants to do something"))
        said = {"approved": self.tr("You approved this."), "denied": self.tr("You denied this.")}.get(item.status, "")
        self.show_decision(said)
        asked = as_text(item.detail.get("input"))
        self.asked.setText(asked if len(asked) <= _SHOWN else asked[:_SHOWN] + "…")
        changing = self.waiting and self.editor is not None
        self.asked.setVisible(bool(asked) and not changing)
        self.change_button.setVisible(self.waiting and not changing and item.detail.get("input") not in (None, {}, ""))
        self.change_button.setAccessibleName(self.tr("Change the input: {title}").format(title=self.title.text()))
        if self.editor is not None:
            self.editor.setVisible(changing)

    def _change(self) -> None:
        self.editor = InputEditor()
        self.editor.set_value(self.item.detail.get("input"))
        self.editor.height_wanted.connect(self.height_changed)
        self.column.insertWidget(self.column.indexOf(self.buttons), self.editor)
        self.set_item(self.item)
        self.height_changed.emit()
        self.editor.focus_first()

    def is_busy(self) -> bool:
        """Also while the input is being changed."""
        return (self.editor is not None and self.waiting) or super().is_busy()

    def answer(self, answer: ChatAnswer) -> None:
        """With the input as it was changed, where it was."""
        if self.editor is not None and answer.approved:
            try:
                changed = self.editor.value()
            except ValueError:
                return
            if changed != self.item.detail.get("input"):
                answer = ChatAnswer(True, always=answer.always, input=changed)
        super().answer(answer)


class _Detail(QPlainTextEdit):
    """What exactly is asked for, as tall as its lines are here: all of it is to be read before it is allowed."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Take the height of the text; what is longer than a dozen lines scrolls."""
        most = _DETAIL_LINES * QFontMetrics(theme.font("mono")).lineSpacing()
        height, block = 0.0, self.document().firstBlock()
        while block.isValid() and height < most:
            height += self.blockBoundingRect(block).height()
            block = block.next()
        self.setFixedHeight(min(most, math.ceil(height)) + 20)


class PermissionRow(DecisionRow):
    """May the agent do this? What exactly folds out."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.once_button.setText(self.tr("Allow once"))
        self.always_button.setText(self.tr("Always for this agent"))
        self.deny_button.setText(self.tr("Don't allow"))
        self.fold = QPushButton()
        self.fold.setProperty("role", "link")
        self.fold.clicked.connect(self._toggle)
        self.detail = _Detail()
        self.detail.setReadOnly(True)
        self.detail.setProperty("role", "mono")
        self.detail.setTabChangesFocus(True)
        for widget in (self.fold, self.detail, self.buttons, self.reason):
            self.column.addWidget(widget)
        self.column.setAlignment(self.fold, Qt.AlignmentFlag.AlignLeft)
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        self.title.setText(item.title)
        said = self.tr("You allowed this once.")
        if item.status == "denied":
            said = self.tr("You did not allow this.")
        elif item.detail.get("always"):
            said = self.tr("You allowed this for this agent, until you take it back in Settings.")
        self.show_decision(said)
        detail = str(item.detail.get("detail") or "")
        opened = bool(detail) and bool(self.state.get("open", self.waiting and detail.count("\n") < 3))
        self.fold.setVisible(bool(detail))
        self.fold.setText(self.tr("Hide the details") if opened else self.tr("Show the details"))
        if self.detail.toPlainText() != detail:
            self.detail.setPlainText(detail)
            self.detail.fit()
            self.detail.setAccessibleName(self.tr("What exactly: {what}").format(what=item.title))
        self.detail.setVisible(opened)

    def _toggle(self) -> None:
        self.state["open"] = self.detail.isHidden()
        self.set_item(self.item)
        self.height_changed.emit()


class QuestionRow(AskingRow):
    """A question of the agent: answers to choose from, or a line for one's own words."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.choices = QWidget()
        self._choices = QVBoxLayout(self.choices)
        self._choices.setContentsMargins(0, 0, 0, 0)
        self._choices.setSpacing(6)
        self.choice_buttons: list[QPushButton] = []
        self._offered: tuple[str, ...] = ()
        self.words = QLineEdit()
        self.words.setPlaceholderText(self.tr("Your answer"))
        self.words.setAccessibleName(self.tr("Your answer"))
        self.words.textChanged.connect(self._typed)
        self.words.returnPressed.connect(self._send)
        self.send_button = _button("primary")
        self.send_button.setText(self.tr("Answer"))
        self.send_button.clicked.connect(self._send)
        self.pass_button = QPushButton(self.tr("Rather not say"))
        self.pass_button.setProperty("role", "quiet")
        self.pass_button.clicked.connect(self._pass)
        self.buttons = _row(self.send_button, self.pass_button)
        for widget in (self.choices, self.words, self.buttons):
            self.column.addWidget(widget)
        self.words.setText(str(self.state.get("words", "")))
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        self.title.setText(item.title)
        offered = tuple(str(choice) for choice in item.detail.get("choices") or ())
        if offered != self._offered:
            self._offer(offered)
        given = str(item.detail.get("answer") or "")
        said = self.tr("You answered: {answer}").format(answer=given)
        self.text.setText({"approved": said, "denied": self.tr("You would rather not say.")}.get(item.status, ""))
        self.text.setVisible(bool(self.text.text()))
        waiting = self.waiting
        self.choices.setVisible(waiting and bool(offered))
        self.words.setVisible(waiting and not offered)
        self.send_button.setVisible(waiting and not offered)
        self.buttons.setVisible(waiting)
        self.words.setAccessibleDescription(item.title)
        self._typed()

    def _offer(self, offered: Sequence[str]) -> None:
        for button in self.choice_buttons:
            button.deleteLater()
        self._offered = tuple(offered)
        self.choice_buttons = []
        for number, choice in enumerate(offered, 1):
            button = QPushButton(choice if len(choice) <= 80 else f"{choice[:79]}…")
            button.setToolTip(choice if len(choice) > 80 else "")
            button.setAccessibleName(
                self.tr("Answer {number} of {count}: {choice}").format(number=number, count=len(offered), choice=choice)
            )
            button.clicked.connect(lambda *_args, c=choice: self._choose(c))
            self._choices.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self.choice_buttons.append(button)

    def _typed(self) -> None:
        self.state["words"] = self.words.text()
        self.send_button.setEnabled(bool(self.words.text().strip()))

    def _send(self) -> None:
        if self.words.text().strip():
            self._choose(self.words.text().strip())

    def _choose(self, answer: str) -> None:
        self.answer(ChatAnswer(True, input={"answer": answer}))

    def _pass(self) -> None:
        self.answer(ChatAnswer(False))


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def _button(role: str = "") -> QPushButton:
    button = QPushButton()
    if role:
        button.setProperty("role", role)
    return button


def _row(*widgets: QWidget) -> QWidget:
    made = QWidget()
    row = FlowLayout(made, spacing=8)
    for widget in widgets:
        row.addWidget(widget)
    policy = made.sizePolicy()
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    return made
