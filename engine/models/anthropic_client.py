"""Making the official SDK's client with explicit credentials, and nothing from the environment.

Not here: calls (``anthropic``), and what goes wrong in them (``anthropic_errors``). The SDK is imported by the first
call of :func:`make_client`, never by importing this module.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.errors import ModelError

if TYPE_CHECKING:
    import anthropic

OFFICIAL_URL = "https://api.anthropic.com"
NO_KEY = "no-key"
"""Sent to servers that need no key: a client without any credential would look for one on this machine."""
_READ_BY_SDK = ("ANTHROPIC_CUSTOM_HEADERS", "ANTHROPIC_WEBHOOK_SIGNING_KEY")


def is_official(base_url: str | None) -> bool:
    """Whether this address is the provider's own."""
    return base_url is None or base_url.rstrip("/") == OFFICIAL_URL


def make_client(
    api_key: str | None, base_url: str | None = None, *, timeout: float = 600.0, connect_timeout: float = 10.0
) -> anthropic.AsyncAnthropic:
    """A client that uses this key and this address only.

    Keys, profiles, addresses, headers and proxies of the environment are not read. Compatible servers get the key
    both as ``Authorization: Bearer`` and as ``x-api-key``, because many read only the second.

    Raises:
        ModelError: There is no key for the provider's own address, or the address or key cannot be sent.
    """
    if not api_key and is_official(base_url):
        raise ModelError("There is no key for Anthropic. Add one in Settings.", kind="authentication")
    if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
        raise ModelError("The key has characters that a key cannot have. Paste it again.", kind="authentication")
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise ModelError(f"{base_url!r} is not an address; it begins with http:// or https://.", kind="invalid_request")
    import anthropic
    import httpx2

    # The SDK's own client would read proxies from the environment; its limits and redirects are what it sets itself.
    http_client = httpx2.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=httpx2.Timeout(timeout, connect=connect_timeout)
    )
    key = api_key or NO_KEY
    # The constructor merges these into its headers whatever is passed to it. There is no argument against that, and
    # no other code of this process runs in between.
    hidden = {name: os.environ.pop(name) for name in _READ_BY_SDK if name in os.environ}
    try:
        return anthropic.AsyncAnthropic(
            api_key=key,
            base_url=base_url or OFFICIAL_URL,
            max_retries=0,  # the engine retries, and only where nothing was streamed
            timeout=httpx2.Timeout(timeout, connect=connect_timeout),
            default_headers=None if is_official(base_url) else {"x-api-key": key},
            open_telemetry=False,
            http_client=http_client,
        )
    finally:
        os.environ.update(hidden)
