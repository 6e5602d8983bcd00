"""Adapters to language models, the catalogue of models for this device, and their downloads.

Here: ``AnthropicModel`` (``anthropic``), ``OnDeviceModel`` and ``OnDeviceRuntime`` (``ondevice``), ``catalogue``,
``downloads``, ``servers`` (testing an address and a key), ``prices``. Not here: the protocol they implement
(``engine.model``) and the scripted model (``engine.testing``). The names below load their module on first use, and
a provider's SDK is loaded by the first call that needs it, so that importing the engine stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.models.anthropic import AnthropicModel
    from engine.models.ondevice.model import OnDeviceModel
    from engine.models.ondevice.runtime import OnDeviceRuntime

__all__ = ["AnthropicModel", "OnDeviceModel", "OnDeviceRuntime"]

_PLACES = {
    "AnthropicModel": "engine.models.anthropic",
    "OnDeviceModel": "engine.models.ondevice.model",
    "OnDeviceRuntime": "engine.models.ondevice.runtime",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
