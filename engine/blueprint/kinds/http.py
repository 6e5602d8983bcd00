"""HTTP request: fetch something from a server, or send something to it. Not here: the request (``effects.http``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._outcome import hand_on, handed_on, keep_prop, name_prop
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import HEADER_NAME, NodeKind, Pair, Properties, Secret, Variable, preview, prop
from engine.blueprint.problem import Problem, set_value
from engine.blueprint.values import as_text
from engine.effects.addresses import DEFAULT_PORTS, HostRule, bound_place, fixed_host, host_rule, place_of
from engine.errors import ToolError
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.steps import StepRun
    from engine.effects.http import Credential, Fetched

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
READING = ("GET", "HEAD")
METHODS = {
    "GET": "Fetch (GET)",
    "POST": "Send (POST)",
    "PUT": "Replace (PUT)",
    "PATCH": "Change (PATCH)",
    "DELETE": "Delete (DELETE)",
    "HEAD": "Look whether it is there (HEAD)",
}
MAX_SHOWN = 500
_CREDENTIAL_HEADERS = frozenset({"authorization", "cookie", "x-api-key", "api-key", "x-auth-token"})


def _pairs(label: str, **more: Any) -> Any:
    return prop([], label=label, editor="pairs", role="values", max_length=50, **more)


class HttpProperties(Properties):
    """Properties of an HTTP request."""

    method: Method = prop("GET", label="What to do", editor="choice", choices=METHODS)
    url: str = prop(
        "",
        label="Address",
        role="template",
        placeholder="https://api.example.org/weather",
        help="What varies belongs into the parameters below, where it is encoded.",
        max_length=4_000,
    )
    query: list[Pair] = _pairs("Parameters", settings={"name": "city", "value": "{{ city }}", "add": "Add a parameter"})
    headers: list[Pair] = _pairs(
        "Headers", advanced=True, settings={"name": "Accept", "value": "application/json", "add": "Add a header"}
    )
    body: Literal["none", "json", "text", "form"] = prop(
        "none",
        label="Sends",
        editor="choice",
        choices={"none": "Nothing", "json": "JSON", "text": "Text", "form": "A form"},
        visible_when={"method": ("POST", "PUT", "PATCH", "DELETE")},
    )
    json_body: Any = prop(
        {},
        label="JSON",
        editor="json",
        role="values",
        help='Variables may stand in its texts: {"note": "{{ note }}"}.',
        visible_when={"body": ("json",)},
    )
    text_body: str = prop(
        "", label="Text", editor="prompt", role="template", visible_when={"body": ("text",)}, max_length=100_000
    )
    form: list[Pair] = _pairs(
        "Form", visible_when={"body": ("form",)}, settings={"name": "note", "value": "{{ note }}", "add": "Add a field"}
    )
    hosts: list[str] = prop(
        [],
        label="Also allowed hosts",
        editor="list",
        help="The step reaches the host in its address and these, no others, wherever a redirect leads.",
        advanced=True,
        max_length=50,
    )
    private: bool = prop(
        False,
        label="On this machine or in my network",
        editor="toggle",
        help="Without this, addresses of this machine and its network are refused.",
        advanced=True,
    )
    secret: Secret = prop(
        {},
        label="Secret",
        editor="secret",
        help="A key or password. It stays in the keychain and goes to its own host only.",
        settings={"host_from": "url"},
    )
    secret_as: Literal["bearer", "header", "query"] = prop(
        "bearer",
        label="Send the secret as",
        editor="choice",
        choices={"bearer": "Bearer token", "header": "A header of its own", "query": "A parameter of the address"},
        advanced=True,
    )
    secret_name: str = prop(
        "",
        label="Name of that header or parameter",
        placeholder="X-Api-Key",
        visible_when={"secret_as": ("header", "query")},
        advanced=True,
        max_length=100,
    )
    accept_errors: bool = prop(
        False,
        label="Go on when the server reports an error",
        editor="toggle",
        help="The steps below can look at {{ response.status }}.",
        advanced=True,
    )
    timeout: int = prop(
        30, label="Wait at most", editor="number", unit="seconds", minimum=1, maximum=300, advanced=True
    )
    max_kilobytes: int = prop(
        1_000, label="Take at most", editor="number", unit="kilobytes", minimum=1, maximum=10_000, advanced=True
    )
    variable: str = keep_prop()
    name: str = name_prop(
        "response", "It has a status, a text and, where the answer is JSON, json: {{ response.text }}."
    )


@register
class HttpKind(NodeKind[HttpProperties]):
    """A request to a server."""

    name = "http"
    title = "HTTP request"
    group = "steps"
    icon = "globe"
    order = 20
    place = "steps"
    help = "Fetches something from a server on the web, or sends something to it."
    example = "Fetch https://api.example.org/weather with the parameter city = {{ city }}; Reply: {{ response.text }}"
    Properties = HttpProperties

    def rules(self, node: Node) -> list[HostRule]:
        """The hosts it may reach, each once; what cannot be one is left out."""
        return [rule for _, rule in self._written(node) if isinstance(rule, HostRule)]

    def _written(self, node: Node) -> Iterator[tuple[str, HostRule | str]]:
        """The property each host stands in, and what it means or why it means nothing."""
        props = self.props(node)
        fixed = fixed_host(props.url)
        seen: set[HostRule] = set()
        for place, text in [("url", fixed), *(("hosts", host) for host in props.hosts)]:
            if text is None or not text.strip():
                continue
            try:
                rule = host_rule(text, private=props.private)
            except ValueError as error:
                yield place, str(error)
                continue
            if rule not in seen:
                seen.add(rule)
                yield place, rule

    def secret_place(self, node: Node) -> str:
        """``host:port`` its secret goes to; "" where there is no secret or no such host."""
        props = self.props(node)
        if not props.secret.name.strip():
            return ""
        if props.secret.host.strip():
            return props.secret.host.strip().lower()
        return bound_place(props.url)

    def gives(self, node: Node) -> tuple[Variable, ...]:
        return handed_on(node, "response", "record")

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        verb = "look for" if props.method == "HEAD" else METHODS[props.method].split()[0].lower()
        return f"{verb} {preview(props.url)}" if props.url.strip() else "No address yet"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.url.strip():
            yield Problem(node.id, "url", "error", "This request has no address.")
            return
        for place, said in self._written(node):
            if isinstance(said, str):
                yield Problem(node.id, place, "error", f"{said[:1].upper()}{said[1:]}.")
        rules = self.rules(node)
        if fixed_host(props.url) is None and not any(host.strip() for host in props.hosts):
            text = "The address begins with a variable: name the hosts that this request may reach."
            yield Problem(node.id, "hosts", "error", text)
        if any(rule.scheme == "http" and not rule.private for rule in rules):
            fix = None
            if props.url.strip().lower().startswith("http://"):
                fix = set_value(node.id, "url", f"https://{props.url.strip()[7:]}", "Use https")
            text = "This address is not encrypted: others on the way can read and change what is sent."
            yield Problem(node.id, "url", "warning", text, fix)
        if props.method in READING and props.body != "none":
            fix = set_value(node.id, "method", "POST", "Send it (POST)")
            yield Problem(node.id, "method", "warning", "This request only fetches, so nothing is sent along.", fix)
        yield from self._header_problems(node)
        yield from self._secret_problems(node, rules)

    def _header_problems(self, node: Node) -> Iterator[Problem]:
        for header in self.props(node).headers:
            name = header.name.strip()
            if name and HEADER_NAME.fullmatch(name) is None:
                yield Problem(node.id, "headers", "error", f"“{name}” cannot be the name of a header.")
            elif name.lower() in _CREDENTIAL_HEADERS and header.value.strip() and "{{" not in header.value:
                text = f"The header “{name}” is kept in the agent as it is. Put a key into the field Secret instead."
                yield Problem(node.id, "headers", "warning", text)

    def _secret_problems(self, node: Node, rules: list[HostRule]) -> Iterator[Problem]:
        props = self.props(node)
        if not props.secret.name.strip():
            return
        place = self.secret_place(node)
        if not any(_goes_to(rule, place) for rule in rules):
            text = "The secret goes to no host that this request may reach, so it is never sent."
            yield Problem(node.id, "secret", "error", text)
        if props.secret_as != "bearer" and not props.secret_name.strip():
            yield Problem(node.id, "secret_name", "error", "Say which header or parameter the secret is sent as.")

    def capabilities(self, node: Node) -> Iterable[Capability]:
        return [self.capability(node, rule) for rule in self.rules(node)]

    def capability(self, node: Node, rule: HostRule) -> Capability:
        """What the node may do with one host."""
        props = self.props(node)
        reading = props.method in READING
        place = self.secret_place(node)
        secret = props.secret.name.strip() if place and _goes_to(rule, place) else ""
        subject = {
            "host": rule.host,
            "port": rule.port or 0,
            "scheme": rule.scheme or "any",
            "access": "read" if reading else "change",
            "network": "private" if rule.private else "internet",
            "secret": secret,
        }
        sentence = f"{'Fetch from' if reading else 'Send data to'} {rule.words}"
        sentence += ", on this machine or in your network" if rule.private else ""
        sentence += f", with the secret “{secret}”" if secret else ""
        return Capability("http", subject, sentence)

    async def run(self, node: Node, run: StepRun) -> None:
        from engine.effects.http import Fetch, fetch

        props, rules = self.props(node), self.rules(node)

        async def gate(scheme: str, host: str, port: int, _method: str) -> HostRule:
            for rule in rules:
                if rule.allows(scheme, host, port):
                    await run.require(self.capability(node, rule))
                    return rule
            raise ToolError(f"{place_of(host, port)} is not among the hosts that this request may reach.")

        content, content_type = self._content(node, run)
        found = await fetch(
            Fetch(
                method=props.method,
                url=run.text(node, "url"),
                query=_rendered(run.given(node, "query")),
                headers=_rendered(run.given(node, "headers")),
                content=content,
                content_type=content_type,
                credential=self._credential(node, run),
                seconds=float(props.timeout),
                max_bytes=props.max_kilobytes * 1_000,
            ),
            gate,
        )
        if found.status >= 400 and not props.accept_errors:
            said = " ".join(found.text.split())[:MAX_SHOWN]
            raise ToolError(f"The server answered {found.status_words}." + (f" It said: {said}" if said else ""))
        hand_on(node, run, "response", _record(found), found.text if found.json is None else found.json)

    def _content(self, node: Node, run: StepRun) -> tuple[bytes, str]:
        props = self.props(node)
        if props.method in READING or props.body == "none":
            return b"", ""
        if props.body == "json":
            text, kind = json.dumps(run.given(node, "json_body"), ensure_ascii=False), "application/json"
        elif props.body == "form":
            text = urlencode(_rendered(run.given(node, "form")), errors="replace")
            kind = "application/x-www-form-urlencoded"
        else:
            text, kind = run.text(node, "text_body"), "text/plain; charset=utf-8"
        return text.encode("utf-8", "replace"), kind

    def _credential(self, node: Node, run: StepRun) -> Credential | None:
        from engine.effects.http import Credential

        props, place = self.props(node), self.secret_place(node)
        if not place:
            return None
        name = props.secret.name.strip()

        async def value() -> str:
            found = await run.world.secrets.get(name, place) if run.world.secrets is not None else None
            if not found:
                raise ToolError(f"There is no secret “{name}” for {place} in the keychain of this machine.")
            return found

        if props.secret_as == "bearer":
            return Credential(place, value)
        return Credential(place, value, props.secret_as == "query", props.secret_name.strip(), "")


def _goes_to(rule: HostRule, place: str) -> bool:
    ports = {rule.port} if rule.port is not None else set(DEFAULT_PORTS.values())
    return place in {place_of(rule.host, port) for port in (ports | {443} if 80 in ports else ports)}


def _rendered(pairs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs with their values as text; those without a name are left out."""
    found = [(str(pair.get("name", "")).strip(), as_text(pair.get("value", ""))) for pair in pairs]
    return [(name, value) for name, value in found if name]


def _record(found: Fetched) -> dict[str, Any]:
    return {"status": found.status, "text": found.text, "json": found.json, "type": found.content_type}
