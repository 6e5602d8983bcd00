"""Provider tool: web search, web fetch and code execution, run by the model's provider.

Not here: which version of a tool a model takes (``engine.models.provider_tools``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, prop
from engine.blueprint.problem import Problem, set_value
from engine.permissions import Capability
from engine.tools.definition import Tool

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope

TOOLS = {"web_search": "Web search", "web_fetch": "Web fetch", "code_execution": "Code execution"}
_ICONS = {"web_search": "search", "web_fetch": "globe", "code_execution": "code"}
_SENTENCES = {
    "web_search": "Have the model's provider search the web",
    "web_fetch": "Have the model's provider fetch pages from the web",
    "code_execution": "Have the model's provider run code on its own machines",
}
_DOMAIN = re.compile(r"(\*\.)?([a-z0-9-]+\.)+[a-z0-9-]{2,}(/[^\s]*)?", re.IGNORECASE)
_WEB = ("web_search", "web_fetch")


class ProviderToolProperties(Properties):
    """Properties of a Provider tool."""

    tool: Literal["web_search", "web_fetch", "code_execution"] = prop(
        "web_search", label="Tool", editor="choice", choices=TOOLS
    )
    max_uses: int | None = prop(
        5,
        label="At most",
        editor="number",
        unit="uses per model call",
        help="Providers charge for each search.",
        minimum=1,
        maximum=100,
        visible_when={"tool": _WEB},
    )
    allowed_domains: list[str] = prop(
        [],
        label="Only these sites",
        editor="list",
        help="One a line, like example.org. Empty: the whole web.",
        visible_when={"tool": _WEB},
        max_length=100,
    )
    blocked_domains: list[str] = prop(
        [], label="Never these sites", editor="list", visible_when={"tool": _WEB}, max_length=100, advanced=True
    )
    max_content_tokens: int | None = prop(
        None,
        label="Longest page",
        editor="number",
        unit="tokens",
        help="What is beyond is cut off.",
        minimum=500,
        maximum=200_000,
        visible_when={"tool": ("web_fetch",)},
        advanced=True,
    )
    citations: bool = prop(
        True,
        label="Quote with references",
        editor="toggle",
        visible_when={"tool": ("web_fetch",)},
        advanced=True,
    )


@register
class ProviderToolKind(NodeKind[ProviderToolProperties]):
    """An ability that the provider brings along."""

    name = "provider_tool"
    title = "Provider tool"
    group = "abilities"
    icon = "globe"
    order = 3
    help = "Web search, web fetch or code execution, run by the model's provider. Only some models have them."
    example = "Web search, at most 5 uses, only in example.org."
    Properties = ProviderToolProperties

    def icon_of(self, node: Node) -> str:
        return _ICONS[self.props(node).tool]

    def title_of(self, node: Node) -> str:
        return f"{self.title} · {TOOLS[self.props(node).tool]}"

    def own_name(self, node: Node) -> str | None:
        return self.props(node).tool

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        if props.tool == "code_execution":
            return "Runs code on the provider's machines"
        pieces = [f"at most {props.max_uses} uses" if props.max_uses else "as often as it likes"]
        if _domains(props.allowed_domains):
            pieces.append(f"only {', '.join(_domains(props.allowed_domains)[:3])}")
        if _domains(props.blocked_domains):
            pieces.append(f"never {', '.join(_domains(props.blocked_domains)[:3])}")
        return " · ".join(pieces)

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if props.tool == "code_execution":
            return
        if _domains(props.allowed_domains) and _domains(props.blocked_domains):
            text = "A tool can have sites it may use or sites it may not, not both."
            fix = set_value(node.id, "blocked_domains", [], "Keep only the sites it may use")
            yield Problem(node.id, "blocked_domains", "error", text, fix)
        for field in ("allowed_domains", "blocked_domains"):
            wrong = [site for site in _domains(getattr(props, field)) if not _DOMAIN.fullmatch(site)]
            if wrong:
                given = getattr(props, field)
                better = [_bare(site) for site in given]
                usable = all(_DOMAIN.fullmatch(site) for site in better if site)
                bare = set_value(node.id, field, better, "Write the sites without https://") if usable else None
                yield Problem(node.id, field, "error", f"“{wrong[0][:100]}” is not a site like example.org.", bare)

    def capabilities(self, node: Node) -> Iterable[Capability]:
        body = self.body(node)
        yield Capability("provider_tool", body, _SENTENCES[self.props(node).tool], _detail(body))

    def body(self, node: Node) -> dict[str, Any]:
        """The tool as it stands in a request; the adapter writes the version that the model takes for its type."""
        props = self.props(node)
        body: dict[str, Any] = {"type": props.tool, "name": props.tool}
        if props.tool == "code_execution":
            return body
        if props.max_uses is not None:
            body["max_uses"] = props.max_uses
        for field in ("allowed_domains", "blocked_domains"):
            if _domains(getattr(props, field)):
                body[field] = _domains(getattr(props, field))
        if "allowed_domains" in body:
            body.pop("blocked_domains", None)
        if props.tool == "web_fetch":
            if props.citations:
                body["citations"] = {"enabled": True}
            if props.max_content_tokens is not None:
                body["max_content_tokens"] = props.max_content_tokens
        return body

    def render(self, node: Node, scope: Scope) -> object:
        from engine.blueprint.permitted import Permitted

        return Permitted(
            name=TOOLS[self.props(node).tool],
            board=scope.board,
            capabilities=tuple(self.capabilities(node)),
            then=Tool(self.props(node).tool, provider=self.body(node), key=scope.key(node)),
            key=f"{scope.key(node)}:permitted",
        )


def _domains(given: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(site.strip() for site in given if site.strip()))


def _bare(site: str) -> str:
    return re.sub(r"^[a-z]+://", "", site.strip(), flags=re.IGNORECASE).rstrip("/")


def _detail(body: dict[str, Any]) -> str:
    lines = [f"At most {body['max_uses']} uses per model call"] if "max_uses" in body else []
    lines += [f"Only: {', '.join(body['allowed_domains'])}"] if "allowed_domains" in body else []
    lines += [f"Never: {', '.join(body['blocked_domains'])}"] if "blocked_domains" in body else []
    return "\n".join(lines)
