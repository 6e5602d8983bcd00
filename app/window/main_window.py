"""The one window: sidebar, pages, a line for banners. It knows no engine and no store; signals go up."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QIcon, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from app.paths import resource_path
from app.window.action_set import ActionSet
from widgets import theme
from widgets.common import NavItem, Sidebar

MINIMUM = QSize(900, 600)
FIRST_SIZE = QSize(1440, 900)
INSIDE = {"workspace": "agents", "versions": "agents", "permissions": "settings", "part": "library"}
"""Pages without a row in the sidebar, and the row that they belong to."""
FRAME = QSize(4, 44)
"""About what a window manager draws round a window; the real frame is only known once it is shown."""


class MainWindow(QMainWindow):
    """Sidebar at the left, one page at the right.

    Signals:
        quit_requested: The person closed the window; it stays open until :meth:`close_now`.
        painted: It was on screen for the first time.
        page_changed: The name of the page in front.
    """

    quit_requested = Signal()
    painted = Signal()
    page_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Bough")
        self.setObjectName("mainWindow")
        self.setMinimumSize(MINIMUM.boundedTo(self.screen().availableGeometry().size() - FRAME))
        icon = resource_path("linux", "bough.svg")
        if icon.is_file():
            self.setWindowIcon(QIcon(str(icon)))
        self._may_close = False
        self._was_painted = False
        self._makers: dict[str, Callable[[], QWidget]] = {}
        self._pages: dict[str, QWidget] = {}
        self.actions_ = ActionSet(self)
        self.sidebar = Sidebar()
        self.sidebar.set_pages(
            [
                NavItem("agents", self.tr("Agents"), "layout-grid"),
                NavItem("sessions", self.tr("Sessions"), "messages-square"),
                NavItem("library", self.tr("Library"), "shapes"),
            ],
            [NavItem("settings", self.tr("Settings"), "settings")],
        )
        self.menu_button = self._make_menu_button()
        self.stack = QStackedWidget()
        self.stack.addWidget(QWidget())  # nothing, until it is known what was in front
        self.banners = QVBoxLayout()
        self.banners.setContentsMargins(0, 0, 0, 0)
        self.banners.setSpacing(0)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.banners)
        column.addWidget(self.stack, 1)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(right, 1)
        self.setCentralWidget(body)

    def _make_menu_button(self) -> QToolButton:
        button = QToolButton(self.sidebar)
        button.setIcon(theme.icon("ellipsis", "dim"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName(self.tr("Menu"))
        button.setToolTip(self.tr("Menu (F10)"))
        button.setShortcut("F10")
        menu = QMenu(button)
        for sub in self.actions_.menus(self):
            menu.addMenu(sub)
        button.setMenu(menu)
        button.setGeometry(self.sidebar.width() - 43, 13, 30, 28)
        return button

    @property
    def was_painted(self) -> bool:
        """Whether it has been on screen."""
        return self._was_painted

    # --- pages -----------------------------------------------------------------------------------------------

    def add_page(self, name: str, make: Callable[[], QWidget]) -> None:
        """Add a page under a name; ``make`` is called when it comes to the front for the first time."""
        self._makers[name] = make

    @property
    def page(self) -> str:
        """The name of the page in front."""
        current = self.stack.currentWidget()
        return next((name for name, page in self._pages.items() if page is current), "")

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        if name not in self._pages:
            self._pages[name] = page = self._makers[name]()
            self.stack.addWidget(page)
        if self.stack.currentWidget() is not self._pages[name]:
            self.stack.setCurrentWidget(self._pages[name])
        self.sidebar.set_current(INSIDE.get(name, name))
        self.page_changed.emit(name)

    # --- geometry --------------------------------------------------------------------------------------------

    def restore_place(self, geometry: str) -> None:
        """Put the window where it was; a sensible place where there is none, or the screen is gone."""
        try:
            x, y, width, height, maximized = (int(part) for part in geometry.split(","))
        except ValueError:
            screen = None
        else:
            screen = QGuiApplication.screenAt(QPoint(x + width // 2, y + FRAME.height() // 2))
        if screen is None:
            available = self.screen().availableGeometry()
            self.resize(FIRST_SIZE.boundedTo(available.size() - FRAME))
            self.move(available.center() - self.rect().center() - QPoint(0, FRAME.height() // 2))
            return
        available = screen.availableGeometry()
        size = QSize(width, height).expandedTo(self.minimumSize()).boundedTo(available.size() - FRAME)
        end = available.bottomRight() - QPoint(size.width() + FRAME.width(), size.height() + FRAME.height())
        self.resize(size)
        # Before the window exists for the system, `move` places its frame, as `pos` in `place` tells it.
        self.move(max(available.left(), min(x, end.x() + 1)), max(available.top(), min(y, end.y() + 1)))
        if maximized:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    def place(self) -> str:
        """Where the window with its frame is, for :meth:`restore_place`: left, top, width, height, maximized."""
        normal = not (self.isMaximized() or self.isFullScreen())
        frame = QRect(self.pos(), self.size()) if normal else self.normalGeometry()
        return f"{frame.x()},{frame.y()},{frame.width()},{frame.height()},{int(self.isMaximized())}"

    # --- closing ---------------------------------------------------------------------------------------------

    def close_now(self) -> None:
        """Close for good; the program is done with it."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            super().closeEvent(event)
        else:
            event.ignore()
            self.quit_requested.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QGuiApplication.postEvent(self, QEvent(QEvent.Type.User))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            self.painted.emit()
            return True
        return super().event(event)

    # --- keyboard --------------------------------------------------------------------------------------------

    def cycle_pane(self, panes: list[QWidget], step: int) -> None:
        """Move the focus to the next visible pane: the sidebar first, then those given."""
        visible = [pane for pane in (self.sidebar, *panes) if pane.isVisible()]
        focus = self.focusWidget()
        at = next((i for i, pane in enumerate(visible) if focus is pane or (focus and pane.isAncestorOf(focus))), -1)
        target = visible[(at + step) % len(visible)] if at >= 0 else visible[0 if step > 0 else -1]
        first = _first_focus(target)
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _first_focus(pane: QWidget) -> QWidget | None:
    """Where the focus goes inside a pane: its focus proxy, or the first widget that takes the Tab key."""
    proxy = pane.focusProxy()
    if proxy is not None:
        return proxy
    if pane.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return pane
    return next(
        (
            child
            for child in pane.findChildren(QWidget)
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisibleTo(pane) and child.isEnabled()
        ),
        None,
    )
