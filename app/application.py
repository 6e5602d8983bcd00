"""The composition root of the window: makes the parts, connects them, starts them in order and ends them in order.

What each page does is in its controller (``controllers``, ``workspace``); what is shown is in ``window`` and
``widgets``. Tests make an :class:`Application` with a folder of their own and use it like a person.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.first_look import first_look
from app.paths import Paths
from app.quit import Quit
from app.tasks import cancel_all, set_error_reporter, spawn, wait_signal
from app.window.main_window import MainWindow
from widgets import theme

if TYPE_CHECKING:
    from app.desk import Desk
    from app.log import RingHandler
    from app.services import Services

log = logging.getLogger(__name__)

SAVE_SECONDS = 4.0
RUNS_SECONDS = 4.0
TASKS_SECONDS = 2.0
PAINT_SECONDS = 2.0


class Application(QObject):
    """One window with everything behind it.

    Args:
        paths: Where things are kept.
        quit_: How to end the program.
        database: Another database file than the usual one.
        services: Made already (tests); else :meth:`start` makes them, after the first paint.
        ring: The last log lines, for details of a report.

    Attributes:
        window: The main window.
        desk: Pages and controllers; there once :meth:`start` has built them.
    """

    def __init__(
        self,
        paths: Paths,
        quit_: Quit,
        *,
        database: Path | None = None,
        services: Services | None = None,
        ring: RingHandler | None = None,
    ) -> None:
        super().__init__()
        self._paths = paths
        self._database = database
        self._services = services
        self.quit = quit_
        self.ring = ring
        self._apply_theme()
        self.window = MainWindow()
        self.desk: Desk | None = None
        self._stopped = False
        set_error_reporter(self.report)

    @property
    def services(self) -> Services:
        """Settings, database, models; imported after the first paint."""
        if self._services is None:
            from app.services import Services

            self._services = Services(self._paths, database=self._database)
        return self._services

    # --- start -----------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the window, still empty: this is what a person waits for first."""
        self.window.quit_requested.connect(self.quit.request)
        self.window.restore_place(self._look.geometry)
        self.window.show()

    def _apply_theme(self) -> None:
        # Before any widget is made: one that is made first keeps the font of the system.
        self._look = first_look(self._paths.settings)
        manager = theme.manager()
        manager.set_mode(self._look.theme)
        if self._look.system_font:
            manager.set_system_font(True)
        manager.set_reduced_motion(self._look.reduced_motion)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        manager.apply(app)

    async def start(self, *, open_file: str | None = None) -> None:
        """Build the pages, open the database, put everything back as it was. The window is painted before."""
        with suppress(TimeoutError):
            if not self.window.was_painted:
                await wait_signal(self.window.painted, PAINT_SECONDS)
        from app.desk import Desk

        self.desk = Desk(self)
        self.desk.build()
        await self.open_store(Path(open_file) if open_file else None)

    async def open_store(self, open_file: Path | None = None) -> None:
        """Open the database and begin; where it cannot be opened, say so."""
        if self.desk is None or self.services.store_is_open:
            return
        try:
            await self.services.open_store()
        except Exception as error:
            log.exception("The database could not be opened")
            self.desk.store_failed(error)
            return
        await self.desk.begin(open_file)

    # --- end -------------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Save, stop what runs, cancel the rest, close the window. Each stage has its time and cannot hang the end."""
        if self._stopped:
            return
        self._stopped = True
        self.window.setEnabled(False)
        if self.desk is not None:
            await _stage(self.desk.save(), SAVE_SECONDS, "saving")
            await _stage(self.desk.stop_runs(), RUNS_SECONDS, "stopping what runs")
            self.desk.take_down()
        self._save_settings()
        for name in await cancel_all(TASKS_SECONDS):
            log.error("The task %s did not end", name)
        set_error_reporter(None)
        self.window.close_now()
        self.window.deleteLater()
        if self._services is not None:
            await self._services.aclose()

    def _save_settings(self) -> None:
        if self._services is None:
            return
        settings = self.services.settings_file
        settings.current.remembered.geometry = self.window.place()
        try:
            settings.save()
        except OSError:
            log.exception("The settings could not be saved")

    # --- errors ----------------------------------------------------------------------------------------------

    def report(self, error: BaseException, where: str) -> None:
        """Where every stray exception ends: in the log, and as a sentence on screen."""
        from app.errors import explain

        explanation = explain(error)
        level = logging.ERROR if explanation.ours else logging.WARNING
        log.log(level, "In %s: %s", where, explanation.what, exc_info=error)
        if self.desk is not None and not self._stopped:
            self.desk.notify.error(explanation)

    def run(self, coroutine: Any, name: str) -> asyncio.Task[Any]:
        """Start work that ends with the application."""
        return spawn(coroutine, name=name, owner=self)


async def _stage(work: Any, seconds: float, what: str) -> None:
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        log.error("%s took more than %.0f s and was given up", what.capitalize(), seconds)
    except Exception:
        log.exception("%s failed", what.capitalize())
