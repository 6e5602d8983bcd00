"""Compiling a component without a session, a model or a key."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from engine.compiler.compile import CompileInput, Compiler
from engine.component import root_element
from engine.entries import Entry
from engine.model import ModelRequest
from engine.reconciler.tree import Tree
from engine.timeline.log import TimelineLog
from engine.timeline.select import Running

T = TypeVar("T")


def compile_once(component: Any, **props: Any) -> ModelRequest:
    """What a model would be given by this component with these properties and an empty timeline.

    No effect and no lifecycle hook is called; ``use_data`` is fetched.

    Example:
        >>> compile_once(Greeting, name="Ryan").system
        'Greet Ryan.'
    """
    return compile_tree(component, props)


def compile_tree(
    component: Any,
    props: dict[str, Any] | None = None,
    *,
    entries: Sequence[Entry] = (),
    state: dict[str, list[Any]] | None = None,
    model_name: str | None = None,
    tools: Sequence[Any] = (),
) -> ModelRequest:
    """Like :func:`compile_once`, with a timeline and with state by path.

    Args:
        component: A component or element.
        props: Properties of the root.
        entries: The timeline.
        state: ``{path: [[kind, value], …]}``, as a session's ``inspect()["saved"]`` gives it.
        model_name: The model that would answer.
        tools: Tools from outside the tree.
    """
    log = TimelineLog()
    log.load(entries, len(entries))
    element = root_element(component, props)

    async def work() -> ModelRequest:
        tree = Tree()
        tree.stored = {path: list(values) for path, values in (state or {}).items() if values}
        await tree.render(element)
        given = CompileInput(log=log, running=Running(None, len(log.entries)), model_name=model_name, tools=list(tools))
        return (await Compiler().compile(tree, given)).request

    return run_sync(work)


def run_sync(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end from synchronous code, also while a loop is running.

    Work that never waits runs at once, without any loop; other work is started again in a loop of its own.
    """
    coroutine = work()
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    except RuntimeError as error:
        if "no running event loop" not in str(error):
            raise
    else:
        coroutine.close()
    outcome: list[Any] = []
    context = contextvars.copy_context()

    def target() -> None:
        try:
            outcome.extend((True, context.run(asyncio.run, work())))
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            outcome.extend((False, error))

    thread = threading.Thread(target=target, name="engine-compile")
    thread.start()
    thread.join()
    if not outcome[0]:
        raise outcome[1]
    made: T = outcome[1]
    return made
