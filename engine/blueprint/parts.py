"""Parts: definitions as the library keeps them, and what becomes of one where it is used.

A definition is a list of nodes with parameters. Where it is used, an *instance* holds a copy of the nodes, so that an
agent is whole without the library and what each instance remembers is its own: their ids stand behind its own
(``instance-inner``); nodes that were made into the part keep theirs, and with it what they remember. Not here:
changing documents (``part_edits``), the library itself (``engine.store.parts``).

Example:
    >>> greeting = PartDefinition("part_1", "Greeting", parameters=(PartParameter(title="tone"),),
    ...                           nodes=(make_node("system", id="s", text="Greet in a {{ tone }} way."),))
    >>> [node.id for node in instance(greeting, id="p", arguments={"tone": "warm"}).walk()]
    ['p', 'p-s']
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from engine.blueprint.declared import own_nodes
from engine.blueprint.document import AgentDocument, Node, is_node_id, make_node, new_node_id, with_id
from engine.blueprint.edits import EditError, SetProperty, apply, reason_of
from engine.blueprint.files import DocumentError, DocumentProblem, node_from_json, node_to_json
from engine.blueprint.form_fields import Field, fields
from engine.blueprint.kinds import KINDS, kind_of
from engine.blueprint.kinds.part import PartParameter, PartProperties
from engine.blueprint.names import MAX_NAME, slug, unique
from engine.blueprint.placement import part_id
from engine.blueprint.rename import reference_edits
from engine.blueprint.values import as_text
from engine.errors import EngineError

FORMAT_NAME = "bough-part"
FORMAT_VERSION = 1
_KEYS = ("format", "version", "id", "title", "description", "parameters", "nodes")
_EDITORS = {"text": "prompt", "number": "line", "yes_no": "line", "list": "prompt", "record": "prompt"}
_EXPECTED = {
    "number": "a number",
    "yes_no": "yes or no",
    "list": "one item a line, or {{ a_list }}",
    "record": "{{ a_record }}",
}


@dataclass(frozen=True)
class PartDefinition:
    """A part of the library.

    Attributes:
        id: Its id; instances name it.
        title: What the person called it.
        description: What it is for.
        parameters: What it wants to be given.
        nodes: What it is made of, with ids of its own.
        extra: Keys of its file that this version does not know, kept for writing back.
    """

    id: str
    title: str
    description: str = ""
    parameters: tuple[PartParameter, ...] = ()
    nodes: tuple[Node, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [
            each if each.id else each.model_copy(update={"id": f"parameter-{each.own_name}"})
            for each in self.parameters
        ]
        object.__setattr__(self, "parameters", tuple(known))

    @cached_property
    def version(self) -> str:
        """Changes with anything that instances would look different for."""
        text = json.dumps(self._content(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """The definition as a JSON object; the same one always gives the same."""
        head = {"format": FORMAT_NAME, "version": FORMAT_VERSION, "id": self.id}
        return {**head, **{key: self.extra[key] for key in sorted(self.extra)}, **self._content()}

    def _content(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "description": self.description,
            "parameters": [parameter.model_dump(exclude_defaults=True) for parameter in self.parameters],
            "nodes": [node_to_json(node) for node in self.nodes],
        }

    @classmethod
    def from_json(cls, data: Any) -> PartDefinition:
        """The inverse of :meth:`to_json`.

        Raises:
            DocumentError: It is no part, or one of a newer version, with the place.
        """
        if not isinstance(data, Mapping) or data.get("format") != FORMAT_NAME:
            raise _error("format", f"This is not a part: “format” should be “{FORMAT_NAME}”.")
        version = data.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise _error("version", "“version” should be a whole number from 1 on.")
        if version > FORMAT_VERSION:
            raise _error("version", "This part was saved by a newer version of Bough. Update Bough to use it.")
        for name in ("id", "title"):
            if not isinstance(data.get(name), str) or not data[name].strip():
                raise _error(name, "This must be text.")
        nodes = node_from_json({"id": "nodes", "kind": "group", "children": data.get("nodes", [])}).children
        return cls(
            data["id"],
            data["title"],
            str(data.get("description") or ""),
            _parameters(data.get("parameters", [])),
            nodes,
            {key: value for key, value in data.items() if key not in _KEYS},
        )


def _parameters(data: Any) -> tuple[PartParameter, ...]:
    try:
        return tuple(PartParameter.model_validate(item) for item in data)
    except (ValidationError, TypeError) as error:
        reason = reason_of(dict(error.errors(include_url=False)[0])) if isinstance(error, ValidationError) else ""
        raise _error("parameters", reason or "This must be a list.") from None


def _error(place: str, reason: str) -> DocumentError:
    return DocumentError([DocumentProblem(place, reason)])


# --- instances ------------------------------------------------------------------------------------------------------


def instance(
    definition: PartDefinition,
    *,
    id: str | None = None,
    title: str = "",
    arguments: Mapping[str, Any] | None = None,
    prefix: str = "",
    enabled: bool = True,
    keep: Collection[str] = (),
) -> Node:
    """A node that uses a part.

    Args:
        definition: The part.
        id: The node's id; a new one by default.
        title: A title of this instance alone; "" for that of the part.
        arguments: Values of its parameters by name; those that are missing have their first.
        prefix: What names of its tools, knobs, gates and sections begin with, where an agent has them already.
        enabled: Whether it is switched on.
        keep: Ids inside that stay as they are, not behind the node's: those of nodes that have become this part, so
            that what they remember in sessions stays.

    Raises:
        EditError: Parts stand too deep inside each other.
    """
    props: dict[str, Any] = {
        "title": title,
        "part_title": definition.title,
        "arguments": dict(arguments or {}),
        "part": definition.id,
        "version": definition.version,
        "description": definition.description,
        "parameters": [parameter.model_dump(exclude_defaults=True) for parameter in definition.parameters],
        "prefix": prefix,
    }
    kept = {name: value for name, value in props.items() if value not in ("", {}, [])}
    bare = Node("", "part", kept, _prefixed(definition.nodes, "", prefix), enabled)
    made = with_id(bare, id or new_node_id())
    if keep:
        made = _renamed(made, lambda inner: plain if (plain := inner.removeprefix(f"{made.id}-")) in keep else inner)
    if not all(is_node_id(node.id) for node in made.walk()):
        raise EditError("Parts stand too deep inside each other.")
    return made


def instances(document: AgentDocument, part: str | None = None) -> list[Node]:
    """Where an agent uses parts, or one part: those that do not stand inside another part."""
    found: list[Node] = []
    stack = [document.root]
    while stack:
        node = stack.pop()
        if node.kind == "part":
            if part is None or node.props.get("part") == part:
                found.append(node)
        else:
            stack.extend(reversed(node.children))
    return found


def uses(node: Node, part: str) -> bool:
    """Whether a part stands anywhere inside a node, in other parts too."""
    return any(inner.kind == "part" and inner.props.get("part") == part for inner in node.walk())


def kept_ids(node: Node) -> frozenset[str]:
    """Ids inside an instance that do not stand behind its own, see :func:`instance`."""
    return frozenset(inner.id for inner in node.walk() if inner is not node and not inner.id.startswith(f"{node.id}-"))


def definition_of_instance(node: Node) -> PartDefinition:
    """The part as this instance carries it: what an agent from elsewhere brings along."""
    props: PartProperties = kind_of(node).props(node)
    bare = with_id(node, "")
    nodes = tuple(_renamed(child, lambda id: id.removeprefix("-")) for child in bare.children)
    return PartDefinition(
        props.part,
        props.part_title or props.title.strip() or "Part",
        props.description,
        tuple(props.parameters),
        _prefixed(nodes, props.prefix, ""),
    )


def _renamed(node: Node, name: Callable[[str], str]) -> Node:
    children = tuple(_renamed(child, name) for child in node.children)
    return Node(name(node.id), node.kind, node.props, children, node.enabled, node.extra)


def parameter_fields(node: Node) -> tuple[Field, ...]:
    """A field of a form for each parameter of an instance: a text with variables, whatever it becomes."""
    kind: Any = KINDS["part"]
    return tuple(
        Field(
            parameter.own_name,
            parameter.title.strip() or parameter.own_name,
            parameter.help,
            editor=_EDITORS[parameter.type],
            role="template",
            default="",
            placeholder=as_text(parameter.first) or _EXPECTED.get(parameter.type, ""),
        )
        for parameter in kind.parameters(node)
    )


# --- names inside an instance ---------------------------------------------------------------------------------------


def naming(node: Node) -> str | None:
    """The property with the technical name under which the model knows a node; None where it knows none."""
    if node.kind == "section":
        return "id"
    has_name = any(field.name == "name" for field in fields(node.kind)) if node.kind in KINDS else False
    return "name" if has_name and (node.kind in ("knob", "gate") or kind_of(node).group == "abilities") else None


def model_names(nodes: Iterable[Node]) -> set[str]:
    """The names under which the model knows what is in these nodes, and all inside them."""
    return _names(inner for node in nodes for inner in node.walk())


def _names(nodes: Iterable[Node]) -> set[str]:
    found = (kind_of(node).own_name(node) for node in nodes if naming(node) is not None)
    return {name for name in found if name}


def free_prefix(document: AgentDocument, nodes: Iterable[Node], title: str, besides: str | None = None) -> str:
    """What names in these nodes must begin with so that the agent has each only once; "" where nothing is needed."""
    others = list(_outside(document.root, besides))
    taken, wanted = _names(others), model_names(nodes)
    if not wanted & taken:
        return ""
    base = slug(title, "part")[:30]
    used = {str(node.props.get("prefix", "")) for node in others if node.kind == "part"}
    prefix = unique(base, used)
    while any(f"{prefix}_{name}"[:MAX_NAME] in taken for name in wanted):
        used.add(prefix)
        prefix = unique(base, used)
    return prefix


def _outside(root: Node, besides: str | None) -> Iterable[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.id != besides:
            yield node
            stack.extend(reversed(node.children))


def _prefixed(nodes: tuple[Node, ...], old: str, new: str) -> tuple[Node, ...]:
    """The nodes with another prefix in front of the names of tools, knobs, gates and sections."""
    if old == new or not nodes:
        return nodes
    document = AgentDocument(make_node("agent", *nodes))
    for node in list(document.walk()):
        name = naming(node)
        own = kind_of(node).own_name(node) if name is not None else None
        if name is None or own is None:
            continue
        plain = own.removeprefix(f"{old}_") if old else own
        wanted = f"{new}_{plain}"[:MAX_NAME] if new else plain
        follows = slug(str(node.props.get("title") or ""), "") == wanted
        document = _set(document, SetProperty(node.id, name, wanted, absent=follows))
        document = _references(document, node, own, wanted)
    return document.root.children


def _references(document: AgentDocument, node: Node, old: str, new: str) -> AgentDocument:
    around = next((above for above in document.ancestors(node.id) if above.kind == "part"), document.root)
    if kind_of(node).declares(node):
        for child in around.children:
            for edit in list(reference_edits(document, document.node(child.id), old, new, set())):
                document = _set(document, edit)
    if kind_of(node).group == "abilities":
        for other in list(own_nodes(document.node(around.id))):
            for each in fields(other.kind) if other.kind in KINDS else ():
                if each.editor == "tool" and other.props.get(each.name) == old:
                    document = _set(document, SetProperty(other.id, each.name, new))
    return document


def _set(document: AgentDocument, edit: SetProperty) -> AgentDocument:
    after, _ = apply(document, edit, check=False)
    return after


# --- editing a part -------------------------------------------------------------------------------------------------


def part_document(definition: PartDefinition) -> AgentDocument:
    """A part as a document for the editor: its parameters are the first nodes, and have their first values."""
    parameters = [
        make_node(
            "parameter",
            id=parameter.id,
            **parameter.model_dump(exclude_defaults=True, exclude={"id"}),
        )
        for parameter in definition.parameters
    ]
    props = {"name": definition.title, "icon": KINDS["part"].icon, "description": definition.description}
    root = Node(f"root-{definition.id}"[:64], "agent", props, (*parameters, *definition.nodes))
    return AgentDocument(root, extra={"part": {"id": definition.id, "extra": dict(definition.extra)}})


def definition_of(document: AgentDocument) -> PartDefinition:
    """The inverse of :func:`part_document`.

    Raises:
        EngineError: It is the document of an agent.
    """
    id = part_id(document)
    if id is None:
        raise EngineError("This is an agent, not a part of the library.")
    root = document.root
    parameters = [
        PartParameter.model_validate({**node.props, "id": node.id})
        for node in root.children
        if node.kind == "parameter"
    ]
    nodes = tuple(node for node in root.children if node.kind != "parameter")
    title = str(root.props.get("name") or "").strip() or "Part"
    extra = document.extra["part"].get("extra")
    found = PartDefinition(id, title, str(root.props.get("description") or ""), tuple(parameters), nodes)
    return replace(found, extra=extra) if isinstance(extra, Mapping) else found


__all__ = [
    "PartDefinition",
    "PartParameter",
    "definition_of",
    "definition_of_instance",
    "free_prefix",
    "instance",
    "instances",
    "kept_ids",
    "model_names",
    "parameter_fields",
    "part_document",
    "uses",
]
