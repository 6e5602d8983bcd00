"""Kinds of nodes that are more than words, each as Python. Adding one is a function here.

Not here: what every agent has (``tree``), steps (``steps``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.files import node_to_json
from engine.blueprint.kinds import kind_of
from engine.blueprint.names import slug
from engine.blueprint.python_export.source import call, laid_out, literal, quoted

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
    older = kind_of(node)._older(props)  # type: ignore[attr-defined]
    render = ""
    if older is not None:
        scope.module.other("engine.blueprint", "Older")
        keep = "" if older.keep is None else f"keep={older.keep}"
        words = "words_only=True" if older.words_only else ""
        length = f"length={older.length}" if older.keep is not None else ""
        render = f"render={call('Older', [words, keep, length])}"
    headroom = min(props.headroom, props.max_tokens or 0)
    given = [
        f"limit={props.limit}" if props.limit is not None else "",
        'roles=["user"]' if props.shown == "person" else "",
        f"max_tokens={props.max_tokens}" if props.max_tokens is not None else "",
        f"headroom={headroom}" if headroom else "",
        f"strategy={quoted(props.strategy)}" if props.strategy != "truncate" else "",
        'preserve=["user"]' if props.strategy == "sliding-window" else "",
        f"guidance={quoted(props.guidance.strip())}" if props.guidance.strip() else "",
        render,
    ]
    return call(scope.module.engine("Timeline"), given)


@writes("model")
def model(scope: ScopeWriter, node: Node) -> str:
    """Another model, or other settings."""
    kind: Any = kind_of(node)
    _, name = kind.wish(node)
    options = [f"{key}={laid_out(value)}" for key, value in kind.options(node).items()]
    return call(scope.module.engine("Model"), [literal(name) if name else "", *options])


@writes("provider_tool")
@writes("mcp_server")
def outside(scope: ScopeWriter, node: Node) -> str:
    """What reaches outside, or is a file: the node as it is, through the gate."""
    kind: Any = kind_of(node)
    name = kind.own_name(node) or str(node.props.get("title", "")) or node.kind
    constant = scope.module.constant(slug(name), laid_out(node_to_json(node)))
    scope.module.other("engine.blueprint", "FromBough")
    return call("FromBough", [constant, *scope.reaches_out()])
