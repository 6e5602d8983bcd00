"""Agents as documents at one desk: from files, in versions, with permissions, and the library of parts.

Here: these controllers put together, each made with its page when that is first shown. Not here: what each does
(``controllers``), and the rest of the window (``desk``).
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.controllers.imports import ImportsController
from app.tasks import spawn
from app.window.drop_files import DropFiles

if TYPE_CHECKING:
    from app.controllers.library import LibraryController
    from app.controllers.permissions import PermissionsController
    from app.controllers.versions import VersionsController
    from app.desk import Desk

log = logging.getLogger(__name__)


class Documents(QObject):
    """The controllers of everything that treats an agent as a document.

    Args:
        desk: Whose agents, parts and workspace they work with; these are made already.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._services = desk.services
        self.imports = ImportsController(desk.services, desk.window, desk.notify, self)
        desk.window.add_page("library", lambda: self.library.page)
        desk.window.add_page("versions", lambda: self.versions.page)
        desk.window.add_page("permissions", lambda: self.permissions.page)
        DropFiles(desk.window).dropped.connect(self.imports.take)
        self.imports.open_wanted.connect(desk.open)
        self.imports.changed.connect(desk.lists.trigger)

    @cached_property
    def library(self) -> LibraryController:
        """The parts, and where they are used."""
        from app.controllers.library import LibraryController
        from widgets.library import LibraryPage

        desk = self._desk
        made = LibraryController(self._services, LibraryPage(desk.window), desk.parts, desk.notify, desk.bench, self)
        made.open_wanted.connect(desk.open)
        made.page_wanted.connect(desk.go)
        made.changed.connect(desk.lists.trigger)
        return made

    @cached_property
    def versions(self) -> VersionsController:
        """What the agent in front was before."""
        from app.controllers.versions import VersionsController
        from widgets.versions import VersionsPage

        desk = self._desk
        made = VersionsController(
            self._services, VersionsPage(desk.window), desk.notify, lambda: desk.bench.agent, self
        )
        made.open_wanted.connect(desk.open)
        made.changed.connect(desk.lists.trigger)
        made.back_wanted.connect(self._back_to_the_tree)
        return made

    @cached_property
    def permissions(self) -> PermissionsController:
        """What agents are allowed."""
        from app.controllers.permissions import PermissionsController
        from widgets.permissions import PermissionsPage

        desk = self._desk
        made = PermissionsController(self._services, PermissionsPage(desk.window), desk.notify, desk.bench.agents, self)
        made.back_wanted.connect(lambda: desk.go("settings"))
        return made

    def show(self, page: str) -> None:
        """Look up what a page shows that comes to the front; other pages are not of concern here."""
        if page == "library":
            self.library.show()
        elif page == "versions":
            self.versions.show()
        elif page == "permissions":
            self.permissions.show()

    def begin(self) -> None:
        """The database is open."""
        spawn(self._thin_out(), name="thin out versions", owner=self)

    async def _thin_out(self) -> None:
        """Of each day one version stays, and those with a name or that were used."""
        try:
            gone = await self._services.store.agents.thin_versions()
        except Exception as error:
            log.warning("Old versions could not be thinned out", exc_info=error)
            return
        if gone:
            log.info("%s old versions were thinned out", gone)

    def _back_to_the_tree(self) -> None:
        self._desk.go("workspace")
        self._desk.bench.page.tree.setFocus()  # where undo means the agent's, not that of a field
