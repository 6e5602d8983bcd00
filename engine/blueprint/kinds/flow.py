"""Nodes that decide what is there: When with Otherwise, Repeat, Group. All work among nodes and among steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.blueprint.conditions import Condition, is_blank, words
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, prop
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem, remove_node, set_value, unwrap
from engine.blueprint.values import count
from engine.elements import Fragment

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope
    from engine.blueprint.steps import StepRun


class WhenProperties(Properties):
    """Properties of a When."""

    condition: Condition = prop(
        {},
        label="Only when",
        editor="condition",
        role="condition",
        help="What is inside is there only while this holds; it is checked before every model call.",
    )


@register
class WhenKind(NodeKind[WhenProperties]):
    """Children only while a condition holds."""

    name = "when"
    title = "When"
    group = "flow"
    icon = "split"
    order = 1
    help = "What stands inside is there only while a condition holds."
    example = "When notepad is not empty, show the section notepad."
    Properties = WhenProperties
    children = "nodes"
    place = "both"

    def summary(self, node: Node, document: AgentDocument) -> str:
        return words(self.props(node).condition) or "No condition yet"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if is_blank(self.props(node).condition):
            text = "This When has no condition, so what is inside it is never there."
            yield Problem(node.id, "condition", "warning", text, unwrap(view.document, node))
        elif not node.children:
            yield Problem(node.id, None, "info", "Nothing stands inside this When.", remove_node(node.id, "Remove it"))

    def render(self, node: Node, scope: Scope) -> object:
        otherwise = next((child for child in node.children if child.kind == "otherwise"), None)
        if scope.holds(node, "condition"):
            inside = scope.children(node)
        elif otherwise is not None and otherwise.enabled:
            inside = [Fragment(*scope.children(otherwise), key=scope.key(otherwise))]
        else:
            return None
        return Fragment(*inside, key=scope.key(node))

    async def run(self, node: Node, run: StepRun) -> None:
        if run.holds(node, "condition"):
            await run.steps(child for child in node.children if child.kind != "otherwise")
            return
        for child in node.children:
            if child.kind == "otherwise" and child.enabled:
                await run.steps(child.children)


class OtherwiseProperties(Properties):
    """An Otherwise has no properties."""


@register
class OtherwiseKind(NodeKind[OtherwiseProperties]):
    """The other branch of a When."""

    name = "otherwise"
    title = "Otherwise"
    group = "flow"
    icon = "corner-down-right"
    order = 2
    help = "Inside a When: what is there while the condition does not hold."
    Properties = OtherwiseProperties
    children = "nodes"
    place = "both"

    def summary(self, node: Node, document: AgentDocument) -> str:
        return "while the condition above does not hold"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not node.children:
            fix = remove_node(node.id, "Remove it")
            yield Problem(node.id, None, "info", "Nothing stands inside this Otherwise.", fix)

    def render(self, node: Node, scope: Scope) -> object:
        return None  # its When renders it


class RepeatProperties(Properties):
    """Properties of a Repeat."""

    each: str = prop(
        "",
        label="Once for each item of",
        editor="variable",
        role="variable",
        accepts=("list",),
        max_length=200,
    )
    item: str = prop(
        "item",
        label="Call the item",
        help="Inside, write this word in {{ }} for the item.",
        max_length=64,
    )


@register
class RepeatKind(NodeKind[RepeatProperties]):
    """Children once per item of a list."""

    name = "repeat"
    title = "Repeat"
    group = "flow"
    icon = "repeat"
    order = 3
    help = "What stands inside is there once for each item of a list."
    example = "For each item of chapters: a section with the item's text."
    Properties = RepeatProperties
    children = "nodes"
    place = "both"

    def item_name(self, node: Node) -> str:
        """The technical name of the item inside."""
        said = self.props(node).item.strip()
        return "item" if said in ("", "item") else slug(said, "item")

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        said = f"for each item of **{props.each}**" if props.each.strip() else "No list chosen yet"
        name = self.item_name(node)
        return said if name == "item" else f"{said}, called **{name}**"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not self.props(node).each.strip():
            lists = [item.name for item in view.scope(node).values() if item.type == "list"]
            fix = set_value(node.id, "each", lists[0], f"Repeat for each item of “{lists[0]}”") if lists else None
            text = "This Repeat has no list, so what is inside it is never there."
            yield Problem(node.id, "each", "warning", text, fix)
        if not node.children:
            fix = remove_node(node.id, "Remove it")
            yield Problem(node.id, None, "info", "Nothing stands inside this Repeat.", fix)

    def inside(self, node: Node) -> Variable:
        """The variable that stands for the item."""
        name = self.item_name(node)
        return Variable(name, name, "any", node.id, "item")

    def render(self, node: Node, scope: Scope) -> object:
        return scope.repeat(node, scope.list_of(node, "each"), self.item_name(node))

    async def run(self, node: Node, run: StepRun) -> None:
        for item in run.list_of(node, "each"):
            await run.steps(node.children, {self.item_name(node): item})


class GroupProperties(Properties):
    """Properties of a Group."""

    title: str = prop("", label="Title", placeholder="Tone of voice", max_length=200)


@register
class GroupKind(NodeKind[GroupProperties]):
    """A name for a set of nodes."""

    name = "group"
    title = "Group"
    group = "flow"
    icon = "folder"
    order = 4
    help = "A name for parts that belong together, so that they can be folded, moved and switched off as one."
    example = "Everything about delivery in one group, so that it can be switched off together."
    Properties = GroupProperties
    children = "nodes"
    place = "both"

    def summary(self, node: Node, document: AgentDocument) -> str:
        return count(len(node.children), "part") if node.children else "Empty"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not node.children:
            yield Problem(node.id, None, "info", "Nothing stands in this Group.", remove_node(node.id, "Remove it"))

    def render(self, node: Node, scope: Scope) -> object:
        return Fragment(*scope.children(node), key=scope.key(node))

    async def run(self, node: Node, run: StepRun) -> None:
        await run.steps(node.children)
