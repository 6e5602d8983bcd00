"""Knobs: values that the model itself can set. Here: their definition, the hook, the list the model reads, setting.

Not here: gates (``gates.py``), which are knobs with a meaning for the end of a turn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import ToolError, ValidationFailed
from engine.hooks.slots import StateSlot, claim, current_fiber, saved_of_kind, use_slot
from engine.json_values import check_json
from engine.reconciler.fiber import Fiber
from engine.reconciler.tree import Tree

GATES = "gates"


@dataclass(frozen=True, slots=True)
class KnobDefinition:
    """What a knob is: see :func:`use_knob` for the fields."""

    default: Any = None
    options: tuple[Any, ...] | None = None
    min: float | None = None
    max: float | None = None
    step: float | None = None
    max_length: int | None = None
    pattern: str | None = None
    validate: Callable[[Any], Any] | None = None
    description: str = ""
    group: str | None = None
    momentary: bool = False
    inline: bool = False
    resolve: Callable[[Any], Any] | None = None
    hidden: bool = False
    """Keeps its value but is neither listed nor settable, as when it stands in a part that is not shown."""

    def __post_init__(self) -> None:
        """Raise ValidationFailed, with the place, for what could not be listed or checked."""
        check_json(self.options, "options")
        try:
            re.compile(self.pattern or "")
        except (re.error, TypeError) as error:
            raise ValidationFailed(f"pattern is not a regular expression: {error}", place="pattern") from error

    @property
    def label(self) -> str:
        """``toggle``, ``select``, ``range``, ``number`` or ``text``."""
        if self.options is not None:
            return "select"
        if isinstance(self.default, bool):
            return "toggle"
        if isinstance(self.default, int | float):
            return "range" if self.min is not None and self.max is not None else "number"
        return "text"

    def hints(self) -> list[str]:
        """What the model is told of the values it may set."""
        found = []
        if self.options is not None:
            found.append("options: " + ", ".join(json.dumps(o, ensure_ascii=False) for o in self.options))
        if self.min is not None and self.max is not None:
            found.append(f"{_number(self.min)} - {_number(self.max)}")
        elif self.min is not None:
            found.append(f"min {_number(self.min)}")
        elif self.max is not None:
            found.append(f"max {_number(self.max)}")
        if self.step is not None:
            found.append(f"step {_number(self.step)}")
        if self.max_length is not None:
            found.append(f"max {self.max_length} chars")
        if self.pattern is not None:
            found.append(f"pattern: {self.pattern}")
        if self.momentary:
            found.append("resets after use")
        return found

    def problem(self, value: Any) -> str | None:
        """Why a value cannot be set, or None."""
        text = json.dumps(value, ensure_ascii=False, default=str)
        if self.options is not None:
            if not any(type(o) is type(value) and o == value for o in self.options):
                allowed = ", ".join(json.dumps(o, ensure_ascii=False) for o in self.options)
                return f"Invalid value {text}. Options: {allowed}"
            return None
        wrong = self._wrong_type(value)
        if wrong is not None:
            return f"Invalid value {text}: {wrong}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            if (self.min is not None and value < self.min) or (self.max is not None and value > self.max):
                low, high = self.min, self.max
                return f"Invalid value {text}: it must be in the range {_number(low)} - {_number(high)}"
            if self.step and not _on_step(value, self.min or 0, self.step):
                return f"Invalid value {text}: it must be a multiple of step {_number(self.step)}"
        if isinstance(value, str):
            if self.max_length is not None and len(value) > self.max_length:
                return f"Invalid value: it has {len(value)} characters, at most {self.max_length} are allowed"
            if self.pattern is not None and re.search(self.pattern, value) is None:
                return f"Invalid value {text}: it must match the pattern {self.pattern}"
        if self.validate is not None:
            verdict = self.validate(value)
            if verdict is False:
                return f"Invalid value {text}"
            if isinstance(verdict, str):
                return f"Invalid value {text}: {verdict}"
        return None

    def _wrong_type(self, value: Any) -> str | None:
        default = self.default
        if isinstance(default, bool):
            return None if isinstance(value, bool) else "it must be true or false"
        if isinstance(default, int | float):
            return None if isinstance(value, int | float) and not isinstance(value, bool) else "it must be a number"
        if isinstance(default, str):
            return None if isinstance(value, str) else "it must be a text"
        return None


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"


def _on_step(value: float, start: float, step: float) -> bool:
    steps = (value - start) / step
    return abs(steps - round(steps)) < 1e-9 * max(1.0, abs(steps))


class _Knob:
    """``knob(default, …)`` and ``knob.momentary(default, …)``: a definition to hand to :func:`use_knob`."""

    def __call__(self, default: Any = None, **fields: Any) -> KnobDefinition:
        if fields.get("options") is not None:
            fields["options"] = tuple(fields["options"])
        return KnobDefinition(default, **fields)

    def momentary(self, default: Any = False, **fields: Any) -> KnobDefinition:
        """A knob that goes back to its default when the execution ends."""
        return self(default, momentary=True, **fields)


knob = _Knob()


class KnobSlot(StateSlot):
    """A knob that is mounted."""

    __slots__ = ("name", "definition", "setter")

    def __init__(self, kind: str, fiber: Fiber, value: Any, name: str, definition: KnobDefinition) -> None:
        super().__init__(kind, fiber, value)
        self.name = name
        self.definition = definition
        self.setter: Any = None

    def dump(self) -> Any:
        return {"name": self.name, "value": self.value}

    def reset(self) -> None:
        """Back to the default."""
        self.set(lambda _old: self.definition.default)


def use_knob(
    name: str,
    default: Any = None,
    *,
    options: Sequence[Any] | None = None,
    min: float | None = None,
    max: float | None = None,
    step: float | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    validate: Callable[[Any], Any] | None = None,
    description: str = "",
    group: str | None = None,
    momentary: bool = False,
    inline: bool = False,
    resolve: Callable[[Any], Any] | None = None,
) -> tuple[Any, Callable[[Any], None]]:
    """A value the model reads in the list of knobs and sets with the ``set_knob`` tool.

    Args:
        name: What the model calls it by.
        default: The first value, or a definition made with ``knob(…)``. Its type is the knob's type.
        options: The only values allowed.
        min: The smallest number.
        max: The largest number.
        step: The distance between numbers, counted from ``min``.
        max_length: Characters of a text at most.
        pattern: A regular expression that a text must match.
        validate: A function of the value that returns True, False, or a sentence that says what is wrong.
        description: What the model is told.
        group: Knobs of one group can be set together.
        momentary: Goes back to the default when the execution ends.
        inline: Not in the list, but can be set.
        resolve: A function that makes of the value what this hook returns.

    Returns:
        The (resolved) value and a setter, which sets the unresolved one.
    """
    if isinstance(default, KnobDefinition):
        definition = default
        if description or group:
            definition = replace(
                definition, description=description or definition.description, group=group or definition.group
            )
    else:
        allowed = tuple(options) if options is not None else None
        definition = KnobDefinition(
            default, allowed, min, max, step, max_length, pattern, validate,
            description, group, momentary, inline, resolve,
        )  # fmt: skip
    slot = knob_slot("knob", name, definition)
    value = definition.resolve(slot.value) if definition.resolve is not None else slot.value
    return value, slot.setter


def knob_slot(kind: str, name: str, definition: KnobDefinition) -> KnobSlot:
    """The slot of a knob hook."""
    fiber = current_fiber(f"use_{kind}")

    def make() -> KnobSlot:
        named = next((item for item in saved_of_kind(fiber, kind) if _name_of(item) == name), None)
        saved = claim(fiber, kind)
        if named is not None and fiber.saved is not None:
            saved = named  # one that went elsewhere in the component takes its value along
        fits = isinstance(saved, Mapping) and "value" in saved and definition.problem(saved["value"]) is None
        if _name_of(saved) != name:
            fiber.tree.changed.add(fiber.path)  # it is saved under its new name
        made = KnobSlot(kind, fiber, saved["value"] if fits else definition.default, name, definition)
        made.setter = made.set
        return made

    slot = use_slot(fiber, kind, make)
    if slot.name != name or slot.definition != definition:
        slot.definition = definition
        if slot.name != name:
            slot.name = name
            fiber.tree.changed.add(fiber.path)
    return slot


def _name_of(saved: Any) -> Any:
    return saved.get("name") if isinstance(saved, Mapping) else None


def knobs_of(tree: Tree, *, hidden: bool = False) -> list[KnobSlot]:
    """All mounted knobs and gates: parents before children, in call order; hidden ones only where asked for."""
    found: list[KnobSlot] = []
    for fiber in _in_tree_order(tree.root):
        for slot in fiber.slots:
            if isinstance(slot, KnobSlot) and (hidden or not slot.definition.hidden):
                found.append(slot)
    return found


def _in_tree_order(fiber: Fiber | None) -> Iterator[Fiber]:
    if fiber is None:
        return
    if fiber.slots:
        yield fiber
    for child in fiber.children:
        if isinstance(child, Fiber):
            yield from _in_tree_order(child)


def knob_lines(knobs: Sequence[KnobSlot]) -> str:
    """The list of knobs as the model reads it: ungrouped first, then a heading per group."""
    groups: dict[str | None, list[str]] = {None: []}
    for slot in knobs:
        definition = slot.definition
        if definition.inline:
            continue
        hints = definition.hints()
        line = f"{slot.name} [{definition.label}]: {json.dumps(slot.value, ensure_ascii=False, default=str)}"
        if definition.description:
            line += f" — {definition.description}"
        if hints:
            line += f" ({', '.join(hints)})"
        groups.setdefault(definition.group, []).append(line)
    parts = ["\n".join(groups.pop(None) or [])]
    parts.extend(f"### {group}\n" + "\n".join(lines) for group, lines in groups.items())
    return "\n\n".join(part for part in parts if part)


def set_knob(
    tree: Tree, name: str | None, group: str | None, value: Any, collapsed: Mapping[str, Sequence[Fiber]]
) -> str:
    """Set a knob, or all knobs of a group, or expand collapsed content. All or nothing.

    Raises:
        ToolError: There is no such knob or group, or the value is not allowed; nothing was changed.
    """
    if (name is None) == (group is None):
        raise ToolError("Give either a name or a group")
    slots = knobs_of(tree)
    if name is not None and name in collapsed:
        return _expand(tree, [name], value, collapsed)
    if group is not None:
        names = [n for n, fibers in collapsed.items() if any(f.element.props.get("group") == group for f in fibers)]
        if names:
            return _expand(tree, names, value, collapsed)
    targets = [s for s in slots if (s.name == name if name is not None else s.definition.group == group)]
    if not targets:
        known = ", ".join(dict.fromkeys([s.name for s in slots if not s.definition.inline] + list(collapsed)))
        what = f"knob {name!r}" if name is not None else f"group {group!r}"
        raise ToolError(f"There is no {what}. Known: {known}")
    for slot in targets:
        problem = slot.definition.problem(value)
        if problem is not None:
            raise ToolError(problem if name is not None else f"{slot.name}: {problem}. Nothing was changed")
    for slot in targets:
        slot.set(lambda _old: value)
    done = ", ".join(dict.fromkeys(slot.name for slot in targets))
    return f"Set {done} to {json.dumps(value, ensure_ascii=False)}"


def _expand(tree: Tree, names: Sequence[str], value: Any, collapsed: Mapping[str, Sequence[Fiber]]) -> str:
    if not isinstance(value, bool):
        raise ToolError(f"Invalid value {json.dumps(value, default=str)}: it must be true or false")
    for name in names:
        tree.expanded = tree.expanded | {name} if value else tree.expanded - {name}
        for fiber in collapsed[name]:
            fiber.touch()
    return f"{'Expanded' if value else 'Collapsed'} {', '.join(names)}"


def reset_momentary(tree: Tree) -> None:
    """At the end of an execution: momentary knobs go back, expanded content is collapsed."""
    for slot in knobs_of(tree, hidden=True):
        if slot.definition.momentary and slot.value != slot.definition.default:
            slot.reset()
    if tree.expanded:
        tree.expanded = frozenset()
        for fiber in tree.fibers.values():
            if isinstance(fiber.element.kind, str) and fiber.element.props.get("collapsed") is not None:
                fiber.touch()
