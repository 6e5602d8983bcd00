"""The model of the agent in front: choosing another, and what the workspace tells while one arrives or works.

Not here: what there is to choose from (``controllers.models``), fetching it (``controllers.downloads``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from app.connections import Connection
from app.controllers.downloads import DownloadsController
from app.controllers.models import ModelsController
from app.services import Services
from app.workspace.bench import Bench
from widgets.cards import DownloadState, progress_words


class FrontModel(QObject):
    """Ties the workspace to models and downloads.

    Args:
        services: What is on this device.
        bench: The workspace.
        models: What can be chosen.
        downloads: What is on its way.
        set_up: Leads to the place where models are set up, where no agent is in front.
    """

    def __init__(
        self,
        services: Services,
        bench: Bench,
        models: ModelsController,
        downloads: DownloadsController,
        set_up: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._bench = bench
        self._models = models
        self._downloads = downloads
        self._set_up = set_up
        models.changed.connect(self._changed)
        models.proven.connect(bench.offer_retry)
        downloads.changed.connect(self._changed)
        downloads.moved.connect(self._moved)

    def begin(self) -> None:
        """Tell from now on what the model on this device is doing: loading, reading, thinking."""
        self._services.models.runtime.subscribe(self._status)

    @property
    def on_its_way(self) -> bool:
        """Whether nothing can be written yet, for the model is still being fetched."""
        agent = self._bench.agent
        return agent is not None and bool(agent.missing) and self._downloads.busy(agent.choice.model)

    def choose(self) -> None:
        """Open the menu of models below the model button."""
        agent = self._bench.agent
        if agent is None:
            self._set_up()
            return
        button = self._bench.page.header.model
        menu = self._models.menu(agent.choice, self._chosen, button)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def download(self) -> None:
        """Fetch the model that the agent in front asks for."""
        if self._bench.agent is not None:
            self._downloads.start(self._bench.agent.choice.model)

    def _chosen(self, connection: Connection, model: str) -> None:
        self._bench.use_model(connection, model)
        if connection.kind == "on_device" and model and self._services.models.find(model) is not None:
            if self._services.models.file_of(model) is None:
                self._downloads.start(model)

    def _changed(self, *_: object) -> None:
        self._bench.show_choice()
        self._bench.show_model_choices()
        self._bench.offer_retry()

    def _moved(self, model_id: str, state: DownloadState) -> None:
        agent = self._bench.agent
        if agent is not None and agent.missing and agent.choice.model == model_id:
            self._bench.show_choice(progress_words(state) if self._downloads.busy(model_id) else "")

    def _status(self, status: Any) -> None:
        agent = self._bench.agent
        if agent is not None and agent.choice.connection.kind == "on_device":
            self._bench.chat.set_activity(status.text)
