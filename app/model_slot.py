"""A model that can be another one from the next call on: what the engine holds while the person chooses.

The real model is made when the first call needs it (an SDK's import, a key, a child process), never before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from app.errors import ModelNotHere
from app.text import tr
from engine.errors import EngineError, ModelError
from engine.model import Model, ModelInfo, ModelRequest, StreamEvent

if TYPE_CHECKING:
    from app.choice import ModelChoice
    from app.model_factory import ModelFactory

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


class ModelSlots:
    """The models that Model nodes name, as ``engine.world.World.models``: a slot for each connection and model.

    Args:
        choose: Gives the choice for a connection and a model, "" where the node leaves one open.
        models: Makes models out of choices.
    """

    def __init__(self, choose: Callable[[str, str], ModelChoice], models: ModelFactory) -> None:
        self._choose = choose
        self._models = models
        self._slots: dict[tuple[str, str], ModelSlot] = {}

    def __call__(self, connection: str, model: str) -> ModelSlot:
        """The slot of these names; always the same one, so that nothing is rendered anew for nothing."""
        key = (connection, model)
        if key not in self._slots:
            self._slots[key] = ModelSlot(partial(self._make, *key), partial(self._info, *key))
        return self._slots[key]

    async def _make(self, connection: str, model: str) -> Model:
        choice = self._choose(connection, model)
        if connection and choice.missing and self._models.stand_in is None:
            raise ModelNotHere(
                tr(
                    "A part of this agent asks for the connection {name}, which is not set up here.",
                    name=choice.missing,
                )
            )
        return await self._models.make(choice)

    def _info(self, connection: str, model: str) -> ModelInfo:
        return self._models.info(self._choose(connection, model))
