"""A look inside a template: a conversation that it had, its tree, what it needs; no agent is made of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.gallery import Line, Template
from widgets.chat import ChatItem, ChatView
from widgets.common import IconLabel, TabCard, answer_row, text_label
from widgets.library.small_tree import SmallTree

SIDE = 250


class InsideDialog(QDialog):
    """A template to look at. ``accepted``: the person wants to begin with it.

    Args:
        template: What is shown.
        lines: Its recorded session.
        may: What it may want to do outside its own chat, in sentences.
    """

    def __init__(self, template: Template, lines: Sequence[Line], may: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Inside {title}").format(title=template.title))
        self.tree = SmallTree(self.windowTitle())
        self.tree.show_node(template.document.root, template.document)
        self.chat = ChatView()
        self.chat.header.hide()
        self.chat.footer.hide()
        self.chat.transcript.offers_jump = False
        self.chat.setAccessibleName(self.tr("A conversation with {title}").format(title=template.title))
        self.chat.set_items(chat_items(template, lines))
        right = TabCard(((self.tr("A conversation"), self.chat), (self.tr("The tree"), self.tree)))
        self.tabs = dict(zip(("chat", "tree"), right.buttons, strict=True))
        body = QHBoxLayout()
        body.setSpacing(20)
        body.addLayout(self._about(template, may))
        body.addWidget(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 20, 20, 16)
        whole.setSpacing(14)
        whole.addLayout(body, 1)
        whole.addLayout(self._buttons(template.title))
        self.tabs["chat"].setVisible(bool(lines))
        right.show_page(0 if lines else 1)
        self.resize(900, 620)
        self.begin.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """A conversation is read from its beginning."""
        super().showEvent(event)
        self.chat.transcript.verticalScrollBar().setValue(0)

    def _about(self, template: Template, may: Sequence[str]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(IconLabel(template.icon, template.hue, 24))
        column.addSpacing(2)
        for text, role in ((template.title, "title"), (template.description, "dim")):
            label = text_label(text, role)
            label.setFixedWidth(SIDE)
            column.addWidget(label)
        needs = [template.needs] if template.needs else []
        self._list(column, self.tr("What it needs"), needs)
        self._list(column, self.tr("What it may ask to do"), may)
        self._list(column, self.tr("What it brings along"), [self._brought(name) for name in template.agents])
        self._list(column, self.tr("Try asking"), [f"“{text}”" for text in template.suggestions[:3]])
        column.addStretch(1)
        return column

    def _brought(self, name: str) -> str:
        return self.tr("The agent {name}").format(name=name.replace("-", " ").replace("_", " ").capitalize())

    def _list(self, column: QVBoxLayout, title: str, texts: Sequence[str]) -> None:
        if not texts:
            return
        column.addSpacing(8)
        column.addWidget(text_label(title, "label"))
        for text in texts:
            label = text_label(text, "caption")
            label.setFixedWidth(SIDE)
            column.addWidget(label)

    def _buttons(self, title: str) -> QHBoxLayout:
        words = text_label(self.tr("Only to look at. Open it, and you can change every part."), "dim")
        row, self.begin, _ = answer_row(self, self.tr("Open {title}").format(title=title), self.tr("Close"))
        row.insertWidget(0, words, 1, Qt.AlignmentFlag.AlignVCenter)
        row.setStretch(1, 0)  # the words have the room
        return row


def chat_items(template: Template, lines: Sequence[Line]) -> list[ChatItem]:
    """A recorded session as the chat shows one."""
    from app.tool_titles import title_of_tool
    from app.workspace.shown import one_line

    items = []
    for number, line in enumerate(lines):
        key = f"line-{number}"
        if line.role != "tool":
            items.append(ChatItem(key, line.role, line.text))
            continue
        title = title_of_tool(template.document, line.tool)
        detail = {"input": dict(line.input), "result": line.text, "summary": one_line(line.text)}
        status = "failed" if line.failed else "done"
        items.append(ChatItem(key, "tool", one_line(line.input), title, detail, status))
    return items
