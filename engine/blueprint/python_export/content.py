"""Documents, images and data as Python: what is fixed becomes elements, what is read from a file stays a node.

Not here: the node that stays (``parts.outside``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.names import slug
from engine.blueprint.python_export.expressions import NotPython
from engine.blueprint.python_export.parts import outside, writes
from engine.blueprint.python_export.source import Module, call, laid_out, literal, quoted
from engine.elements import Element
from engine.errors import ToolError

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

LONG = 200
"""Values longer than this in source stand at the level of the module."""


@writes("document")
@writes("image")
@writes("data")
def content(scope: ScopeWriter, node: Node) -> str:
    """A file or fixed data."""
    kind: Any = kind_of(node)
    if kind.props(node).source == "file":
        return outside(scope, node)
    if kind.missing(node):
        return ""
    try:
        element = kind.elements(node, kind._fixed(node))
    except ToolError as error:
        raise NotPython(str(error)) from None
    return element_source(scope.module, element, slug(kind.label(node), node.kind))


def element_source(module: Module, element: object, name: str) -> str:
    """An element as the call that makes it.

    Args:
        module: Gets the names that are used, and long values as constants.
        element: Text, or an element of fixed content.
        name: What constants are called.
    """
    if not isinstance(element, Element):
        return _kept(module, element, name)
    inside = [element_source(module, child, name) for child in element.children if child not in (None, "")]
    props = element.props
    if element.kind == "table":
        given = [_kept(module, props["rows"], name), f"headers={literal(props['headers'])}"]
        return call(module.engine("Table"), given)
    if element.kind == "json":
        return call(module.engine("Json"), [_kept(module, props["value"], name)])
    if element.kind in ("document", "image"):
        title = f"title={quoted(props['title'])}" if props.get("title") else ""
        given = [f"source={_kept(module, props['source'], name)}", title]
        return call(module.engine(element.name), given)
    wanted = {"section": ("id", "title"), "ephemeral": ("position",)}.get(str(element.kind))
    if wanted is None:
        raise NotPython(f"What it shows has no form in Python: {element.kind}.")
    said = [f"{each}={quoted(props[each])}" for each in wanted if props.get(each)]
    return call(module.engine(element.name), [*inside, *said])


def _kept(module: Module, value: Any, name: str) -> str:
    source = literal(value)
    return source if len(source) <= LONG else module.constant(name, laid_out(value))
