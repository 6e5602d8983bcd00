"""The kit of the case tests: an app with a scripted model, shut down when the test ends."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

import pytest

from engine import App, Session, create_app
from engine.testing import ScriptedModel


class Bench(NamedTuple):
    """What a case needs at hand."""

    app: App
    session: Session
    model: ScriptedModel


@pytest.fixture(autouse=True, scope="module")
def collecting_in_this_thread() -> Iterator[None]:
    """As in the program: what is left of a Qt loop is destroyed in this thread, never in the store's."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Any]]:
    """``await bench(component, *replies, **options)`` gives an app, one session of it and its model."""
    apps: list[App] = []

    async def make(component: Any, *replies: Any, default: str = "ok", delay: float = 0, id: str = "s", **options: Any):
        model = ScriptedModel(replies, default=default, delay=delay)
        app = create_app(component, model=model, **options)
        apps.append(app)
        return Bench(app, await app.session(id), model)

    yield make
    for app in apps:
        await app.shutdown()
