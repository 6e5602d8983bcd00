"""Sync handlers beyond the limit wait for a thread, and none is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from engine.tools import execute
from engine.tools.execute import in_thread


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setattr(execute, "MAX_THREADS", 1)


async def waiting(count):
    while len(execute._waiting) < count:  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0)


async def test_they_run_in_the_order_in_which_they_came():
    gate, order = threading.Event(), []
    first = asyncio.ensure_future(in_thread(lambda: gate.wait(5)))
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(in_thread(lambda n=n: order.append(n))) for n in range(3)]
    await waiting(3)
    assert order == []
    gate.set()
    await asyncio.gather(first, *others)
    assert order == [0, 1, 2]


async def test_one_that_is_cancelled_when_its_turn_has_come_passes_it_on():
    gate = threading.Event()
    first = asyncio.ensure_future(in_thread(lambda: gate.wait(5)))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(in_thread(lambda: "second"))
    third = asyncio.ensure_future(in_thread(lambda: "third"))
    await waiting(2)
    turn = execute._waiting[0]
    turn.add_done_callback(lambda _: second.cancel())  # between its wake-up and its next step
    gate.set()
    await first
    assert await asyncio.wait_for(third, 5) == "third"
    with contextlib.suppress(asyncio.CancelledError):
        await second
    assert not execute._waiting


async def test_one_that_waits_in_another_threads_loop_is_woken_too():
    gate, found, ready = threading.Event(), [], threading.Event()
    first = asyncio.ensure_future(in_thread(lambda: gate.wait(5)))
    await asyncio.sleep(0)

    async def there():
        task = asyncio.ensure_future(in_thread(lambda: "there"))
        await waiting(1)
        ready.set()
        found.append(await task)

    other = threading.Thread(target=lambda: asyncio.run(there()))
    other.start()
    await asyncio.to_thread(ready.wait, 5)
    gate.set()
    await first
    await asyncio.to_thread(other.join, 5)
    assert found == ["there"]


async def test_one_whose_loop_is_closed_is_passed_over():
    gone = asyncio.new_event_loop()
    gate = threading.Event()
    first = asyncio.ensure_future(in_thread(lambda: gate.wait(5)))
    await asyncio.sleep(0)
    execute._waiting.append(gone.create_future())
    gone.close()
    second = asyncio.ensure_future(in_thread(lambda: "second"))
    await waiting(2)
    gate.set()
    await first
    assert await asyncio.wait_for(second, 5) == "second"
