"""Scopes inside the agent: what a Repeat holds for each item, and a Part with what it is given, as components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.part import linked_name
from engine.blueprint.names import slug
from engine.blueprint.python_export.expressions import Code, NotPython
from engine.blueprint.python_export.known import Holder, fitted
from engine.blueprint.python_export.parts import writes
from engine.blueprint.python_export.source import Names, call, indented, literal, loose, names_read, quoted
from engine.blueprint.python_export.texts import value

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

_DECIDING = frozenset({"gate", "on_event", "stop_rule", "continue_rule"})
_OWN_COMPONENT = frozenset({"state", "knob", "tool", "sub_agent", *_DECIDING})


@writes("repeat")
def repeat(scope: ScopeWriter, node: Node) -> str:
    """What is there once for each item."""
    kind: Any = kind_of(node)
    each = kind.props(node).each.strip()
    if not each:
        return ""
    found = scope.values[each]
    items = found.source if found.type == "list" else f"{scope.module.helper('rows')}({found.source})"
    name = kind.item_name(node)
    if any(inner.kind in _OWN_COMPONENT for inner in enabled_nodes(node)):
        return _component(scope, node, items, name)
    outer_values, outer_repeat, outer_names = dict(scope.values), scope.inside_repeat, scope.names
    scope.names = outer_names.inner()
    local = scope.names.fresh(name)
    scope.values[name] = Code(local)
    scope.inside_repeat = True
    inside = scope.elements(node.children)
    scope.values, scope.inside_repeat, scope.names = outer_values, outer_repeat, outer_names
    if not inside:
        return ""
    body = scope.group_of(inside)
    if "\n" in body:
        return f"[\n{indented(body)}\n    for {local} in {items}\n]"
    return f"[{loose(body)} for {local} in {items}]"


def _component(scope: ScopeWriter, node: Node, items: str, name: str) -> str:
    """Each item with variables or tools of its own: a component, whose state follows the item."""
    title = "".join(word.capitalize() for word in name.split("_")) or "Item"
    item = scope.names.inner().fresh(name)
    given = {known: Code(code.source.replace(".", "_"), code.type) for known, code in scope.values.items()}
    outer = {code.source: scope.values[known].source for known, code in given.items() if known != name}
    given[name] = Code(item)
    outer[item] = item
    outer |= {holder.setter: holder.setter for holder in scope.holders.values()}
    made = _own(scope, node, f"{title}Part", given, scope.holders, outer, f'f"node:{node.id}:{{key}}"')
    loop = f"for key, {item} in {scope.module.helper('keyed')}({items})"
    return f"[\n{indented(made)}\n    {loop}\n]" if "\n" in made else f"[{made} {loop}]"


def _own(
    scope: ScopeWriter,
    node: Node,
    title: str,
    given: dict[str, Code],
    holders: dict[str, Holder],
    outer: dict[str, str],
    key: str,
) -> str:
    """A component for the inside of a node, and its element.

    Args:
        scope: Where the node stands.
        node: The node.
        title: What the component is called, where that is free.
        given: The names that texts inside know, as the component has them.
        holders: Variables that steps inside may change, as the component has them.
        outer: What each name of the component is handed over from.
        key: The element's key.
    """
    if any(inner.kind in _DECIDING for inner in enabled_nodes(node)) and scope.decides():
        # The engine asks components inside first, and Bough asks the outer ones first.
        raise NotPython("It holds a Gate, a rule or an On event, and there are others outside of it.")
    from engine.blueprint.python_export.tree import ScopeWriter as Inner

    component = scope.module.names.fresh(title)
    scope.names.taken.add(component)
    source = Inner(scope.module, node, given, holders, inside=True).component(component, "")
    words = names_read(source)
    passed = {own: there for own, there in outer.items() if own in words}
    if "world" in words:
        passed["world"] = "world"
    scope.module.component(source.replace(f"def {component}():", f"def {component}({', '.join(passed)}):", 1))
    return call(component, [*(f"{own}={there}" for own, there in passed.items()), f"key={key}"])


@writes("part")
def part(scope: ScopeWriter, node: Node) -> str:
    """A piece with parameters: a component that knows only what it is given."""
    kind: Any = kind_of(node)
    title = "".join(word.capitalize() for word in slug(kind.title_of(node).partition(" · ")[2], "part").split("_"))
    given, holders, outer = arguments(scope, node, scope.values, scope.holders)
    return _own(scope, node, title, given, holders, outer, quoted(f"node:{node.id}"))


def arguments(
    scope: ScopeWriter, node: Node, values: dict[str, Code], holders: dict[str, Holder]
) -> tuple[dict[str, Code], dict[str, Holder], dict[str, str]]:
    """What a part is given: its names, the variables that it may change through them, and where each comes from."""
    kind: Any = kind_of(node)
    given: dict[str, Code] = {}
    linked: dict[str, Holder] = {}
    outer: dict[str, str] = {}
    names = Names(scope.module.helpers_used)
    for parameter in kind.parameters(node):
        name, told = parameter.own_name, kind.props(node).arguments.get(parameter.own_name)
        own, link = names.fresh(name), linked_name(told)
        if link is not None and link in holders and values[link].source == holders[link].name:
            holder = holders[link]
            if holder.type != parameter.type:
                raise NotPython(f"“{name}” is given a variable of another type.")
            setter = names.fresh(f"set_{name}")
            linked[name] = Holder(own, setter, holder.type, holder.node)
            outer |= {own: values[link].source, setter: holder.setter}
        else:
            first = value(told, scope.module, values, scope.names) if told not in (None, "") else None
            outer[own] = literal(parameter.first) if first is None else fitted(scope, first, parameter.type).source
        given[name] = Code(own, parameter.type)
    return given, linked, outer
