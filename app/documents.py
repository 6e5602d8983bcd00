"""Agents as documents at one desk: from files, in versions, with permissions, and the library of parts.

Here: these controllers put together. Not here: what each does (``controllers``), and the rest of the window (``desk``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.controllers.imports import ImportsController
from app.controllers.library import LibraryController
from app.controllers.permissions import PermissionsController
from app.controllers.versions import VersionsController
from app.tasks import spawn
from app.window.drop_files import DropFiles
from widgets.library import LibraryPage
from widgets.permissions import PermissionsPage
from widgets.versions import VersionsPage

if TYPE_CHECKING:
    from app.desk import Desk


class Documents(QObject):
    """The controllers of everything that treats an agent as a document.

    Args:
        desk: Whose agents, parts and workspace they work with; these are made already.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        services, notify, bench = desk.services, desk.notify, desk.bench
        self._desk = desk
        self.imports = ImportsController(services, desk.window, notify, self)
        self.versions = VersionsController(services, VersionsPage(), notify, lambda: bench.agent, self)
        self.library = LibraryController(services, LibraryPage(), desk.parts, notify, bench, self)
        self.permissions = PermissionsController(services, PermissionsPage(), notify, bench.agents, self)
        self.pages: dict[str, QWidget] = {
            "library": self.library.page,
            "versions": self.versions.page,
            "permissions": self.permissions.page,
        }
        self.shows: dict[str, Callable[[], None]] = {
            "library": self.library.show,
            "versions": self.versions.show,
            "permissions": self.permissions.show,
        }
        """What to look up when a page comes to the front."""

    def connect_all(self, lists: Callable[[], None]) -> None:
        """Let one lead to the other; ``lists`` looks at the lists again."""
        desk = self._desk
        desk.agents.page.import_requested.connect(self.imports.choose_file)
        DropFiles(desk.window).dropped.connect(self.imports.take)
        for opener in (self.imports.open_wanted, self.versions.open_wanted, self.library.open_wanted):
            opener.connect(desk.open)
        for changed in (self.imports.changed, self.versions.changed):
            changed.connect(lists)
        self.versions.back_wanted.connect(self._back_to_the_tree)
        self.permissions.back_wanted.connect(lambda: desk.go("settings"))
        self.library.page_wanted.connect(desk.go)
        self.library.counted.connect(lambda count: desk.window.sidebar.set_count("library", count or None))
        desk.settings.page_wanted.connect(desk.go)

    def begin(self) -> None:
        """The database is open."""
        self.library.show()
        spawn(self.versions.begin(), name="thin out versions", owner=self)

    def _back_to_the_tree(self) -> None:
        self._desk.go("workspace")
        self._desk.bench.page.tree.setFocus()  # where undo means the agent's, not that of a field
