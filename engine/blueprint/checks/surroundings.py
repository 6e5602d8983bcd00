"""What depends on the surroundings of an agent: the model, the size of the context, files that are not there.

All of it rests on :class:`~engine.blueprint.checks.view.Facts`; what is not known is not said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.blueprint.checks.view import View
from engine.blueprint.document import Node
from engine.blueprint.edits import Batch, Edit, SetEnabled, SetProperty
from engine.blueprint.kinds import kind_of
from engine.blueprint.problem import Problem, set_value
from engine.blueprint.wish import wishes

LEAST_TOKENS = 50
"""The smallest budget of a Timeline."""

NEEDS: dict[str, tuple[str, str]] = {
    "tool": ("tools", "use tools"),
    "mcp_server": ("tools", "use tools"),
    "sub_agent": ("tools", "use tools"),
    "knob": ("tools", "turn knobs, which are set with a tool"),
    "gate": ("tools", "clear gates, which are set with a tool"),
    "image": ("images", "look at images"),
    "document": ("documents", "read documents"),
    "provider_tool": ("provider_tools", "use tools that its provider runs"),
}
"""The ability that a node kind asks of the model, and how it is said."""


def surroundings(view: View) -> Iterator[Problem]:
    """What is wrong between the agent and where it runs."""
    yield from _model(view)
    yield from _abilities(view)
    yield from _window(view)
    yield from _helpers(view)
    for node_id, missing in view.facts.missing.items():
        node = view.document.get(node_id)
        if node is None or node_id not in view.order:
            continue
        for name in missing:
            text = f"“{name}” is not there on this computer."
            fix = Batch((SetEnabled(node_id, False),), "Switch this part off")
            yield Problem(node_id, _field_with(node, name), "error", text, fix)


def _field_with(node: Node, value: str) -> str | None:
    return next((name for name, held in node.props.items() if held == value or held == [value]), None)


def _model(view: View) -> Iterator[Problem]:
    root, facts = view.document.root, view.facts
    asked = wishes(view.document)
    if asked.connection and facts.connections is not None and asked.connection not in facts.connections:
        text = f"The agent asks for the connection “{asked.connection}”, which is not in Settings."
        fix = set_value(root.id, "model", {}, "Use the model chosen in Settings")
        yield Problem(root.id, "model", "warning", text, fix)
    elif facts.chosen is False:
        text = "No model is chosen, so the agent cannot answer. Choose one in Settings."
        yield Problem(root.id, "model", "error", text)
    elif facts.unreachable:
        text = f"The model cannot be reached: {facts.unreachable.rstrip('.')}."
        fix = None
        if asked.connection or asked.model:
            fix = set_value(root.id, "model", {}, "Use the model chosen in Settings")
        yield Problem(root.id, "model", "error", text, fix)


def _abilities(view: View) -> Iterator[Problem]:
    model = view.facts.model
    if model is None:
        return
    said: set[str] = set()
    for node in view.nodes:
        ability, words = _needed(node)
        if not ability or ability in model.abilities or ability in said:
            continue
        said.add(ability)
        name = model.label or model.name
        text = f"The model {name} cannot {words}, so “{kind_of(node).title_of(node)}” will not work with it."
        yield Problem(node.id, None, "error", text, _without(view, ability))


def _needed(node: Node) -> tuple[str, str]:
    """What a node asks of the model. A document that is a text is read by every model."""
    kind: Any = kind_of(node)
    return NEEDS.get(node.kind, ("", "")) if node.kind != "document" or kind.sends_pdf(node) else ("", "")


def _without(view: View, ability: str) -> Edit:
    """Everything that needs the ability switched off."""
    needy = [node for node in view.nodes if _needed(node)[0] == ability]
    outer = [node for node in needy if not any(above in needy for above in view.document.ancestors(node.id))]
    return Batch(tuple(SetEnabled(node.id, False) for node in outer), "Switch off what needs it")


def _helpers(view: View) -> Iterator[Problem]:
    """Agents that tasks are handed to and that are gone."""
    if view.facts.agents is None:
        return
    for node in view.of_kind("sub_agent"):
        agent = str(node.props.get("agent", "")).strip()
        if agent in view.facts.circular:
            text = f"“{kind_of(node).title_of(node)}” leads back to this agent, which cannot hand a task to itself."
            fix = Batch((SetEnabled(node.id, False),), "Switch this part off")
            yield Problem(node.id, "agent", "error", text, fix)
        elif agent and agent not in view.facts.agents:
            text = f"The agent behind “{kind_of(node).title_of(node)}” is not there any more."
            fix = Batch((SetEnabled(node.id, False),), "Switch this part off")
            yield Problem(node.id, "agent", "error", text, fix)


def _window(view: View) -> Iterator[Problem]:
    model, tokens = view.facts.model, view.facts.tokens
    if model is None or model.context_window is None or tokens is None or tokens <= model.context_window:
        return
    window = model.context_window
    name = model.label or model.name
    text = f"The context has {tokens:,} tokens, and {name} reads at most {window:,}."
    timeline = next(view.of_kind("timeline"), None)
    if timeline is None:
        yield Problem(view.document.root.id, None, "error", text)
        return
    budget = max(LEAST_TOKENS, window // 2)
    given = timeline.props.get("max_tokens")
    fix = None
    if not isinstance(given, int) or given > budget:
        label = f"Send at most {budget:,} tokens of the conversation"
        fix = Batch((SetProperty(timeline.id, "max_tokens", budget),), label)
    yield Problem(timeline.id, "max_tokens" if fix else None, "error", text, fix)
