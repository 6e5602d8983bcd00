"""Nodes that are words for the model: System, Section, Example message, Reminder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, preview, prop
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem, remove_node, set_value
from engine.blueprint.wording import plain_words
from engine.elements import Assistant, Audience, Ephemeral, Section, System, User

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope

MAX_TEXT = 200_000
SUGGESTED_WORDS = "You are a helpful assistant. Answer briefly and in plain words."


class SystemProperties(Properties):
    """Properties of a System node."""

    text: str = prop(
        "",
        label="Instructions",
        editor="prompt",
        role="template",
        help="What the model should be and do. Variables may stand in the text.",
        placeholder="You are a helpful assistant.",
        max_length=MAX_TEXT,
    )


@register
class SystemKind(NodeKind[SystemProperties]):
    """Instructions."""

    name = "system"
    title = "System"
    group = "instructions"
    icon = "scroll-text"
    order = 1
    help = "Instructions that the model always reads first."
    example = "You are an assistant with a notepad. Keep answers short."
    Properties = SystemProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        return preview(self.props(node).text) or "No instructions yet"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not self.props(node).text.strip():
            text = "This instruction is empty, so the model is told nothing here."
            fix = remove_node(node.id, "Remove it")
            if not any(other.id != node.id for other in view.of_kind("system", "section")):
                fix = set_value(node.id, "text", SUGGESTED_WORDS, "Write something to start with")
            yield Problem(node.id, "text", "warning", text, fix)

    def render(self, node: Node, scope: Scope) -> object:
        return System(scope.text(node, "text"), key=scope.key(node))


_ENGINE_AUDIENCE: dict[str, Audience] = {"model": "model", "person": "user", "both": "all"}
AUDIENCES = {"model": "The model", "person": "The person", "both": "Both"}


class SectionProperties(Properties):
    """Properties of a Section."""

    title: str = prop("", label="Title", placeholder="notepad", max_length=200)
    text: str = prop("", label="Text", editor="prompt", role="template", max_length=MAX_TEXT)
    each: str = prop(
        "",
        label="One line per item of",
        editor="variable",
        role="variable",
        help="Choose a list, and the text is written once for each item of it; write {{ item }} for the item.",
        accepts=("list",),
        max_length=200,
    )
    audience: Literal["model", "person", "both"] = prop(
        "model", label="Who sees it", editor="choice", choices=AUDIENCES
    )
    collapsed: str = prop(
        "",
        label="Summary while folded",
        editor="line",
        role="template",
        help="With a summary the model sees only this, and can open the section when it needs the whole text.",
        max_length=2_000,
    )
    id: str = prop(
        "",
        label="Technical name",
        help="Stands in the section's tag. Follows from the title while it is empty.",
        advanced=True,
        max_length=64,
    )


@register
class SectionKind(NodeKind[SectionProperties]):
    """A named block of context."""

    name = "section"
    title = "Section"
    group = "instructions"
    icon = "panel-top"
    order = 2
    help = "A named block of context, written anew for every model call, so that it always shows how things stand."
    example = "Title: notepad. One line per item of: notepad. Text: - {{ item }}"
    first_title = "Section"
    Properties = SectionProperties

    def along(self, node: Node, name: str, value: Any) -> dict[str, Any]:
        return {"text": "- {{ item }}"} if name == "each" and value and not self.props(node).text.strip() else {}

    def own_name(self, node: Node) -> str | None:
        props = self.props(node)
        title = props.id.strip() or props.title.strip()
        return slug(title, "section") if title else None

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        if props.each.strip():
            said = f"one line per item: {plain_words(props.text)}" if props.text.strip() else "one line per item"
        else:
            said = preview(props.text) or "Empty"
        if props.collapsed.strip():
            said = f"folded: {preview(props.collapsed)}"
        return f"{said} · only for the person" if props.audience == "person" else said

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.text.strip():
            fix = remove_node(node.id, "Remove it")
            if props.each.strip():
                fix = set_value(node.id, "text", "- {{ item }}", "Write - item for each")
            yield Problem(node.id, "text", "warning", "This section is empty, so it is not sent.", fix)

    def why_not_sent(self, node: Node) -> str | None:
        props = self.props(node)
        if props.audience == "person":
            return "It is for the person only; the model does not see it."
        return None if props.text.strip() else "It has no text."

    def render(self, node: Node, scope: Scope) -> object:
        props = self.props(node)
        if props.each.strip():
            items = scope.list_of(node, "each")
            text = "\n".join(scope.text(node, "text", {"item": item}) for item in items)
        else:
            text = scope.text(node, "text")
        if not text.strip():
            return None
        name, title = self.own_name(node), props.title.strip()
        return Section(
            text,
            id=name,
            title=title if title and title != name else None,
            audience=_ENGINE_AUDIENCE[props.audience],
            collapsed=scope.text(node, "collapsed") or None,
            key=scope.key(node),
        )


class ExampleProperties(Properties):
    """Properties of an Example message."""

    role: Literal["user", "assistant"] = prop(
        "user", label="Who says it", editor="choice", choices={"user": "The person", "assistant": "The agent"}
    )
    text: str = prop("", label="Text", editor="prompt", role="template", max_length=MAX_TEXT)


@register
class ExampleKind(NodeKind[ExampleProperties]):
    """A fixed message ahead of the conversation."""

    name = "example"
    title = "Example message"
    group = "instructions"
    icon = "message-square-quote"
    order = 3
    help = "A made-up message ahead of the conversation that shows the model how to answer."
    example = "The person: Translate “cat”. The agent: gato."
    Properties = ExampleProperties

    def title_of(self, node: Node) -> str:
        return f"{self.title} · {'the agent' if self.props(node).role == 'assistant' else 'the person'}"

    def summary(self, node: Node, document: AgentDocument) -> str:
        return preview(self.props(node).text) or "Empty"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not self.props(node).text.strip():
            text = "This example message is empty, so it is not sent."
            yield Problem(node.id, "text", "warning", text, remove_node(node.id, "Remove it"))

    def render(self, node: Node, scope: Scope) -> object:
        text = scope.text(node, "text")
        if not text.strip():
            return None
        element = Assistant if self.props(node).role == "assistant" else User
        return element(text, key=scope.key(node))


POSITIONS = {
    "end": "At the end",
    "before-user": "Before the person's last message",
    "start": "At the start of the conversation",
}


class ReminderProperties(Properties):
    """Properties of a Reminder."""

    text: str = prop("", label="Text", editor="prompt", role="template", max_length=MAX_TEXT)
    position: Literal["end", "before-user", "start"] = prop(
        "end", label="Where it stands", editor="choice", choices=POSITIONS
    )


@register
class ReminderKind(NodeKind[ReminderProperties]):
    """Words for this model call only."""

    name = "reminder"
    title = "Reminder"
    group = "instructions"
    icon = "bell"
    order = 4
    help = "Words that go along with each model call and are never kept in the conversation."
    example = "Answer in one sentence."
    Properties = ReminderProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        where = POSITIONS[props.position].lower()
        return f"{preview(props.text)} · {where}" if props.text.strip() else f"Empty · {where}"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not self.props(node).text.strip():
            text = "This reminder is empty, so it is not sent."
            yield Problem(node.id, "text", "warning", text, remove_node(node.id, "Remove it"))

    def render(self, node: Node, scope: Scope) -> object:
        text = scope.text(node, "text")
        if not text.strip():
            return None
        return Ephemeral(text, position=self.props(node).position, key=scope.key(node))
