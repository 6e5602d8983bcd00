"""Telling the person something: a toast for what passes, a banner for what stays, a dialog for details. One place."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.errors import Explanation
from app.tasks import run_dialog, spawn
from widgets.common import Banner, ErrorDialog, Toasts

log = logging.getLogger(__name__)

Remedies = dict[str, Callable[[], object]]


class Notify(QObject):
    """Messages over one window.

    Args:
        window: Toasts float over it.
        banners: Where banners go, above the page.
        remedies: What the buttons of errors do, by the remedy's name.
    """

    def __init__(self, window: QWidget, banners: QVBoxLayout, remedies: Remedies) -> None:
        super().__init__(window)
        self._window = window
        self._banners = banners
        self._remedies = remedies
        self._toasts = Toasts(window)
        self._kept: dict[str, Banner] = {}

    @property
    def toasts(self) -> Toasts:
        return self._toasts

    def say(self, text: str, action: str = "", on_action: Callable[[], None] | None = None) -> None:
        """Something that passes, with at most one button."""
        log.info("Said: %s", text)
        self._toasts.show(text, action, on_action)

    def error(self, explanation: Explanation) -> None:
        """An error that is not tied to a place on screen: a toast that stays, with its button or its details."""
        if explanation.ours:
            self.show_details(explanation)
            return
        handler = self._remedies.get(explanation.remedy)
        if handler is not None:
            self._toasts.show(explanation.sentence, explanation.button, lambda: _call(handler), "bad")
        else:
            self._toasts.show(explanation.sentence, self.tr("Details"), lambda: self.show_details(explanation), "bad")

    def banner(
        self, key: str, text: str, action: str = "", on_action: Callable[[], object] | None = None, tone: str = "info"
    ) -> None:
        """Something that holds until it is dealt with; the same key replaces the banner before."""
        self.drop_banner(key)
        banner = Banner(text, action, tone)
        if on_action is not None:
            banner.action_clicked.connect(on_action)
        banner.dismissed.connect(lambda: self.drop_banner(key))
        self._kept[key] = banner
        self._banners.addWidget(banner)

    def drop_banner(self, key: str) -> None:
        """Take a banner away."""
        banner = self._kept.pop(key, None)
        if banner is not None:
            self._banners.removeWidget(banner)
            banner.hide()
            banner.deleteLater()

    def show_details(self, explanation: Explanation) -> None:
        """The error with its details, which can be copied."""
        spawn(self._details(explanation), name="error details", owner=self)

    async def _details(self, explanation: Explanation) -> None:
        handler = self._remedies.get(explanation.remedy)
        dialog = ErrorDialog(
            self.tr("Something went wrong"),
            explanation.what,
            explanation.meaning,
            explanation.button if handler is not None else "",
            explanation.details,
            self._window,
        )
        if await run_dialog(dialog, delete=False) and handler is not None:
            _call(handler)


def _call(handler: Callable[[], object]) -> None:
    handler()
