"""The Timeline: where the conversation stands, how much of it is sent, and how older messages are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, prop
from engine.blueprint.problem import Problem, set_value
from engine.blueprint.values import count
from engine.elements import Timeline

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.older import Older
    from engine.blueprint.scope import Scope

STRATEGIES = {
    "truncate": "Is left out",
    "sliding-window": "Is left out, but what the person said stays",
    "summarize": "Stands there as a summary",
}
SHOWN = {"all": "Everything", "words": "What was said, without tools", "person": "Only what the person said"}
OLD = {"full": "As they were", "shortened": "Shortened"}


class TimelineProperties(Properties):
    """Properties of the Timeline."""

    limit: int | None = prop(
        None,
        label="Newest messages only",
        editor="number",
        help="Empty: the whole conversation is sent. Nothing is ever deleted, only left out.",
        unit="messages",
        placeholder="all",
        minimum=1,
        maximum=100_000,
    )
    max_tokens: int | None = prop(
        None,
        label="At most",
        editor="number",
        help="How long the conversation may be that goes along with a model call.",
        unit="tokens",
        placeholder="no limit",
        minimum=50,
        maximum=10_000_000,
    )
    strategy: Literal["truncate", "sliding-window", "summarize"] = prop(
        "truncate",
        label="What is older or does not fit",
        editor="choice",
        choices=STRATEGIES,
        help="A summary is written by the model itself, once in a while.",
    )
    guidance: str = prop(
        "",
        label="What the summary should keep",
        editor="text",
        placeholder="Names, dates and everything that was promised.",
        visible_when={"strategy": ("summarize",)},
        max_length=2_000,
    )
    headroom: int = prop(
        0,
        label="Keep free of that",
        editor="number",
        help="So much of the limit stays empty, for instance for long replies.",
        unit="tokens",
        minimum=0,
        maximum=10_000_000,
        advanced=True,
    )
    shown: Literal["all", "words", "person"] = prop(
        "all",
        label="What of earlier turns is shown",
        editor="choice",
        choices=SHOWN,
        help="The turn that is running is always shown in full.",
        advanced=True,
    )
    old: Literal["full", "shortened"] = prop(
        "full", label="Older messages are shown", editor="choice", choices=OLD, advanced=True
    )
    old_after: int = prop(
        20,
        label="Older than the newest",
        editor="number",
        unit="messages",
        visible_when={"old": ("shortened",)},
        minimum=0,
        maximum=100_000,
        advanced=True,
    )
    old_length: int = prop(
        300,
        label="Cut to",
        editor="number",
        unit="characters",
        visible_when={"old": ("shortened",)},
        minimum=20,
        maximum=100_000,
        advanced=True,
    )


@register
class TimelineKind(NodeKind[TimelineProperties]):
    """The conversation."""

    name = "timeline"
    title = "Timeline"
    group = "memory"
    icon = "history"
    order = 1
    help = "The conversation so far. Without it the agent remembers nothing from one turn to the next."
    example = "Put it last; what stands below it is read after the newest message."
    Properties = TimelineProperties
    once = True

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        said = "The whole conversation" if props.limit is None else f"The newest {count(props.limit, 'message')}"
        limited = props.limit is not None or props.max_tokens is not None
        pieces = [
            said,
            f"at most {props.max_tokens:,} tokens" if props.max_tokens is not None else "",
            "a summary of the rest" if limited and props.strategy == "summarize" else "",
            "without tools" if props.shown == "words" else "",
            "only what the person said" if props.shown == "person" else "",
            "older messages shortened" if props.old == "shortened" else "",
        ]
        return ", ".join(piece for piece in pieces if piece)

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if props.max_tokens is not None and props.headroom >= props.max_tokens:
            text = "More is kept free than there is: only the running turn would be sent."
            fix = set_value(node.id, "headroom", props.max_tokens // 4, "Keep a quarter free")
            yield Problem(node.id, "headroom", "error", text, fix)
        if props.strategy != "truncate" and props.limit is None and props.max_tokens is None:
            text = "The conversation has no limit, so nothing is ever left out or summed up."
            fix = set_value(node.id, "max_tokens", 20_000, "At most 20,000 tokens")
            yield Problem(node.id, "strategy", "info", text, fix)

    def render(self, node: Node, scope: Scope) -> object:
        props = self.props(node)
        return Timeline(
            limit=props.limit,
            roles=("user",) if props.shown == "person" else None,
            max_tokens=props.max_tokens,
            headroom=min(props.headroom, props.max_tokens or 0),
            strategy=props.strategy,
            preserve=("user",) if props.strategy == "sliding-window" else (),
            guidance=props.guidance.strip() or None,
            render=self._older(props),
            key=scope.key(node),
        )

    @staticmethod
    def _older(props: TimelineProperties) -> Older | None:
        from engine.blueprint.older import Older

        shortened = props.old == "shortened"
        if props.shown != "words" and not shortened:
            return None
        return Older(props.shown == "words", props.old_after if shortened else None, props.old_length)
