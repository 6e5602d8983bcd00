"""Running one tool call: on the loop or in a thread, with its timeout, and what comes of it.

Not here: validation and confirmation (``calls``), which calls run beside each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from engine.errors import ToolError
from engine.hooks.slots import Scope, scope
from engine.reconciler.fiber import Fiber, handling
from engine.tools.definition import ToolDefinition

MAX_THREADS = 64
"""Sync handlers that run at once, abandoned ones not counted; more wait."""


async def run_handler(definition: ToolDefinition, value: Any, context: Any, fiber: Fiber | None) -> Any:
    """Call a tool's handler with a checked input.

    Raises:
        ToolError: It took longer than its timeout, wanted to end the program, or was cancelled by nobody here.
        CancelledError: The caller was cancelled.
        Exception: Whatever the handler raises.
    """
    handler = definition.handler
    if handler is None:
        return None
    args, kwargs = definition.signature().arguments(value, context)
    current = Scope()
    tokens = (scope.set(current), handling.set(fiber))
    try:
        if definition.timeout is None:
            return await _run(handler, args, kwargs, definition.inline)
        limit = asyncio.timeout(definition.timeout)
        try:
            async with limit:
                return await _run(handler, args, kwargs, definition.inline)
        except TimeoutError:
            if limit.expired():
                raise ToolError(f"{definition.name} took longer than {definition.timeout:g} seconds") from None
            raise
    except BaseException as error:
        current.abandoned = True
        if isinstance(error, Exception | GeneratorExit) or _cancelled(error):
            raise
        raise _as_tool_error(error) from error
    finally:
        handling.reset(tokens[1])
        scope.reset(tokens[0])


def _cancelled(error: BaseException) -> bool:
    """Whether an error says that the task that runs the handler was cancelled, and not something it waited for."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling() > 0)


def _as_tool_error(error: BaseException) -> ToolError:
    """What only ends a program, or only a task, as the failure of one call."""
    if isinstance(error, asyncio.CancelledError):
        return ToolError(f"What the tool waited for was cancelled{f': {error}' if str(error) else ''}")
    return ToolError(f"{type(error).__name__}: {error}")


async def _run(handler: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], inline: bool) -> Any:
    if inline or _is_async(handler):
        result = handler(*args, **kwargs)
    else:
        result = await in_thread(lambda: handler(*args, **kwargs))
    if inspect.isawaitable(result):
        result = await result
    return result


def _is_async(handler: Callable[..., Any]) -> bool:
    if inspect.iscoroutinefunction(handler):
        return True
    call = getattr(type(handler), "__call__", None)  # noqa: B004
    return not inspect.isroutine(handler) and inspect.iscoroutinefunction(call)


_running = 0
_waiting: deque[asyncio.Future[None]] = deque()


async def in_thread(function: Callable[[], Any]) -> Any:
    """Run a function in a thread of its own, with a copy of the context.

    A thread cannot be stopped: when the caller is cancelled it is left to itself, and what it returns is dropped.
    """
    global _running
    loop = asyncio.get_running_loop()
    while _running >= MAX_THREADS:
        turn: asyncio.Future[None] = loop.create_future()
        _waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                _wake_next()  # its turn had come: it goes to the next one
            raise
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(value: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)

    def work() -> None:
        value, error = None, None
        try:
            value = context.run(function)
        except BaseException as raised:  # noqa: BLE001 - raised again on the loop
            error = raised
            if isinstance(raised, StopIteration):
                error = RuntimeError("The handler raised StopIteration")
            elif not isinstance(raised, Exception):  # the loop would end with it
                error = _as_tool_error(raised)
        try:
            loop.call_soon_threadsafe(deliver, value, error)
        except RuntimeError:
            return

    _running += 1
    try:
        threading.Thread(target=work, name="engine-tool", daemon=True).start()
        return await future
    finally:
        _running -= 1
        _wake_next()


def _wake_next() -> None:
    """Tell the call that waits longest that there is a thread for it; it may wait in another thread's loop."""
    while _waiting:
        waiter = _waiting.popleft()
        with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits there
            if not waiter.done():
                waiter.get_loop().call_soon_threadsafe(_wake, waiter)
                return


def _wake(waiter: asyncio.Future[None]) -> None:
    if waiter.done():
        _wake_next()
    else:
        waiter.set_result(None)
