"""Sub-agent: another agent of the person as a tool. Not here: child sessions (``engine.session.spawn``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._called import CalledKind
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import Properties, Variable, prop, technical_name_prop
from engine.blueprint.kinds.tool import ToolInput
from engine.blueprint.problem import Problem, set_value
from engine.blueprint.wording import plain_preview
from engine.errors import ToolError
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope
    from engine.blueprint.steps import StepRun

TASK = "task"
"""What the model writes for the other agent, as texts name it."""


class SubAgentProperties(Properties):
    """Properties of a Sub-agent."""

    title: str = prop("", label="Name", placeholder="Researcher", max_length=200)
    agent: str = prop("", label="Agent", editor="agent", help="One of your other agents.", max_length=200)
    description: str = prop(
        "",
        label="When to use it",
        editor="text",
        help="The model reads this to decide when to hand over a task.",
        placeholder="Finds things out and reports what it found",
        max_length=5_000,
    )
    message: str = prop(
        "{{ task }}",
        label="What it is told",
        editor="prompt",
        role="template",
        help="Write {{ task }} for the words of the model. Variables may stand in the text.",
        max_length=100_000,
    )
    task_help: str = prop(
        "",
        label="What the model should write as the task",
        placeholder="The question to look into, with all that is needed to answer it",
        max_length=1_000,
        advanced=True,
    )
    max_ticks: int | None = prop(
        None,
        label="Model calls at most",
        editor="number",
        help="Empty: as many as that agent may make in a turn.",
        unit="calls",
        minimum=1,
        maximum=200,
        advanced=True,
    )
    ask_first: bool = prop(
        False, label="Ask me first", editor="toggle", help="You must agree each time before it starts."
    )
    name: str = technical_name_prop("How the model calls it.")


@register
class SubAgentKind(CalledKind):
    """Another agent as a tool."""

    name = "sub_agent"
    title = "Sub-agent"
    icon = "users"
    order = 4
    help = (
        "Another of your agents as a tool: it gets a task, works on it in a conversation of its own, and reports back."
    )
    example = "Researcher: told {{ task }}, it looks things up and reports; its own permissions hold for it."
    first_title = "Helper"
    Properties = SubAgentProperties

    def inputs(self, node: Node) -> list[ToolInput]:
        """What the model must write."""
        said = self.props(node).task_help.strip() or "The task, with everything that is needed to do it"
        return [ToolInput(title=TASK, description=said)]

    def local(self, node: Node) -> tuple[Variable, ...]:
        return (Variable(TASK, TASK, "text", node.id, "input"),)

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        if not props.agent.strip():
            return "No agent chosen yet"
        pieces = [plain_preview(props.description, 60), "asks you first" if props.ask_first else ""]
        return " · ".join(piece for piece in pieces if piece) or "Another agent as a tool"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.agent.strip():
            yield Problem(node.id, "agent", "error", "Choose which of your agents this is.")
        yield from self.undescribed(node)
        if not props.message.strip():
            fix = set_value(node.id, "message", "{{ task }}", "Tell it the task")
            yield Problem(node.id, "message", "error", "The sub-agent is told nothing.", fix)

    def why_not_sent(self, node: Node) -> str | None:
        return None if self.props(node).agent.strip() else "No agent is chosen."

    def capabilities(self, node: Node) -> Iterable[Capability]:
        props = self.props(node)
        if props.agent.strip():
            sentence = f"Hand tasks to another of your agents, here called “{props.title.strip() or 'Sub-agent'}”"
            yield Capability("sub_agent", {"agent": props.agent.strip()}, sentence)

    def render(self, node: Node, scope: Scope) -> object:
        return super().render(node, scope) if self.props(node).agent.strip() else None

    async def called(self, node: Node, run: StepRun) -> str:
        """Have the other agent do it, and return what it said at the end.

        Raises:
            ToolError: There is no such agent, it would use itself, or it failed.
        """
        from engine.blueprint.render import agent_component
        from engine.blueprint.wish import wishes

        props = self.props(node)
        for capability in self.capabilities(node):
            await run.require(capability)
        title = props.title.strip() or "The sub-agent"
        context, agents = run.context, run.world.agents
        loaded = await agents.load(props.agent.strip()) if agents is not None else None
        if loaded is None or context is None:
            raise ToolError(f"“{title}” cannot be used: the agent is not there any more.")
        document, world = loaded
        try:
            if world.agent_id in _at_work(run):
                raise ToolError(f"“{title}” is at work already: an agent cannot hand a task to itself.")
            procedure = context.spawn(
                agent_component(document, world=world),
                run.text(node, "message"),
                model=world.model,
                max_ticks=props.max_ticks or wishes(document).max_ticks,
                label=title,
                agent_id=world.agent_id,
            )
            result = await procedure.result
        finally:
            await world.aclose()
        if result.stop_reason == "max_ticks":
            return f"{result.response}\n[{title} was stopped: it made as many model calls as it may.]".strip()
        return result.response or f"{title} is done and said nothing."


def _at_work(run: StepRun) -> set[str]:
    """The agents whose turn this call belongs to."""
    found = {run.world.agent_id}
    session = run.context.session if run.context is not None else None
    while session is not None:
        if session.agent_id:
            found.add(session.agent_id)
        session = session.parent
    return found
