"""What exists once per run, without Qt: paths, settings, keychain, database, models. The window and the commands
share it, so that both do the same things in the same way.

Everything is opened on first use and closed by :meth:`Services.aclose`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.keychain import Keychain
from app.paths import Paths
from app.settings import SettingsFile

if TYPE_CHECKING:
    from app.model_factory import ModelFactory
    from engine.store import Store

log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0


class Services:
    """The parts of one run.

    Args:
        paths: Where things are kept.
        database: Another database file than the usual one.
        keychain: Another keychain, for tests.

    Attributes:
        agent_names: What the person's agents are called, by their id, as the lists of the window found them last.
    """

    def __init__(self, paths: Paths, *, database: Path | None = None, keychain: Keychain | None = None) -> None:
        self.paths = paths
        self.database = database or paths.database
        self.keychain = keychain or Keychain()
        self.agent_names: Mapping[str, str] = {}
        self._store: Store | None = None
        self._opening: asyncio.Lock | None = None

    @cached_property
    def settings_file(self) -> SettingsFile:
        """The settings and their file; read on first use."""
        return SettingsFile(self.paths.settings)

    @cached_property
    def models(self) -> ModelFactory:
        """Makes models out of connections, and knows what is downloaded."""
        from app.model_factory import ModelFactory

        return ModelFactory(self.paths, self.keychain)

    @property
    def store(self) -> Store:
        """The database, once :meth:`open_store` has run."""
        if self._store is None:
            raise RuntimeError("the store is not open yet")
        return self._store

    @property
    def store_is_open(self) -> bool:
        return self._store is not None

    async def open_store(self) -> Store:
        """Open the database (once); makes it where there is none and migrates an older one after a backup.

        Raises:
            StoreError: It cannot be used; the file is left as it is.
        """
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            if self._store is None:
                store_class = await asyncio.to_thread(_import_store)
                self.database.parent.mkdir(parents=True, exist_ok=True)
                self._store = await store_class.open(self.database)
                await _know_servers(self.paths.data / "servers")
        return self._store

    async def back_up(self) -> Path:
        """Copy the database into ``backups`` beside it and return the copy's path.

        Raises:
            StoreError: The copy could not be made.
        """
        return await asyncio.to_thread(_copy_database, self.database)

    async def aclose(self) -> None:
        """Close models, then the database. Each gets a bounded time; a failure of one does not keep the other open."""
        if "models" in self.__dict__:
            await _bounded(self.models.aclose, "models")
        if self._store is not None:
            store, self._store = self._store, None
            await _bounded(store.aclose, "store")


async def _bounded(close: Callable[[], object], what: str) -> None:
    with suppress(asyncio.CancelledError):
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await close()  # type: ignore[misc]
        except TimeoutError:
            log.error("Closing %s took too long", what)
        except Exception:
            log.exception("Closing %s failed", what)


def _copy_database(path: Path) -> Path:
    from engine.store.backup import back_up
    from engine.store.connections import connect_reader

    connection = connect_reader(path)
    try:
        return back_up(connection, path, "by-hand")
    finally:
        connection.close()


async def _know_servers(folder: Path) -> None:
    """What tool servers offered when they were last asked, so that agents show their tools before one is started."""
    from engine.mcp_client.listing import LISTINGS

    await LISTINGS.use_folder(folder)


def _import_store() -> type[Store]:
    from engine.store import Store

    return Store
