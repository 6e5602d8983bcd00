"""The system's dialog for files. Not here: what is done with them, and waiting for an answer."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

_Location = QStandardPaths.StandardLocation


class FileDialog(QFileDialog):
    """Begins where the last one ended, else among the person's documents: never where the program was started."""

    _last: ClassVar[str] = ""

    def __init__(self, parent: QWidget | None, title: str) -> None:
        super().__init__(parent, title, _first_folder(FileDialog._last))
        self.filesSelected.connect(self._remember)

    def _remember(self) -> None:
        FileDialog._last = self.directory().absolutePath()


def _first_folder(last: str) -> str:
    homes = (QStandardPaths.writableLocation(place) for place in (_Location.DocumentsLocation, _Location.HomeLocation))
    return next((folder for folder in (last, *homes) if folder and Path(folder).is_dir()), "")
