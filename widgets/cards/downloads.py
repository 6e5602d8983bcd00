"""Models that run on this device: what there is to choose, and its download. Not here: the download itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets.common.banner import ProgressRow
from widgets.common.card import CardButton
from widgets.common.labels import ElidedLabel, IconLabel, text_label

DownloadStatus = Literal["absent", "waiting", "downloading", "verifying", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """A model of the catalogue, or a file of the person's own.

    Attributes:
        id: What the signals say.
        title: Its name.
        text: What it is good for, in a sentence.
        size: Bytes.
        licence, source, sha256: Facts, shown before anything is downloaded.
        badge: "recommended", "weak" … or "".
        unavailable: Why it cannot be had, or "".
    """

    id: str
    title: str
    text: str = ""
    size: int = 0
    licence: str = ""
    source: str = ""
    sha256: str = ""
    badge: str = ""
    unavailable: str = ""


@dataclass(frozen=True, slots=True)
class DownloadState:
    """How far a download is. ``rate`` in bytes a second; ``error`` is a sentence."""

    status: DownloadStatus = "absent"
    done: int = 0
    total: int = 0
    rate: float = 0.0
    error: str = ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("DeviceModels", text)


def size_words(size: float) -> str:
    """Bytes as people say them: "1.1 GB", "420 MB"."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= factor:
            number = size / factor
            return f"{number:.1f} {unit}" if number < 10 and unit == "GB" else f"{number:.0f} {unit}"
    return f"{size:.0f} B"


def time_words(seconds: float) -> str:
    """A time left, roundly."""
    if seconds < 50:
        return _tr("less than a minute")
    minutes = round(seconds / 60)
    if minutes < 60:
        return _tr("about 1 minute") if minutes <= 1 else _tr("about {count} minutes").format(count=minutes)
    return _tr("more than an hour")


def progress_words(state: DownloadState, *, rate: bool = True) -> str:
    """The words beside the bar, with or without how fast it goes."""
    if state.status == "waiting":
        return _tr("Waiting to start…")
    if state.status == "verifying":
        return _tr("Checking that it arrived whole…")
    if not state.total:
        return _tr("Starting…")
    words = [_tr("{done} of {total}").format(done=size_words(state.done), total=size_words(state.total))]
    if state.rate > 0:
        if rate:
            words.append(_tr("{rate} a second").format(rate=size_words(state.rate)))
        words.append(time_words((state.total - state.done) / state.rate))
    return " · ".join(words)


