"""The window's main: one loop, one application object, teardown in the reverse order of set-up.

The window is painted before the database is opened; no provider's SDK is imported here or by anything that this
imports. See ARCHITECTURE.md for the order of things.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from pathlib import Path

log = logging.getLogger(__name__)

APP_ID = "bough"


def run_gui(options: argparse.Namespace) -> int:
    """Open the window and run until the person quits; returns the exit code."""
    if not _has_display():
        print(
            "Bough cannot open a window: there is no display here.\n"
            "Without one, use it from the command line, for instance:\n"
            '  bough run resources/templates/notepad.bough.json --session demo -m "Hello"\n'
            "or start it on a virtual screen: xvfb-run bough",
            file=sys.stderr,
        )
        return 1
    os.environ["QT_API"] = "pyside6"
    gc.disable()  # what the start makes is there to stay; afterwards `collecting_here` collects
    from PySide6.QtWidgets import QApplication

    leave_sources_unread()
    import qasync

    app = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(app, QApplication)
    app.setApplicationName("Bough")
    app.setDesktopFileName(APP_ID)
    app.setQuitOnLastWindowClosed(False)
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        return runner.run(_main(app, options))


async def _main(app: object, options: argparse.Namespace) -> int:
    from app.application import Application
    from app.collector import collecting_here
    from app.doors import exception_doors
    from app.log import logging_to
    from app.paths import find_paths
    from app.quit import Quit

    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="bough")
    loop.set_default_executor(executor)
    database = Path(options.db).expanduser().absolute() if options.db else None
    quit_ = Quit()
    async with AsyncExitStack() as stack:
        stack.callback(executor.shutdown, wait=False, cancel_futures=True)
        paths = find_paths()
        ring = stack.enter_context(logging_to(paths.log_file))
        application = Application(paths, quit_, database=database, ring=ring)
        stack.enter_context(exception_doors(application.report, loop=loop))
        stack.enter_context(quit_.on_signals())
        stack.enter_context(collecting_here())
        stack.push_async_callback(application.stop)
        application.show()
        if options.self_test:
            from app.selftest import self_test

            return await self_test(application)
        await application.start(open_file=options.open_file)
        await quit_.wait()
    return 0


def leave_sources_unread() -> None:
    """Keep PySide from reading the source of every module that is imported after it.

    It looks for the name PySide6 there, for the sake of its ``__feature__`` switches, which nothing here uses. That
    takes a tenth of the time until the window can be used, and keeps all the sources in memory. Where PySide works in
    another way one day, this has no effect.
    """
    with suppress(ImportError):
        from shibokensupport import feature  # type: ignore[import-not-found]

        feature._mod_uses_pyside = lambda module: False


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform and platform.split(":")[0] not in ("xcb", "wayland"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
