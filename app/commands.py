"""What each action does: ids of ``app.actions`` bound to the desk; the palette and the list of shortcuts."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app import __version__
from app.export import copy_as_json, export_agent
from app.finder import Finder
from app.shortcuts import Shortcuts
from app.tasks import run_dialog, spawn
from app.text import tr
from app.window.about_dialog import AboutDialog
from app.window.rename_dialog import RenameDialog
from app.window.shortcuts_dialog import ShortcutsDialog
from app.workspace.text_undo import field_takes
from widgets import theme
from widgets.actions import TREE_ACTIONS
from widgets.palette import CommandPalette

if TYPE_CHECKING:
    from app.desk import Desk

log = logging.getLogger(__name__)


class Commands(QObject):
    """Binds every action of the window.

    Args:
        desk: What the actions act on.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._actions = desk.window.actions_
        self._actions.set_keys(desk.services.settings_file.current.shortcuts)
        self.palette = CommandPalette(desk.window)
        self.finder = Finder(desk, self.palette, self)
        self._actions.bind(self._handlers())
        desk.window.page_changed.connect(self.refresh)
        self.refresh()

    def _handlers(self) -> dict[str, Callable[[], object]]:
        desk, bench = self._desk, self._desk.bench
        page = bench.page
        return {
            "agent.new": lambda: desk.go("agents"),
            "agent.import": desk.documents.imports.choose_file,
            "agent.export": partial(self._export, "file"),
            "agent.export_python": partial(self._export, "python"),
            "agent.export_json": partial(self._export, "json"),
            "agent.copy_json": self._copy_json,
            "agent.save_now": lambda: spawn(bench.save(), name="save", owner=self),
            "agent.trash": self._trash_agent,
            "agent.versions": lambda: desk.go("versions"),
            "page.settings": lambda: desk.go("settings"),
            "page.permissions": lambda: desk.go("permissions"),
            "quit": desk.application.quit.request,
            "edit.undo": lambda: self._step("undo"),
            "edit.redo": lambda: self._step("redo"),
            **{action.id: partial(self._in_tree, action.id) for action in TREE_ACTIONS},
            "edit.add": self._add,
            "find.replace": self._replace,
            "session.new": self._new_session,
            "session.rename": lambda: spawn(self._rename_session(), name="rename a session", owner=self),
            "session.trash": self._trash_session,
            "session.stop": bench.chat.stop,
            "session.focus": self._focus_chat,
            "model.choose": desk.front_model.choose,
            "palette": self.finder.open,
            "page.agents": lambda: desk.go("agents"),
            "page.sessions": lambda: desk.go("sessions"),
            "page.library": lambda: desk.go("library"),
            "page.workspace": lambda: desk.go("workspace"),
            "sessions.search": self._search,
            "view.tree": lambda: page.columns.toggle("tree"),
            "view.middle": lambda: page.columns.toggle("middle"),
            "view.chat": lambda: page.columns.toggle("chat"),
            "view.properties": lambda: self._tab("properties"),
            "view.context": lambda: self._tab("context"),
            "view.problems": page.show_problems,
            "pane.next": lambda: self._cycle(1),
            "pane.previous": lambda: self._cycle(-1),
            "theme.toggle": self._toggle_theme,
            "help.shortcuts": self._shortcuts,
            "help.data": desk.show_data_folder,
            "help.about": self._about,
        }

    def refresh(self, *_: object) -> None:
        """Work out what can be done now."""
        bench = self._desk.bench
        agent = bench.agent
        model = agent.model if agent is not None else None
        if self._desk.window.page == "part":
            model = self._desk.part_editor.model
        self._actions.set_facts(
            agent=agent is not None,
            # On other pages F2 and the like belong to what is selected there, not to the session behind them.
            session=bench.session is not None and self._desk.window.page == "workspace",
            running=bench.session is not None and bench.session.running,
            undo=model is not None and model.can_undo,
            redo=model is not None and model.can_redo,
            node=bool(bench.page.tree.selected()),
        )
        undo = model.undo_label if model is not None else ""
        redo = model.redo_label if model is not None else ""
        self._actions["edit.undo"].setText(tr("Undo {what}", what=undo) if undo else tr("Undo"))
        self._actions["edit.redo"].setText(tr("Redo {what}", what=redo) if redo else tr("Redo"))

    # --- commands with something to them ---------------------------------------------------------------------

    def _step(self, what: Literal["undo", "redo"]) -> None:
        """Undo or redo in the part that is open, else in the agent; in a text field, in the field."""
        if self._desk.window.page != "part":
            getattr(self._desk.bench, what)()
        elif not field_takes(what):
            getattr(self._desk.part_editor, what)()

    def _in_tree(self, action_id: str) -> None:
        """What is done to the tree; from elsewhere it comes to the front first."""
        if self._desk.window.page == "part":
            self._desk.part_editor.page.tree.do(action_id)
            return
        if self._desk.window.page != "workspace":
            self._desk.go("workspace")
        self._desk.bench.page.columns.reveal("tree")
        self._desk.bench.page.tree.do(action_id)

    def _replace(self) -> None:
        if self._desk.window.page != "workspace":
            self._desk.go("workspace")
        self._desk.bench.replace.open()

    def _add(self) -> None:
        self._desk.go("workspace")
        self._desk.bench.page.columns.reveal("tree")
        self._desk.bench.page.tree.open_palette()

    def _new_session(self) -> None:
        self._desk.go("workspace")
        self._desk.bench.page.columns.reveal("chat")
        self._desk.bench.new_session()

    def _focus_chat(self) -> None:
        self._desk.go("workspace")
        self._desk.bench.page.columns.reveal("chat")
        self._desk.bench.page.chat.focus_input()

    def _search(self) -> None:
        self._desk.go("sessions")
        self._desk.sessions.page.list.focus_search()

    def _tab(self, name: str) -> None:
        self._desk.bench.page.columns.reveal("middle")
        self._desk.bench.page.show_tab(name)

    def _cycle(self, step: int) -> None:
        desk = self._desk
        panes: dict[str, Callable[[], list[QWidget]]] = {
            "workspace": lambda: desk.bench.page.panes(),
            "sessions": lambda: desk.sessions.page.panes(),
            "agents": lambda: [desk.agents.page],
            "versions": lambda: desk.documents.versions.page.panes(),
            "library": lambda: desk.documents.library.page.panes(),
            "permissions": lambda: [desk.documents.permissions.page],
            "part": lambda: desk.part_editor.page.panes(),
            "settings": lambda: [desk.settings.page],
        }
        page = desk.window.page
        desk.window.cycle_pane(panes[page]() if page in panes else [], step)

    def _toggle_theme(self) -> None:
        settings = self._desk.services.settings_file.current
        settings.theme = "light" if theme.current().dark else "dark"
        self._desk.settings.apply("theme")
        self._desk.settings.show()

    def _trash_session(self) -> None:
        session = self._desk.bench.session
        if session is not None:
            self._desk.sessions.trash(session.id, self._desk.bench.session_title)

    def _trash_agent(self) -> None:
        agent = self._desk.bench.agent
        if agent is not None:
            self._desk.agents.trash(agent.id, agent.name)

    async def _rename_session(self) -> None:
        session = self._desk.bench.session
        if session is None:
            return
        dialog = RenameDialog(tr("Rename session"), self._desk.bench.session_title, self._desk.window)
        if await run_dialog(dialog, delete=False):
            self._desk.sessions.rename(session.id, dialog.name)
        dialog.deleteLater()

    def _export(self, form: str) -> None:
        agent, desk = self._desk.bench.agent, self._desk
        if agent is not None:
            work = export_agent(agent.model.document, desk.window, desk.notify, form)
            spawn(work, name="export an agent", owner=self)

    def _copy_json(self) -> None:
        agent = self._desk.bench.agent
        if agent is not None:
            copy_as_json(agent.model.document, self._desk.notify)

    def _shortcuts(self) -> None:
        own = self._desk.services.settings_file.current.shortcuts
        dialog = ShortcutsDialog(Shortcuts(own, self._keys_changed), self._desk.window)
        spawn(run_dialog(dialog), name="shortcuts", owner=self)

    def _keys_changed(self) -> None:
        """The person chose other shortcuts: they hold at once, and in the next run."""
        self._actions.set_keys(self._desk.services.settings_file.current.shortcuts)
        self._desk.settings.save()

    def _about(self) -> None:
        text = tr(
            "Version {version} · Python {python}\nDatabase: {database}",
            version=__version__,
            python=platform.python_version(),
            database=self._desk.services.database,
        )
        spawn(run_dialog(AboutDialog(text, self._desk.window)), name="about", owner=self)
