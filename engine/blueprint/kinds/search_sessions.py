"""Search sessions: full-text search over what was said earlier. Not here: the search itself (``engine.store``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, preview, prop
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem, set_value
from engine.errors import ToolError
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.steps import StepRun
    from engine.store.rows import SearchHit

MAX_PAGES = 6
"""Pages of hits that one search looks through at most."""
_ROLES = {"user": "the person", "assistant": "the agent", "title": "title"}


class SearchProperties(Properties):
    """Properties of Search sessions."""

    query: str = prop(
        "",
        label="Search for",
        role="template",
        placeholder="{{ words }}",
        help="All words must occur in one message. Words in double quotes must follow each other.",
        max_length=2_000,
    )
    scope: Literal["agent", "all"] = prop(
        "agent",
        label="Where",
        editor="choice",
        choices={"agent": "Sessions of this agent", "all": "All sessions on this machine"},
    )
    limit: int = prop(5, label="At most", editor="number", unit="sessions", minimum=1, maximum=50)
    name: str = prop(
        "found",
        label="Name for the steps below",
        help="A list; each item has a title, a text, a date and who said it. With _text behind it: all as text.",
        advanced=True,
        max_length=58,
    )


@register
class SearchSessionsKind(NodeKind[SearchProperties]):
    """A look into earlier sessions."""

    name = "search_sessions"
    title = "Search sessions"
    group = "steps"
    icon = "history"
    order = 60
    place = "steps"
    help = "Looks for words in earlier sessions, the newest first. What was found is there for the steps below."
    example = "Search for {{ words }}; then Reply: {{ found_text }}"
    Properties = SearchProperties

    def gives(self, node: Node) -> tuple[Variable, ...]:
        name = slug(self.props(node).name, "found")
        text = f"{name}_text"
        return Variable(name, name, "list", node.id, "step"), Variable(text, text, "text", node.id, "step")

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        where = "in all sessions" if props.scope == "all" else "in sessions of this agent"
        return f"{preview(props.query)} · {where}" if props.query.strip() else "Nothing to search for yet"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not self.props(node).query.strip():
            text = "This step does not say what to search for."
            inputs = [item for around in view.document.ancestors(node.id) for item in _inputs(around)]
            fix = set_value(node.id, "query", f"{{{{ {inputs[0]} }}}}", f"Search for “{inputs[0]}”") if inputs else None
            yield Problem(node.id, "query", "error", text, fix)

    def capabilities(self, node: Node) -> Iterable[Capability]:
        scope = self.props(node).scope
        sentence = "Look through all your sessions" if scope == "all" else "Look through its earlier sessions"
        return (Capability("search_sessions", {"scope": scope}, sentence),)

    async def run(self, node: Node, run: StepRun) -> None:
        for capability in self.capabilities(node):
            await run.require(capability)
        query = run.text(node, "query").strip()
        found = await _search(run, query, self.props(node).scope, self.props(node).limit)
        listed, text = self.gives(node)
        run.give(listed.name, found)
        run.give(text.name, _as_text(found) or f"Nothing was found for “{query[:200]}”.")


async def _search(run: StepRun, query: str, scope: str, limit: int) -> list[dict[str, Any]]:
    """The newest hit of each session, without what the running turn itself has said."""
    world = run.world
    if world.store is None:
        raise ToolError("There are no stored sessions to look through.")
    session = run.context.session if run.context is not None else None
    turn = session.current.id if session is not None and session.current is not None else None
    running = {entry.id for entry in session.timeline if entry.execution_id == turn} if session is not None else set()
    found: dict[str, dict[str, Any]] = {}
    cursor = None
    for _ in range(MAX_PAGES):
        page = await world.store.browser.search(
            query, agent_id=world.agent_id if scope == "agent" else None, per_session=False, before=cursor
        )
        for hit in page.hits:
            own_title = hit.entry_id is None and session is not None and hit.session.id == session.id
            if hit.role in _ROLES and hit.entry_id not in running and not own_title:
                found.setdefault(hit.session.id, _record(hit))
        cursor = page.next
        if len(found) >= limit or cursor is None:
            break
    return list(found.values())[:limit]


def _record(hit: SearchHit) -> dict[str, Any]:
    return {
        "title": hit.session.title,
        "text": "".join(piece for piece, _ in hit.snippet).strip(),
        "date": datetime.fromtimestamp(hit.created).strftime("%Y-%m-%d %H:%M"),
        "who": _ROLES[hit.role],
        "session": hit.session.id,
    }


def _as_text(found: list[dict[str, Any]]) -> str:
    return "\n".join(f"- {hit['date']}, “{hit['title']}”, {hit['who']}: {hit['text']}" for hit in found)


def _inputs(node: Node) -> list[str]:
    if node.kind != "tool":
        return []
    from engine.blueprint.kinds import kind_of

    return [variable.name for variable in kind_of(node).inside(node)]  # type: ignore[attr-defined]
