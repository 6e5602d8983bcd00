"""How the person has arranged the workspace: widths, what is hidden, which tab; brought back at the next start."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.settings import SettingsFile
from app.workspace.page import WorkspacePage


class Arrangement(QObject):
    """Remembers the columns of one page in the settings."""

    def __init__(self, page: WorkspacePage, settings: SettingsFile, parent: QObject) -> None:
        super().__init__(parent)
        self._page = page
        self._settings = settings
        remembered = settings.current.remembered
        page.columns.restore(remembered.columns.get("workspace", []), remembered.hidden_columns)
        page.show_tab("context" if remembered.middle_tab == "context" else "properties")
        page.columns.arranged.connect(self._arranged)
        page.tab_changed.connect(self._tab_changed)

    def _arranged(self) -> None:
        remembered = self._settings.current.remembered
        columns = self._page.columns
        hidden = columns.hidden()
        if not hidden and all(columns.sizes()):
            remembered.columns["workspace"] = columns.sizes()
        remembered.hidden_columns = hidden

    def _tab_changed(self, name: str) -> None:
        self._settings.current.remembered.middle_tab = name
