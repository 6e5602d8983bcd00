"""Repeats: a list of elements, or a component for each item where it has variables or tools of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.python_export.expressions import Code, NotPython
from engine.blueprint.python_export.parts import writes
from engine.blueprint.python_export.source import call, indented, loose, names_read

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

_OWN_COMPONENT = frozenset({"state", "knob", "gate", "tool"})


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
    if any(inner.kind == "gate" for inner in enabled_nodes(node)):
        raise NotPython("A Gate inside a Repeat cannot be written in Python.")
    title = "".join(word.capitalize() for word in name.split("_")) or "Item"
    component = scope.module.names.fresh(f"{title}Part")
    scope.names.taken.add(component)
    item = scope.names.inner().fresh(name)
    given: dict[str, Code] = {
        known: Code(code.source.replace(".", "_"), code.type) for known, code in scope.values.items()
    }
    given[name] = Code(item)
    from engine.blueprint.python_export.tree import ScopeWriter as Inner

    inner = Inner(scope.module, node, given, scope.holders, inside_repeat=True)
    source = inner.component(component, "")
    words = names_read(source)
    passed = {
        code.source: scope.values[known].source
        for known, code in given.items()
        if known != name and code.source in words
    }
    passed |= {holder.setter: holder.setter for holder in scope.holders.values() if holder.setter in words}
    parameters = ", ".join([item, *passed])
    scope.module.component(source.replace(f"def {component}():", f"def {component}({parameters}):", 1))
    props = [f"{item}={item}", *(f"{own}={outer}" for own, outer in passed.items())]
    made = call(component, [*props, f'key=f"node:{node.id}:{{key}}"'])
    loop = f"for key, {item} in {scope.module.helper('keyed')}({items})"
    return f"[\n{indented(made)}\n    {loop}\n]" if "\n" in made else f"[{made} {loop}]"
