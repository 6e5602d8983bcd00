"""The page of versions at work: loads and compares them, restores one, opens one as an agent of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from app.errors import explain
from app.library import Library
from app.notify import Notify
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import tr
from app.window.rename_dialog import RenameDialog
from widgets.sessions.when import group_of
from widgets.versions import BEFORE, NOW, VersionItem, VersionsPage, group_versions, moment

if TYPE_CHECKING:
    from app.workspace.open_agent import OpenAgent
    from engine.blueprint.document import AgentDocument
    from engine.store.versions import VersionRow

log = logging.getLogger(__name__)

PAGE = 60
KEPT_DOCUMENTS = 120


class VersionsController(QObject):
    """Controller of the page of versions.

    Args:
        services: The store.
        page: What it works on.
        notify: Where things are said.
        front: The agent in front.

    Signals:
        back_wanted: The workspace is to come to the front.
        open_wanted: (agent id, "") of a copy to open.
        changed: Lists elsewhere should look again.
    """

    back_wanted = Signal()
    open_wanted = Signal(str, str)
    changed = Signal()

    def __init__(
        self,
        services: Services,
        page: VersionsPage,
        notify: Notify,
        front: Callable[[], OpenAgent | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._notify = notify
        self._front = front
        self.page = page
        self._agent: OpenAgent | None = None
        self._rows: list[VersionRow] = []
        self._complete = False
        self._loading = False
        self._against = BEFORE
        self._documents: dict[str, AgentDocument] = {}
        self._telling: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        page.back_requested.connect(self.back_wanted)
        page.list.chosen.connect(self._chosen)
        page.list.more_wanted.connect(self._more)
        page.list.changes_wanted.connect(self._tell_changes)
        page.list.restore_requested.connect(self.restore)
        page.list.copy_requested.connect(self.open_copy)
        page.list.name_requested.connect(self.name_version)
        page.against_chosen.connect(self._compare_against)
        page.asked.connect(self._asked)

    # --- showing ---------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the versions of the agent in front."""
        agent = self._front()
        if agent is None:
            return
        if self._agent is not agent:
            if self._agent is not None:
                self._agent.autosave.saved.disconnect(self._saved)
            agent.autosave.saved.connect(self._saved)
            agent.destroyed.connect(lambda *_, agent_id=agent.id: self._forget(agent_id))
            self._documents, self._rows = {}, []
            self._agent = agent
            self._show_rows()
        self._against = BEFORE
        self.page.set_agent(agent.name)
        spawn(self._load(select_present=True), name="load versions", owner=self)

    def _forget(self, agent_id: str) -> None:
        if self._agent is not None and self._agent.id == agent_id:
            self._agent = None

    def _saved(self) -> None:
        if self.page.isVisible():
            spawn(self._load(), name="load versions", owner=self)

    async def _load(self, *, select_present: bool = False) -> None:
        agent = self._agent
        if agent is None:
            return
        limit = max(PAGE, len(self._rows))
        try:
            await agent.autosave.save_now()
            rows = await self._services.store.agents.versions(agent.id, limit=limit)
        except Exception as error:
            log.exception("The versions could not be read")
            self._notify.error(explain(error))
            return
        if agent is not self._agent:
            return
        self._rows, self._complete = list(rows), len(rows) < limit
        self._show_rows()
        if select_present and rows:
            self.page.list.select([rows[0].id])
            self.page.list.setFocus()

    def _more(self) -> None:
        if not self._complete and not self._loading and self._rows:
            self._loading = True
            spawn(self._load_more(), name="load more versions", owner=self)

    async def _load_more(self) -> None:
        agent = self._agent
        try:
            if agent is not None:
                rows = await self._services.store.agents.versions(agent.id, limit=PAGE, before=self._rows[-1])
        finally:
            self._loading = False
        if agent is not None and agent is self._agent:
            self._complete = len(rows) < PAGE
            self._rows += rows
            self._show_rows()

    def _show_rows(self) -> None:
        items = [VersionItem(row.id, row.saved, row.name or "", row.size, row.present) for row in self._rows]
        self.page.list.show_groups(group_versions(items))

    # --- comparing -------------------------------------------------------------------------------------------

    async def _document(self, version_id: str) -> AgentDocument:
        from engine.blueprint.files import load_document
        from engine.errors import StoreError

        found = self._documents.get(version_id)
        if found is None:
            stored = await self._services.store.agents.version(version_id)
            if stored is None:
                raise StoreError(f"There is no version {version_id}.")
            found = await asyncio.to_thread(load_document, stored)
            while len(self._documents) >= KEPT_DOCUMENTS:
                self._documents.pop(next(iter(self._documents)))
            self._documents[version_id] = found
        return found

    def _tell_changes(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = spawn(self._tell(), name="compare versions", owner=self)

    async def _tell(self) -> None:
        """What changed from version to version, from the newest on."""
        from engine.blueprint.compare import compare

        versions = self.page.list.versions
        while pairs := versions.unknown():
            newer, older = pairs[0]
            try:
                before, after = await self._document(older), await self._document(newer)
                words = (await asyncio.to_thread(compare, before, after)).words()
            except Exception as error:
                log.warning("Two versions could not be compared", exc_info=error)
                words = tr("This version cannot be read any more.")
            versions.set_change(newer, older, words)

    def _chosen(self, ids: list[str]) -> None:
        if self._showing is not None:
            self._showing.cancel()
        self._showing = spawn(self._show_chosen(ids), name="show a version", owner=self)

    async def _show_chosen(self, ids: list[str]) -> None:
        page, rows = self.page, {row.id: row for row in self._rows}
        known = [rows[version_id] for version_id in ids if version_id in rows]
        if len(known) == 2:
            newer, older = known
            page.show_version(f"{self._title(older)}  →  {self._title(newer)}", present=False, pair=True)
            await self._compare(older.id, newer.id)
        elif len(known) == 1:
            row = known[0]
            choices = self._choices(row)
            keys = [key for key, _ in choices]
            against = self._against if self._against in keys else keys[0] if keys else ""
            page.set_choices(choices, against)
            page.show_version(self._title(row), present=row.present, pair=False)
            other = self._other(row, against)
            if other is None:
                first = tr("This is the first version.")
                page.compare.show_words("history", tr("Nothing to compare with"), first)
            elif against == BEFORE or (against != NOW and rows[other].saved <= row.saved):
                await self._compare(other, row.id)
            else:
                await self._compare(row.id, other)
        else:
            page.show_version("", present=False, pair=False)
            text = tr("Choose one to see what changed in it, or two to compare them.")
            page.compare.show_words("history", tr("Every change is kept"), text)

    async def _compare(self, older: str, newer: str) -> None:
        from engine.blueprint.compare import compare

        try:
            before, after = await self._document(older), await self._document(newer)
            comparison = await asyncio.to_thread(compare, before, after)
        except Exception as error:
            log.warning("Two versions could not be compared", exc_info=error)
            explanation = explain(error)
            self.page.compare.show_words("circle-alert", tr("This version cannot be shown"), explanation.sentence)
            return
        self.page.compare.show_comparison(comparison)

    def _compare_against(self, against: str) -> None:
        self._against = against
        self._chosen(self.page.list.selected())

    def _choices(self, row: VersionRow) -> list[tuple[str, str]]:
        choices = [(BEFORE, tr("the version before it"))] if self._before(row) else []
        if not row.present:
            choices.append((NOW, tr("the agent as it is now")))
        listed = self.page.list.versions.rows
        shown = [found.item for found in listed if found.kind == "version" and found.item is not None]
        return choices + [(item.id, self._title(item)) for item in shown if item.id != row.id]

    def _other(self, row: VersionRow, against: str) -> str | None:
        if against == BEFORE:
            return self._before(row)
        if against == NOW:
            return next((other.id for other in self._rows if other.present), None)
        return against or None

    def _before(self, row: VersionRow) -> str | None:
        """The version that the list compares it with: the one before its steps where they are folded."""
        number = self.page.list.versions.row_of(row.id)
        return (self.page.list.versions.rows[number].before or None) if number >= 0 else None

    def _title(self, row: VersionRow | VersionItem) -> str:
        day, when = group_of(row.saved, time.time()), moment(row.saved)
        text = f"{day}, {when}" if len(when) == len("10:02") else when
        return f"{row.name} · {text}" if row.name else text

    # --- doing -----------------------------------------------------------------------------------------------

    def _asked(self, what: str) -> None:
        ids = self.page.list.selected()
        if len(ids) == 1:
            {"restore": self.restore, "copy": self.open_copy, "name": self.name_version}[what](ids[0])

    def restore(self, version_id: str) -> None:
        """Make the agent what it was in a version; an edit that can be undone like any other."""
        spawn(self._restore(version_id), name="restore a version", owner=self)

    async def _restore(self, version_id: str) -> None:
        from engine.blueprint.patch import edits_between

        agent, row = self._agent, self._row(version_id)
        if agent is None or row is None:
            return
        try:
            wanted = await self._document(version_id)
            edits = edits_between(agent.model.document, wanted, tr("restore “{title}”", title=self._title(row)))
            if edits.edits:
                agent.model.do(edits, check=False)
        except Exception as error:
            log.exception("The version could not be restored")
            self._notify.error(explain(error))
            return
        self.back_wanted.emit()
        if not edits.edits:
            self._notify.say(tr("The agent is as in this version already."))
            return
        self._notify.say(
            tr("The agent is as it was: {title}.", title=self._title(row)),
            tr("Undo"),
            lambda: self._take_back(agent),
        )

    def _take_back(self, agent: OpenAgent) -> None:
        if agent is self._front():
            agent.model.undo()

    def open_copy(self, version_id: str) -> None:
        """Make an agent of its own out of a version and open it."""
        spawn(self._open_copy(version_id), name="open a version as a copy", owner=self)

    async def _open_copy(self, version_id: str) -> None:
        agent, row = self._agent, self._row(version_id)
        if agent is None or row is None:
            return
        try:
            document = await self._document(version_id)
            name = tr("{name} ({title})", name=document.root.props.get("name") or agent.name, title=self._title(row))
            made = await Library(self._services.store).create(document, name)
        except Exception as error:
            log.exception("The version could not be copied")
            self._notify.error(explain(error))
            return
        self.changed.emit()
        self.open_wanted.emit(made, "")

    def name_version(self, version_id: str) -> None:
        """Ask for the name of a version and keep it."""
        spawn(self._name(version_id), name="name a version", owner=self)

    async def _name(self, version_id: str) -> None:
        agent, row = self._agent, self._row(version_id)
        if agent is None or row is None:
            return
        dialog = RenameDialog(
            tr("Name this version"), row.name or "", self.page.window(), button=tr("Keep name"), may_be_empty=True
        )
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        name = dialog.name
        dialog.deleteLater()
        if not accepted:
            return
        try:
            await self._services.store.agents.name_version(agent.id, version_id, name or None)
        except Exception as error:
            log.exception("The version could not be named")
            self._notify.error(explain(error))
            return
        await self._load()
        self.page.list.select([version_id])

    def _row(self, version_id: str) -> VersionRow | None:
        return next((row for row in self._rows if row.id == version_id), None)
