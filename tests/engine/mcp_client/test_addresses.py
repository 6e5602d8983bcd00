"""Servers at an address: streamable HTTP over real connections."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from engine.effects.addresses import bound_place
from engine.errors import ToolError
from engine.mcp_client import http
from engine.mcp_client.config import SecretRef, ServerConfig, ServerError
from engine.mcp_client.listing import Listings
from engine.mcp_client.probe import probe
from engine.mcp_client.server import Server
from tests.engine.mcp_client.kit import Keychain
from tests.servers.mcp_http_server import McpHttpServer
from tests.servers.messages_server import MessagesServer, refused_address
from tests.servers.web_server import WebServer, answer


@asynccontextmanager
async def using(url: str, keychain: Keychain | None = None, **more: Any) -> AsyncIterator[Server]:
    server = Server(ServerConfig("There", url=url, **more), keychain, listings=Listings())
    try:
        yield server
    finally:
        await server.aclose()


async def test_tools_at_an_address_are_listed_page_by_page_and_called() -> None:
    async with McpHttpServer() as there, using(there.url, headers=(("X-Tenant", "ada"),)) as server:
        listing = await server.listing()
        assert (listing.server, [tool.name for tool in listing.tools]) == ("Wire", ["add", "much"])
        assert (await server.call("add", {"a": 1, "b": 2}))[0]["text"] == "3"
        assert {headers.get("x-tenant") for headers in there.headers} == {"ada"}
        assert server.pid is None and server.running


async def test_a_secret_goes_along_as_a_bearer_and_without_it_the_reason_is_plain() -> None:
    async with McpHttpServer(token="s3cret") as there:
        refused = await probe(ServerConfig("There", url=there.url), listings=Listings())
        assert not refused.ok and "does not let us in (it answered 401)" in refused.text
        assert "secret" in refused.advice
        secret = SecretRef("token", bound_place(there.url))
        config = ServerConfig("There", url=there.url, secret=secret, secret_in="Authorization")
        assert (await probe(config, Keychain(token=(secret.host, "s3cret")), listings=Listings())).ok
        assert (await probe(config, Keychain(token=(secret.host, "Bearer s3cret")), listings=Listings())).ok
        assert not (await probe(config, Keychain(token=(secret.host, "other")), listings=Listings())).ok


async def test_an_answer_that_breaks_off_at_the_start_is_asked_for_again() -> None:
    async with McpHttpServer(breaks=2) as there, using(there.url) as server:
        assert (await server.listing()).server == "Wire"
        assert server.starts == 3
    async with McpHttpServer(closed=True) as there, using(there.url) as server:
        with pytest.raises(ServerError, match="disconnected without"):
            await server.listing()
        assert server.starts == 3


async def test_a_server_that_is_gone_is_said_so_and_reached_again_when_it_is_back() -> None:
    async with McpHttpServer() as there, using(there.url) as server:
        await server.listing()
        there.closed = True
        with pytest.raises((ServerError, ToolError), match="Whether it had an effect is not known"):
            await server.call("add", {"a": 1, "b": 2})
        there.closed = False
        assert (await server.call("add", {"a": 1, "b": 2}))[0]["text"] == "3"


@pytest.mark.parametrize("path", ["/mcp", ""])
async def test_an_address_of_something_else_is_told(path: str) -> None:
    async with MessagesServer() as other:
        found = await probe(ServerConfig("There", url=f"{other.url}{path}"), listings=Listings())
        assert not found.ok and "tool server" in found.text


async def test_an_address_where_nothing_listens_is_told() -> None:
    found = await probe(ServerConfig("There", url=f"{refused_address()}/mcp"), listings=Listings())
    assert not found.ok and "cannot be reached" in found.text and "running" in found.advice


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async with McpHttpServer() as there, using(there.url) as server:
        text = (await server.call("much", {"size": 300_000}))[0]["text"]
        assert len(text) < 210_000 and "[cut: 100,000 characters more]" in text
        monkeypatch.setattr(http, "MAX_ANSWER", 100_000)
        with pytest.raises((ServerError, ToolError)):
            await server.call("much", {"size": 300_000})


async def test_an_answer_that_is_packed_against_our_wish_is_not_unpacked() -> None:
    bomb = answer(gzip.compress(b" " * 50_000_000), kind="application/json", Content_Encoding="gzip")
    async with WebServer({"/mcp": bomb}) as there:
        found = await probe(ServerConfig("There", url=f"{there.url}/mcp"), listings=Listings())
        assert not found.ok and "packed" in found.text


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (500, RuntimeError(), "answered with an error (500)"),
        (200, RuntimeError("odd"), "does not speak the Model Context Protocol: odd"),
        (0, httpx2.ReadTimeout("x"), "took too long"),
        (0, httpx2.InvalidURL("x"), "does not speak"),
        (0, httpx2.ReadError(""), "it broke off"),
    ],
)
def test_what_goes_wrong_at_an_address_has_words(status: int, error: Exception, words: str) -> None:
    assert words in str(http.reason("There", status, error))


def test_a_secret_is_never_sent_in_the_clear_to_another_machine() -> None:
    secret = SecretRef("token", "example.org:80")
    assert "http://" in ServerConfig(url="http://example.org/mcp", secret=secret).wrong()
    assert ServerConfig(url="http://127.0.0.1:1/mcp", secret=secret).wrong() == ""
    assert bound_place("https://[::1]/x") == "[::1]:443"
    assert bound_place("nonsense") == bound_place("http://x:99999") == ""


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (ServerConfig("a", url="https://x.org"), ServerConfig("b", url="https://x.org", timeout=1), True),
        (ServerConfig(url="https://x.org"), ServerConfig(url="https://x.org", headers=(("a", "b"),)), False),
        (ServerConfig(program="a"), ServerConfig(program="a", arguments=("-y",)), False),
        (ServerConfig(program="a"), ServerConfig(program="a", environment=(("A", "b"),)), False),
        (ServerConfig(program="a"), ServerConfig(program="a", secret=SecretRef("t", "h"), secret_in="T"), False),
    ],
)
def test_what_is_asked_of_a_person_changes_with_all_that_matters(
    first: ServerConfig, second: ServerConfig, same: bool
) -> None:
    assert (first.key == second.key) is same
    assert (first.capability().key == second.capability().key) is same


def test_the_whole_command_and_the_whole_address_are_shown() -> None:
    here = ServerConfig(
        program="npx", arguments=("-y", "a b"), environment=(("A", "1"),), secret=SecretRef("t", "program:npx"),
        secret_in="TOKEN",
    ).capability()  # fmt: skip
    assert here.detail == "npx -y 'a b'\nA=1\nTOKEN=(the secret “t”)"
    there = ServerConfig(
        url="https://x.org/mcp", headers=(("A", "1"),), secret=SecretRef("t", "x.org:443"), secret_in="Authorization"
    ).capability()
    assert there.detail == "https://x.org/mcp\nA: 1\nAuthorization: (the secret “t”)" and "x.org" in there.sentence
