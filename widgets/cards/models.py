"""Which model: on this device, Anthropic, or a server; the chosen card opens what it needs below."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from widgets.cards.connection import ConnectionForm
from widgets.cards.downloads import DeviceModels, DownloadState, progress_words
from widgets.cards.grid import CardGrid
from widgets.cards.templates import CardInfo, InfoCard
from widgets.common.banner import ProgressRow
from widgets.common.card import RING

Place = Literal["device", "anthropic", "server"]


class ModelCards(QWidget):
    """Three cards, and below them what the chosen one needs.

    Signals:
        selected: ``device``, ``anthropic`` or ``server``.
        cancel_requested: Id of the on-device model whose download is to stop (also from :attr:`device`).

    Attributes:
        device: The models for this device (:class:`widgets.cards.downloads.DeviceModels`).
        anthropic, server: The forms (:class:`widgets.cards.connection.ConnectionForm`).
    """

    selected = Signal(str)
    cancel_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Models"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.grid = CardGrid()
        infos = (
            CardInfo(
                "device",
                self.tr("On this device"),
                self.tr("Private and free. One download, then no network. Slower and simpler than the others."),
                "cpu",
                "memory",
            ),
            CardInfo(
                "anthropic",
                self.tr("Anthropic"),
                self.tr("The strongest. Needs a key, which is kept in your system’s keychain and nowhere else."),
                "key-round",
                "instructions",
            ),
            CardInfo(
                "server",
                self.tr("A server I run"),
                self.tr("Ollama, LM Studio, or anything that speaks the Anthropic Messages protocol."),
                "server",
                "steps",
            ),
        )
        self._group = QButtonGroup(self)
        self.cards: dict[str, InfoCard] = {}
        for info in infos:
            card = InfoCard(info)
            card.setCheckable(True)
            card.toggled.connect(lambda on, key=info.id: self._chosen(key) if on else None)
            self._group.addButton(card)
            self.cards[info.id] = card
        self.progress = ProgressRow()
        self.progress.hide()
        self.progress.cancelled.connect(self._cancel)
        self.cards["device"].column.addWidget(self.progress)
        self.grid.set_cards(list(self.cards.values()))
        column.addWidget(self.grid)
        self.device = DeviceModels(can_delete=False)
        self.anthropic = ConnectionForm("anthropic")
        self.server = ConnectionForm("server")
        self._pages: dict[str, QWidget] = {"device": self.device, "anthropic": self.anthropic, "server": self.server}
        for page in self._pages.values():
            page.setContentsMargins(*(0, 0, 0, 0) if page is self.device else (RING, 0, RING, 0))
            column.addWidget(page)
            page.hide()
        self.device.cancel_requested.connect(self.cancel_requested)
        self._downloading = ""

    def select(self, place: Place) -> None:
        """Chooses a card."""
        self.cards[place].setChecked(True)

    def current(self) -> str:
        """The chosen card, or ""."""
        return next((key for key, card in self.cards.items() if card.isChecked()), "")

    def set_state(self, model_id: str, state: DownloadState) -> None:
        """Shows how far the download of an on-device model is, on the card and in the list."""
        self.device.set_state(model_id, state)
        busy = state.status in ("waiting", "downloading", "verifying")
        if busy:
            self._downloading = model_id
            share = state.done / state.total if state.total and state.status == "downloading" else None
            self.progress.set_progress(share, progress_words(state, rate=False))
            self.progress.cancel_button.setEnabled(True)
            self.progress.cancel_button.setText(self.tr("Cancel"))
        if busy or model_id == self._downloading:
            self._downloading = model_id if busy else ""
            self._show_progress()

    def _cancel(self) -> None:
        self.progress.set_cancelling()
        self.cancel_requested.emit(self._downloading)

    def _chosen(self, place: str) -> None:
        for key, page in self._pages.items():
            page.setVisible(key == place)
        self._show_progress()
        self.selected.emit(place)

    def _show_progress(self) -> None:
        """The card shows the download while the list below does not."""
        self.progress.setVisible(bool(self._downloading) and self.current() != "device")
