"""From a session to the badges on the cards: values, tokens, calls, whether a node is in the context now.

Plain functions over the document, the request and the state by element path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.text import tr
from app.workspace.open_agent import OpenAgent
from app.workspace.open_session import OpenSession
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.render import node_of_path, state_values
from engine.model import ModelRequest
from widgets.tree import LiveBadge

TEXT_LIMIT = 24
CALL_LIMIT = 60
LOOKED_AT = 400
"""So many of the newest entries are looked through for the last calls of tools."""


def node_states(document: AgentDocument, session: Any) -> dict[str, Any]:
    """The value of every state variable, knob and gate of a session, by node id."""
    return state_values(document, session.inspect()["saved"])


def titles_and_groups(document: AgentDocument) -> tuple[dict[str, str], dict[str, str]]:
    """Headline and group of every node, by id."""
    titles: dict[str, str] = {}
    groups: dict[str, str] = {}
    for node in document.walk():
        kind = kind_of(node)
        titles[node.id] = kind.title_of(node)
        groups[node.id] = kind.group
    return titles, groups


def tokens_by_node(request: ModelRequest) -> dict[str, int]:
    """How many tokens each node puts into the request."""
    found: dict[str, int] = defaultdict(int)
    for span in request.spans:
        node_id = node_of_path(span.path)
        if node_id is not None and (span.tokens or span.entry_id is None):
            found[node_id] += span.tokens
    return dict(found)


def badges(
    agent: OpenAgent,
    document: AgentDocument,
    session: OpenSession | None,
    request: ModelRequest | None,
    tokens: Mapping[str, int],
    states: Mapping[str, Any],
    reasons: Mapping[str, str | None],
) -> dict[str, LiveBadge]:
    """The live side of every node of a document of the agent. ``reasons``: why each is not sent, None where it is."""
    calls, busy, failed = _calls(agent, session)
    last = last_calls(session.session.timeline if session is not None else ())
    found: dict[str, LiveBadge] = {}
    for node in document.walk():
        if node.id == document.root.id:
            continue
        reason = _reason(document, reasons, node) if request is not None else None
        found[node.id] = LiveBadge(
            mounted=None if request is None else reason is None,
            reason=reason or "",
            value=_value_words(node, states, session),
            tokens=tokens.get(node.id),
            calls=calls.get(node.id, 0),
            condition=_condition(node, reason, reasons),
            running=node.id in busy,
            failed=failed.get(node.id, ""),
            last=last.get(kind_of(node).own_name(node) or "", "") if node.kind == "tool" else "",
        )
    return found


def absences(document: AgentDocument, reasons: Mapping[str, str | None]) -> dict[str, str]:
    """The nodes that could be sent and are not, with the reason."""
    found = {node.id: _reason(document, reasons, node) for node in document.walk()}
    return {node_id: reason for node_id, reason in found.items() if reason is not None}


def _reason(document: AgentDocument, reasons: Mapping[str, str | None], node: Node) -> str | None:
    """Why a card is dimmed. A variable or a step works without being sent: it is as present as what it serves."""
    kind = kind_of(node)
    if kind.place == "steps" or kind.group == "steps":
        tool = next((above for above in document.ancestors(node.id) if above.kind == "tool"), None)
        if node.enabled and tool is not None:
            return reasons[tool.id]
    reason = reasons[node.id]
    return None if reason is not None and reason == kind.why_not_sent(node) else reason


def last_calls(timeline: Sequence[Any]) -> dict[str, str]:
    """The last call of every tool in words, by the tool's technical name: ``buy figs → Noted.``"""
    found: dict[str, str] = {}
    results: dict[str, str] = {}
    for entry in reversed(timeline[-LOOKED_AT:]):
        for block in reversed(entry.content):
            if block.get("type") == "tool_result":
                results[str(block.get("tool_use_id", ""))] = _one_line(block.get("content"))
            elif block.get("type") == "tool_use":
                name = str(block.get("name", ""))
                if name not in found:
                    found[name] = _call_words(block.get("input"), results.get(str(block.get("id", "")), ""))
    return found


def _call_words(given: Any, result: str) -> str:
    inputs = given if isinstance(given, Mapping) else {}
    said = [_one_line(value) if len(inputs) == 1 else f"{name}: {_one_line(value)}" for name, value in inputs.items()]
    return " → ".join(part for part in (", ".join(said), result) if part)


def _one_line(value: Any) -> str:
    """A value or a list of content blocks as a few words."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = " ".join(str(item.get("text", "")) if isinstance(item, Mapping) else str(item) for item in value)
    text = " ".join(str(value if value is not None else "").split())
    return text if len(text) <= CALL_LIMIT else text[: CALL_LIMIT - 1] + "…"


def _calls(agent: OpenAgent, session: OpenSession | None) -> tuple[dict[str, int], set[str], dict[str, str]]:
    if session is None:
        return {}, set(), {}
    nodes = {name: agent.node_of_tool(name) for name in {*session.calls, *session.busy_tools}}
    calls = {node: session.calls[name] for name, node in nodes.items() if node is not None and session.calls[name]}
    busy = {node for name in session.busy_tools if (node := nodes.get(name)) is not None}
    failed = {node: text for name, text in session.failed_calls.items() if (node := nodes.get(name)) is not None}
    return calls, busy, failed


def _value_words(node: Node, states: Mapping[str, Any], session: OpenSession | None) -> str:
    if node.kind == "timeline":
        count = len(session.session.timeline) if session is not None else 0
        return plural(count, tr("1 message"), tr("{count} messages")) if count else ""
    if node.kind == "gate":
        return gate_words().get(str(states.get(node.id, "")), "")
    return value_words(states[node.id]) if node.id in states else ""


def _condition(node: Node, reason: str | None, reasons: Mapping[str, str | None]) -> bool | None:
    if node.kind != "when" or not node.enabled:
        return None
    otherwise = next((child for child in node.children if child.kind == "otherwise" and child.enabled), None)
    if reason is None and otherwise is not None:  # one of the two branches is always there: which one?
        return reasons[otherwise.id] is not None
    return reason is None


def gate_words() -> dict[str, str]:
    """The states of a gate as a badge."""
    return {"inactive": tr("open"), "active": tr("closed"), "deferred": tr("put off")}


def value_words(value: Any) -> str:
    """A state value as a badge: ``2 items``, ``empty``, ``yes``, the start of a text."""
    if value is None or value == "" or value == [] or value == {}:
        return tr("empty")
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, Mapping):
        return plural(len(value), tr("1 field"), tr("{count} fields"))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return plural(len(value), tr("1 item"), tr("{count} items"))
    text = " ".join(str(value).split())
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


def plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many.format(count=f"{count:,}")
