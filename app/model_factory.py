"""Makes models out of choices, keeps them while they are used, and knows what is downloaded. No Qt.

SDKs, catalogue and runtime are imported on first use only. Credentials go from the keychain straight into the
adapter, always explicitly.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.choice import ModelChoice, short_model
from app.connections import Connection
from app.errors import ModelNotHere, explain
from app.keychain import Keychain
from app.paths import Paths
from app.text import megabytes, tr
from engine.model import Model, ModelInfo

if TYPE_CHECKING:
    from engine.models.catalogue import CatalogueModel
    from engine.models.downloads import Downloads
    from engine.models.ondevice import OnDeviceRuntime
    from engine.models.prices import PriceList

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test of a connection found.

    Attributes:
        ok: It works.
        text: One sentence for the person.
        models: Names of the models that the server has.
    """

    __test__ = False

    ok: bool
    text: str
    models: tuple[str, ...] = ()


class ModelFactory:
    """Models of one run.

    Args:
        paths: Where downloaded models are.
        keychain: Where keys are.
    """

    def __init__(self, paths: Paths, keychain: Keychain) -> None:
        self._paths = paths
        self._keychain = keychain
        self._made: dict[tuple[Connection, str], Model] = {}
        self._lock = asyncio.Lock()
        self._stand_in: Model | None = None

    # --- on this device --------------------------------------------------------------------------------------

    @cached_property
    def downloads(self) -> Downloads:
        """The models on this device and their downloads."""
        from engine.models.downloads import Downloads

        return Downloads(self._paths.models)

    def catalogue(self) -> tuple[CatalogueModel, ...]:
        """The models that can be downloaded."""
        from engine.models.catalogue import CATALOGUE

        return tuple(CATALOGUE)

    def find(self, model_id: str) -> CatalogueModel | None:
        """A model of the catalogue by its id."""
        return next((model for model in self.catalogue() if model.id == model_id), None)

    def recommended(self) -> CatalogueModel:
        """The model of the catalogue to begin with."""
        return next(model for model in self.catalogue() if model.recommended)

    def default_on_device(self) -> str:
        """The on-device model to use where none was named: one that is here, the recommended one first."""
        models = sorted(self.catalogue(), key=lambda model: not model.recommended)
        return next((model.id for model in models if self.file_of(model.id) is not None), self.recommended().id)

    def file_of(self, model: str) -> Path | None:
        """The file of an on-device model (a catalogue id or a path), or None where it is not here."""
        if self.find(model) is not None:
            return self.downloads.path(model)
        path = Path(model).expanduser()
        return path if model.endswith(".gguf") and path.is_file() else None

    @cached_property
    def runtime(self) -> OnDeviceRuntime:
        """The child process that runs on-device models; it starts with the first call."""
        from engine.models.ondevice import OnDeviceRuntime

        return OnDeviceRuntime()

    async def delete(self, model_id: str) -> None:
        """Delete a downloaded model; the child process lets go of it first."""
        path = self.file_of(model_id)
        for key in [
            key for key in self._made if path is not None and key[0].kind == "on_device" and key[1] == model_id
        ]:
            await self._made.pop(key).aclose()
        await self.downloads.delete(model_id)

    # --- choices ---------------------------------------------------------------------------------------------

    def complete(self, choice: ModelChoice) -> ModelChoice:
        """The choice with a model's name in it, where it left that open."""
        if choice.connection.kind == "on_device" and not choice.model:
            return ModelChoice(choice.connection, self.default_on_device(), choice.wished, choice.missing)
        return choice

    def label(self, choice: ModelChoice) -> str:
        """What the model button says: ``On this device · Qwen 1.5B``."""
        choice = self.complete(choice)
        known = self.find(choice.model) if choice.connection.kind == "on_device" else None
        return choice.label(known.label if known is not None else "")

    def missing(self, choice: ModelChoice) -> str:
        """Why this choice cannot be used yet, as a sentence, or ""."""
        choice = self.complete(choice)
        if choice.connection.kind == "on_device":
            if self.file_of(choice.model) is not None:
                return ""
            known = self.find(choice.model)
            if known is None:
                return tr("The model file {name} is not there.", name=short_model(choice.model))
            return tr("{name} has to be downloaded first ({size}).", name=known.label, size=megabytes(known.bytes))
        if not choice.model:
            return tr("No model is chosen for {name}.", name=choice.connection.title)
        return ""

    def info(self, choice: ModelChoice) -> ModelInfo:
        """What is known of a model without making it."""
        choice = self.complete(choice)
        made = self._stand_in or self._made.get((choice.connection, choice.model))
        if made is not None:
            return made.info
        provider = {"on_device": "on-device", "anthropic": "anthropic", "server": "server"}[choice.connection.kind]
        return ModelInfo(choice.model, self.label(choice), provider)

    def use_instead(self, model: Model | None) -> None:
        """Answer every choice with this model: the self-test and tests."""
        self._stand_in = model

    @property
    def stand_in(self) -> Model | None:
        return self._stand_in

    async def make(self, choice: ModelChoice) -> Model:
        """The model for a choice; the same one as long as the connection does not change.

        Raises:
            ModelNotHere: It has to be downloaded or chosen first.
            MissingKey: Its key is not there.
            KeychainError: The keychain could not be asked.
        """
        if self._stand_in is not None:
            return self._stand_in
        choice = self.complete(choice)
        reason = self.missing(choice)
        if reason:
            raise ModelNotHere(reason)
        key = (choice.connection, choice.model)
        async with self._lock:
            if key not in self._made:
                self._made[key] = await self._new(choice)
            return self._made[key]

    async def _new(self, choice: ModelChoice) -> Model:
        connection = choice.connection
        if connection.kind == "on_device":
            path = self.file_of(choice.model)
            assert path is not None
            on_device = await asyncio.to_thread(_import_on_device)
            known = self.find(choice.model)
            label = known.label if known is not None else path.stem
            # In a thread: it reads the head of the file, which may be on a slow disk.
            made: Model = await asyncio.to_thread(on_device, self.runtime, path, label=label)
            return made
        secret = await self._keychain.key_for(connection)
        anthropic = await asyncio.to_thread(_import_anthropic)
        prices = await asyncio.to_thread(self._prices)
        model = anthropic(choice.model, api_key=secret, base_url=connection.address or None, prices=prices)
        await model.learn()
        return model  # type: ignore[no-any-return]

    async def forget(self, connection_id: str) -> None:
        """Drop the models of a connection: its key or address has changed."""
        for key in [key for key in self._made if key[0].id == connection_id]:
            await self._made.pop(key).aclose()

    # --- servers ---------------------------------------------------------------------------------------------

    async def test(self, connection: Connection, typed_key: str = "") -> TestResult:
        """Try a connection; never raises, says what it found."""
        from engine.models import servers

        try:
            key = typed_key or await self._keychain.key_for(connection)
            prices = await asyncio.to_thread(self._prices)
            found = await servers.check_connection(connection.address or None, key, prices=prices)
        except Exception as error:
            explanation = explain(error)
            log.info("Test of %s failed", connection.title, exc_info=error)
            return TestResult(False, explanation.sentence)
        return TestResult(found.ok, found.text, tuple(item.name for item in found.models))

    def _prices(self) -> PriceList:
        """What models cost: the list of this version, with the person's own entries in place of those of that name."""
        from engine.models.prices import PriceFileError, load_prices

        own = self._paths.data / "prices.json"
        try:
            return load_prices(own=own)
        except PriceFileError:
            log.warning("The file of prices cannot be read", exc_info=True)
            return load_prices()

    async def aclose(self) -> None:
        """Close every model and the child process."""
        for model in list(self._made.values()):
            try:
                await model.aclose()
            except Exception:
                log.exception("A model could not be closed")
        self._made.clear()
        if "runtime" in self.__dict__:
            await self.runtime.aclose()


def _import_on_device() -> Any:
    from engine.models.ondevice import OnDeviceModel

    return OnDeviceModel


def _import_anthropic() -> Any:
    from engine.models.anthropic import AnthropicModel

    return AnthropicModel