class DeviceModelCard(CardButton):
    """One model: facts, download, state.

    Signals:
        download_clicked, cancel_clicked, delete_clicked: Its buttons.
    """

    download_clicked = Signal()
    cancel_clicked = Signal()
    delete_clicked = Signal()

    def __init__(self, model: DeviceModel, parent: QWidget | None = None, *, can_delete: bool = True) -> None:
        super().__init__("", parent)
        self.model = model
        self._can_delete = can_delete
        self.state = DownloadState()
        self.setCheckable(True)
        self.setText(model.title)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(IconLabel("cpu", "accent"))
        title = ElidedLabel(model.title)
        title.setProperty("role", "strong")
        head.addWidget(title, 1)
        if model.badge:
            badge = text_label(model.badge, "badge", wrap=False)
            badge.setProperty("tone", "accent" if model.badge == self.tr("recommended") else "")
            head.addWidget(badge, 0, Qt.AlignmentFlag.AlignVCenter)
        self.column.addLayout(head)
        words = text_label(model.text, "caption")
        self.column.addWidget(words)
        words.setVisible(bool(model.text))
        facts = [size_words(model.size) if model.size else "", model.licence, model.source]
        self.facts = text_label(" · ".join(fact for fact in facts if fact), "faint")
        self.fold = QPushButton(self.tr("Checksum"))
        self.fold.setProperty("role", "link")
        self.fold.setCheckable(True)
        self.fold.setAccessibleName(self.tr("Show the checksum of {title}").format(title=model.title))
        line = QHBoxLayout()
        line.addWidget(self.facts, 1)
        line.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignVCenter)
        self.column.addLayout(line)
        self.fold.setVisible(bool(model.sha256))
        self.sum = text_label(self.tr("SHA-256 {sum}").format(sum=model.sha256), "mono")
        self.sum.setProperty("role", "faint")
        self.sum.setVisible(False)
        self.column.addWidget(self.sum)
        self.progress = ProgressRow()
        self.progress.cancelled.connect(self._cancel)
        self.column.addWidget(self.progress)
        self.trouble = text_label("", "error")
        self.column.addWidget(self.trouble)
        self._foot_box = QWidget()
        self.foot = QHBoxLayout(self._foot_box)
        self.foot.setContentsMargins(0, 0, 0, 0)
        self.foot.setSpacing(8)
        self.download = QPushButton(self.tr("Download"))
        self.download.clicked.connect(self.download_clicked)
        self.ready = text_label(self.tr("ready"), "badge", wrap=False)
        self.delete = QPushButton(self.tr("Delete"))
        self.delete.setProperty("role", "quiet")
        self.delete.setAccessibleName(self.tr("Delete {title} from this device").format(title=model.title))
        self.delete.clicked.connect(self.delete_clicked)
        self.fold.toggled.connect(self.sum.setVisible)
        for widget in (self.download, self.ready, self.delete):
            self.foot.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self.foot.addStretch(1)
        self.column.addWidget(self._foot_box)
        for label in (title, words, self.facts):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.set_state(self.state)

    def set_state(self, state: DownloadState) -> None:
        """Shows how far it is."""
        was = self.state
        self.state = state
        busy = state.status in ("waiting", "downloading", "verifying")
        self.progress.setVisible(busy)
        if busy:
            share = state.done / state.total if state.total and state.status == "downloading" else None
            self.progress.set_progress(share, progress_words(state))
            if was.status not in ("waiting", "downloading", "verifying"):
                self.progress.cancel_button.setEnabled(True)
                self.progress.cancel_button.setText(self.tr("Cancel"))
            self.progress.cancel_button.setVisible(state.status != "verifying")
        trouble = state.error if state.status == "failed" else self.model.unavailable
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
        self.download.setVisible(state.status in ("absent", "failed") and not self.model.unavailable)
        if state.status == "failed":
            words = self.tr("Try again")
        elif state.done:
            words = self.tr("Go on with the download")
        else:
            words = self.tr("Download")
        self.download.setText(words)
        self.download.setAccessibleName(f"{words}: {self.model.title}")
        self.ready.setVisible(state.status == "ready")
        self.delete.setVisible(state.status == "ready" and self._can_delete)
        self._foot_box.setVisible(state.status in ("absent", "failed", "ready"))
        words = {"ready": self.tr("ready"), "failed": state.error}.get(state.status, "")
        if busy:
            words = progress_words(state)
        self.setAccessibleName(", ".join(part for part in (self.model.title, self.model.badge) if part))
        self.setAccessibleDescription(" ".join(part for part in (self.model.text, self.facts.text(), words) if part))
        self.updateGeometry()

    def _cancel(self) -> None:
        self.progress.set_cancelling()
        self.cancel_clicked.emit()


class DeviceModels(QWidget):
    """The models that can run on this device; one is chosen. ``can_delete``: whether ready ones can be deleted here.

    Signals:
        model_chosen: Id of the model.
        download_requested, cancel_requested, delete_requested: Id of the model.
        file_requested: The person wants to take a model file of their own.
    """

    model_chosen = Signal(str)
    download_requested = Signal(str)
    cancel_requested = Signal(str)
    delete_requested = Signal(str)
    file_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, can_delete: bool = True) -> None:
        super().__init__(parent)
        self._can_delete = can_delete
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        column.addLayout(self._list)
        self.file_button = QPushButton(self.tr("Use a model file of my own…"))
        self.file_button.setProperty("role", "link")
        self.file_button.clicked.connect(self.file_requested)
        column.addWidget(self.file_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._group = QButtonGroup(self)
        self.cards: dict[str, DeviceModelCard] = {}

    def set_models(self, models: Sequence[DeviceModel], current: str = "") -> None:
        """Shows these models."""
        for card in self.cards.values():
            self._group.removeButton(card)
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {}
        for model in models:
            card = DeviceModelCard(model, can_delete=self._can_delete)
            card.setEnabled(not model.unavailable)
            card.download_clicked.connect(lambda key=model.id: self._download(key))
            card.cancel_clicked.connect(lambda key=model.id: self.cancel_requested.emit(key))
            card.delete_clicked.connect(lambda key=model.id: self.delete_requested.emit(key))
            card.toggled.connect(lambda on, key=model.id: self.model_chosen.emit(key) if on else None)
            self._group.addButton(card)
            self._list.addWidget(card)
            self.cards[model.id] = card
        if current in self.cards:
            self.cards[current].setChecked(True)

    def set_state(self, model_id: str, state: DownloadState) -> None:
        """Shows how far a download is."""
        card = self.cards.get(model_id)
        if card is not None:
            card.set_state(state)

    def current(self) -> str:
        """The chosen model's id, or ""."""
        return next((key for key, card in self.cards.items() if card.isChecked()), "")

    def _download(self, model_id: str) -> None:
        self.cards[model_id].setChecked(True)
        self.download_requested.emit(model_id)
