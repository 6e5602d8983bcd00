"""The property form: made from a kind's fields and nothing else; every change goes into the document at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from engine.blueprint.document import Node
from engine.blueprint.edits import Batch, Edit, EditError, InsertNode, SetEnabled, SetProperty
from engine.blueprint.form_fields import fields
from engine.blueprint.kinds import KINDS, kind_of
from engine.blueprint.placement import fixed_by, part_id
from engine.blueprint.problem import Problem
from widgets.forms.base import FormContext, ModelChoice
from widgets.forms.drafts import Drafts
from widgets.forms.field_row import FieldRow
from widgets.forms.full import FullPage
from widgets.forms.header import FormHeader
from widgets.forms.node_page import NodePage
from widgets.forms.prompt import PromptEditor
from widgets.forms.services import NO_SERVICES, AgentChoice, FormServices
from widgets.forms.several import SeveralPage
from widgets.tree.document_model import DocumentModel
from widgets.tree.rename import title_edit, title_field


class PropertyForm(QWidget):
    """The properties of one node, or what can be done with several.

    Signals:
        refused: The document did not take a change; the reason in words.
        action_wanted: While several nodes are selected: an action of ``widgets.actions`` for all of them.
        node_clicked: While several nodes are selected: this one is to be selected alone.
    """

    refused = Signal(str)
    action_wanted = Signal(str)
    node_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: DocumentModel | None = None
        self._node: Node | None = None
        self._rows: dict[str, FieldRow] = {}
        self._several_ids: list[str] = []
        self._models: Sequence[ModelChoice] = ()
        self._agents: Sequence[AgentChoice] = ()
        self._services: FormServices = NO_SERVICES
        self._drafts = Drafts()
        self._fresh: set[str] = set()
        self._problems: list[Problem] = []
        self._own = ""
        self._more_open: dict[str, bool] = {}
        self._stack = QStackedWidget(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self._empty = QLabel(self.tr("Select a part of the tree to see and change its properties."), self)
        self._empty.setProperty("role", "dim")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(48)
        self._stack.addWidget(self._empty)
        self._scroll = self._scrolled()
        self._several = SeveralPage(self)
        self._several.wanted.connect(self.action_wanted)
        self._several.node_clicked.connect(self.node_clicked)
        self._several.refused.connect(self.refused)
        self._several_scroll = self._scrolled()
        self._several_scroll.setWidget(self._several)
        self._full = FullPage(self)
        self._full.closed.connect(self._full_closed)
        self._stack.addWidget(self._full)
        self._page: NodePage | None = None
        self._header: FormHeader | None = None
        self._more: QPushButton | None = None

    def _scrolled(self) -> QScrollArea:
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack.addWidget(area)
        return area

    # -- what is shown ----------------------------------------------------------------------------------------

    @property
    def node_id(self) -> str | None:
        """The node that is shown."""
        return self._node.id if self._node is not None else None

    def set_nodes(self, model: DocumentModel | None, ids: Sequence[str]) -> None:
        """Show what is selected: the form of one node, a page about several, or the empty state."""
        known = [key for key in ids if model is not None and model.node(key) is not None]
        if len(known) < 2 or model is None:
            self.set_node(model, known[0] if known else None)
            return
        self.set_node(model, None)
        self._several_ids = known
        self._show_several()
        self._stack.setCurrentWidget(self._several_scroll)

    def _show_several(self) -> None:
        assert self._model is not None
        node = self._model.document.node(self._several_ids[0])
        self._several.show_nodes(self._model, self._several_ids, self._context(self._model, node))

    def _context(self, model: DocumentModel, node: Node) -> FormContext:
        return FormContext(model.document, node, self._models, self._agents, self._services)

    def set_node(self, model: DocumentModel | None, node_id: str | None) -> None:
        """Show the form of a node, or the empty state."""
        self._several_ids = []
        if model is not self._model:
            if self._model is not None:
                self._model.changed.disconnect(self._edit_made)
                self._model.reset.disconnect(self._document_changed)
            self._model = model
            if model is not None:
                model.changed.connect(self._edit_made)
                model.reset.connect(self._document_changed)
        node = model.node(node_id) if model is not None else None
        if node is not None and self._node is not None and node.id == self._node.id and node.kind == self._node.kind:
            self._node = node
            self._refresh()
            return
        self._end_merge()
        self._full.close_text()
        self._drafts.keep(self._node, self._rows)
        if self._node is not None:
            self._fresh.discard(self._node.id)
        self._node = node
        if node is None:
            self._rows = {}
            self._stack.setCurrentWidget(self._empty)
        else:
            self._build(node)
            self._refresh()
            self._drafts.restore(node, self._rows)
            self._show_problems()
            self._stack.setCurrentWidget(self._scroll)
            self._scroll.verticalScrollBar().setValue(0)

    def set_model_choices(self, choices: Iterable[ModelChoice]) -> None:
        """Models that an agent may ask for, from Settings."""
        self._models = tuple(choices)
        self._refresh()

    def set_agent_choices(self, choices: Iterable[AgentChoice]) -> None:
        """The person's other agents."""
        self._agents = tuple(choices)
        self._refresh()

    def set_services(self, services: FormServices) -> None:
        """The program around the form: keychain, servers, parts."""
        self._services = services
        self._refresh()

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """What the checks found; each is shown beside its field once the person has left it."""
        self._problems = list(problems)
        self._show_problems()

    def focus_first(self) -> None:
        """Give the keyboard to the first field."""
        if self._header is not None and self._header.title.isVisibleTo(self):
            self._header.title.setFocus(Qt.FocusReason.OtherFocusReason)
            self._header.title.selectAll()
        elif self._rows:
            next(iter(self._rows.values())).editor.focus_target().setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_field(self, name: str) -> None:
        """Give the keyboard to a field, unfolding it if need be."""
        row = self._rows.get(name)
        if row is None:
            self.focus_first()
            return
        if row.field.advanced and self._more is not None:
            self._more.setChecked(True)
        row.editor.focus_target().setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.ensureWidgetVisible(row)

    def row(self, name: str) -> FieldRow | None:
        """The row of a field, for tests and tours."""
        return self._rows.get(name)

    # -- building ---------------------------------------------------------------------------------------------

    def _build(self, node: Node) -> None:
        assert self._model is not None
        shown = [field for field in fields(node.kind) if field.name != title_field(node)]
        if self._is_part(node):
            shown = [field for field in shown if field.name == "description"]
        page = NodePage(shown, self._more_open.get(node.kind, False))
        page.header.title_edited.connect(self._title_edited)
        page.header.title_left.connect(self._title_left)
        page.header.enabled_changed.connect(self._enabled_changed)
        page.header.set_history(self._model)
        if page.more is not None:
            page.more.toggled.connect(self._toggle_more)
        for row in page.rows.values():
            row.editor.set_history(self._model)
            row.editor.edited.connect(self._edited)
            row.editor.left.connect(self._end_merge)
            row.fix_wanted.connect(self._fix)
            if isinstance(row.editor, PromptEditor):
                row.editor.full_wanted.connect(self._full_wanted)
            if node.id in self._fresh:
                row.wait()
        self._page, self._header, self._more, self._rows = page, page.header, page.more, page.rows
        old = self._scroll.takeWidget()
        self._scroll.setWidget(page)
        if old is not None:
            old.deleteLater()

    @Slot(bool)
    def _full_wanted(self, on: bool) -> None:
        row = next((row for row in self._rows.values() if row.editor is self.sender()), None)
        if on and row is not None:
            self._full.show_text(row)
            self._stack.setCurrentWidget(self._full)
        else:
            self._full.close_text()

    @Slot()
    def _full_closed(self) -> None:
        self._stack.setCurrentWidget(self._scroll)

    @Slot(bool)
    def _toggle_more(self, on: bool) -> None:
        if self._node is not None:
            self._more_open[self._node.kind] = on

    # -- following the document -------------------------------------------------------------------------------

    @Slot(object)
    def _edit_made(self, edit: object) -> None:
        if isinstance(edit, InsertNode):
            self._fresh.add(edit.node.id)
        self._document_changed()

    @Slot()
    def _document_changed(self) -> None:
        if self._model is not None and self._several_ids:
            self.set_nodes(self._model, self._several_ids)
            return
        if self._model is None or self._node is None:
            return
        node = self._model.node(self._node.id)
        if node is None or node.kind != self._node.kind:
            self.set_node(self._model, node.id if node is not None else None)
            return
        self._node = node
        self._refresh()

    def _refresh(self) -> None:
        node, model = self._node, self._model
        page = self._page
        if node is None or model is None or page is None:
            return
        own, known = self._own, fields(node.kind)
        context = self._context(model, node)
        page.header.show_node(node, keep_title=own == "title")
        if self._is_part(node):
            part = KINDS["part"]
            page.header.show_words(part.title, part.help)
        reason = fixed_by(model.document, node.id)
        page.show_fixed(reason)
        for name, row in self._rows.items():
            visible = row.field.visible(node.props, known)
            if row.isVisibleTo(self) != visible or row.isHidden() == visible:
                row.setVisible(visible)
            row.setEnabled(reason is None)
            row.editor.set_context(context)
            if name != own:
                row.editor.set_value(node.props.get(name, row.field.default))
        page.order_keys()

    def _is_part(self, node: Node) -> bool:
        """Whether it is the root of a part of the library, which has nothing of an agent but name and description."""
        return node.kind == "agent" and self._model is not None and part_id(self._model.document) is not None

    def _show_problems(self) -> None:
        found: dict[str, Problem] = {}
        for problem in self._problems:
            if self._node is not None and problem.node_id == self._node.id and problem.field:
                found.setdefault(problem.field, problem)
        for name, row in self._rows.items():
            row.set_problem(found.get(name))

    # -- changes ----------------------------------------------------------------------------------------------

    @Slot(object)
    def _edited(self, value: Any) -> None:
        editor = self.sender()
        row = next((row for row in self._rows.values() if row.editor is editor), None)
        if row is None or self._node is None or self._model is None:
            return
        name = row.field.name
        if value == self._node.props.get(name, row.field.default):
            return
        edit: Edit = SetProperty(self._node.id, name, value)
        along = kind_of(self._node).along(self._node, name, value)
        if along:
            others = (SetProperty(self._node.id, other, given) for other, given in along.items())
            edit = Batch((edit, *others), edit.label)
        self._do(edit, name, f"{self._node.id}.{name}", row)

    def _do(self, edit: Any, own: str, merge_key: str | None, row: FieldRow | None = None) -> None:
        assert self._model is not None
        self._own = own
        try:
            self._model.do(edit, merge_key)
        except EditError as error:
            if row is not None:
                row.refused(str(error))
            else:
                self.refused.emit(str(error))
        else:
            if row is not None:
                row.changed()
        finally:
            self._own = ""

    @Slot()
    def _end_merge(self) -> None:
        if self._model is not None:
            self._model.history.end_merge()

    @Slot(object)
    def _fix(self, edit: Any) -> None:
        self._do(edit, "", None)

    @Slot(str)
    def _title_edited(self, text: str) -> None:
        """Titles that nothing refers to follow every key; names of variables change when the field is left."""
        if (
            self._is_shown(self.sender())
            and self._node is not None
            and self._model is not None
            and not self._is_referred_to()
        ):
            edit = title_edit(self._model.document, self._node, text)
            if edit is not None:
                self._do(edit, "title", f"{self._node.id}.title")

    def _is_shown(self, header: object) -> bool:
        """Not of the node before, whose field loses the keyboard only as its page goes away."""
        return header is self._header

    def _is_referred_to(self) -> bool:
        return self._node is not None and bool(kind_of(self._node).declares(self._node))

    @Slot(str)
    def _title_left(self, text: str) -> None:
        if self._is_shown(self.sender()) and self._node is not None and self._model is not None:
            edit = title_edit(self._model.document, self._node, text.strip())
            if edit is not None:
                self._do(edit, "", None)
        self._end_merge()

    @Slot(bool)
    def _enabled_changed(self, on: bool) -> None:
        if self._node is not None and self._node.enabled != on:
            self._do(SetEnabled(self._node.id, on), "", None)
