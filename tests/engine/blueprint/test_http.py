"""The HTTP request as a step: what it sends, what it keeps, what it asks for, and what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from engine import Aborted
from engine.blueprint import dry_compile, kind_of, make_node, problems
from engine.blueprint.document import Node
from engine.blueprint.reach import capabilities
from engine.effects import wire
from engine.effects.addresses import bound_place
from engine.permissions import MemoryPermissions
from engine.world import World
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import results
from tests.engine.blueprint.worlds import Keys, acting, errors, scene
from tests.engine.effects.net import PUBLIC, network
from tests.servers.web_server import Asked, WebServer, answer, moved


def request(url: str = "https://api.example.org/x", **props: Any) -> Node:
    return make_node("http", id="http", url=url, **props)


def said(node: Node, document: Any = None) -> list[tuple[str | None, str]]:
    return [(p.field, p.text) for p in problems(document or acting(node)) if p.node_id == node.id]


async def test_an_answer_is_there_for_the_steps_below_and_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {"/weather": lambda asked: answer(json.dumps({"temp": 7, "asked": asked.target}), kind="application/json")}
    async with WebServer(paths) as server:
        document = acting(
            request(f"{server.url}/weather", query=[{"name": "city", "value": "{{ city }}"}], variable="last"),
            make_node("reply", text="{{ response.json.temp }} degrees, {{ response.status }}, {{ last.asked }}"),
            before=(make_node("state", id="last", title="last", type="record"),),
            city="x",
        )
        assert not errors(document)
        assert [tool["name"] for tool in dry_compile(document).tools] == ["act"]
        assert not server.asked  # a dry compile asks nobody
        async with scene(document, city="Ås & co") as play:
            assert await play.turn() == ("7 degrees, 200, /weather?city=%C3%85s+%26+co", False)
            assert play.asked == [f"Fetch from 127.0.0.1:{server.port}, on this machine or in your network"]


@pytest.mark.parametrize(
    ("props", "body", "kind"),
    [
        ({"body": "json", "json_body": {"note": "{{ note }}", "n": [1, "{{ note|length }}"]}},
         b'{"note": "a\\"b", "n": [1, 3]}', "application/json"),
        ({"body": "text", "text_body": "Note: {{ note }}"}, b'Note: a"b', "text/plain; charset=utf-8"),
        ({"body": "form", "form": [{"name": "n", "value": "{{ note }}&x=1"}, {"name": " ", "value": "x"}]},
         b"n=a%22b%26x%3D1", "application/x-www-form-urlencoded"),
        ({}, b"", None),
    ],
)  # fmt: skip
async def test_what_is_sent_keeps_its_shape_whatever_is_put_in(props: Any, body: bytes, kind: str | None) -> None:
    async with WebServer({"/": answer("ok")}) as server:
        step = request(server.url, method="POST", headers=[{"name": "X-Note", "value": "{{ note }}"}], **props)
        async with scene(acting(step, note="x"), note='a"b') as play:
            await play.turn()
            assert play.asked == [f"Send data to 127.0.0.1:{server.port}, on this machine or in your network"]
    (asked,) = server.asked
    assert (asked.body, asked.headers.get("content-type"), asked.headers["x-note"]) == (body, kind, 'a"b')


async def test_a_value_cannot_add_a_header_or_leave_the_host() -> None:
    async with WebServer({"/": answer("ok")}) as server:
        step = request(f"{server.url}/{{{{ path }}}}", headers=[{"name": "X-A", "value": "{{ value }}"}])
        document = acting(step, path="x", value="x")
        async with scene(document, path="", value="1\r\nX-Evil: 1") as play:
            assert await play.turn() == ("The header “X-A” would have a line break in it.", True)
        async with scene(
            acting(request("{{ path }}", hosts=[server.url]), path="x"), path="http://127.0.0.1:1/"
        ) as play:
            text, failed = await play.turn()
            assert failed and text == "127.0.0.1:1 is not among the hosts that this request may reach."
        assert not server.asked


async def test_nothing_is_sent_without_a_permission_and_one_taken_back_counts_at_once() -> None:
    async with WebServer({"/": answer("ok")}) as server:
        permissions = MemoryPermissions()
        document = acting(request(server.url))
        async with scene(document, World("agent", permissions), turns=4, answer="no") as play:
            text, failed = await play.turn()
            assert failed and text.startswith("This was not allowed: Fetch from 127.0.0.1") and not server.asked
            play.answer = "once"
            await play.turn()
            play.answer = "always"
            await play.turn()
            assert (len(server.asked), len(play.asked)) == (2, 3)
            permissions._keys.clear()
            play.answer = "no"
            assert (await play.turn())[1]
            assert (len(server.asked), len(play.asked)) == (2, 4)


async def test_a_redirect_to_another_allowed_host_needs_a_permission_of_its_own() -> None:
    async with WebServer({"/": answer("there")}) as other:
        async with WebServer({"/": moved(f"{other.url}/")}) as server:
            document = acting(request(server.url, hosts=[other.url]), make_node("reply", text="{{ response.text }}"))
            async with scene(document) as play:
                assert await play.turn() == ("there", False)
                assert len(play.asked) == 2
            async with scene(document, answer="no") as play:
                assert (await play.turn())[1]
            async with scene(acting(request(server.url))) as play:
                assert (await play.turn())[0].endswith("is not among the hosts that this request may reach.")
        assert len(other.asked) == 1


async def test_a_public_name_that_leads_home_is_refused_unless_that_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebServer({"/": answer("home")}) as server:
        net, wires, _ = network({"192.168.1.5": server.port, PUBLIC: server.port}, my_example=[["192.168.1.5"]])
        monkeypatch.setattr("engine.effects.http.NETWORK", net)
        reply = make_node("reply", text="{{ response.text }}")
        url = "http://my.example/"
        async with scene(acting(request(url), reply)) as play:
            text, failed = await play.turn()
            assert failed and "leads to 192.168.1.5" in text and not wires.dialled
            assert play.asked == ["Fetch from http://my.example"]
        async with scene(acting(request(url, private=True), reply)) as play:
            assert await play.turn() == ("home", False)
            assert play.asked == ["Fetch from my.example, on this machine or in your network"]
    assert wire.NETWORK.backend is None


@pytest.mark.parametrize(
    ("props", "header", "target"),
    [
        ({}, "Bearer the-secret", "/"),
        ({"secret_as": "header", "secret_name": "X-Key"}, "the-secret", "/"),
        ({"secret_as": "query", "secret_name": "key"}, None, "/?key=the-secret"),
    ],
)
async def test_a_secret_reaches_its_host_and_nothing_else(props: Any, header: str | None, target: str) -> None:
    def echo(asked: Asked) -> bytes:
        return answer(f"{asked.target} {asked.headers}", kind="text/plain")

    async with WebServer({"/": echo}) as server:
        place = f"127.0.0.1:{server.port}"
        keys = Keys()
        keys.secrets["weather", place] = "the-secret"
        world = World("agent", secrets=keys)
        step = request(f"{server.url}/", secret={"name": "weather", "host": place}, variable="kept", **props)
        document = acting(
            step,
            make_node("reply", text="{{ response.text }}"),
            before=(make_node("state", id="kept", title="kept", type="text"),),
        )
        async with scene(document, world) as play:
            text, failed = await play.turn()
            assert not failed and "the-secret" not in text and "[hidden]" in text
            assert play.asked == [f"Fetch from {place}, on this machine or in your network, with the secret “weather”"]
            snapshot = json.dumps(play.session.snapshot(), default=str)
            assert "the-secret" not in snapshot and "[hidden]" in snapshot
            assert not any("the-secret" in repr(entry) for entry in play.session.timeline)
        (asked,) = server.asked
        assert asked.target == target
        assert header is None or asked.headers["x-key" if props else "authorization"] == header
        assert keys.asked == [("weather", place)]


async def test_a_secret_that_is_not_here_or_is_bound_elsewhere_is_not_sent() -> None:
    async with WebServer({"/": answer("ok")}) as server:
        place = f"127.0.0.1:{server.port}"
        keys = Keys()
        keys.secrets["weather", "example.org:443"] = "the-secret"
        for secret in ({"name": "weather"}, {"name": "weather", "host": place}):
            async with scene(acting(request(server.url, secret=secret)), World("agent", secrets=keys)) as play:
                text, failed = await play.turn()
                assert failed and text == f"There is no secret “weather” for {place} in the keychain of this machine."
        assert not server.asked
        elsewhere = request(server.url, secret={"name": "weather", "host": "example.org:443"})
        async with scene(acting(elsewhere), World("agent", secrets=keys)) as play:
            assert not (await play.turn())[1]
        assert "authorization" not in server.asked[0].headers
        assert ("weather", "example.org:443") not in keys.asked
        async with scene(acting(request(server.url, secret={"name": "weather"}))) as play:  # no keychain at all
            assert (await play.turn())[1]


async def test_an_error_of_the_server_fails_the_tool_or_is_looked_at() -> None:
    async with WebServer({"/": answer("No such\ncity", 404)}) as server:
        async with scene(acting(request(server.url))) as play:
            assert await play.turn() == ("The server answered 404 Not Found. It said: No such city", True)
        looked = acting(
            request(server.url, accept_errors=True, name="Weather now"),
            make_node("reply", text="{{ weather_now.status }}: {{ weather_now.text }}"),
        )
        assert not errors(looked)
        async with scene(looked) as play:
            assert await play.turn() == ("404: No such\ncity", False)


async def test_a_turn_that_is_stopped_lets_go_of_the_server() -> None:
    asked = asyncio.Event()

    def stall(_: Asked) -> bytes:
        asked.set()
        return b""

    async with WebServer({"/": stall}) as server:
        permissions = MemoryPermissions()
        document = acting(request(server.url))
        for _, capability in capabilities(document):
            await permissions.allow("agent", capability)
        async with scene(document, World("agent", permissions)) as play:
            handle = await play.session.send("go")
            await asked.wait()
            handle.abort("Enough")
            with pytest.raises(Aborted, match="Enough"):
                await handle.result
            assert results(play.session)[-1][1]


@pytest.mark.parametrize("url", ["https://Bücher.example/x", "https://api.example.org./x", "http://[0:0::1]:8080/x"])
def test_a_secret_that_the_form_binds_to_an_address_goes_to_that_address(url: str) -> None:
    found = [problem.text for problem in problems(acting(request(url, secret={"name": "k", "host": bound_place(url)})))]
    assert not [text for text in found if "secret" in text]


def test_what_it_may_do_changes_with_host_method_network_and_secret() -> None:
    variants = [
        request(), request("https://other.example.org/x"), request(method="POST"), request(private=True),
        request("http://api.example.org/x"), request("https://api.example.org:8443/x"),
        request(secret={"name": "a", "host": "api.example.org:443"}),
        request(secret={"name": "b", "host": "api.example.org:443"}),
    ]  # fmt: skip
    keys = [capability.key for node in variants for capability in kind_of(node).capabilities(node)]
    assert len(set(keys)) == len(keys) == len(variants)
    same = [request(method="HEAD"), request("https://api.example.org/other", timeout=3), request(hosts=[" "])]
    assert {c.key for node in same for c in kind_of(node).capabilities(node)} == {keys[0]}
    several = request("{{ url }}", hosts=["a.example", "b.example:8443", "a.example", "not a host"])
    assert [c.sentence for _, c in capabilities(agent(make_node("tool", several)))] == [
        "Fetch from a.example", "Fetch from b.example:8443",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "field", "text"),
    [
        (make_node("http"), "url", "This request has no address."),
        (request("{{ url }}"), "hosts", "The address begins with a variable: name the hosts that this request may"),
        (request("https://a b/x"), "hosts", "The address begins with"),
        (request("https://ada@a.example/"), "url", "An address must not contain a user name or a password."),
        (request(hosts=["*.example.org"]), "hosts", "“*.example.org” is not the name of a host."),
        (request("http://a.example/"), "url", "This address is not encrypted"),
        (request(body="text"), "method", "This request only fetches, so nothing is sent along."),
        (request(headers=[{"name": "X A"}]), "headers", "“X A” cannot be the name of a header."),
        (request(headers=[{"name": "Authorization", "value": "Bearer abc"}]), "headers", "is kept in the agent"),
        (request(secret={"name": "a", "host": "b.example:443"}), "secret", "The secret goes to no host"),
        (request(secret={"name": "a"}, secret_as="query"), "secret_name", "Say which header or parameter"),
        (request(query=[{"name": "a", "value": "{{ nothing }}"}]), "query", "nothing"),
        (request(method="POST", body="json", json_body={"a": ["{{ nothing }}"]}), "json_body", "nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(node: Node, field: str, text: str) -> None:
    assert any(place == field and text in words for place, words in said(node)), said(node)


def test_a_good_request_has_nothing_wrong_with_it() -> None:
    assert said(request(secret={"name": "a", "host": ""})) == []
    assert said(request("http://localhost:8000/", secret={"name": "a", "host": "localhost:8000"})) == []
    kind = kind_of(request())
    assert kind.summary(request(method="POST"), acting()) == "send https://api.example.org/x"
    assert kind.summary(make_node("http"), acting()) == "No address yet"
    assert kind.secret_place(request("{{ url }}", secret={"name": "a"})) == ""  # type: ignore[attr-defined]
