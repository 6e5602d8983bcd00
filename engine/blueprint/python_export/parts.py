"""Kinds of nodes that are more than words, each as Python. Adding one is a function here.

Not here: what every agent has (``tree``), steps (``steps``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.python_export.expressions import NotPython
from engine.blueprint.python_export.source import call, laid_out, literal

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

Writer = Callable[["ScopeWriter", Node], str]
WRITERS: dict[str, Writer] = {}


def writes(kind: str) -> Callable[[Writer], Writer]:
    """Register how a kind is written."""

    def register(writer: Writer) -> Writer:
        WRITERS[kind] = writer
        return writer

    return register


@writes("timeline")
def timeline(scope: ScopeWriter, node: Node) -> str:
    """The conversation."""
    props: Any = kind_of(node).props(node)
    if props.shown != "all" or props.old != "full":
        raise NotPython("Older messages that are shown in part have no form in Python.")
    given = [
        f"limit={props.limit}" if props.limit is not None else "",
        f"max_tokens={props.max_tokens}" if props.max_tokens is not None else "",
    ]
    return call(scope.module.engine("Timeline"), given)


@writes("model")
def model(scope: ScopeWriter, node: Node) -> str:
    """Another model, or other settings."""
    kind: Any = kind_of(node)
    _, name = kind.wish(node)
    options = [f"{key}={laid_out(value)}" for key, value in kind.options(node).items()]
    return call(scope.module.engine("Model"), [literal(name) if name else "", *options])
