"""The tree editor: header, canvas, outline, find, breadcrumbs, palette and context menu around one document.

Here: putting the parts together. Not here: the window's menus and shortcuts (``app``), which run the same actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from engine.blueprint.problem import Problem
from widgets.actions import Bindings
from widgets.tree.announce import announce
from widgets.tree.breadcrumbs import Breadcrumbs
from widgets.tree.canvas import TreeCanvas
from widgets.tree.commands import TreeCommands
from widgets.tree.document_model import DocumentModel
from widgets.tree.find import Finder
from widgets.tree.find_bar import FindBar
from widgets.tree.folds import Folds
from widgets.tree.header import TreeHeader
from widgets.tree.live import LiveBadge
from widgets.tree.marks import marks_of
from widgets.tree.menu import fill_menu
from widgets.tree.move_to import MoveTo
from widgets.tree.operations import Operations
from widgets.tree.outline import OutlineView
from widgets.tree.palette import PalettePanel
from widgets.tree.selection import Selection
from widgets.tree.shared import Shared


class TreeEditor(QWidget):
    """Builds an agent out of nodes.

    Signals:
        selection_changed: The selected node ids.
        properties_requested: A node is to be edited: show its form and give it the focus.
        library_requested: Something is to be done with the person's library of parts; carries the action's id.
        message: Something to tell the person, such as why a move was refused.
        outline_toggled: The outline is shown now, or the canvas again.
        folds_changed: Other nodes are collapsed.
        map_toggled: The map of the tree is wanted, or not.
        said: What was done, in words, as a screen reader was told.
    """

    selection_changed = Signal(list)
    properties_requested = Signal(str)
    library_requested = Signal(str)
    message = Signal(str)
    outline_toggled = Signal(bool)
    folds_changed = Signal()
    map_toggled = Signal(bool)
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: DocumentModel | None = None
        self.selection = Selection(self)
        self.shared = Shared(self.selection, Folds(self), Finder(self.selection, self), Bindings())
        self.operations = Operations(self.selection, self)
        # Made in the order in which they are read aloud.
        self.header = TreeHeader(self.shared.bindings, self)
        self.find_bar = FindBar(self.shared.finder, self)
        self._stack = QStackedWidget(self)
        self.canvas = TreeCanvas(self.shared, self.operations, self)
        self.outline = OutlineView(self.shared, self)
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self.outline)
        self._place: tuple[str, int] | None = None
        self._menu = QMenu(self)
        self.breadcrumbs = Breadcrumbs(self)
        self._notice = self._make_notice()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.header, self.find_bar, self._stack, self.breadcrumbs):
            layout.addWidget(widget, 1 if widget is self._stack else 0)
        self.palette_panel = PalettePanel(self)
        self.move_to = MoveTo(self.operations, self)
        self.commands = TreeCommands(self)
        self._connect()
        self.setMinimumWidth(240)

    @property
    def add_button(self) -> QWidget:
        """The button that opens the palette."""
        return self.header.add

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
        self.selection.changed.connect(self._show_path)
        self.shared.folds.changed.connect(self._folds_changed)
        self.operations.refused.connect(self._refused)
        self.operations.done.connect(self.say)
        self.canvas.activated.connect(self.properties_requested)
        self.outline.activated_node.connect(self.properties_requested)
        self.outline.refused.connect(self._refused)
        for view in (self.canvas, self.outline):
            view.menu_requested.connect(self._show_menu)
            view.command.connect(self.do)
        self.canvas.add_requested.connect(self._ask_palette)
        self.canvas.pressed.connect(self.palette_panel.close_panel)
        self.canvas.verticalScrollBar().valueChanged.connect(self._notice.hide)
        self.header.command.connect(self.do)
        self.header.add_toggled.connect(self._toggle_palette)
        self.header.outline_toggled.connect(self.show_outline)
        self.find_bar.closed.connect(self.focus_tree)
        self.breadcrumbs.chosen.connect(self._crumb_chosen)
        panel = self.palette_panel
        panel.chosen.connect(self._kind_chosen)
        panel.closed.connect(self._palette_closed)
        panel.library_wanted.connect(lambda: self.do("part.use"))
        panel.drag_started.connect(self._kind_dragged)
        panel.drag_moved.connect(self.canvas.pointer.drag_kind)
        panel.dropped.connect(self._kind_dropped)
        panel.drag_cancelled.connect(self.canvas.pointer.cancel)

    # -- the document -----------------------------------------------------------------------------------------

    @property
    def document_model(self) -> DocumentModel | None:
        """The document that is edited."""
        return self._model

    def set_document(self, model: DocumentModel | None, folded: Iterable[str] = ()) -> None:
        """Edit another document, with the nodes collapsed that were collapsed before."""
        if self._model is not None:
            self._model.changed.disconnect(self._document_changed)
            self._model.reset.disconnect(self._document_changed)
            self._model.stepped.disconnect(self._stepped)
        self._model = None  # nothing follows the selection while there are two documents
        self.operations.model = model
        self.selection.set([])
        self.shared.folds.replace(folded)
        self.shared.finder.set_document(model)
        self._model = model
        self.canvas.set_model(model)
        self.outline.set_document(model)
        self._show_path()
        if model is not None:
            model.changed.connect(self._document_changed)
            model.reset.connect(self._document_changed)
            model.stepped.connect(self._stepped)

    @Slot()
    def _document_changed(self) -> None:
        if self._model is not None:
            document = self._model.document
            gone = [node_id for node_id in self.selection.ids if node_id not in document]
            if gone or (self.selection.current and self.selection.current not in document):
                self.selection.keep_only((node.id for node in document.walk()), document.root.id)
            self._show_path()

    @Slot(bool, str)
    def _stepped(self, back: bool, what: str) -> None:
        self.say((self.tr("Taken back: %1.") if back else self.tr("Done again: %1.")).replace("%1", what))

    @Slot()
    def _show_path(self) -> None:
        document = self._model.document if self._model is not None else None
        self.breadcrumbs.show_path(document, self.selection.current or (document.root.id if document else None))

    @Slot(list)
    def _folds_changed(self, ids: list[str]) -> None:
        """What is selected is never hidden: the collapsed node around it is selected in its place."""
        current = self.selection.current
        if self._model is not None and current is not None and current in self._model.document:
            around = [above.id for above in self._model.document.ancestors(current) if above.id in self.shared.folds]
            if around and set(ids) & set(around):
                self.selection.set([around[-1]])
        if self._model is not None:
            self.folds_changed.emit()

    def select(self, ids: Iterable[str]) -> None:
        """Select nodes, and show the last of them."""
        self.selection.set(ids)

    def selected(self) -> list[str]:
        """The selected node ids."""
        return self.selection.ids

    def folded(self) -> list[str]:
        """The nodes that are collapsed, as far as they exist."""
        document = self._model.document if self._model is not None else None
        return sorted(key for key in self.shared.folds.ids if document is not None and key in document)

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

    def do(self, action_id: str) -> None:
        """Run an action of ``widgets.actions`` on the present selection."""
        self.commands.run(action_id)

    def set_shortcuts(self, own: Mapping[str, str]) -> None:
        """Use the person's own keys, by action id."""
        self.shared.bindings.set(own)
        self.header.refresh()

    def add_kind(self, kind: str) -> str | None:
        """Add a node at the sensible place after or inside the selection; its id, or None."""
        return self.operations.insert_kind(kind, self._place)

    def rename(self) -> None:
        """Edit the title of the current node in place, or its properties where it has no title."""
        view = self.outline if self.showing_outline else self.canvas
        if not view.rename() and self.selection.current:
            self.properties_requested.emit(self.selection.current)

    def edit_current(self) -> None:
        """Ask for the form of the current node."""
        if self.selection.current:
            self.properties_requested.emit(self.selection.current)

    def open_menu(self) -> None:
        """Open the context menu at the current node."""
        view = self.outline if self.showing_outline else self.canvas
        self._show_menu(view.menu_point(), False)

    def choose_place(self) -> None:
        """Choose from a list where the selected nodes go."""
        self.move_to.open()

    @property
    def showing_outline(self) -> bool:
        """Whether the outline is in front."""
        return self._stack.currentWidget() is self.outline

    def toggle_outline(self) -> None:
        """Show the outline, or the canvas again."""
        self.show_outline(not self.showing_outline)

    @Slot(bool)
    def show_outline(self, on: bool) -> None:
        """Show the outline in place of the canvas, or the canvas again."""
        if on == self.showing_outline:
            return
        had_focus = self.canvas.hasFocus() or self.outline.hasFocus()
        self._stack.setCurrentWidget(self.outline if on else self.canvas)
        self.header.outline.setChecked(on)
        if had_focus:
            self.focus_tree()
        self.outline_toggled.emit(on)

    def show_map(self, on: bool) -> None:
        """Show the map of the tree where it is of use, or never."""
        if on != self.canvas.map.on:
            self.canvas.map.set_on(on)
            self.header.set_map_on(on)
            self.map_toggled.emit(on)

    @Slot()
    def focus_tree(self) -> None:
        """Give the keyboard to the canvas or the outline."""
        view = self.outline if self.showing_outline else self.canvas
        view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def _crumb_chosen(self, node_id: str) -> None:
        self.select([node_id])
        self.focus_tree()

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
        self.header.add.setChecked(True)
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
        self.add_and_edit(kind, place)

    def add_and_edit(self, kind: str, place: tuple[str, int] | None = None) -> None:
        """Add a node at a place, or near the selection, and ask for its form: a new part wants to be filled in."""
        new = self.operations.insert_kind(kind, place)
        self.focus_tree()
        if new is not None:
            self.properties_requested.emit(new)

    @Slot(str, QPoint)
    def _kind_dragged(self, kind: str, at: QPoint) -> None:
        if not self.showing_outline:  # rows take what is clicked; cards show where something would land
            self.canvas.pointer.begin_kind(kind, at)

    @Slot(QPoint)
    def _kind_dropped(self, at: QPoint) -> None:
        self.canvas.pointer.drop_kind(at)
        self.focus_tree()

    @Slot()
    def _palette_closed(self) -> None:
        self.header.add.setChecked(False)
        self.focus_tree()

    # -- messages and menus -----------------------------------------------------------------------------------

    @Slot(str)
    def say(self, text: str) -> None:
        """Have a screen reader say what was done."""
        announce(self.outline if self.showing_outline else self.canvas, text)
        self.said.emit(text)

    @Slot(str)
    def _refused(self, reason: str) -> None:
        self.message.emit(reason)
        self.say(reason)
        self._notice.setText(reason)
        self._arrange()
        self._notice.show()
        self._notice.raise_()
        self._notice_timer.start()

    @Slot(QPoint, bool)
    def _show_menu(self, at: QPoint, empty: bool) -> None:
        if self._model is not None:
            fill_menu(self._menu, self, empty=empty)
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
