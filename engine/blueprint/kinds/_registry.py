"""Where kinds announce themselves. Apart from the package so that a kind's module can import it."""

from __future__ import annotations

from typing import Any, TypeVar

from engine.blueprint.kinds.base import NodeKind

K = TypeVar("K", bound="type[NodeKind[Any]]")

_REGISTERED: dict[str, NodeKind[Any]] = {}


def register(kind: K) -> K:
    """Class decorator that adds a kind. Two of one name are a mistake in the program."""
    if kind.name in _REGISTERED and type(_REGISTERED[kind.name]) is not kind:
        raise ValueError(f"there are two kinds called {kind.name!r}")
    _REGISTERED[kind.name] = kind()
    return kind


def registered() -> list[NodeKind[Any]]:
    """One instance of each kind."""
    return list(_REGISTERED.values())
