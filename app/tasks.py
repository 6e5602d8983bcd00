"""The only bridges between asyncio and the interface: ``spawn``, ``run_dialog``, ``wait_signal``, ``Coalesced``.

Nothing else in ``app`` or ``widgets`` creates a task or waits for a dialog. Nested event loops (``exec``) kill
other tasks for good, so none is ever started.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, QTimer, SignalInstance
from PySide6.QtWidgets import QDialog

TITLE_BAR = QSize(4, 44)
"""About what a window manager draws round a dialog; the real frame is only known once it is shown."""

ErrorReporter = Callable[[BaseException, str], None]

_tasks: set[asyncio.Task[Any]] = set()
_groups: dict[int, set[asyncio.Task[Any]]] = {}
_group_numbers = itertools.count(1)
_GROUP = "boughTaskGroup"
_reporter: list[ErrorReporter] = []


def set_error_reporter(reporter: ErrorReporter | None) -> None:
    """Who hears of a task that failed; None goes back to the loop's own handler."""
    _reporter[:] = [reporter] if reporter else []


def spawn(
    coroutine: Coroutine[Any, Any, Any],
    *,
    name: str,
    owner: QObject | None = None,
    on_error: Callable[[BaseException], None] | None = None,
) -> asyncio.Task[Any]:
    """Start a task that is kept alive, has a name, and reports its failure at once.

    Args:
        coroutine: The work.
        name: Says in a log line or a leak report what this was.
        owner: The task is cancelled when this object is destroyed.
        on_error: Called with the exception instead of the general reporter.
    """
    task = asyncio.get_running_loop().create_task(coroutine, name=name)
    _tasks.add(task)
    group = _group_of(owner) if owner is not None else None
    if group is not None:
        group.add(task)

    def finished(done: asyncio.Task[Any]) -> None:
        _tasks.discard(done)
        if group is not None:
            group.discard(done)
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            return
        if on_error is not None:
            on_error(error)
        elif _reporter:
            _reporter[0](error, name)
        else:
            done.get_loop().call_exception_handler({"message": f"Task {name} failed", "exception": error, "task": done})

    task.add_done_callback(finished)
    return task


def running_tasks() -> list[asyncio.Task[Any]]:
    """The tasks started here that are not done; for shutdown and for leak checks in tests."""
    return [task for task in _tasks if not task.done()]


async def cancel_all(timeout: float) -> list[str]:
    """Cancel every task started here and wait for them, but not longer than ``timeout`` seconds.

    Returns:
        The names of those that would not end.
    """
    current = asyncio.current_task()
    end = time.monotonic() + timeout
    while True:
        # A task that is cancelled may start another one on its way out, so look again until there is none.
        pending = [task for task in running_tasks() if task is not current]
        left = end - time.monotonic()
        if not pending or left <= 0:
            return sorted(task.get_name() for task in pending)
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=left)


async def run_dialog(dialog: QDialog, *, delete: bool = True) -> int:
    """Open a dialog without a nested loop and return its result code when it is closed."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def finished(code: int) -> None:
        if not future.done():
            future.set_result(code)

    dialog.finished.connect(finished)
    _fit_screen(dialog)
    dialog.open()
    try:
        return await future
    except asyncio.CancelledError:
        dialog.close()
        raise
    finally:
        if delete:
            dialog.deleteLater()


def _fit_screen(dialog: QDialog) -> None:
    """Buttons below the edge of a small or much enlarged screen could not be reached."""
    dialog.ensurePolished()
    room = dialog.screen().availableSize() - TITLE_BAR
    wanted = dialog.size() if dialog.testAttribute(Qt.WidgetAttribute.WA_Resized) else dialog.sizeHint()
    if wanted.width() > room.width() or wanted.height() > room.height():
        dialog.resize(wanted.boundedTo(room))


async def wait_signal(signal: SignalInstance, timeout: float | None = None) -> tuple[Any, ...]:
    """The arguments of the next emission of ``signal``.

    Raises:
        TimeoutError: It did not come within ``timeout`` seconds.
    """
    future: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    def arrived(*arguments: Any) -> None:
        if not future.done():
            future.set_result(arguments)

    signal.connect(arrived)
    try:
        async with asyncio.timeout(timeout):
            return await future
    finally:
        signal.disconnect(arrived)


class Coalesced(QObject):
    """Calls ``callback`` once for any number of ``trigger`` calls within ``ms`` milliseconds.

    The first trigger starts the clock, so a steady stream of triggers is served every ``ms``, never put off for ever.
    """

    def __init__(self, owner: QObject, ms: int, callback: Callable[[], None]) -> None:
        super().__init__(owner)
        self._callback = callback
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ms)
        self._timer.timeout.connect(self._run)

    @property
    def waiting(self) -> bool:
        """Whether a call is due."""
        return self._timer.isActive()

    def trigger(self, *_: object) -> None:
        """Ask for a call; takes and ignores arguments, so that any signal connects."""
        if not self._timer.isActive():
            self._timer.start()

    def pace(self, ms: int) -> None:
        """Wait so long from the next trigger on, for work that turned out to take its time."""
        self._timer.setInterval(ms)

    def flush(self) -> None:
        """Make a call that is due now."""
        if self._timer.isActive():
            self._timer.stop()
            self._callback()

    def cancel(self) -> None:
        """Drop a call that is due."""
        self._timer.stop()

    def _run(self) -> None:
        self._callback()


def coalesce(ms: int, owner: QObject, callback: Callable[[], None]) -> Coalesced:
    """A :class:`Coalesced` that belongs to ``owner``."""
    return Coalesced(owner, ms, callback)


def _group_of(owner: QObject) -> set[asyncio.Task[Any]]:
    number = owner.property(_GROUP)
    if number is None:
        number = next(_group_numbers)
        owner.setProperty(_GROUP, number)
        _groups[number] = set()
        owner.destroyed.connect(_GroupEnd(number))
    return _groups.setdefault(int(number), set())


class _GroupEnd:
    """Cancels the tasks of an owner that died. Holds a number only, never the dying object."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, *_: object) -> None:
        for task in _groups.pop(self._number, set()):
            loop = task.get_loop()
            if not loop.is_closed():
                task.cancel()
