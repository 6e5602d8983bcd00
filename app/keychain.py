"""Where keys to models are kept: the system's keychain, an environment variable, or memory for this run.

A key is bound to scheme, host and port and handed out for exactly that origin. There is no plain file to fall back
on: where the system has no keychain, the person chooses one of the other two. ``keyring`` is imported on first use
and called in a worker thread, because a keychain may ask the person to unlock it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Any

from app.connections import Connection, sends_key_in_the_open
from app.log import hide
from app.text import tr

SERVICE = "bough"
log = logging.getLogger(__name__)


class KeychainError(Exception):
    """The keychain could not be used. ``str(error)`` is a sentence for the person."""


class MissingKey(Exception):
    """A connection needs a key and none is there. ``str(error)`` is a sentence for the person."""

    def __init__(self, message: str, connection_id: str) -> None:
        super().__init__(message)
        self.connection_id = connection_id


class Keychain:
    """Keys by origin. One object per run; it also holds the keys that live in memory only."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._memory: dict[str, str] = {}
        self._environment = os.environ if environment is None else environment

    async def available(self) -> bool:
        """Whether this system has a keychain that works."""
        return (await self.describe()) != ""

    async def describe(self) -> str:
        """The keychain's name, or "" where there is none."""
        return await asyncio.to_thread(_backend_name)

    async def store(self, origin: str, key: str) -> None:
        """Keep a key in the system's keychain.

        Raises:
            KeychainError: There is none, or it refused.
        """
        hide(key)
        await asyncio.to_thread(_set, origin, key)

    def remember(self, origin: str, key: str) -> None:
        """Keep a key in memory until the program ends."""
        hide(key)
        self._memory[origin] = key

    async def forget(self, origin: str) -> None:
        """Remove a key everywhere we put it."""
        self._memory.pop(origin, None)
        await asyncio.to_thread(_delete, origin)

    async def find(self, entry: str) -> str | None:
        """What is kept under that name, in memory or in the keychain; None where there is nothing.

        Raises:
            KeychainError: The keychain could not be asked.
        """
        found = self._memory.get(entry) or await asyncio.to_thread(_get, entry)
        if found:
            hide(found)
        return found or None

    async def key_for(self, connection: Connection) -> str | None:
        """The key of a connection, or None where it needs none.

        Raises:
            MissingKey: It needs one that is not there.
            KeychainError: The keychain could not be asked.
        """
        if connection.key_source == "none":
            return None
        if sends_key_in_the_open(connection) and not connection.plain_consent:
            raise MissingKey(
                tr(
                    "The key would travel unencrypted to {place}. Agree to that in Settings first.",
                    place=connection.origin,
                ),
                connection.id,
            )
        key: str | None
        if connection.key_source == "memory":
            key = self._memory.get(connection.origin)
            reason = tr("The key for {name} was kept for one run only. Enter it again.", name=connection.title)
        elif connection.key_source == "environment":
            key = self._environment.get(connection.key_variable) or None
            reason = tr("The environment variable {name} is not set.", name=connection.key_variable)
        else:
            key = await asyncio.to_thread(_get, connection.origin)
            reason = tr("No key for {name} is in the keychain.", name=connection.title)
        if not key:
            raise MissingKey(reason, connection.id)
        hide(key)
        return key


def _keyring() -> Any:
    import keyring

    return keyring


def _backend_name() -> str:
    try:
        backend = _keyring().get_keyring()
        if backend.priority <= 0 or type(backend).__module__.startswith(
            ("keyring.backends.fail", "keyring.backends.null")
        ):
            return ""
        if type(backend).__module__.startswith("keyrings.alt"):
            return ""
        return str(backend.name)
    except Exception:
        log.info("No usable keychain", exc_info=True)
        return ""


def _get(origin: str) -> str | None:
    try:
        value = _keyring().get_password(SERVICE, origin)
    except Exception as error:
        raise KeychainError(_sentence()) from error
    return str(value) if value else None


def _set(origin: str, key: str) -> None:
    if not _backend_name():
        raise KeychainError(tr("This system has no keychain. Choose another place for the key."))
    try:
        _keyring().set_password(SERVICE, origin, key)
    except Exception as error:
        raise KeychainError(_sentence()) from error


def _delete(origin: str) -> None:
    try:
        keyring = _keyring()
        if keyring.get_password(SERVICE, origin) is not None:
            keyring.delete_password(SERVICE, origin)
    except Exception:
        log.info("The keychain had nothing to delete or refused", exc_info=True)


def _sentence() -> str:
    return tr("The keychain did not answer. It may be locked.")
