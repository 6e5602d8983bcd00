"""The way from the agent to the node in front, as a line of buttons. Not here: selecting (``selection``)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from engine.blueprint.document import AgentDocument, Node
from widgets import theme
from widgets.tree import words

_LONGEST = 180
_AROUND = 24


class Breadcrumbs(QFrame):
    """Agent, the nodes around, and the node itself; what does not fit is behind the first button.

    Signals:
        chosen: A node on the way was clicked.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "footer")
        self.setAccessibleName(self.tr("Where the selected part stands"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 2, 8, 2)
        self._row.setSpacing(0)
        self._row.addStretch(1)
        self._path: list[Node] = []
        self._shown: list[tuple[str, str]] | None = None
        self._steps: list[QToolButton] = []
        self._marks: list[QLabel] = []
        self._more = self._button("…")
        self._more.setAccessibleName(self.tr("More parts on the way"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.triggered.connect(lambda action: self.chosen.emit(str(action.data())))
        self._more.setMenu(self._menu)
        self._row.insertWidget(0, self._more)
        self.setFixedHeight(round(self.fontMetrics().height()) + 14)
        self.show_path(None, None)

    def show_path(self, document: AgentDocument | None, node_id: str | None) -> None:
        """Show the way to a node; nothing where there is none."""
        if document is None or node_id is None or node_id not in document:
            path = []
        else:
            path = [*reversed(document.ancestors(node_id)), document.node(node_id)]
        shown = [(node.id, words.title_of(node)) for node in path]
        self._path = path
        if shown != self._shown:  # asked after every edit, and most of them leave the way as it is
            self._shown = shown
            self._arrange()

    def titles(self) -> list[str]:
        """What the buttons say, from the agent on."""
        return [button.text() for button in self._steps if not button.isHidden()]

    def _button(self, text: str = "") -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setStyleSheet(f"font-size: {theme.current().size.caption}px; padding: 2px 6px;")
        return button

    def _step(self, number: int) -> QToolButton:
        """The button of that number, made when it is needed first."""
        while len(self._steps) <= number:
            button = self._button()
            button.clicked.connect(self._clicked)
            mark = QLabel("›", self)
            mark.setProperty("role", "faint")
            self._row.insertWidget(self._row.count() - 1, mark)
            self._row.insertWidget(self._row.count() - 1, button)
            self._steps.append(button)
            self._marks.append(mark)
        return self._steps[number]

    def _arrange(self) -> None:
        """As many steps from the end as there is room for."""
        metrics = QFontMetrics(theme.font("caption"))
        room = self.width() - 16
        shown: list[Node] = []
        for node in reversed(self._path):
            width = min(metrics.horizontalAdvance(words.title_of(node)), _LONGEST) + _AROUND
            if shown and room < width + (_AROUND + 8 if len(shown) + 1 < len(self._path) else 0):
                break
            room -= width
            shown.insert(0, node)
        hidden = self._path[: len(self._path) - len(shown)]
        self._more.setVisible(bool(hidden))
        self._menu.clear()
        for node in hidden:
            action = self._menu.addAction(theme.icon(words.icon_of(node), words.group_of(node)), words.title_of(node))
            action.setData(node.id)
        for number, node in enumerate(shown):
            button = self._step(number)
            title = words.title_of(node)
            button.setText(metrics.elidedText(title, Qt.TextElideMode.ElideRight, _LONGEST))
            button.setAccessibleName(title)
            button.setProperty("node", node.id)
            button.show()
            self._marks[number].setVisible(number > 0 or bool(hidden))
        for number in range(len(shown), len(self._steps)):
            self._steps[number].hide()
            self._marks[number].hide()

    def _clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.chosen.emit(str(sender.property("node")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
