"""The bridges between asyncio and Qt, the doors for stray exceptions, and the way out."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.collector import Collector
from app.doors import exception_doors
from app.log import logging_to
from app.quit import Quit
from app.tasks import cancel_all, coalesce, run_dialog, running_tasks, set_error_reporter, spawn, wait_signal
from tests.app.helpers import until


class Emitter(QObject):
    fired = Signal(int, str)


async def test_a_task_that_fails_is_reported_at_once_with_its_name():
    seen = []
    set_error_reporter(lambda error, name: seen.append((str(error), name)))
    try:

        async def fail():
            raise ValueError("broken")

        spawn(fail(), name="the work")
        await until(lambda: seen)
    finally:
        set_error_reporter(None)
    assert seen == [("broken", "the work")]


async def test_a_task_ends_with_its_owner():
    owner = QObject()
    task = spawn(asyncio.Event().wait(), name="waits for ever", owner=owner)
    await asyncio.sleep(0)
    owner.deleteLater()
    await until(task.cancelled)
    assert task not in running_tasks()


async def test_cancel_all_names_what_will_not_end():
    stop = asyncio.Event()

    async def stubborn():
        while not stop.is_set():
            try:
                await stop.wait()
            except asyncio.CancelledError:
                continue

    task = spawn(stubborn(), name="stubborn")
    other = spawn(asyncio.Event().wait(), name="willing")
    await asyncio.sleep(0)
    assert await cancel_all(0.2) == ["stubborn"]
    assert other.cancelled()
    stop.set()
    await task


async def test_a_dialog_is_waited_for_while_other_tasks_go_on():
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.005)

    ticker = spawn(tick(), name="ticks")
    parent = QWidget()
    dialog = QDialog(parent)
    waiting = spawn(run_dialog(dialog), name="asks")
    await until(lambda: dialog.isVisible() and len(ticks) > 3)
    dialog.accept()
    assert await waiting == QDialog.DialogCode.Accepted
    ticker.cancel()
    parent.deleteLater()
    await asyncio.sleep(0)


async def test_a_dialog_is_never_larger_than_its_screen():
    dialog = QDialog()
    dialog.resize(9_000, 9_000)
    small = QDialog()
    small.resize(300, 200)
    waiting = [spawn(run_dialog(each, delete=False), name="asks") for each in (dialog, small)]
    await until(lambda: dialog.isVisible() and small.isVisible())
    room = dialog.screen().availableSize()
    assert dialog.width() <= room.width()
    assert dialog.height() < room.height()
    assert (small.width(), small.height()) == (300, 200)
    for each, task in zip((dialog, small), waiting, strict=True):
        each.reject()
        await task
        each.deleteLater()


async def test_a_signal_is_waited_for_and_a_silent_one_times_out():
    emitter = Emitter()
    asyncio.get_running_loop().call_soon(emitter.fired.emit, 3, "three")
    assert await wait_signal(emitter.fired, 5) == (3, "three")
    with pytest.raises(TimeoutError):
        await wait_signal(emitter.fired, 0.01)


async def test_many_triggers_are_one_call():
    calls = []
    owner = QObject()
    once = coalesce(5, owner, lambda: calls.append(1))
    for _ in range(100):
        once.trigger("anything")
    assert once.waiting
    await until(lambda: calls)
    assert len(calls) == 1
    once.trigger()
    once.flush()
    assert len(calls) == 2
    once.trigger()
    once.cancel()
    assert not once.waiting


async def test_all_doors_lead_to_one_reporter_and_are_put_back():
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    loop = asyncio.get_running_loop()
    seen: list[str] = []
    with exception_doors(lambda error, where: seen.append(str(error)), loop=loop):
        sys.excepthook(ValueError, ValueError("main"), None)
        thread = threading.Thread(target=lambda: (_ for _ in ()).throw(ValueError("thread")).__next__())
        thread.start()
        thread.join()
        loop.call_exception_handler({"message": "loop", "exception": ValueError("loop")})

        class Unraisable:
            def __del__(self) -> None:
                raise ValueError("unraisable")

        thing = Unraisable()
        del thing
        gc.collect()
    assert seen == ["main", "thread", "loop", "unraisable"]
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


async def test_a_reporter_that_fails_does_not_go_round_in_circles(expect_log):
    expect_log("reporter failed")

    def broken(error: BaseException, where: str) -> None:
        raise RuntimeError("the reporter itself")

    with exception_doors(broken):
        sys.excepthook(ValueError, ValueError("first"), None)


def test_the_log_holds_no_secret_and_survives_a_folder_that_cannot_be_made(tmp_path):
    path = tmp_path / "logs" / "bough.log"
    with logging_to(path) as ring:
        logging.getLogger("somewhere").info("Authorization: Bearer abcdef0123456789")
    assert "abcdef0123456789" not in path.read_text()
    assert "somewhere" in ring.lines[-1]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with logging_to(blocked / "logs" / "bough.log") as ring:
        logging.getLogger("somewhere").info("still in memory")
    assert "still in memory" in ring.lines[-1]


async def test_a_signal_of_the_system_asks_to_quit():
    quit_ = Quit()
    with quit_.on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await quit_.wait()
    assert quit_.requested


async def test_the_collector_collects_in_this_thread():
    found = []

    class Node:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            found.append(threading.current_thread())

    collector = Collector()
    collector.start()
    Node()
    collector.check()  # what the start made is left alone
    assert found == [] and gc.get_freeze_count() > 1000
    for _ in range(2000):
        Node()
    collector.check()
    assert len(found) == 2000
    collector.stop()
    gc.disable()
    assert len(found) == 2001 and gc.get_freeze_count() == 0
    assert set(found) == {threading.main_thread()}
