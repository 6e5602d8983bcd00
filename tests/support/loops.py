"""The two lanes of tests that touch Qt, and plain asyncio for all others.

The cases of the engine (``tests/engine/cases``) run on both loops, for a program may use either.

Async lane: an ``async def`` test under ``tests/widgets``, ``tests/app`` or ``tests/e2e`` runs on a qasync loop. It
awaits; it never calls ``qtbot.wait…``, which would spin a nested loop and kill other tasks.
Sync lane: a plain test takes the ``qloop`` fixture; then ``qtbot.waitUntil`` drives Qt and asyncio tasks together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.support.leaks import ROOT, describe_task, naming_task_factory

QT_LANES = ("widgets", "app", "e2e")
_keep: list[Any] = []


def the_application() -> Any:
    """The one QApplication of this process."""
    from PySide6.QtCore import QStandardPaths
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    if app is None:
        QStandardPaths.setTestModeEnabled(True)
        app = QApplication(["bough-tests"])
        app.setQuitOnLastWindowClosed(False)
        _keep.append(app)  # a QApplication without a reference is deleted by Python
    return app


def _qasync_loop() -> asyncio.AbstractEventLoop:
    from qasync import QEventLoop

    loop: asyncio.AbstractEventLoop = QEventLoop(the_application())
    loop.set_task_factory(naming_task_factory)
    return loop


def _plain_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_task_factory(naming_task_factory)
    return loop


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], Any]]:
    """Which loop an async test runs on follows from its folder; the cases of the engine run on both."""
    area, *inner = item.path.relative_to(ROOT / "tests").parts
    if area == "engine" and inner[:1] == ["cases"]:
        return {"asyncio": _plain_loop, "qasync": _qasync_loop}
    return {"qasync": _qasync_loop} if area in QT_LANES else {"asyncio": _plain_loop}


@pytest.fixture(scope="session")
def qapp() -> Any:
    """pytest-qt's fixture, with an application that outlives its last window."""
    return the_application()


@pytest.fixture
def qloop(qapp: Any) -> Iterator[asyncio.AbstractEventLoop]:
    """An asyncio loop for sync tests: ``qloop.create_task(…)``, then ``qtbot.waitUntil(…)``.

    Fails the test when its loop reported an exception or a task is still running at the end.
    """
    from qasync import QEventLoop

    troubles: list[str] = []
    loop = QEventLoop(qapp, already_running=True)
    loop.set_task_factory(naming_task_factory)
    loop.set_exception_handler(lambda _loop, context: troubles.append(str(context.get("exception") or context)))
    asyncio.set_event_loop(loop)
    try:
        yield loop
        for _ in range(3):
            qapp.processEvents()
        pending = [task for task in asyncio.all_tasks(loop) if not task.done()]
        names = [describe_task(task) for task in pending]
        for task in pending:
            task.cancel()
        for _ in range(10):
            qapp.processEvents()
    finally:
        # Not stop(): it asks the application to exit, and until the next exec() every wait of qtbot ends at once.
        loop._QEventLoop__is_running = False
        asyncio.events._set_running_loop(None)
        qapp.aboutToQuit.disconnect(loop._after_run_forever)
        loop.close()
        asyncio.set_event_loop(None)
    if names or troubles:
        pytest.fail("\n".join([f"still running: {n}" for n in names] + [f"loop: {t}" for t in troubles]), pytrace=False)
