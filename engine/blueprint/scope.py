"""What a kind is given to render itself with: texts and conditions worked out over the values in reach.

Not here: the values' home (``board``), running steps (``steps``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.blueprint.conditions import evaluate
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.template import TemplateError, compiled
from engine.blueprint.values import ValueProblem, short
from engine.elements import Fragment, Knobs
from engine.errors import RenderError

if TYPE_CHECKING:
    from engine.blueprint.board import Board

KEY = "node:"


class Scope:
    """One rendering of a scope's body.

    Attributes:
        board: Where the values live.
        values: Values in reach by name: of this scope, the scopes around it, and items of Repeats.
        items: The item variables alone.
    """

    def __init__(self, board: Board, values: Mapping[str, Any], items: Mapping[str, Any]) -> None:
        self.board = board
        self.items = dict(items)
        self.values: dict[str, Any] = {**values, **items, **board.values}
        self.types = board.types()
        self.shown: set[str] = set()
        self.knobs_placed = False
        self.timeline_placed = False

    def key(self, node: Node) -> str:
        """The node's key in the engine; its path ends in it."""
        return f"{KEY}{node.id}{self.board.suffix}"

    def children(self, node: Node) -> list[object]:
        """The elements of everything inside a node that is switched on."""
        found: list[object] = []
        for child in node.children:
            if child.enabled and child.kind != "otherwise":
                element = self.element(child)
                if element is not None:
                    found.append(element)
        return found

    def element(self, node: Node) -> object:
        """The element of one node."""
        kind = kind_of(node)
        if kind.place == "steps" or kind.place == "root":
            return None
        if node.kind == "timeline":
            if self.timeline_placed:
                self.fail(node, "title", TemplateError("There are two Timelines; an agent has only one."))
                return None
            self.timeline_placed = True
        elif node.kind == "example" and self.timeline_placed:
            reason = "An example message stands below the Timeline; it belongs above it."
            self.fail(node, "text", TemplateError(reason))
            return None
        return kind.render(node, self)

    def text(self, node: Node, name: str, more: Mapping[str, Any] | None = None) -> str:
        """A text property with everything put in."""
        source = getattr(kind_of(node).props(node), name)
        try:
            return compiled(source).render({**self.values, **more} if more else self.values)
        except TemplateError as error:
            self.fail(node, name, error)
            return ""

    def holds(self, node: Node, name: str) -> bool:
        """Whether a condition property holds."""
        try:
            return evaluate(getattr(kind_of(node).props(node), name), self.values, self.types)
        except TemplateError as error:
            self.fail(node, name, error)
            return False

    def list_of(self, node: Node, name: str) -> list[Any]:
        """The list that a variable property names."""
        return list_value(node, name, self.values, self.fail)

    def fail(self, node: Node, name: str, error: TemplateError) -> None:
        """A part does not work: report it, or stop the turn with its place.

        Raises:
            RenderError: Nobody wants reports.
        """
        if self.board.report is not None:
            self.board.report(node, name, error)
            return
        raise RenderError(f"{kind_of(node).title_of(node)}: {error}", path=f"/{self.key(node)}")

    def repeat(self, node: Node, items: list[Any], name: str) -> object:
        """One scope per item, each with a key that follows the item."""
        from engine.blueprint.render import RepeatItem

        keys = item_keys(items)
        made = [
            RepeatItem(
                node=node, item=item, name=name, suffix=f"{self.board.suffix}:{key}", parent=self.board,
                values=self.values, items=self.items, key=f"{self.key(node)}:{key}",
            )
            for key, item in zip(keys, items, strict=True)
        ]  # fmt: skip
        return Fragment(*made, key=self.key(node)) if made else None

    def part(self, node: Node) -> object:
        """A scope of its own that knows only what the part is given."""
        from engine.blueprint.kinds.part import linked_name
        from engine.blueprint.render import PartInstance

        kind: Any = kind_of(node)
        arguments = kind.props(node).arguments
        given: dict[str, Any] = {}
        linked: dict[str, Any] = {}
        links: dict[str, tuple[Board, str]] = {}
        for parameter in kind.parameters(node):
            name = parameter.own_name
            link = linked_name(arguments.get(name))
            if link is not None and link not in self.items and self.board.owner(link) is not None:
                links[name], linked[name] = (self.board, link), self.values.get(link)
                continue
            try:
                given[name] = kind.argument(node, parameter, self.values)
            except (TemplateError, ValueProblem) as error:
                problem = error if isinstance(error, TemplateError) else TemplateError(f"“{name}”: {error}.")
                self.fail(node, "arguments", problem)
                given[name] = parameter.first
        types = {parameter.own_name: parameter.type for parameter in kind.parameters(node)}
        return PartInstance(
            node=node, parent=self.board, given=given, linked=linked, links=links, types=types, key=self.key(node)
        )

    def knobs_element(self, node: Node) -> object:
        """The list of knobs, at the place of the first one; of several lists the engine shows the first."""
        self.shown.add(node.id)
        if self.knobs_placed or self.board.around is not None:
            return None
        self.knobs_placed = True
        return Knobs(key=self.key(node) + ":list")

    def handler(self, node: Node) -> Callable[..., Any]:
        """The function that runs a tool's steps; the same one as long as the tool is the same."""
        from engine.blueprint.steps import tool_handler

        items = self.items
        known = self.board.handlers.get(node.id)
        if known is not None and known[0][0] is node and known[0][1] == items:
            return known[1]
        made = tool_handler(node, self.board, items)
        self.board.handlers[node.id] = ((node, items), made)
        return made


def list_value(
    node: Node, name: str, values: Mapping[str, Any], fail: Callable[[Node, str, TemplateError], None]
) -> list[Any]:
    """The list that a property names, from the values in reach."""
    wanted = str(getattr(kind_of(node).props(node), name)).strip()
    if not wanted:
        return []
    if wanted not in values:
        fail(node, name, TemplateError(f"There is no variable called “{wanted}” here."))
        return []
    value = values[wanted]
    if isinstance(value, dict):
        return [{"name": key, "value": item} for key, item in value.items()]
    if not isinstance(value, (list, tuple)):
        fail(node, name, TemplateError(f"“{wanted}” is not a list but {short(value)}."))
        return []
    return list(value)


def item_keys(items: Iterable[Any]) -> list[str]:
    """A key for each item that stays with it when others come and go: from its ``id``, else from its content."""
    seen: dict[str, int] = {}
    keys: list[str] = []
    for item in items:
        told = item.get("id", item) if isinstance(item, dict) else item
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]
        seen[digest] = seen.get(digest, 0) + 1
        keys.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return keys
