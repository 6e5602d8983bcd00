"""What the tree's menu does with the library of parts: save nodes as one, use, update, take apart, look it up.

Not here: the page of the library, what an update changes (``part_updates``).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.errors import explain
from app.notify import Notify
from app.part_updates import PartUpdates
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import tr
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import EditError, InsertNode
from engine.blueprint.kinds import kind_of
from engine.blueprint.part_detach import detach
from engine.blueprint.part_edits import found_parameters, make_part, update_part, use_part
from engine.blueprint.parts import PartDefinition, definition_of_instance
from engine.blueprint.placement import can_insert_node, part_id

if TYPE_CHECKING:
    from app.workspace.bench import Bench
    from widgets.tree import DocumentModel, TreeEditor

log = logging.getLogger(__name__)


class PartsController(QObject):
    """Parts and the agent in front.

    Signals:
        edit_wanted: A part of the library is to be opened; carries its id.
        changed: The library has other parts, or another version of one.
    """

    edit_wanted = Signal(str)
    changed = Signal()

    def __init__(self, services: Services, window: QWidget, notify: Notify, bench: Bench, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._window = window
        self._notify = notify
        self._bench = bench
        self._does = {
            "part.save": self._save,
            "part.use": self._use,
            "part.edit": self._edit,
            "part.update": self._update,
            "part.detach": self._detach,
        }

    @property
    def updates(self) -> PartUpdates:
        """The library, with the agents that are open."""
        agents = self._bench.agents
        return PartUpdates(self._services.store, lambda: {key: agent.model for key, agent in agents.items()})

    def run(self, action_id: str, tree: TreeEditor | None = None) -> None:
        """Do what an action of a tree's *Library* menu says, with what is selected there (in the agent by default)."""
        spawn(self._run(action_id, tree or self._bench.page.tree), name=action_id, owner=self)

    async def _run(self, action_id: str, tree: TreeEditor) -> None:
        model = tree.document_model
        if model is None:
            return
        try:
            await self._does[action_id](model, tree)
        except EditError as error:
            self._notify.say(str(error))
        except Exception as error:
            log.exception("The library could not do %s", action_id)
            self._notify.error(explain(error))

    async def _save(self, model: DocumentModel, tree: TreeEditor) -> None:
        from app.window.part_dialogs import SavePartDialog

        document, ids = model.document, tree.operations.roots()
        found = found_parameters(document, ids)
        first = document.node(ids[0])
        title = str(first.props.get("title") or "").strip() or kind_of(first).title
        dialog = SavePartDialog(title, found, self._window)
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        name, about, parameters = dialog.name.text(), dialog.about.text(), dialog.parameters
        dialog.deleteLater()
        if not accepted:
            return
        # Made of the document as it is now: it may have been edited while the dialog was open.
        definition, edit = make_part(model.document, ids, name, parameters, description=about.strip())
        await self.updates.save(definition)
        model.do(edit)
        made = next(node for node in model.document.walk() if node.props.get("part") == definition.id)
        tree.select([made.id])
        self.changed.emit()
        self._notify.say(tr("“{name}” is in the library now.", name=definition.title))

    async def _use(self, model: DocumentModel, tree: TreeEditor) -> None:
        from app.window.part_dialogs import ChoosePartDialog

        inside = part_id(model.document)
        rows = [row for row in await self._services.store.parts.list() if row.id != inside]
        dialog = ChoosePartDialog(rows, self._window)
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        chosen = dialog.chosen
        dialog.deleteLater()
        definition = await self.updates.load(chosen) if accepted and chosen else None
        if definition is None:
            return
        self.put(model, definition, tree)

    def put(self, model: DocumentModel, definition: PartDefinition, tree: TreeEditor | None = None) -> None:
        """Use a part in a document, near what is selected there.

        Raises:
            EditError: There is no place for it.
        """
        node = use_part(model.document, definition)
        tree = tree or self._bench.page.tree
        parent_id, index = place_for(model.document, node, tree.selection.current)
        model.do(InsertNode(parent_id, index, node))
        tree.shared.folds.set(node.id, True)  # what matters here is what it is given; inside it is as in the library
        tree.select([node.id])
        tree.properties_requested.emit(node.id)

    async def _edit(self, model: DocumentModel, tree: TreeEditor) -> None:
        node = _instance(model, tree)
        definition = definition_of_instance(node)
        if await self._services.store.parts.get(definition.id) is None:  # it came with an agent from elsewhere
            await self.updates.save(definition)
            self.changed.emit()
        self.edit_wanted.emit(definition.id)

    async def _update(self, model: DocumentModel, tree: TreeEditor) -> None:
        node = _instance(model, tree)
        part = str(node.props.get("part") or "")
        definition = await self.updates.load(part)
        title = kind_of(node).title_of(node)
        if definition is None:
            self._notify.say(tr("{name} is not in your library. “Edit in the library” puts it there.", name=title))
        elif update_part(model.document, definition) is None:
            self._notify.say(tr("{name} is as it is in the library.", name=title))
        else:
            await self.update_everywhere(definition)

    async def update_everywhere(self, definition: PartDefinition) -> int:
        """Show what a part's version changes in each agent that uses it, and update those that the person ticks."""
        await self._bench.save()  # what the plan rests on is what the database holds
        updates = self.updates
        plan = await updates.plan(definition)
        if not plan.agents:
            self._notify.say(tr("No agent uses another version of “{name}”.", name=definition.title))
            return 0
        from app.window.part_dialogs import UpdatePartDialog

        dialog = UpdatePartDialog(plan, definition.title, self._window)
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        agents = dialog.agents
        dialog.deleteLater()
        if not accepted:
            return 0
        changed = await updates.apply(plan, agents)
        await self._bench.save()
        self.changed.emit()
        said = tr("Updated in 1 agent.") if changed == 1 else tr("Updated in {n} agents.", n=changed)
        self._notify.say(said)
        return changed

    async def _detach(self, model: DocumentModel, tree: TreeEditor) -> None:
        node = _instance(model, tree)
        model.do(detach(model.document, node.id))
        tree.select([child.id for child in node.children if child.id in model.document])


def _instance(model: DocumentModel, tree: TreeEditor) -> Node:
    selected = [model.document.node(node_id) for node_id in tree.operations.roots()]
    if len(selected) != 1 or selected[0].kind != "part":
        raise EditError(tr("Select one part of the library first."))
    return selected[0]


def place_for(document: AgentDocument, node: Node, selected: str | None) -> tuple[str, int]:
    """Where an instance goes: inside the selected node or behind it, else in front of the conversation.

    Raises:
        EditError: Nowhere, with the reason.
    """
    tried: list[tuple[str, int]] = []
    current = document.get(selected) if selected else None
    if current is not None and current.id != document.root.id and current.kind != "part":
        tried.append((current.id, len(current.children)))
    while current is not None and current.id != document.root.id:
        place = document.place(current.id)
        tried.append((place.parent_id or "", place.index + (0 if current.kind == "timeline" else 1)))
        current = document.parent(current.id)
    children = document.root.children
    before = next((at for at, child in enumerate(children) if child.kind == "timeline"), len(children))
    tried.append((document.root.id, before))
    reasons = [can_insert_node(document, parent_id, index, node) for parent_id, index in tried]
    for (parent_id, index), reason in zip(tried, reasons, strict=True):
        if reason is None:
            return parent_id, index
    raise EditError(reasons[-1] or "")
