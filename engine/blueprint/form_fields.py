"""Form fields of a kind, derived from its pydantic properties. A form is made from these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from engine.blueprint.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that may be chosen, with its label."""

    value: Any
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes:
        name: Name of the property.
        label: What the form calls it.
        help: One sentence below it.
        editor: ``line`` one line of text; ``text`` several; ``prompt`` several, with variables in ``{{ }}``;
            ``number``; ``toggle``; ``choice`` of ``choices``; ``list`` of lines of text; ``inputs`` of a tool;
            ``condition``; ``variable`` (the name of one in scope); ``value`` (a JSON value; its type follows the
            property ``type`` of the node, or the chosen variable's); ``model``; ``icon``.
        role: ``template``, ``condition``, ``variable``, ``value`` or "": how the blueprint reads it.
        default: Value where the document says nothing.
        choices: What may be chosen.
        minimum: Smallest number.
        maximum: Largest number.
        max_length: Longest text.
        optional: Whether the field may be None ("no limit").
        placeholder: Grey text while it is empty.
        unit: Words behind it.
        advanced: Folded away at first.
        visible_when: Shown only while each named property has one of the values.
        accepts: For ``variable``: types that may be chosen; empty means all.
    """

    name: str
    label: str
    help: str = ""
    editor: str = "line"
    role: str = ""
    default: Any = None
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    optional: bool = False
    placeholder: str = ""
    unit: str = ""
    advanced: bool = False
    visible_when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    accepts: tuple[str, ...] = ()

    def visible(self, props: Mapping[str, Any], fields: tuple[Field, ...]) -> bool:
        """Whether the form shows the field while the node has these properties."""
        defaults = {other.name: other.default for other in fields}
        return all(props.get(name, defaults.get(name)) in values for name, values in self.visible_when.items())


@cache
def fields(kind: str) -> tuple[Field, ...]:
    """The fields of a kind, in the order of the form.

    Raises:
        KeyError: There is no such kind.
    """
    model = KINDS[kind].Properties
    return tuple(_field(name, info) for name, info in model.model_fields.items() if _bough(info))


def field_of(kind: str, name: str) -> Field | None:
    """One field of a kind, or None."""
    if kind not in KINDS:
        return None
    return next((found for found in fields(kind) if found.name == name), None)


def _bough(info: FieldInfo) -> dict[str, Any] | None:
    extra = info.json_schema_extra
    found = extra.get("bough") if isinstance(extra, dict) else None
    return found if isinstance(found, dict) else None


def _field(name: str, info: FieldInfo) -> Field:
    extra = _bough(info) or {}
    default = info.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined:
        default = None
    if hasattr(default, "model_dump"):
        default = default.model_dump()
    minimum = maximum = max_length = None
    for item in info.metadata:
        if isinstance(item, annotated_types.Ge):
            minimum = item.ge
        elif isinstance(item, annotated_types.Le):
            maximum = item.le
        elif isinstance(item, annotated_types.MaxLen):
            max_length = item.max_length
    return Field(
        name=name,
        label=info.title or name,
        help=info.description or "",
        editor=extra["editor"],
        role=extra["role"],
        default=default,
        choices=tuple(Choice(value, label) for value, label in extra["choices"].items()),
        minimum=minimum,  # type: ignore[arg-type]
        maximum=maximum,  # type: ignore[arg-type]
        max_length=max_length,
        optional="None" in str(info.annotation),
        placeholder=extra["placeholder"],
        unit=extra["unit"],
        advanced=extra["advanced"],
        visible_when={key: tuple(values) for key, values in extra["visible_when"].items()},
        accepts=tuple(extra["accepts"]),
    )
