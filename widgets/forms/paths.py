"""Editors for files and folders: a path that may be typed or chosen in the system's dialog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from widgets import theme
from widgets.common import FileDialog
from widgets.forms.base import FieldEditor
from widgets.forms.rows import LineRow, Row, RowsEditor
from widgets.forms.text import show_text

What = Literal["file", "files", "folder"]
_MODES = {
    "file": QFileDialog.FileMode.ExistingFile,
    "files": QFileDialog.FileMode.ExistingFiles,
    "folder": QFileDialog.FileMode.Directory,
}


def choose_paths(
    owner: QWidget, what: What, title: str, start: str, name_filter: str, done: Callable[..., None]
) -> None:
    """Open the system's dialog; ``done`` gets the chosen paths as a list. Cancelling calls nothing."""
    dialog = FileDialog(owner, title)
    dialog.setFileMode(_MODES[what])
    if what == "folder":
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    if name_filter:
        dialog.setNameFilters([name_filter, dialog.tr("All files (*)")])
    place = Path(start).expanduser() if start.strip() else None
    if place is not None and place.is_absolute():
        if place.is_dir():
            dialog.setDirectory(str(place))
        elif place.parent.is_dir():
            dialog.setDirectory(str(place.parent))
            dialog.selectFile(place.name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(done)
    dialog.open()


class PathEditor(FieldEditor):
    """The path of one file or folder."""

    what: What = "file"

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        folder = self.what == "folder"
        self._edit = QLineEdit(self)
        self._edit.setPlaceholderText(field.placeholder or (self.tr("No folder") if folder else self.tr("No file")))
        self._choose = QPushButton(self.tr("Choose…"), self)
        self._choose.setIcon(theme.icon("folder-open", "dim"))
        self._choose.setAccessibleName(self.tr("Choose: %1").replace("%1", field.label))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._edit, 1)
        layout.addWidget(self._choose)
        self._edit.textEdited.connect(self._typed)
        self._edit.textChanged.connect(self._edit.setToolTip)
        self._choose.clicked.connect(self._open)
        self.watch(self._edit)

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.edited.emit(text)

    @Slot()
    def _open(self) -> None:
        self.left.emit()
        name_filter = str(self.field.settings.get("filter", ""))
        choose_paths(self, self.what, self.field.label, self._edit.text(), name_filter, self._chosen)

    @Slot(list)
    def _chosen(self, paths: list[str]) -> None:
        if paths and paths[0] != self._edit.text():
            self._edit.setText(paths[0])
            self.edited.emit(paths[0])
            self.left.emit()

    def set_value(self, value: Any) -> None:
        show_text(self._edit, "" if value is None else str(value))

    def focus_target(self) -> QWidget:
        return self._edit


class FileEditor(PathEditor):
    """The path of a file."""


class FolderEditor(PathEditor):
    """The path of a folder."""

    what: What = "folder"


class PathRow(LineRow):
    """A path in a list; its end is the part to see."""

    def show_value(self, value: Any, position: int) -> None:
        super().show_value(value, position)
        self.setToolTip(str(value))


class FilesEditor(RowsEditor):
    """Paths of several files: added by the dialog, removed one by one, or typed."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, self.tr("Add a path"), field.label)
        self._choose = QPushButton(self.tr("Choose files…"), self)
        self._choose.setIcon(theme.icon("folder-open", "dim"))
        self._choose.setAccessibleName(self.tr("Choose files: %1").replace("%1", field.label))
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.removeWidget(self._add)
        bottom = QHBoxLayout()
        bottom.setSpacing(6)
        bottom.addWidget(self._choose)
        bottom.addWidget(self._add)
        bottom.addStretch(1)
        layout.addLayout(bottom)
        self._choose.clicked.connect(self._open)

    def make_row(self) -> Row:
        return PathRow(self)

    def set_value(self, value: Any) -> None:
        self.show_values([str(item) for item in value] if isinstance(value, (list, tuple)) else [])

    @Slot()
    def _open(self) -> None:
        self.left.emit()
        start = next((str(path) for path in reversed(self.values()) if path), "")
        name_filter = str(self.field.settings.get("filter", ""))
        choose_paths(self, "files", self.field.label, start, name_filter, self._chosen)

    @Slot(list)
    def _chosen(self, paths: list[str]) -> None:
        known = [path for path in self.values() if path]
        added = [path for path in paths if path not in known]
        if added:
            self.show_values([*known, *added])
            self.edited.emit([*known, *added])
            self.left.emit()

    def tab_widgets(self) -> list[QWidget]:
        rows = super().tab_widgets()
        return [*rows[:-1], self._choose, rows[-1]]


__all__ = ["FileEditor", "FilesEditor", "FolderEditor", "choose_paths"]
