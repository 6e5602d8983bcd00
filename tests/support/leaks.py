"""After every test: no thread, timer, asyncio task or top-level window may be left; the failure names its creator."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
THREADS_OF_OTHERS = (
    "pytest_timeout",  # the watchdog of pytest-timeout
    "QThread",  # Qt's own workers, seen by Python once they call into it
)

_thread_creators: weakref.WeakKeyDictionary[threading.Thread, str] = weakref.WeakKeyDictionary()
_timer_creators: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
_task_creators: weakref.WeakKeyDictionary[asyncio.Task[Any], str] = weakref.WeakKeyDictionary()
_left_tasks: list[str] = []


def creator(frame: FrameType | None) -> str:
    """The nearest line of this project on the way to where something was made."""
    fallback = "outside this project"
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(str(ROOT)) and "site-packages" not in name and "/tests/support/" not in name:
            return f"{Path(name).relative_to(ROOT)}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return fallback


def naming_task_factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
    """A task factory that remembers who made the task."""
    task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **options)
    _task_creators[task] = creator(sys._getframe(1))
    return task


def describe_task(task: asyncio.Task[Any]) -> str:
    where = _task_creators.get(task, "an unknown place")
    return f"task {task.get_name()!r} ({getattr(task.get_coro(), '__qualname__', '?')}), made at {where}"


@pytest.fixture(autouse=True, scope="session")
def creators_on_record() -> Iterator[None]:
    """Notes, for every thread, timer and left-over task, who made it."""
    patch = pytest.MonkeyPatch()
    start = threading.Thread.start

    def recording_start(self: threading.Thread) -> None:
        _thread_creators[self] = creator(sys._getframe(1))
        start(self)

    patch.setattr(threading.Thread, "start", recording_start)

    from asyncio import runners

    cancel_all = runners._cancel_all_tasks  # type: ignore[attr-defined]

    def recording_cancel_all(loop: asyncio.AbstractEventLoop) -> None:
        _left_tasks.extend(describe_task(task) for task in asyncio.all_tasks(loop) if not task.done())
        cancel_all(loop)

    patch.setattr(runners, "_cancel_all_tasks", recording_cancel_all)

    from PySide6.QtCore import QTimer

    timer_start = QTimer.start

    def recording_timer_start(self: QTimer, *rest: Any) -> None:
        _timer_creators[self] = creator(sys._getframe(1))
        timer_start(self, *rest)

    patch.setattr(QTimer, "start", recording_timer_start)
    yield
    patch.undo()


def _qt_alive(thing: Any) -> bool:
    from shiboken6 import isValid

    return bool(isValid(thing))


def _app() -> Any:
    widgets = sys.modules.get("PySide6.QtWidgets")
    return widgets.QApplication.instance() if widgets else None


def _windows(app: Any) -> dict[int, Any]:
    return {id(w): w for w in app.topLevelWidgets() if w.parent() is None}


def _describe_window(window: Any) -> str:
    title, name = window.windowTitle(), window.objectName()
    return f"window {type(window).__name__}" + (f" {title!r}" if title else "") + (f" ({name})" if name else "")


def _running_timers() -> list[Any]:
    return [timer for timer in list(_timer_creators) if _qt_alive(timer) and timer.isActive()]


def _flush_deletions(app: Any) -> None:
    from PySide6.QtCore import QEvent

    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _left_threads(before: set[threading.Thread]) -> list[str]:
    left = []
    for thread in threading.enumerate():
        if thread in before or thread.name.startswith(THREADS_OF_OTHERS) or isinstance(thread, threading._DummyThread):
            continue
        thread.join(2)  # one that is on its way out is no leak
        if thread.is_alive():
            left.append(f"thread {thread.name!r}, started at {_thread_creators.get(thread, 'an unknown place')}")
    return left


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves something running."""
    threads = set(threading.enumerate())
    app = _app()
    windows = set(_windows(app)) if app else set()
    timers = {id(timer) for timer in _running_timers()} if app else set()
    _left_tasks.clear()
    yield
    left = [f"{task} was still running" for task in _left_tasks]
    _left_tasks.clear()
    left += _left_threads(threads)
    app = _app()
    if app is not None:
        _flush_deletions(app)
        suspects = [w for key, w in _windows(app).items() if key not in windows]
        if suspects or any(id(t) not in timers for t in _running_timers()):
            names = {id(w): _describe_window(w) for w in suspects}
            del suspects
            gc.collect()
            _flush_deletions(app)
            left += [names[key] for key in _windows(app) if key in names and key not in windows]
            left += [
                f"timer started at {_timer_creators[timer]}" for timer in _running_timers() if id(timer) not in timers
            ]
            for key, window in _windows(app).items():  # so that one leak does not fail the tests after it too
                if key not in windows:
                    window.hide()
                    window.deleteLater()
            _flush_deletions(app)
    if left:
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)
