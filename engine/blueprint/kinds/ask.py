"""Ask the person: a question or a choice in the chat, answered before the tool goes on. Not here: its card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._outcome import hand_on, handed_on
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, preview, prop
from engine.blueprint.problem import Problem, set_value
from engine.errors import ToolError

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.steps import StepRun

MAX_QUESTION = 5_000


class AskProperties(Properties):
    """Properties of Ask the person."""

    question: str = prop(
        "",
        label="Question",
        editor="prompt",
        role="template",
        placeholder="May I send this to {{ name }}?",
        max_length=MAX_QUESTION,
    )
    answers: Literal["text", "choice"] = prop(
        "text",
        label="How it is answered",
        editor="choice",
        choices={"text": "In the person's own words", "choice": "By choosing one of these"},
    )
    choices: list[str] = prop(
        [], label="Answers to choose from", editor="list", visible_when={"answers": ("choice",)}, max_length=20
    )
    variable: str = prop(
        "",
        label="Keep the answer in",
        editor="variable",
        role="variable",
        help="With none chosen, only the steps below can use the answer.",
        max_length=200,
    )
    name: str = prop(
        "answer",
        label="Name for the steps below",
        help="Write this word in {{ }} for the answer.",
        advanced=True,
        max_length=64,
    )


@register
class AskKind(NodeKind[AskProperties]):
    """A question to the person."""

    name = "ask"
    title = "Ask the person"
    group = "steps"
    icon = "circle-help"
    order = 50
    place = "steps"
    help = "Asks the person in the chat and waits for the answer. The steps below may use it."
    example = "“Which day suits you?” with the answers Monday and Tuesday; then Reply: They chose {{ answer }}."
    Properties = AskProperties

    def options(self, node: Node) -> list[str]:
        """The answers to choose from, each once; none where the person answers in words."""
        props = self.props(node)
        if props.answers == "text":
            return []
        return list(dict.fromkeys(choice.strip() for choice in props.choices if choice.strip()))

    def gives(self, node: Node) -> tuple[Variable, ...]:
        return handed_on(node, "answer", "text")

    def summary(self, node: Node, document: AgentDocument) -> str:
        options = self.options(node)
        said = preview(self.props(node).question) or "No question yet"
        return f"{said} · {', '.join(options)}" if options else said

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.question.strip():
            yield Problem(node.id, "question", "error", "This step has no question to ask.")
        if props.answers == "choice" and not self.options(node):
            fix = set_value(node.id, "choices", ["Yes", "No"], "Offer Yes and No")
            yield Problem(node.id, "choices", "error", "There is no answer to choose from.", fix)
        elif props.answers == "choice" and len(self.options(node)) == 1:
            text = "There is only one answer to choose from."
            fix = set_value(node.id, "answers", "text", "Let the person answer in words")
            yield Problem(node.id, "choices", "warning", text, fix)

    async def run(self, node: Node, run: StepRun) -> None:
        question = run.text(node, "question").strip()
        if not question:
            raise ToolError("There is nothing to ask: the question is empty.")
        answer = await run.ask(question[:MAX_QUESTION], self.options(node))
        hand_on(node, run, "answer", answer, answer)
