"""The workspace on screen: header, three columns, status line. Widgets only; ``workspace.bench`` makes them work."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from app.window.action_set import ActionSet
from app.workspace.column_switch import ColumnSwitch
from app.workspace.columns import Column, Columns
from app.workspace.header import WorkspaceHeader
from app.workspace.status import StatusLine
from widgets import theme
from widgets.chat import ChatView
from widgets.common import ElidedLabel
from widgets.context import ContextView
from widgets.context.problems import ProblemsPanel
from widgets.forms import PropertyForm
from widgets.tree import TreeEditor

NARROW = 1000
TIGHT = 720


class WorkspacePage(QWidget):
    """Everything a person sees of an open agent.

    Signals:
        tab_changed: ``properties`` or ``context`` is in front in the middle column.
        session_renamed: A new title for the session in front.
    """

    tab_changed = Signal(str)

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._token_words = ""
        self.header = WorkspaceHeader(actions)
        self.tree = TreeEditor()
        self.form = PropertyForm()
        self.context = ContextView()
        self.chat = ChatView()
        self.status = StatusLine()
        self.problems = ProblemsPanel()
        actions.attach_tree(self.tree)
        self.columns = Columns((self._tree_column(), self._middle_column(), self._chat_column()))
        self.switch = ColumnSwitch(
            self.columns, {"tree": self.tr("Tree"), "middle": self.tr("Properties"), "chat": self.tr("Chat")}, self
        )
        self.status.add_right(self.switch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.columns, 1)
        column.addWidget(self.problems)
        column.addWidget(self.status)
        self.problems.closed.connect(self._problems_closed)
        self.show_tab("properties")

    @property
    def tab(self) -> str:
        return "context" if self._stack.currentWidget() is self.context else "properties"

    def show_tab(self, name: str) -> None:
        """Bring *Properties* or *What the model sees* to the front of the middle column."""
        self._stack.setCurrentWidget(self.context if name == "context" else self.form)
        self._tabs[name].setChecked(True)
        self._show_token_words()
        self.tab_changed.emit(name)

    def show_tokens(self, used: int, window: int | None) -> None:
        """How much of what the model can read is used."""
        if window is None:
            self._token_words = self.tr("{count} tokens").format(count=f"{used:,}")
        else:  # round numbers are short, so that both stand beside the tabs in the smallest window
            room = f"{window // 1000:,}k" if window >= 10_000 else f"{window:,}"
            self._token_words = self.tr("{count} of {room}").format(count=f"{used:,}", room=room)
        self._show_token_words()

    def _show_token_words(self) -> None:
        self.tokens.setText(self._token_words if self.tab == "context" else "")

    def panes(self) -> list[QWidget]:
        """What F6 goes through."""
        return [self.header, self.tree, self._middle, self.chat, self.problems, self.status]

    def show_problems(self) -> None:
        """Open the list of problems below the columns, or close it."""
        if self.problems.isVisible():
            self.problems.end()
        else:
            self.problems.begin()

    def _problems_closed(self) -> None:
        self.status.problems.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.set_narrow(self.width() < NARROW, self.width() < TIGHT)

    # --- building --------------------------------------------------------------------------------------------

    def _tree_column(self) -> Column:
        column = Column("tree", "", "window").without_header()
        column.set_body(self.tree)
        return column

    def _middle_column(self) -> Column:
        self._middle = column = Column("middle", "")
        column.title.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.form)
        self._stack.addWidget(self.context)
        group = QButtonGroup(self)
        group.setExclusive(True)
        self._tabs: dict[str, QPushButton] = {}
        for name, text in (("properties", self.tr("Properties")), ("context", self.tr("What the model sees"))):
            tab = QPushButton(text)
            tab.setProperty("role", "tab")
            tab.setCheckable(True)
            tab.setProperty("tab", name)
            tab.clicked.connect(self._tab_clicked)
            group.addButton(tab)
            column.header.addWidget(tab)
            self._tabs[name] = tab
            tab.setMinimumWidth(tab.sizeHint().width())
        self.tokens = ElidedLabel()
        self.tokens.setProperty("role", "dim")
        self.tokens.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column.header.addWidget(self.tokens, 1)
        column.set_body(self._stack)
        return column

    def _chat_column(self) -> Column:
        column = Column("chat", "").without_header()
        column.set_body(self.chat)
        self.session_menu = QToolButton()
        self.session_menu.setIcon(theme.icon("ellipsis", "dim"))
        self.session_menu.setAccessibleName(self.tr("More about this session"))
        self.session_menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for action_id in ("session.rename", "session.trash"):
            self.session_menu.addAction(self._actions[action_id])
        self.chat.add_header_widget(self.session_menu)
        return column

    def _tab_clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.show_tab(str(sender.property("tab")))
