"""Secrets that agents name: in the system's keychain, each bound to one place: a host, or a program. No Qt.

An agent's document holds a secret's name and place, never the secret. Not here: putting it on the wire
(``engine.effects.http``), keys to models (``keychain``).
"""

from __future__ import annotations

import json

from app.keychain import Keychain, KeychainError


class AgentSecrets:
    """Implements ``engine.world.Secrets`` over the keychain.

    Args:
        keychain: Where they are.
    """

    def __init__(self, keychain: Keychain) -> None:
        self._keychain = keychain

    async def get(self, name: str, host: str) -> str | None:
        """The secret of that name for ``host:port``; None where there is none, or it is bound elsewhere.

        Raises:
            KeychainError: The keychain could not be asked.
        """
        return await self._keychain.find(entry_of(name, host))

    async def known(self, name: str, host: str) -> bool:
        """Whether there is such a secret; a keychain that does not answer has none."""
        try:
            return await self.get(name, host) is not None
        except KeychainError:
            return False

    async def store(self, name: str, host: str, value: str) -> None:
        """Keep a secret, bound to a host.

        Raises:
            KeychainError: There is no keychain, or it refused.
        """
        await self._keychain.store(entry_of(name, host), value)

    async def forget(self, name: str, host: str) -> None:
        """Remove it."""
        await self._keychain.forget(entry_of(name, host))


def entry_of(name: str, place: str) -> str:
    """What a secret is filed under, so that no name can be read as another place.

    Example:
        >>> entry_of("Weather key", "api.example.org:443")
        'secret:["api.example.org:443", "Weather key"]'
    """
    return f"secret:{json.dumps([place.strip(), name.strip()], ensure_ascii=False)}"
