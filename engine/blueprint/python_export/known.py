"""What is known of steps before they are written: the variables, what each step changes, how many replies there are.

Not here: writing them (``steps``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.part import linked_name
from engine.blueprint.python_export.expressions import NUMBERS, Code, shown

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

_CHANGING = ("set", "append", "remove", "clear")
_FITTING = {"number": "to_number", "yes_no": "to_yes_no", "list": "to_list", "record": "to_record"}


@dataclass(frozen=True, slots=True)
class Holder:
    """A state variable or a knob as the module has it.

    Attributes:
        name: What the module calls it.
        setter: Its setter.
        type: The type of its values.
        node: The node that declares it.
        definition: The constant with a knob's definition; "" for state variables.
    """

    name: str
    setter: str
    type: str
    node: Node
    definition: str = ""


def fitted(scope: ScopeWriter, new: Code, kind: str) -> Code:
    """A value as one of a type."""
    if kind == "text":
        return new if new.type == "text" else Code(shown(new, scope.module), "text", fails=new.fails)
    if kind == new.type or (kind == "number" and new.type in NUMBERS[:2]):
        return new
    return Code(f"{scope.module.helper(_FITTING[kind])}({new.source})", kind, fails=True)


_NATIVE = frozenset({*_CHANGING, "reply", "when", "otherwise", "repeat", "group", "ask", "part", "unknown"})


def reaches_out(step: Node) -> bool:
    """Whether the step is done by Bough, through the gate."""
    return step.kind not in _NATIVE


def own_steps(node: Node) -> Iterable[Node]:
    """A step and all inside it that is switched on, without what stands inside a Part."""
    if node.enabled:
        yield node
        for child in node.children if node.kind != "part" else ():
            yield from own_steps(child)


def changes(step: Node) -> list[str]:
    """The variables that a step changes; those that a Part is given count twice, as its steps read them too."""
    if step.kind == "part":
        links = [linked_name(told) for told in (step.props.get("arguments") or {}).values()]
        return [link for link in links if link is not None for _ in range(2)]
    name = str(step.props.get("variable") or "").strip()
    return [name] if name and kind_of(step).group == "steps" else []


def given_inside(node: Node) -> Iterable[str]:
    """Names that steps inside a flow step hand on; they are there, if empty, also where those did not run."""
    if node.children:
        for step in enabled_nodes(node):
            for variable in kind_of(step).gives(step):
                yield variable.name


def replies(steps: Iterable[Node]) -> tuple[int, int]:
    """How many Replies run at least and at most."""
    low = high = 0
    for step in steps:
        if not step.enabled or step.kind == "otherwise":
            continue
        if step.kind == "reply":
            least, most = 1, 1
        elif step.kind == "when":
            least, most = replies(step.children)
            other = next((child for child in step.children if child.kind == "otherwise" and child.enabled), None)
            second = replies(other.children) if other is not None else (0, 0)
            least, most = min(least, second[0]), max(most, second[1])
        elif step.kind == "repeat":
            least, most = 0, 2 if replies(step.children)[1] else 0
        else:
            least, most = replies(step.children)
        low, high = low + least, high + most
    return low, high
