"""A model that can be another one from the next call on: what the engine holds while the person chooses.

The real model is made when the first call needs it (an SDK's import, a key, a child process), never before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

from engine.errors import EngineError, ModelError
from engine.model import Model, ModelInfo, ModelRequest, StreamEvent

Resolve = Callable[[], Awaitable[Model]]


class ModelSlot:
    """Implements ``engine.model.Model`` by asking ``resolve`` for the model to use, each time.

    Args:
        resolve: Gives the model that is chosen now; may raise anything that ``app.errors`` can explain.
        info: Gives what is known of it without making it.
    """

    def __init__(self, resolve: Resolve, info: Callable[[], ModelInfo]) -> None:
        self._resolve = resolve
        self._info = info

    @property
    def info(self) -> ModelInfo:
        return self._info()

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Call the chosen model; closing this closes the real call."""
        model = await self._chosen()
        async with aclosing(cast(Any, model.stream(request))) as events:
            async for event in events:
                yield event

    async def count_tokens(self, request: ModelRequest) -> int:
        return await (await self._chosen()).count_tokens(request)

    async def aclose(self) -> None:
        """Nothing: models belong to the factory, which closes them."""

    async def _chosen(self) -> Model:
        try:
            return await self._resolve()
        except EngineError:
            raise
        except Exception as error:
            raise ModelError(str(error), kind="unsupported") from error
