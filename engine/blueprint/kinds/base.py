"""What every node kind is: one class whose pydantic ``Properties`` give form, schema, validation and help.

Not here: the kinds themselves (one file each beside this one) and the registry (``engine.blueprint.kinds``).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic import Field as PydanticField

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.names import unique_title

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.problem import Problem
    from engine.blueprint.scope import Scope
    from engine.blueprint.steps import StepRun
    from engine.permissions import Capability

Group = Literal["root", "instructions", "memory", "abilities", "steps", "flow"]
Children = Literal["none", "nodes", "steps"]
Place = Literal["root", "nodes", "steps", "both"]
Role = Literal["", "template", "condition", "variable", "value", "values"]
"""How the rest of the blueprint reads a property: ``value`` is a template in steps, where it may be text; ``values`` is
a record of such values."""

GROUP_TITLES: dict[str, str] = {
    "root": "Agent",
    "instructions": "Instructions",
    "memory": "Memory",
    "abilities": "Abilities",
    "steps": "Steps",
    "flow": "Flow",
}


class Properties(BaseModel):
    """Base of all property models: nothing is converted silently, unknown properties are kept."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, validate_default=True)


def prop(
    default: Any = "",
    *,
    label: str,
    help: str = "",
    editor: str = "line",
    role: Role = "",
    choices: Mapping[str, str] | None = None,
    placeholder: str = "",
    unit: str = "",
    advanced: bool = False,
    visible_when: Mapping[str, Iterable[Any]] | None = None,
    accepts: Iterable[str] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    max_length: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Any:
    """Declare one property of a kind.

    Args:
        default: Value where the document says nothing; lists and dicts are copied for each node.
        label: What the form calls it.
        help: One sentence below the field.
        editor: Which editor the form shows, see ``form_fields.Field.editor``.
        role: How the blueprint reads it.
        choices: Values and their labels for ``choice``.
        placeholder: Grey text in the empty field.
        unit: Words behind the field.
        advanced: Folded away at first.
        visible_when: Shown only while each named property has one of the values.
        accepts: For ``variable``: the types that may be chosen; empty means all.
        minimum: Smallest number.
        maximum: Largest number.
        max_length: Longest text.
        settings: What this editor alone needs, see ``form_fields.Field.settings``.
    """
    extra: dict[str, Any] = {
        "editor": editor,
        "role": role,
        "choices": dict(choices or {}),
        "placeholder": placeholder,
        "unit": unit,
        "advanced": advanced,
        "visible_when": {name: list(values) for name, values in (visible_when or {}).items()},
        "accepts": list(accepts),
        "settings": dict(settings or {}),
    }
    known: dict[str, Any] = {"title": label, "description": help, "json_schema_extra": {"bough": extra}}
    if minimum is not None:
        known["ge"] = minimum
    if maximum is not None:
        known["le"] = maximum
    if max_length is not None:
        known["max_length"] = max_length
    if isinstance(default, (list, dict)):
        return PydanticField(default_factory=lambda: type(default)(default), **known)
    return PydanticField(default=default, **known)


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that texts, conditions and steps may name.

    Attributes:
        name: Technical name, as written in texts.
        title: What the person called it.
        type: ``text``, ``number``, ``yes_no``, ``list``, ``record`` or ``any``.
        node_id: The node that declares it.
        source: ``state``, ``knob``, ``gate``, ``input`` (of a tool), ``item`` (of a Repeat), ``step`` (an earlier one),
            ``event`` (what happened) or ``parameter`` (of a part).
        settable: Whether steps may change it.
    """

    name: str
    title: str
    type: str
    node_id: str
    source: Literal["state", "knob", "gate", "input", "item", "step", "event", "parameter"]
    settable: bool = False


def technical_name_prop(help: str = "") -> Any:
    """The property with the technical name of a node that is called by another name as well."""
    follows = "Follows from the name while it is empty."
    words = f"{help} {follows}".strip()
    return prop("", label="Technical name", help=words, advanced=True, max_length=64)


P = TypeVar("P", bound=Properties)


class Secret(Properties):
    """A secret by name, bound to one place; what it is stays in the keychain and is put in at the wire alone.

    Attributes:
        name: What the person calls it.
        host: ``host:port`` it may go to, as it was when the secret was entered; "" for the node's own.
    """

    name: str = prop("", label="Name", max_length=100)
    host: str = prop("", label="Goes only to", max_length=300)


class Pair(Properties):
    """A name with a text, such as a header or a variable of the environment."""

    name: str = prop("", label="Name", max_length=200)
    value: str = prop("", label="Value", max_length=20_000)


HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
"""What the name of a header can be."""


class NodeKind(Generic[P]):
    """One kind of node. Subclasses set the class attributes and override what they need.

    Attributes:
        name: Technical name in files.
        title: What the person reads.
        group: Where the palette shows it, and its hue.
        icon: Name of a Lucide icon.
        help: What it does, one or two sentences.
        example: A worked example in words.
        Properties: Model of its properties, in the order of the form.
        children: What may stand inside: nothing, nodes, or steps.
        place: Where it may stand: as a node of the tree, as a step, or both.
        once: At most one in an agent.
        addable: Whether the palette offers it.
        order: Position inside its group.
        first_title: What one fresh from the palette is called, with a number behind it where that is taken; "" for
            kinds without a title, and those that start without one.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[Group]
    icon: ClassVar[str]
    help: ClassVar[str]
    example: ClassVar[str] = ""
    Properties: type[P]
    children: ClassVar[Children] = "none"
    place: ClassVar[Place] = "nodes"
    once: ClassVar[bool] = False
    addable: ClassVar[bool] = True
    order: ClassVar[int] = 100
    first_title: ClassVar[str] = ""

    def props(self, node: Node) -> P:
        """The node's properties, parsed once.

        Raises:
            pydantic.ValidationError: A value has the wrong type. Loaded and edited documents never do.
        """
        parsed: P | None = node._cache.get("props")
        if parsed is None:
            parsed = self.Properties.model_validate(dict(node.props))
            node._cache["props"] = parsed
        return parsed

    def icon_of(self, node: Node) -> str:
        """The icon of this very node, where its properties change it."""
        return self.icon

    def title_of(self, node: Node) -> str:
        """Headline of the card: kind and, where it has one, the node's own title."""
        own = node.props.get("title")
        return f"{self.title} · {own.strip()}" if isinstance(own, str) and own.strip() else self.title

    def summary(self, node: Node, document: AgentDocument) -> str:
        """One line for the card: what the node says or does. ``**words**`` are shown bold."""
        return ""

    def new_props(self, document: AgentDocument) -> dict[str, Any]:
        """Properties of a node fresh from the palette."""
        if not self.first_title:
            return {}
        taken = {str(other.props.get("title", "")) for other in document.walk() if other.kind == self.name}
        return {"title": unique_title(self.first_title, taken)}

    def along(self, node: Node, name: str, value: Any) -> dict[str, Any]:
        """Properties that a form fills in one step with this one, where they would only be copied from its help."""
        return {}

    def declares(self, node: Node) -> tuple[Variable, ...]:
        """Variables that this node makes."""
        return ()

    def local(self, node: Node) -> tuple[Variable, ...]:
        """Values that only the node's own texts can name, such as the task of a sub-agent."""
        return ()

    def gives(self, node: Node) -> tuple[Variable, ...]:
        """Values that a step hands to the steps after it by ``run.give``, such as an answer."""
        return ()

    def own_name(self, node: Node) -> str | None:
        """The technical name under which the model or texts know the node, where it has one."""
        return None

    def tools(self, node: Node) -> Sequence[str] | None:
        """Names of the tools that the model has by this node; None where that is not known yet."""
        return ()

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        """What is wrong with the node beyond its templates, conditions and variables, which are checked for all."""
        return ()

    def steps_run(self, node: Node) -> str:
        """When the steps inside run, as the end of a sentence."""
        return f"when the model uses {self.title_of(node)}"

    def why_not_sent(self, node: Node) -> str | None:
        """Why a node of this kind never shows up in the context by itself; None where it does."""
        return None

    def render(self, node: Node, scope: Scope) -> object:
        """The node as engine elements (anything that a component may return)."""
        return None

    def capabilities(self, node: Node) -> Iterable[Capability]:
        """What the node may do outside the agent, as far as it is known before it runs; see ``engine.world``."""
        return ()

    def run(self, node: Node, run: StepRun) -> Awaitable[None] | None:
        """The node as a step of a tool; may be ``async``. Effects go through ``run.require(capability)`` first."""
        return None

    @staticmethod
    def may_contain(parent_kind: str, child_kind: str) -> str | None:
        """Why a node of one kind may not stand directly inside another; None where it may."""
        from engine.blueprint.placement import may_contain

        return may_contain(parent_kind, child_kind)


def preview(text: str, limit: int = 90) -> str:
    """The first line of a text as a summary, with ``{{ name }}`` shown as a bold word."""
    from engine.blueprint.wording import plain_preview

    return plain_preview(text, limit)


__all__ = [
    "GROUP_TITLES",
    "HEADER_NAME",
    "NodeKind",
    "Pair",
    "Properties",
    "Secret",
    "Variable",
    "preview",
    "prop",
    "technical_name_prop",
]
