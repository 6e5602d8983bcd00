"""Models that run on this machine, in a child process.

Here: ``runtime`` (the one child process and its life), ``model`` (the engine's protocol over it), ``choice`` and
``conversation`` (how a small model is asked to choose a tool, and how it is told what happened), ``child`` (what runs
in the child), ``llama`` (the only file that touches the inference library), ``gguf`` (reading a model file's header).
Not here: which models exist and how they are downloaded (``engine.models.catalogue``, ``downloads``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.models.ondevice.child import child_main
    from engine.models.ondevice.gguf import GgufInfo, inspect_gguf
    from engine.models.ondevice.model import OnDeviceModel
    from engine.models.ondevice.process import CHILD_ARGUMENT, child_command
    from engine.models.ondevice.runtime import OnDeviceRuntime, RuntimeStatus

__all__ = [
    "CHILD_ARGUMENT",
    "GgufInfo",
    "OnDeviceModel",
    "OnDeviceRuntime",
    "RuntimeStatus",
    "child_command",
    "child_main",
    "inspect_gguf",
]

_PLACES = {
    "CHILD_ARGUMENT": "process",
    "GgufInfo": "gguf",
    "OnDeviceModel": "model",
    "OnDeviceRuntime": "runtime",
    "RuntimeStatus": "runtime",
    "child_command": "process",
    "child_main": "child",
    "inspect_gguf": "gguf",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(f"engine.models.ondevice.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
