"""The Library page: the person's parts at the left; at the right what one is made of and where it is used."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.document import AgentDocument
from widgets.common import ElidedLabel, EmptyState, IconLabel, PageHeader, text_label
from widgets.library.items import PartItem, UseItem
from widgets.library.list import PartList
from widgets.library.small_tree import SmallTree


class LibraryPage(QWidget):
    """Parts of the person.

    Signals:
        asked: What to do with the chosen part: ``edit``, ``rename``, ``delete``, ``update``, ``use``; ``agents`` where
            there is none.
        open_requested: An agent that uses the part is to be opened (its id).
        restore_requested: A deleted part is to come back (its id).
    """

    asked = Signal(str)
    open_requested = Signal(str)
    restore_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Library"))
        self.list = PartList()
        self.list.setMinimumWidth(240)
        self.empty = EmptyState(
            "shapes",
            self.tr("No parts yet"),
            self.tr(
                "A part is a piece of an agent that you use again elsewhere. Choose nodes in a tree, then “Save as "
                "part”."
            ),
            self.tr("Open an agent"),
        )
        self.empty.action_clicked.connect(lambda: self.asked.emit("agents"))
        self.deleted = QPushButton(self.tr("Deleted parts"))
        self.deleted.setProperty("role", "quiet")
        self.deleted.setMenu(QMenu(self.deleted))
        self.deleted.hide()
        self.title = ElidedLabel()
        self.title.setProperty("role", "heading")
        self.description = text_label("", "dim")
        self.wants = text_label("", "caption")
        self.tree = SmallTree(self.tr("What the part is made of"))
        self.tree.setMinimumHeight(160)
        self.uses_title = text_label(self.tr("Where it is used"), "label")
        self._uses = QVBoxLayout()
        self._uses.setSpacing(0)
        self.buttons: dict[str, QPushButton] = {}
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.list)
        self.splitter.addWidget(self._detail())
        self.splitter.setSizes([320, 880])
        self.splitter.setStretchFactor(1, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(QWidget())  # until it is known whether there are parts
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.splitter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        header = PageHeader(self.tr("Library"), self.tr("Parts that you saved"))
        header.add_widget(self.deleted)
        column.addWidget(header)
        column.addWidget(self._stack, 1)

    def _detail(self) -> QWidget:
        does = QHBoxLayout()
        does.setSpacing(8)
        for what, text, role in (
            ("use", self.tr("Use"), ""),
            ("edit", self.tr("Edit"), ""),
            ("update", self.tr("Update everywhere…"), "primary"),
            ("rename", self.tr("Rename…"), "quiet"),
            ("delete", self.tr("Delete"), "quiet"),
        ):
            button = QPushButton(text)
            button.setProperty("role", role)
            button.clicked.connect(lambda *_, key=what: self.asked.emit(key))
            self.buttons[what] = button
            does.addWidget(button)
        does.addStretch(1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 16, 20, 20)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.description)
        column.addWidget(self.wants)
        column.addSpacing(4)
        column.addLayout(does)
        column.addSpacing(8)
        frame = QFrame()
        frame.setProperty("role", "card")
        box = QVBoxLayout(frame)
        box.setContentsMargins(6, 6, 6, 6)
        box.addWidget(self.tree)
        column.addWidget(frame, 1)
        column.addSpacing(8)
        column.addWidget(self.uses_title)
        holder = QFrame()
        holder.setProperty("role", "card")
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(14, 4, 8, 4)
        inside.addLayout(self._uses)
        column.addWidget(holder)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        return area

    def show_parts(self, items: Sequence[PartItem], current: str = "") -> None:
        """Show the parts of the person."""
        self._stack.setCurrentWidget(self.splitter if items else self.empty)
        self.list.show_parts(items, current)

    @property
    def is_empty(self) -> bool:
        """Whether there is no part."""
        return self._stack.currentWidget() is self.empty

    def show_part(
        self, title: str, description: str, wants: Sequence[str], document: AgentDocument, uses: Sequence[UseItem]
    ) -> None:
        """Show one part.

        Args:
            title: Its name.
            description: What it is for.
            wants: Titles of its parameters.
            document: A document that holds what it is made of.
            uses: Where it is used.
        """
        self.title.setText(title)
        self.description.setText(description)
        self.description.setVisible(bool(description))
        self.wants.setText(self.tr("Is given: {names}").format(names=", ".join(wants)))
        self.wants.setVisible(bool(wants))
        self.tree.show_node(document.root, document)
        self.buttons["update"].setEnabled(any(use.behind for use in uses))
        while self._uses.count():
            item = self._uses.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for use in uses:
            self._uses.addWidget(self._use(use))
        if not uses:
            none = text_label(self.tr("Nowhere yet. Open an agent and choose “Use a part”."), "dim")
            none.setContentsMargins(0, 6, 0, 6)
            self._uses.addWidget(none)

    def show_deleted(self, parts: Sequence[tuple[str, str]]) -> None:
        """Deleted parts as (id, title); each can be brought back from a menu."""
        menu = self.deleted.menu()
        menu.clear()
        for part_id, title in parts:
            action = menu.addAction(self.tr("Restore “{title}”").format(title=title))
            action.triggered.connect(lambda *_, key=part_id: self.restore_requested.emit(key))
        self.deleted.setVisible(bool(parts))

    def set_can_use(self, can: bool) -> None:
        """Whether an agent is open that it could be used in."""
        self.buttons["use"].setEnabled(can)
        words = self.tr("Put it into the agent that is open") if can else self.tr("Open an agent first")
        self.buttons["use"].setToolTip(words)

    def _use(self, use: UseItem) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(10)
        row.addWidget(IconLabel("shapes" if use.is_part else "bot", "dim"))
        row.addWidget(text_label(use.name, "", wrap=False))
        if use.count > 1:
            row.addWidget(text_label(self.tr("{n} times").format(n=use.count), "caption", wrap=False))
        row.addStretch(1)
        state = self.tr("not up to date") if use.behind else self.tr("up to date")
        row.addWidget(text_label(state, "warning" if use.behind else "caption", wrap=False))
        if not use.is_part:
            button = QPushButton(self.tr("Open"))
            button.setProperty("role", "link")
            button.setAccessibleName(self.tr("Open {name}").format(name=use.name))
            button.clicked.connect(lambda *_, key=use.id: self.open_requested.emit(key))
            row.addWidget(button)
        return line

    def panes(self) -> list[QWidget]:
        """What F6 goes through."""
        return [self.list, self.tree]
