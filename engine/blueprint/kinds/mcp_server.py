"""MCP server: all or chosen tools of a server. Not here: the connection (``engine.mcp_client``), its tools in the tree
(``engine.blueprint.mcp_tools``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import HEADER_NAME, NodeKind, Pair, Properties, Secret, prop
from engine.blueprint.problem import Problem, set_value
from engine.effects.addresses import bound_place
from engine.mcp_client.config import SecretRef, ServerConfig
from engine.mcp_client.listing import LISTINGS, Listing, legal_names
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope

_HERE, _THERE = ("program",), ("address",)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class McpServerProperties(Properties):
    """Properties of an MCP server."""

    title: str = prop("", label="Name", placeholder="Files", max_length=200)
    where: Literal["program", "address"] = prop(
        "program",
        label="Where it runs",
        editor="choice",
        choices={"program": "A program on this computer", "address": "At an address"},
    )
    program: str = prop(
        "", label="Program", placeholder="npx", visible_when={"where": _HERE}, max_length=2_000, editor="line"
    )
    arguments: list[str] = prop(
        [], label="Arguments", editor="list", help="One a line.", visible_when={"where": _HERE}, max_length=200
    )
    environment: list[Pair] = prop(
        [],
        label="Environment",
        editor="pairs",
        help="All that it finds there beside PATH and HOME. Keys belong into the secret below.",
        visible_when={"where": _HERE},
        settings={"name": "NAME", "value": "value", "add": "Add a variable"},
        advanced=True,
        max_length=100,
    )
    url: str = prop(
        "", label="Address", placeholder="https://tools.example.org/mcp", visible_when={"where": _THERE},
        max_length=2_000,
    )  # fmt: skip
    headers: list[Pair] = prop(
        [],
        label="Headers",
        editor="pairs",
        help="Sent with each request. Keys belong into the secret below.",
        visible_when={"where": _THERE},
        settings={"name": "Name", "value": "value", "add": "Add a header"},
        advanced=True,
        max_length=50,
    )
    secret: Secret = prop(
        {},
        label="Secret",
        editor="secret",
        help="Kept in the keychain of this computer, and given to this server only.",
        settings={"host_from": "url", "program_from": "program", "where_from": "where"},
    )
    secret_in: str = prop(
        "",
        label="Where the secret goes",
        placeholder="API_TOKEN, or Authorization",
        help="The variable of a program, or the header of a request. Empty: API_KEY, or Authorization.",
        advanced=True,
        max_length=200,
    )
    tools: list[str] | None = prop(
        None,
        label="Tools",
        editor="tools",
        help="All of them, or those that the agent needs. A test starts the server, asks it, and ends it again.",
        max_length=300,
        settings={"button": "Test"},
    )
    prefix: str = prop(
        "",
        label="In front of their names",
        placeholder="files",
        help="Where two servers have tools of one name.",
        advanced=True,
        max_length=30,
    )
    ask_first: bool = prop(
        True, label="Ask me first", editor="toggle", help="You must agree to each call of its tools."
    )
    timeout: int = prop(
        60,
        label="Patience",
        editor="number",
        unit="seconds",
        help="How long a call may take without a word of progress.",
        minimum=1,
        maximum=3_600,
        advanced=True,
    )


@register
class McpServerKind(NodeKind[McpServerProperties]):
    """Tools of a server that speaks the Model Context Protocol."""

    name = "mcp_server"
    title = "MCP server"
    group = "abilities"
    icon = "server"
    order = 2
    help = "Tools of a server that speaks the Model Context Protocol: a program on this computer, or one at an address."
    example = "Program npx with the arguments -y and @modelcontextprotocol/server-filesystem, and a folder."
    first_title = "Tools"
    Properties = McpServerProperties

    def config(self, node: Node) -> ServerConfig:
        """The server that the node describes."""
        props = self.props(node)
        here = props.where == "program"
        name = props.secret.name.strip()
        secret = SecretRef(name, props.secret.host) if name else None
        return ServerConfig(
            title=props.title.strip(),
            program=props.program.strip() if here else "",
            arguments=tuple(argument for argument in props.arguments if argument) if here else (),
            environment=_pairs(props.environment) if here else (),
            url="" if here else props.url.strip(),
            headers=() if here else _pairs(props.headers),
            secret=secret,
            secret_in=(props.secret_in.strip() or ("API_KEY" if here else "Authorization")) if secret else "",
            timeout=float(props.timeout),
        )

    def listing(self, node: Node) -> Listing | None:
        """What the server offers, as far as it is known without starting it."""
        return LISTINGS.get(self.config(node).key)

    def is_chosen(self, node: Node, tool: str) -> bool:
        """Whether the agent takes this tool of the server."""
        chosen = self.props(node).tools
        return chosen is None or tool in chosen

    def names(self, node: Node, listing: Listing) -> dict[str, str]:
        """From the name of each tool that the agent takes, at the server, to the one that the model calls."""
        chosen = [tool.name for tool in listing.tools if self.is_chosen(node, tool.name)]
        return legal_names(chosen, self.props(node).prefix)

    def tools(self, node: Node) -> Sequence[str] | None:
        listing = self.listing(node)
        return tuple(self.names(node, listing).values()) if listing is not None else None

    def title_of(self, node: Node) -> str:
        title = self.props(node).title.strip()
        return f"{self.title} · {title}" if title else self.title

    def summary(self, node: Node, document: AgentDocument) -> str:
        props, config = self.props(node), self.config(node)
        where = " ".join([config.program, *config.arguments]) if config.program else config.url
        if not where:
            return "No program or address yet"
        where = where if len(where) <= 60 else f"{where[:59]}…"
        if props.tools is not None:
            count = f"{len(props.tools)} tool{'' if len(props.tools) == 1 else 's'}"
        else:
            listing = self.listing(node)
            count = "all tools" if listing is None else f"all {len(listing.tools)} tools"
        return f"{where} · {count}" + (" · asks you first" if props.ask_first else "")

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props, config = self.props(node), self.config(node)
        field = "program" if props.where == "program" else "url"
        if field == "program" and not config.program:
            moved = props.url.strip()
            fix = set_value(node.id, "where", "address", "Use the address instead") if moved else None
            yield Problem(node.id, field, "error", "It is not said which program to start.", fix)
        elif field == "url" and not config.url:
            yield Problem(node.id, field, "error", "It is not said which address to use.")
        elif config.wrong():
            secure = re.sub(r"^http://", "https://", config.url)
            helps = secure != config.url and config.secret is not None
            fix = set_value(node.id, "url", secure, "Use https://") if helps else None
            yield Problem(node.id, field, "error", config.wrong(), fix)
        yield from self._names(node, config)
        place = f"program:{config.program}" if config.program else bound_place(config.url)
        if config.secret is not None and place and config.secret.host != place:
            held = config.secret.host or "nothing"
            text = f"The secret “{config.secret.name}” is bound to {held}, not to this server."
            bound = {"name": config.secret.name, "host": place}
            yield Problem(node.id, "secret", "error", text, set_value(node.id, "secret", bound, f"Bind it to {place}"))
        if props.tools is not None and not props.tools:
            text = "No tool of the server is chosen."
            yield Problem(node.id, "tools", "warning", text, set_value(node.id, "tools", None, "Use all of its tools"))
        listing = self.listing(node)
        gone = [name for name in props.tools or () if listing and name not in {tool.name for tool in listing.tools}]
        if gone:
            left = [name for name in props.tools or () if name not in gone]
            fix = set_value(node.id, "tools", left, "Leave out what is not there")
            yield Problem(node.id, "tools", "warning", f"The server does not offer “{gone[0]}” any more.", fix)

    def _names(self, node: Node, config: ServerConfig) -> Iterable[Problem]:
        """Names in the environment or among the headers that cannot be."""
        field, pattern = ("environment", _VARIABLE) if config.program else ("headers", HEADER_NAME)
        for name, _ in (*config.environment, *config.headers):
            if not pattern.fullmatch(name):
                what = "a variable" if field == "environment" else "a header"
                yield Problem(node.id, field, "error", f"“{name[:100]}” cannot be the name of {what}.")

    def why_not_sent(self, node: Node) -> str | None:
        config = self.config(node)
        if config.wrong():
            return config.wrong()
        listing = self.listing(node)
        if listing is None:
            return "It has not been asked for its tools yet. Test it, or talk to the agent."
        if not any(self.is_chosen(node, tool.name) for tool in listing.tools):
            return "None of its tools is chosen." if listing.tools else "It offers no tools."
        return None

    def capabilities(self, node: Node) -> Iterable[Capability]:
        config = self.config(node)
        if config.program or config.url:
            yield config.capability()

    def render(self, node: Node, scope: Scope) -> object:
        from engine.blueprint.mcp_tools import ServerTools

        if self.config(node).wrong():
            return None
        return ServerTools(node=node, board=scope.board, key=scope.key(node))


def _pairs(given: Iterable[Pair]) -> tuple[tuple[str, str], ...]:
    return tuple((pair.name.strip(), pair.value) for pair in given if pair.name.strip())
