"""The registry of node kinds. Every module of this package that is not ``base`` is imported; its classes register.

Adding a kind is one new file here: a subclass of :class:`~engine.blueprint.kinds.base.NodeKind` decorated with
:func:`register`. Not here: what documents do with kinds.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

from engine.blueprint.document import Node
from engine.blueprint.kinds._registry import register, registered
from engine.blueprint.kinds.base import GROUP_TITLES, NodeKind, Properties, Variable, prop

_ORDER = ("root", "instructions", "memory", "abilities", "steps", "flow")


class _Kinds(Mapping[str, "NodeKind[Any]"]):
    """All kinds by name, loaded on first use, in the order of the palette."""

    def __init__(self) -> None:
        self._kinds: dict[str, NodeKind[Any]] = {}

    def _load(self) -> dict[str, NodeKind[Any]]:
        if not self._kinds:
            for module in pkgutil.iter_modules(__path__):
                if not module.name.startswith("_") and module.name != "base":
                    importlib.import_module(f"{__name__}.{module.name}")
            ordered = sorted(registered(), key=lambda kind: (_ORDER.index(kind.group), kind.order))
            self._kinds = {kind.name: kind for kind in ordered}
        return self._kinds

    def __getitem__(self, name: str) -> NodeKind[Any]:
        return self._load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())


KINDS: Mapping[str, NodeKind[Any]] = _Kinds()


def kind_of(node: Node) -> NodeKind[Any]:
    """The kind of a node; ``unknown`` for kinds that this version does not have."""
    return KINDS[node.kind] if node.kind in KINDS else KINDS["unknown"]


__all__ = ["GROUP_TITLES", "KINDS", "NodeKind", "Properties", "Variable", "kind_of", "prop", "register"]
