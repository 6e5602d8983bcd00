"""Every way an exception can get lost leads to one reporter.

Five doors: ``sys.excepthook``, ``threading.excepthook``, ``sys.unraisablehook``, the event loop's exception handler
and Qt's message handler. They are put in place, and put back, by one context manager.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

Reporter = Callable[[BaseException, str], None]

log = logging.getLogger(__name__)

_QUIET_QT = (
    "This plugin does not support propagateSizeHints",
    "propagateSizeHints",
    "QStandardPaths: XDG_RUNTIME_DIR not set",
)


@contextmanager
def exception_doors(reporter: Reporter, *, loop: asyncio.AbstractEventLoop | None = None) -> Iterator[None]:
    """Send every stray exception to ``reporter(error, where)`` while the block runs."""
    guarded = _Guarded(reporter)
    old_except, old_thread, old_unraisable = sys.excepthook, threading.excepthook, sys.unraisablehook

    def on_except(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            old_except(kind, error, trace)
            return
        guarded(error.with_traceback(trace), "main")

    def on_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            guarded(args.exc_value, f"thread {args.thread.name if args.thread else '?'}")

    def on_unraisable(args: Any) -> None:
        if args.exc_value is not None:
            guarded(args.exc_value, str(args.err_msg or "unraisable"))

    def on_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None:
            guarded(error, str(context.get("message", "event loop")))
        else:
            log.error("Event loop: %s", context.get("message"))

    sys.excepthook, threading.excepthook, sys.unraisablehook = on_except, on_thread, on_unraisable
    old_loop = loop.get_exception_handler() if loop is not None else None
    if loop is not None:
        loop.set_exception_handler(on_loop)
    restore_qt = _install_qt() if "PySide6.QtCore" in sys.modules else None
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = old_except, old_thread, old_unraisable
        if loop is not None and not loop.is_closed():
            loop.set_exception_handler(old_loop)
        if restore_qt is not None:
            restore_qt()


class _Guarded:
    """Calls the reporter, once at a time: an error in the reporter itself goes to the log only."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._busy = False

    def __call__(self, error: BaseException, where: str) -> None:
        if self._busy:
            log.error("Error while reporting an error (%s)", where, exc_info=error)
            return
        self._busy = True
        try:
            self._reporter(error, where)
        except Exception:
            log.exception("The reporter failed on an error in %s", where, exc_info=error)
        finally:
            self._busy = False


def _install_qt() -> Callable[[], None]:
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    qt_log = logging.getLogger("qt")

    def on_message(kind: QtMsgType, context: Any, message: str) -> None:
        level = logging.DEBUG if any(quiet in message for quiet in _QUIET_QT) else levels.get(kind, logging.WARNING)
        qt_log.log(level, "%s", message)

    old = qInstallMessageHandler(on_message)

    def restore() -> None:
        qInstallMessageHandler(old)

    return restore
