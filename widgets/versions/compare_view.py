"""A comparison on screen: how many of what, the tree of both, and the words inside the part that is chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.blueprint.compare import Comparison
from widgets import theme
from widgets.common import EmptyState
from widgets.versions.difference import DifferenceView
from widgets.versions.looks import kind_words
from widgets.versions.merged_tree import MergedTree

TONES = {"added": "accent", "removed": "bad", "moved": "memory", "changed": "flow"}


class CompareView(QWidget):
    """Shows one :class:`Comparison`; also where a change is previewed before it is made."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.comparison: Comparison | None = None
        self.tree = MergedTree()
        self.difference = DifferenceView()
        self.tree.chosen.connect(self.difference.show_node)
        self.badges: dict[str, QLabel] = {}
        self.counts = QWidget()
        row = QHBoxLayout(self.counts)
        row.setContentsMargins(16, 10, 16, 6)
        row.setSpacing(6)
        for kind, tone in TONES.items():
            badge = QLabel()
            badge.setProperty("role", "badge")
            badge.setProperty("tone", tone)
            row.addWidget(badge)
            self.badges[kind] = badge
        row.addStretch(1)
        upper = QWidget()
        box = QVBoxLayout(upper)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.counts)
        box.addWidget(self.tree, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(upper)
        self.splitter.addWidget(self.difference)
        self.splitter.setSizes([420, 240])
        self.splitter.setStretchFactor(0, 1)
        self.nothing = EmptyState()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.splitter)
        self._stack.addWidget(self.nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self.show_words("history", self.tr("Choose a version"), self.tr("You see here what changed in it."))
        theme.manager().changed.connect(self.update)

    def show_comparison(self, comparison: Comparison) -> None:
        """Show what differs; equal documents get a sentence."""
        self.comparison = comparison
        if not comparison:
            self.show_words("check", self.tr("Both are the same"), self.tr("There is no difference to be seen."))
            return
        counts = comparison.counts()
        for kind, badge in self.badges.items():
            number = counts.get(kind, 0)  # type: ignore[call-overload]
            badge.setVisible(bool(number))
            badge.setText(kind_words(kind, number))
        self.counts.setVisible(bool(counts))
        self.tree.set_tree(comparison.tree)
        self._stack.setCurrentWidget(self.splitter)

    def show_words(self, icon: str, title: str, text: str) -> None:
        """Say something instead."""
        self.nothing.set_content(icon, title, text)
        self._stack.setCurrentWidget(self.nothing)

    @property
    def is_empty(self) -> bool:
        """Whether words stand where a comparison would."""
        return self._stack.currentWidget() is self.nothing
