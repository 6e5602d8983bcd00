"""The editor for a file that is kept in the agent itself: chosen once, copied, shown with its name and size."""

from __future__ import annotations

import base64
import mimetypes
from pathlib import Path
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from engine.blueprint.form_fields import Field
from widgets import theme
from widgets.forms.base import FieldEditor
from widgets.forms.paths import choose_paths
from widgets.forms.rows import small_button

_MOST = 3_000_000


def size_words(size: int) -> str:
    """``12 bytes``, ``3 kB``, ``1.2 MB``.

    Example:
        >>> size_words(12), size_words(3_400), size_words(1_250_000)
        ('12 bytes', '3 kB', '1.2 MB')
    """
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1_000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


class AttachmentEditor(FieldEditor):
    """A file inside the agent."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._value: dict[str, Any] = {}
        self._refused = ""
        self._choose = QPushButton(self.tr("Attach a file…"), self)
        self._choose.setIcon(theme.icon("folder-open", "dim"))
        self._name = QLabel(self)
        self._remove = small_button("x", self.tr("Take the file out of the agent"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._name, 1)
        layout.addWidget(self._remove)
        layout.addWidget(self._choose)
        layout.addStretch(0)
        self._choose.clicked.connect(self._open)
        self._remove.clicked.connect(self._take_out)
        self.watch(self._choose)
        self._show()

    def _show(self) -> None:
        data = str(self._value.get("data") or "")
        name = str(self._value.get("name") or self.tr("A file without a name"))
        size = len(data) // 4 * 3 - data[-2:].count("=")
        self._name.setText(f"{name} · {size_words(size)}" if data else "")
        self._name.setVisible(bool(data))
        self._name.setToolTip(name if data else "")
        self._remove.setVisible(bool(data))
        self._choose.setText(self.tr("Replace…") if data else self.tr("Attach a file…"))
        self._choose.setAccessibleName(f"{self._choose.text()} {self.field.label}")

    @Slot()
    def _open(self) -> None:
        name_filter = str(self.field.settings.get("filter", ""))
        choose_paths(self, "file", self.field.label, "", name_filter, self._chosen)

    @Slot(list)
    def _chosen(self, paths: list[str]) -> None:
        if not paths:
            return
        path = Path(paths[0])
        self._refused = self._reason(path)
        if not self._refused:
            try:
                content = path.read_bytes()
            except OSError as error:
                self._refused = self.tr("%1 cannot be read: %2.").replace("%1", path.name)
                self._refused = self._refused.replace("%2", error.strerror or str(error))
            else:
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                data = base64.b64encode(content).decode("ascii")
                self._value = {"name": path.name, "media_type": kind, "data": data}
                self._show()
                self.edited.emit(dict(self._value))
        self.left.emit()

    def _reason(self, path: Path) -> str:
        """Why a file is not taken; "" where it may be."""
        most = int(self.field.settings.get("max_bytes") or _MOST)
        try:
            size = path.stat().st_size
        except OSError:
            size = 0
        if size > most:
            said = self.tr("%1 has %2; an agent keeps at most %3 of one file. Use a file on this machine instead.")
            return said.replace("%1", path.name).replace("%2", size_words(size)).replace("%3", size_words(most))
        return ""

    @Slot()
    def _take_out(self) -> None:
        self._value, self._refused = {}, ""
        self._show()
        self.edited.emit({})
        self.left.emit()
        self._choose.setFocus()

    def own_error(self) -> str | None:
        return self._refused or None

    def set_value(self, value: Any) -> None:
        self._value = dict(value) if isinstance(value, dict) else {}
        self._refused = ""
        self._show()

    def tab_widgets(self) -> list[QWidget]:
        return [self._remove, self._choose]

    def focus_target(self) -> QWidget:
        return self._choose
