"""Words for the model as Python: instructions, sections, examples, reminders, and the list of knobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.python_export.expressions import Code, NotPython
from engine.blueprint.python_export.parts import writes
from engine.blueprint.python_export.source import call, quoted
from engine.blueprint.python_export.texts import Written

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

_AUDIENCES = {"person": "user", "both": "all"}


@writes("system")
def system(scope: ScopeWriter, node: Node) -> str:
    """Instructions."""
    return call(scope.module.engine("System"), [scope.text(node, "text").source])


@writes("section")
def section(scope: ScopeWriter, node: Node) -> str:
    """A named block of context."""
    kind: Any = kind_of(node)
    props, name = kind.props(node), kind.own_name(node)
    title = props.title.strip()
    collapsed = ""
    if props.collapsed.strip():
        summary = scope.text(node, "collapsed")
        collapsed = f"collapsed={summary.grouped}{'' if summary.wordy else ' or None'}"
        if name is None and scope.inside_repeat:
            raise NotPython("A section that folds needs a title inside a Repeat.")
    given = [
        f"id={quoted(name)}" if name else "",
        f"title={quoted(title)}" if title and title != name else "",
        f"audience={quoted(_AUDIENCES[props.audience])}" if props.audience in _AUDIENCES else "",
        collapsed,
        f"key={quoted(f'node:{node.id}')}" if collapsed and name is None else "",
    ]
    each = props.each.strip()
    if not each:
        return scope.with_words("Section", scope.text(node, "text"), given)
    found = scope.values[each]
    item = scope.names.inner().fresh("item")
    text = scope.text(node, "text", {"item": Code(item)})
    items = found.source if found.type == "list" else f"{scope.module.helper('rows')}({found.source})"
    body = text.source if "\n" not in text.source else text.grouped
    joined = Written(f'"\\n".join({body} for {item} in {items})', False)
    if text.wordy and found.source in scope.known_lists:
        joined = Written(joined.source, True)
    return scope.with_words("Section", joined, given)


@writes("example")
def example(scope: ScopeWriter, node: Node) -> str:
    """A fixed message ahead of the conversation."""
    element = "Assistant" if kind_of(node).props(node).role == "assistant" else "User"
    return scope.with_words(element, scope.text(node, "text"), [])


@writes("reminder")
def reminder(scope: ScopeWriter, node: Node) -> str:
    """Words for this call only."""
    position = kind_of(node).props(node).position
    given = [f"position={quoted(position)}"] if position != "end" else []
    return scope.with_words("Ephemeral", scope.text(node, "text"), given)


@writes("knob")
@writes("gate")
def knobs(scope: ScopeWriter, node: Node) -> str:
    """The list of knobs stands at the first one that is there."""
    if scope.always_placed or scope.inside_repeat:
        return ""
    element = f"{scope.module.engine('Knobs')}()"
    before = list(scope.knobs_placed)
    here = " and ".join(f"({test})" for test in scope.around)
    if here:
        scope.knobs_placed.append(here)
    else:
        scope.always_placed = True
    if not before:
        return element
    return f"{element} if not ({' or '.join(before)}) else None"
