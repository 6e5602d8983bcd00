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

EDITORS: dict[str, str] = {
    "line": "One line of text.",
    "text": "Several lines of text.",
    "prompt": "Several lines with variables in ``{{ }}``: chips, completion, a count of tokens.",
    "code": "Program text, monospaced.",
    "json": "A JSON value. Settings: ``schema`` is the JSON Schema that it must satisfy.",
    "number": "A number with its unit. Settings: ``step``; ``slider`` where the place between two ends says more.",
    "toggle": "Yes or no.",
    "choice": "One of ``choices``.",
    "list": "A list of lines of text.",
    "pairs": "Names with values: a record where the default is ``{}``; where it is ``[]`` a list of ``{name, value}``, "
    "which keeps order and doubles. Settings: ``name`` and ``value`` are the words in the empty fields, ``add`` those "
    "of the button.",
    "inputs": "What a tool asks the model for.",
    "condition": "Rows of variable, comparison and value.",
    "variable": "The name of a variable in scope.",
    "value": "A JSON value; its type follows the property ``type`` of the node, or the chosen variable's.",
    "file": "The path of a file. Settings: ``filter`` as file dialogs write it: ``Text (*.txt *.md)``.",
    "files": "Paths of files. Settings: ``filter``.",
    "folder": "The path of a folder.",
    "attachment": "A file kept in the agent: ``{}`` or ``{name, media_type, data}`` with the content in base64. "
    "Settings: ``filter``; ``max_bytes`` is the most that is taken.",
    "secret": "A reference ``{name, host}`` to the keychain, not the secret. Settings: ``host_from`` names the "
    "property with the address that the secret is bound to; ``program_from`` the one with a program, where the "
    "property that ``where_from`` names says ``program``.",
    "tools": "Names of tools that a server offers: a list, or None for all of them. Settings: ``button`` is the word "
    "on the button that asks the server.",
    "agent": "The id of another agent of the person.",
    "arguments": "Values of a part's parameters by name.",
    "model": "A connection and a model there.",
    "tool": "The technical name of one of the agent's tools.",
    "icon": "One of the bundled icons.",
    "readonly": "A value that is only shown.",
}
"""Every editor that a property may name, with what it edits."""


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
        editor: Which control shows it, see :data:`EDITORS`.
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
        settings: What this editor alone needs, see :data:`EDITORS`.
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
    settings: Mapping[str, Any] = field(default_factory=dict)

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
        settings=extra.get("settings", {}),
    )
