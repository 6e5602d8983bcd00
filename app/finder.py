"""What the command palette offers: actions, agents, sessions, the parts of the agent in front, kinds to add, settings.

Here: gathering them, what was used lately first, and doing what was chosen. Not here: the popup (``widgets.palette``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from app.actions import ACTIONS, MENUS
from app.settings import preferences
from app.tasks import spawn
from app.text import tr
from widgets.palette import CommandPalette, PaletteItem

if TYPE_CHECKING:
    from app.desk import Desk

log = logging.getLogger(__name__)

KEPT = 12
SHOWN = 5
SESSIONS = 300
"""So many sessions can be found by their title here; the search of all sessions finds the others."""
USED_LATELY = 60
_SEARCH = "search/"


class Finder(QObject):
    """Fills the palette of one window and does what is chosen in it."""

    def __init__(self, desk: Desk, palette: CommandPalette, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._palette = palette
        self._stored: list[PaletteItem] = []
        palette.chosen.connect(self._chosen)
        palette.set_tail(self._search_item)
        self._does: dict[str, Callable[[str], object]] = {
            "action": desk.window.actions_.run,
            "agent": desk.open,
            "session": lambda session_id: desk.sessions.open(session_id),
            "node": self._go_to_node,
            "kind": self._add_kind,
            "setting": self._set,
            "search": self._search,
        }

    def open(self) -> None:
        """Show the palette; agents and sessions follow as soon as the database has told them."""
        self._fill()
        self._palette.open()
        if self._desk.services.store_is_open:
            spawn(self._load(), name="load the command palette", owner=self)

    # --- gathering -------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        items = [*self._actions(), *self._kinds(), *self._nodes(), *self._settings(), *self._stored]
        by_id = {item.id: item for item in items}
        recent = [by_id[key] for key in self._recent() if key in by_id]
        lately = [_lately(item) for item in recent]
        used = {item.id for item in lately[:SHOWN]}
        boosted = {item.id: item for item in lately}
        rest = [boosted.get(item.id, item) for item in items if item.id not in used]
        self._palette.set_commands([*lately[:SHOWN], *rest])

    async def _load(self) -> None:
        store = self._desk.services.store
        agents = await store.agents.list()
        page = await store.browser.list(limit=SESSIONS)
        names = {row.id: row.name for row in agents}
        found = [
            PaletteItem(f"agent/{row.id}", row.name or tr("Without a name"), "", True, tr("Agent"), "bot", quiet=True)
            for row in agents
        ]
        for row in page.rows:
            group = tr("Session · {agent}", agent=names[row.agent_id]) if row.agent_id in names else tr("Session")
            title = row.title or tr("Without a title")
            found.append(PaletteItem(f"session/{row.id}", title, "", True, group, "message-square", quiet=True))
        self._stored = found
        if self._palette.isVisible():
            self._fill()

    def _actions(self) -> Iterator[PaletteItem]:
        titles = dict(MENUS)
        for spec in ACTIONS:
            if spec.palette:
                action = self._desk.window.actions_[spec.id]
                group = tr("Tree") if spec.tree else tr(titles.get(spec.menu, ""))
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
                text = action.text().rstrip("…") if spec.tree else action.text()
                yield PaletteItem(f"action/{spec.id}", text, keys, action.isEnabled(), group, spec.icon)

    def _kinds(self) -> Iterator[PaletteItem]:
        from engine.blueprint.kinds import GROUP_TITLES, KINDS

        if self._desk.bench.agent is None:
            return
        for kind in KINDS.values():
            if kind.addable:
                title = tr("Add {kind}", kind=kind.title)
                group = tr(GROUP_TITLES.get(kind.group, ""))
                yield PaletteItem(f"kind/{kind.name}", title, "", True, group, kind.icon, quiet=True)

    def _nodes(self) -> Iterator[PaletteItem]:
        from widgets.tree.words import icon_of, title_of

        agent = self._desk.bench.agent
        if agent is None:
            return
        document = agent.model.document
        for node in document.walk():
            above = document.parent(node.id)
            where = tr("in {part}", part=title_of(above)) if above is not None else tr("the agent itself")
            title = tr("Go to {part}", part=title_of(node))
            yield PaletteItem(f"node/{node.id}", title, "", True, where, icon_of(node), quiet=True)

    def _settings(self) -> Iterator[PaletteItem]:
        current = self._desk.services.settings_file.current
        for item in preferences():
            now = str(getattr(current, item.name))
            for value, label in item.choices.items():
                title = f"{tr(item.label)}: {tr(label)}"
                group = tr("chosen now") if value == now else tr("Settings")
                yield PaletteItem(f"setting/{item.name}={value}", title, "", True, group, "settings", quiet=True)

    def _search_item(self, typed: str) -> list[PaletteItem]:
        words = typed.strip()
        if not words:
            return []
        title = tr("Find “{words}” in all sessions", words=words)
        return [PaletteItem(f"{_SEARCH}{words}", title, icon="search", group=tr("Sessions"))]

    # --- doing -----------------------------------------------------------------------------------------------

    def _recent(self) -> list[str]:
        return self._desk.services.settings_file.current.remembered.recent_commands

    def _chosen(self, item_id: str) -> None:
        what, _, rest = item_id.partition("/")
        if what != "search":
            remembered = self._desk.services.settings_file.current.remembered
            remembered.recent_commands = [item_id, *(key for key in self._recent() if key != item_id)][:KEPT]
        self._does[what](rest)

    def _go_to_tree(self) -> None:
        if self._desk.window.page != "workspace":
            self._desk.go("workspace")
        self._desk.bench.page.columns.reveal("tree")

    def _go_to_node(self, node_id: str) -> None:
        self._go_to_tree()
        tree = self._desk.bench.page.tree
        tree.select([node_id])
        tree.focus_tree()

    def _add_kind(self, kind: str) -> None:
        self._go_to_tree()
        self._desk.bench.page.tree.add_and_edit(kind)

    def _set(self, what: str) -> None:
        name, _, value = what.partition("=")
        self._desk.settings.choose(name, value)

    def _search(self, words: str) -> None:
        self._desk.go("sessions")
        pages = self._desk.sessions.page.list
        pages.focus_search()
        pages.search.setText(words)


def _lately(item: PaletteItem) -> PaletteItem:
    """An item that was used lately: there before anything is typed, and before others that fit as well."""
    return PaletteItem(
        item.id, item.title, item.shortcut, item.enabled, item.group, item.icon, quiet=False, boost=USED_LATELY
    )
