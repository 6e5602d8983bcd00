"""Files of a message on screen: small pictures of images, names of documents. Not here: reading files (the app)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.chat.items import ChatFile
from widgets.common import ElidedLabel
from widgets.forms.chips import FlowLayout

_SIDE = 36
_NAME_WIDTH = 150


class FileChip(QFrame):
    """One file.

    Signals:
        removed: It is not to go along.
    """

    removed = Signal()

    def __init__(self, file: ChatFile, *, removable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file = file
        self.setProperty("role", "sunk" if removable else "card")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        words = ", ".join(part for part in (file.name, file.note) if part)
        self.setAccessibleName(self.tr("Attached: {words}").format(words=words))
        self.setToolTip(words)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4 if removable else 10, 4)
        row.setSpacing(8)
        self.picture = QLabel()
        self.picture.setFixedSize(_SIDE, _SIDE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setPixmap(self._picture())
        row.addWidget(self.picture)
        column = QVBoxLayout()
        column.setSpacing(0)
        name = ElidedLabel(file.name, mode=Qt.TextElideMode.ElideMiddle)
        name.setFixedWidth(min(_NAME_WIDTH, name.fontMetrics().horizontalAdvance(file.name) + 4))
        column.addWidget(name)
        if file.note:
            note = QLabel(file.note)
            note.setProperty("role", "caption")
            column.addWidget(note)
        row.addLayout(column)
        self.remove_button: QToolButton | None = None
        if removable:
            self.remove_button = QToolButton()
            self.remove_button.setIcon(theme.icon("x", "dim"))
            self.remove_button.setIconSize(QSize(14, 14))
            self.remove_button.setFixedSize(24, 24)
            self.remove_button.setAccessibleName(self.tr("Do not attach {name}").format(name=file.name))
            self.remove_button.setToolTip(self.remove_button.accessibleName())
            self.remove_button.clicked.connect(self.removed)
            row.addWidget(self.remove_button)

    def _picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        if self.file.data is not None:
            image = QImage.fromData(_bytes(self.file.data))
            if not image.isNull():
                side = round(_SIDE * ratio)
                scaled = image.scaled(
                    side,
                    side,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
                scaled.setDevicePixelRatio(ratio)
                return QPixmap.fromImage(scaled)
        return theme.pixmap("image" if self.file.kind == "image" else "file-text", "dim", 20, ratio)


def _bytes(data: bytes | str) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return base64.b64decode(data)
    except binascii.Error:
        return b""


class FileStrip(QWidget):
    """Files beside each other, as many in a line as there is room for.

    Signals:
        removed: The number of the file that is not to go along.
    """

    removed = Signal(int)

    def __init__(self, *, removable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._removable = removable
        self._flow = FlowLayout(self, spacing=6)
        self._files: tuple[ChatFile, ...] = ()
        self.chips: list[FileChip] = []

    def set_files(self, files: Sequence[ChatFile]) -> None:
        """Show these."""
        if tuple(files) == self._files:
            return
        self._files = tuple(files)
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []
        for number, file in enumerate(files):
            chip = FileChip(file, removable=self._removable)
            chip.removed.connect(lambda n=number: self.removed.emit(n))
            self._flow.addWidget(chip)
            chip.show()  # now, not when the layout gets to it: the row is measured before that
            self.chips.append(chip)

    def width_for(self, width: int) -> int:
        """How wide it is where there is room for that much."""
        wanted = sum(chip.sizeHint().width() for chip in self.chips) + 6 * max(0, len(self.chips) - 1)
        return min(width, wanted)

    def height_for(self, width: int) -> int:
        """How high it is in that width."""
        return self._flow.heightForWidth(width) if self.chips else 0
