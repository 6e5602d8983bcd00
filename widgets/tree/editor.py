"""The tree editor: header, canvas, outline, palette and context menu around one document.

Here: putting the parts together. Not here: the window's menus and shortcuts (``app``), which call the same methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.problem import Problem
from widgets import theme
from widgets.tree.canvas import TreeCanvas
from widgets.tree.document_model import DocumentModel
from widgets.tree.live import LiveBadge
from widgets.tree.marks import marks_of
from widgets.tree.operations import Operations
from widgets.tree.outline import OutlineView
from widgets.tree.palette import PalettePanel
from widgets.tree.selection import Selection


class TreeEditor(QWidget):
    """Builds an agent out of nodes.

    Signals:
        selection_changed: The selected node ids.
        properties_requested: A node is to be edited: show its form and give it the focus.
        message: Something to tell the person, such as why a move was refused.
        outline_toggled: The outline is shown now, or the canvas again.
    """

    selection_changed = Signal(list)
    properties_requested = Signal(str)
    message = Signal(str)
    outline_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: DocumentModel | None = None
        self.selection = Selection(self)
        self.operations = Operations(self.selection, self)
        self.canvas = TreeCanvas(self.selection, self.operations, self)
        self.outline = OutlineView(self.selection, self.operations, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self.outline)
        self._place: tuple[str, int] | None = None
        self._menu = QMenu(self)
        self._notice = self._make_notice()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._make_header())
        layout.addWidget(self._stack, 1)
        self.palette_panel = PalettePanel(self)
        self._connect()
        self.setMinimumWidth(240)

    def _make_header(self) -> QFrame:
        header = QFrame(self)
        header.setProperty("role", "header")
        header.setMinimumHeight(40)
        row = QHBoxLayout(header)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(2)
        label = QLabel(self.tr("Tree"), header)
        label.setProperty("role", "strong")
        row.addWidget(label)
        row.addStretch(1)
        self.add_button = self._button("plus", self.tr("Add"), self.tr("Add a part (Insert)"), with_text=True)
        self.add_button.setCheckable(True)
        self.outline_button = self._button("list-tree", self.tr("Show as outline"), self.tr("Show as outline"))
        self.outline_button.setCheckable(True)
        self.zoom_button = self._button("zoom-in", self.tr("Zoom"), self.tr("Zoom"))
        self.zoom_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.zoom_button)
        for text, keys, step in (
            (self.tr("Zoom in"), QKeySequence("Ctrl++"), 1.15),
            (self.tr("Zoom out"), QKeySequence("Ctrl+-"), 1 / 1.15),
            (self.tr("Actual size"), QKeySequence("Ctrl+0"), 0.0),
        ):
            action = menu.addAction(f"{text}\t{keys.toString(QKeySequence.SequenceFormat.NativeText)}")
            action.setData(step)
        menu.triggered.connect(self._zoom_chosen)
        self.zoom_button.setMenu(menu)
        for button in (self.add_button, self.outline_button, self.zoom_button):
            row.addWidget(button)
        return header

    def _button(self, icon: str, text: str, tip: str, with_text: bool = False) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon(icon, "dim"))
        button.setIconSize(QSize(16, 16))
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if with_text else Qt.ToolButtonStyle.ToolButtonIconOnly
        button.setToolButtonStyle(style)
        return button

    def _make_notice(self) -> QLabel:
        notice = QLabel(self)
        notice.setProperty("role", "badge")
        notice.setProperty("tone", "bad")
        notice.setWordWrap(True)
        notice.setMargin(6)
        notice.hide()
        self._notice_timer = QTimer(self)
        self._notice_timer.setSingleShot(True)
        self._notice_timer.setInterval(6000)
        self._notice_timer.timeout.connect(notice.hide)
        return notice

    def _connect(self) -> None:
        self.selection.changed.connect(self.selection_changed)
        self.operations.refused.connect(self._refused)
        self.canvas.activated.connect(self.properties_requested)
        self.outline.activated_node.connect(self.properties_requested)
        for view in (self.canvas, self.outline):
            view.menu_requested.connect(self._show_menu)
            view.add_requested.connect(self._ask_palette)
        self.canvas.pressed.connect(self.palette_panel.close_panel)
        self.canvas.verticalScrollBar().valueChanged.connect(self._notice.hide)
        self.add_button.clicked.connect(self._toggle_palette)
        self.outline_button.toggled.connect(self.show_outline)
        panel = self.palette_panel
        panel.chosen.connect(self._kind_chosen)
        panel.closed.connect(self._palette_closed)
        panel.drag_started.connect(self.canvas.pointer.begin_kind)
        panel.drag_moved.connect(self.canvas.pointer.drag_kind)
        panel.dropped.connect(self._kind_dropped)
        panel.drag_cancelled.connect(self.canvas.pointer.cancel)

    # -- the document -----------------------------------------------------------------------------------------

    @property
    def document_model(self) -> DocumentModel | None:
        """The document that is edited."""
        return self._model

    def set_document(self, model: DocumentModel | None) -> None:
        """Edit another document."""
        if self._model is not None:
            self._model.changed.disconnect(self._document_changed)
            self._model.reset.disconnect(self._document_changed)
        self._model = model
        self.operations.model = model
        self.canvas.set_model(model)
        self.outline.set_document(model)
        self.selection.set([])
        if model is not None:
            model.changed.connect(self._document_changed)
            model.reset.connect(self._document_changed)

    @Slot()
    def _document_changed(self) -> None:
        if self._model is not None:
            document = self._model.document
            gone = [node_id for node_id in self.selection.ids if node_id not in document]
            if gone or (self.selection.current and self.selection.current not in document):
                self.selection.keep_only((node.id for node in document.walk()), document.root.id)

    def select(self, ids: Iterable[str]) -> None:
        """Select nodes, and show the last of them."""
        self.selection.set(ids)

    def selected(self) -> list[str]:
        """The selected node ids."""
        return self.selection.ids

    def set_live(self, live: Mapping[str, LiveBadge]) -> None:
        """Show what the session in front says about the nodes."""
        self.canvas.set_live(live)
        self.outline.set_live(live)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Mark the nodes that have a problem."""
        marks = marks_of(problems)
        if marks != self.canvas.marks:
            self.canvas.marks = marks
            self.canvas.viewport().update()
            self.outline.set_marks(marks)

    # -- commands ---------------------------------------------------------------------------------------------

    def add_kind(self, kind: str) -> str | None:
        """Add a node at the sensible place after or inside the selection; its id, or None."""
        return self.operations.insert_kind(kind, self._place)

    def cut(self) -> None:
        """Copy and delete the selected nodes."""
        self.operations.cut()

    def copy(self) -> None:
        """Copy the selected nodes."""
        self.operations.copy()

    def paste(self) -> None:
        """Paste nodes after or inside the selection."""
        self.operations.paste()

    def duplicate(self) -> None:
        """Duplicate the selected nodes."""
        self.operations.duplicate()

    def delete(self) -> None:
        """Delete the selected nodes."""
        self.operations.delete()

    def move_up(self) -> None:
        """Move the selected nodes up."""
        self.operations.move_up()

    def move_down(self) -> None:
        """Move the selected nodes down."""
        self.operations.move_down()

    def move_in(self) -> None:
        """Move the selected nodes into the one above."""
        self.operations.move_in()

    def move_out(self) -> None:
        """Move the selected nodes out of the one around."""
        self.operations.move_out()

    def toggle_enabled(self) -> None:
        """Switch the selected nodes off or on."""
        self.operations.toggle_enabled()

    def rename(self) -> None:
        """Edit the title of the current node in place."""
        if self._stack.currentWidget() is self.outline or not self.canvas.rename():
            if self.selection.current:
                self.properties_requested.emit(self.selection.current)

    def open_palette_here(self) -> None:
        """Open the palette for the selection."""
        self.open_palette()

    def edit_current(self) -> None:
        """Ask for the form of the current node."""
        if self.selection.current:
            self.properties_requested.emit(self.selection.current)

    def zoom_in(self) -> None:
        """Make the canvas larger."""
        self.canvas.set_zoom(self.canvas.zoom * 1.15)

    def zoom_out(self) -> None:
        """Make the canvas smaller."""
        self.canvas.set_zoom(self.canvas.zoom / 1.15)

    def zoom_reset(self) -> None:
        """Show the canvas at its actual size."""
        self.canvas.set_zoom(1.0)

    @Slot(bool)
    def show_outline(self, on: bool) -> None:
        """Show the outline in place of the canvas, or the canvas again."""
        had_focus = self.canvas.hasFocus() or self.outline.hasFocus()
        self._stack.setCurrentWidget(self.outline if on else self.canvas)
        self.outline_button.setChecked(on)
        self.zoom_button.setEnabled(not on)
        if had_focus:
            self.focus_tree()
        self.outline_toggled.emit(on)

    def focus_tree(self) -> None:
        """Give the keyboard to the canvas or the outline."""
        view = self.outline if self._stack.currentWidget() is self.outline else self.canvas
        view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot("QAction*")
    def _zoom_chosen(self, action: object) -> None:
        step = float(action.data())  # type: ignore[attr-defined]
        self.canvas.set_zoom(self.canvas.zoom * step if step else 1.0)

    # -- palette ----------------------------------------------------------------------------------------------

    @Slot(bool)
    def _toggle_palette(self, on: bool) -> None:
        if on:
            self.open_palette()
        else:
            self.palette_panel.close_panel()

    def open_palette(self, place: tuple[str, int] | None = None) -> None:
        """Open the palette; what is chosen goes to the place, or near the selection."""
        if self._model is None:
            return
        self._place = place
        self.add_button.setChecked(True)
        self._arrange()
        self.palette_panel.open(self._reason_for, self._fits if place is not None else None)

    def _fits(self, kind: str) -> bool:
        return self.operations.place_for(kind, self._place) == self._place

    def _reason_for(self, kind: str) -> str | None:
        if self.operations.place_for(kind, self._place) is not None:
            return None
        return self.operations.why_not(kind) or self.tr("It cannot be added here.")

    @Slot(str, int)
    def _ask_palette(self, parent_id: str, index: int) -> None:
        self.open_palette((parent_id, index) if parent_id else None)

    @Slot(str)
    def _kind_chosen(self, kind: str) -> None:
        place, self._place = self._place, None
        new = self.operations.insert_kind(kind, place)
        self.focus_tree()
        if new is not None:
            self.properties_requested.emit(new)  # a new part wants to be filled in

    @Slot(QPoint)
    def _kind_dropped(self, at: QPoint) -> None:
        self.canvas.pointer.drop_kind(at)
        self.focus_tree()

    @Slot()
    def _palette_closed(self) -> None:
        self.add_button.setChecked(False)
        self.focus_tree()

    # -- messages and menus -----------------------------------------------------------------------------------

    @Slot(str)
    def _refused(self, reason: str) -> None:
        self.message.emit(reason)
        self._notice.setText(reason)
        self._arrange()
        self._notice.show()
        self._notice.raise_()
        self._notice_timer.start()

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        from widgets.tree.menu import fill_menu

        if self._model is not None:
            fill_menu(self._menu, self)
            self._menu.popup(at)

    def _arrange(self) -> None:
        area = self._stack.geometry()
        width = min(360, area.width() - 16)
        height = min(560, area.height() - 12)
        self.palette_panel.set_room(QRect(area.right() - width - 7, area.top() + 4, width, height))
        room = area.width() - 32
        self._notice.setMaximumWidth(room)
        self._notice.resize(room, self._notice.heightForWidth(room))
        self._notice.move(area.left() + 16, area.bottom() - self._notice.height() - 12)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()
