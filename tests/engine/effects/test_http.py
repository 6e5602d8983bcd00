"""Fetching for an agent, row by row of the bar: addresses, redirects, sizes, headers, secrets."""

from __future__ import annotations

import asyncio
import gzip
import logging
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.effects.http import MAX_BODY, Credential, Fetch, Fetched, fetch
from engine.effects.wire import Network, look_up
from engine.errors import NotPermitted, ToolError
from tests.engine.effects.net import PUBLIC, Gate, Names, Wires, network
from tests.servers.web_server import Asked, WebServer, answer, moved, tls_of_public_example

SECRET = "s3cr3t/with+signs"


async def get(url: str, *rules: str, net: Network | None = None, **more: Any) -> Fetched:
    return await fetch(Fetch("GET", url, **more), Gate(*rules or (url,)), net)


def secret(place: str, **more: Any) -> Credential:
    async def value() -> str:
        return SECRET

    return Credential(place, value, **more)


# -- what comes back ---------------------------------------------------------------------------------------------


async def test_text_and_json_come_back_with_the_status() -> None:
    paths = {"/a": answer('{"n": [1, "x"]}', kind="application/json"), "/b": answer("Grüße", 404)}
    async with WebServer(paths) as server:
        found = await get(f"{server.url}/a?q=1", query=[("city", "Bergen & Oslo")])
        assert (found.status, found.json, found.text) == (200, {"n": [1, "x"]}, '{"n": [1, "x"]}')
        assert server.asked[0].target == "/a?q=1&city=Bergen+%26+Oslo"
        missing = await get(f"{server.url}/b")
        assert (missing.status_words, missing.text, missing.json) == ("404 Not Found", "Grüße", None)


async def test_a_request_carries_what_it_was_given_and_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (Path.home() / ".netrc").write_text("machine 127.0.0.1 login ada password secret", encoding="utf-8")
    async with WebServer({"/": answer(Set_Cookie="a=b")}) as server:
        sent = Fetch("POST", f"{server.url}/", headers=[("X-Note", "é")], content=b"a=1", content_type="text/x")
        await fetch(sent, Gate(server.url))
        await fetch(sent, Gate(server.url))
    for asked in server.asked:
        assert (asked.method, asked.body) == ("POST", b"a=1")
        assert set(asked.headers) == {
            "host", "accept-encoding", "content-length", "user-agent", "accept", "x-note", "content-type",
        }  # fmt: skip
        assert "é".encode() in asked.raw


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"\xff\xfeh\x00i\x00", "text/plain", "hi"),
        ("é".encode("latin-1"), "text/plain; charset=latin-1", "é"),
        (b"caf\xc3\xa9", "text/plain; charset=nonsense", "café"),
        (b"\x89PNG\x00\x01", "image/png", ""),
        (b'{"a": NaN}', "application/json", '{"a": NaN}'),
    ],
)
async def test_bodies_become_text_where_they_are_some(body: bytes, kind: str, text: str) -> None:
    async with WebServer({"/": answer(body, kind=kind)}) as server:
        assert (await get(f"{server.url}/")).text == text


async def test_nesting_without_end_is_no_json() -> None:
    async with WebServer({"/": answer("[" * 200_000, kind="application/json")}) as server:
        assert (await get(f"{server.url}/")).json is None


async def test_a_head_request_waits_for_no_body() -> None:
    async with WebServer({"/": answer("12345")}) as server:
        found = await fetch(Fetch("HEAD", server.url), Gate(server.url))
        assert (found.status, found.text) == (200, "")


# -- hosts and addresses -----------------------------------------------------------------------------------------


async def test_a_host_that_was_not_allowed_is_not_even_looked_up() -> None:
    net, wires, names = network()
    with pytest.raises(NotPermitted):
        await get("https://evil.example/", "https://good.example", net=net)
    assert not wires.dialled and not names.asked


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.1.1", "192.168.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1", "0.0.0.0",
     "100.64.1.1", "64:ff9b::a00:1", "224.0.0.1", "fd00::1"],
)  # fmt: skip
async def test_a_public_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    net, wires, _ = network({}, inside_example=[[PUBLIC, address]])
    with pytest.raises(ToolError, match=r"inside\.example leads to .*not allowed"):
        await get("https://inside.example/", net=net)
    assert not wires.dialled


async def test_the_name_is_looked_up_once_and_the_checked_address_is_the_one_that_is_asked() -> None:
    async with WebServer({"/": answer("hello")}) as server:
        net, wires, names = network({PUBLIC: server.port}, public_example=[[PUBLIC], ["127.0.0.1"]])
        found = await get("http://public.example/", net=net)
        assert found.text == "hello"
        assert (wires.dialled, names.asked) == ([(PUBLIC, 80)], ["public.example"])
        assert server.asked[0].headers["host"] == "public.example"
        with pytest.raises(ToolError, match="not allowed"):  # the second answer of the name service
            await get("http://public.example/", net=net)
        assert len(wires.dialled) == 1


async def test_an_encrypted_connection_keeps_the_name_for_the_certificate(tmp_path: Path) -> None:
    served, trusted = tls_of_public_example(tmp_path)
    async with WebServer({"/": answer("safe")}, tls=served) as server:
        net, _, _ = network({PUBLIC: server.port}, public_example=[[PUBLIC]], other_example=[[PUBLIC]])
        net.trust = trusted
        assert (await get("https://public.example/", net=net)).text == "safe"
        assert server.names == ["public.example"]
        with pytest.raises(ToolError, match="certificate is not valid"):
            await get("https://other.example/", net=net)
        net.trust = None  # the real authorities do not know it
        with pytest.raises(ToolError, match="certificate is not valid"):
            await get("https://public.example/", net=net)


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    async with WebServer({"/": answer("hello")}) as server:
        net, wires, _ = network({PUBLIC: server.port}, public_example=[["93.184.216.35", PUBLIC]])
        assert (await get("http://public.example/", net=net)).text == "hello"
        assert [address for address, _ in wires.dialled] == ["93.184.216.35", PUBLIC]
        del wires.ports[PUBLIC]
        with pytest.raises(ToolError, match="nothing answers there"):
            await get("http://public.example/", net=net)


async def test_this_machine_answers_only_where_it_was_named() -> None:
    async with WebServer({"/": answer("mine")}) as server:
        assert (await get(f"http://localhost:{server.port}/", f"localhost:{server.port}")).text == "mine"
        for other in ("localhost", f"localhost:{server.port + 1}", f"127.0.0.1:{server.port}"):
            with pytest.raises(NotPermitted):
                await get(f"http://localhost:{server.port}/", other)
        assert len(server.asked) == 1


async def test_an_unknown_host_is_said_in_plain_words() -> None:
    net, _, _ = network()
    with pytest.raises(ToolError, match=r"There is no host called nowhere\.example"):
        await get("https://nowhere.example/", net=net)
    assert "127.0.0.1" in await look_up("localhost", 80)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/", "must begin with"),
        ("file:///etc/passwd", "must begin with"),
        ("example.org", "must begin with"),
        ("https://", "names no host"),
        ("https://ada:secret@example.org/", "user name or a password"),
        ("https://exa mple.org/", "not an address|not the name"),
        ("https://example.org:99999/", "a port that cannot be"),
        ("https://example.org/\r\nHost: evil", "not an address"),
        ("https://example.org/" + "a" * 9_000, "longer than"),
        ("https://[::1/", "not an address"),
        ("", "must begin with"),
    ],
)
async def test_what_is_no_address_is_refused_before_anything_happens(url: str, reason: str) -> None:
    gate = Gate("example.org")
    with pytest.raises(ToolError, match=reason):
        await fetch(Fetch("GET", url), gate)
    assert not gate.asked


@pytest.mark.parametrize(
    "url",
    ["https://good.example\\@evil.example/", "https://good.example@evil.example/", "https://good.example%2eevil.example/",
     "https://good.example.evil.example/", "https://evil.example#good.example", "https://evil.example/?good.example",
     "https://GOOD.example:443@evil.example/", "https://good.example。evil.example/"],
)  # fmt: skip
async def test_no_spelling_of_an_address_gets_past_the_list(url: str) -> None:
    net, wires, names = network({}, good_example=[[PUBLIC]], evil_example=[[PUBLIC]])
    with pytest.raises(ToolError):
        await get(url, "good.example", net=net)
    assert not wires.dialled and "evil.example" not in names.asked


PIECES = [
    "good.example", "evil.example", "127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "@", ":", "443", "80",
    "/", "\\", "#", "?", "%2e", "%40", "%00", ".", "..", " ", "\t", "\n", "。", "ａ", "good", "example", "//", "a:b@",
    "\u200b",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=7))
def test_only_the_named_host_is_ever_looked_up_whatever_the_address_is_made_of(pieces: list[str]) -> None:
    class Everyone(Names):
        async def __call__(self, host: str, port: int) -> list[str]:
            self.asked.append(f"{host}:{port}")
            return [PUBLIC]

    names, wires = Everyone(), Wires({})

    async def attempt() -> None:
        for scheme in ("https://", "http://", "HTTPS:"):
            with suppress(ToolError):
                await fetch(Fetch("GET", scheme + "".join(pieces)), Gate("good.example"), Network(names, wires))

    asyncio.run(attempt())
    assert set(names.asked) <= {"good.example:443"}
    assert set(wires.dialled) <= {(PUBLIC, 443)}


# -- redirects ---------------------------------------------------------------------------------------------------


async def test_redirects_are_followed_by_hand_and_each_is_checked() -> None:
    paths = {"/a": moved("/b"), "/b": moved("http://127.0.0.1:1/"), "/c": moved("file:///etc/passwd")}
    async with WebServer(paths) as server:
        gate = Gate(server.url)
        with pytest.raises(NotPermitted, match=r"127\.0\.0\.1:1"):
            await fetch(Fetch("GET", f"{server.url}/a"), gate)
        assert [port for _, _, port, _ in gate.asked] == [server.port, server.port, 1]
        with pytest.raises(ToolError, match="must begin with"):
            await get(f"{server.url}/c", server.url)


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    async with WebServer({"/": moved("http://inner.example/")}) as server:
        net, wires, _ = network({PUBLIC: server.port}, public_example=[[PUBLIC]], inner_example=[["127.0.0.1"]])
        with pytest.raises(ToolError, match=r"inner\.example leads to 127\.0\.0\.1"):
            await get("http://public.example/", "http://public.example", "http://inner.example", net=net)
        assert len(wires.dialled) == 1


async def test_redirects_have_an_end() -> None:
    async with WebServer({"/": moved("/")}) as server:
        with pytest.raises(ToolError, match="more than 5 times"):
            await get(f"{server.url}/")
        assert len(server.asked) == 6


async def test_credentials_stay_behind_when_a_redirect_leads_elsewhere() -> None:
    async with WebServer({"/": answer("there")}) as other:
        async with WebServer({"/": moved(f"http://localhost:{other.port}/"), "/same": moved("/")}) as server:
            sent = [("Authorization", "Bearer mine"), ("X-Api-Key", "k"), ("Cookie", "c=1"), ("Accept", "text/x")]
            credential = secret(f"127.0.0.1:{server.port}", name="X-Token", prefix="")
            request = Fetch("GET", f"{server.url}/same", headers=sent, credential=credential)
            await fetch(request, Gate(server.url, f"localhost:{other.port}"))
    for asked in server.asked:
        assert asked.headers["x-token"] == SECRET and asked.headers["x-api-key"] == "k"
    (there,) = other.asked
    assert there.headers["accept"] == "text/x"
    assert not {"authorization", "x-api-key", "cookie", "x-token"} & set(there.headers)


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [(302, "POST", "GET", b""), (303, "PUT", "GET", b""), (307, "POST", "POST", b"x=1"), (308, "PUT", "PUT", b"x=1"),
     (301, "GET", "GET", b""), (303, "HEAD", "HEAD", b"")],
)  # fmt: skip
async def test_methods_change_on_redirects_as_browsers_do(status: int, method: str, then: str, body: bytes) -> None:
    async with WebServer({"/": moved("/next", status), "/next": answer()}) as server:
        content = b"" if method in ("GET", "HEAD") else b"x=1"
        await fetch(Fetch(method, server.url, content=content, content_type="text/plain"), Gate(server.url))
    assert (server.asked[1].method, server.asked[1].body) == (then, body)


# -- sizes and times ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [gzip.compress(b"a" * 50_000_000), zlib.compress(b"a" * 50_000_000)])
async def test_the_size_is_capped_after_unpacking(packed: bytes) -> None:
    how = "gzip" if packed[:2] == b"\x1f\x8b" else "deflate"
    async with WebServer({"/": answer(packed, Content_Encoding=how)}) as server:
        assert len(packed) < 100_000
        with pytest.raises(ToolError, match="larger than 100,000 bytes"):
            await get(f"{server.url}/", max_bytes=100_000)


async def test_the_size_is_capped_on_the_wire_without_a_length() -> None:
    def endless() -> Any:
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"400\r\n" + b"x" * 1024 + b"\r\n"

    async with WebServer({"/": endless()}) as server:
        with pytest.raises(ToolError, match="larger than"):
            await get(f"{server.url}/", max_bytes=50_000)


async def test_a_small_packed_answer_is_unpacked() -> None:
    async with WebServer({"/": answer(gzip.compress(b"hello"), Content_Encoding="gzip")}) as server:
        assert (await get(f"{server.url}/")).text == "hello"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"], "damaged or broke off|connection"),
        ([b"nonsense\r\n\r\n"], "damaged or broke off"),
        ([answer(b"no zip", Content_Encoding="gzip")], "damaged or broke off"),
    ],
)
async def test_damaged_answers_are_said_in_plain_words(said: list[bytes], words: str) -> None:
    async with WebServer({"/": said}) as server:
        with pytest.raises(ToolError, match=words):
            await get(f"{server.url}/")


async def test_a_server_that_stalls_is_left() -> None:
    async with WebServer({"/": [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b""]}) as server:
        with pytest.raises(ToolError, match="did not answer"):
            await get(f"{server.url}/", seconds=0.2)


async def test_asking_the_person_takes_no_time_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    timeout = asyncio.timeout

    def counted(seconds: float) -> asyncio.Timeout:
        order.append("clock")
        return timeout(seconds)

    class Asking(Gate):
        async def __call__(self, *hop: Any) -> Any:
            order.append("asked")
            return await super().__call__(*hop)

    monkeypatch.setattr("engine.effects.http.asyncio.timeout", counted)
    async with WebServer({"/": moved("/next"), "/next": answer("ok")}) as server:
        assert (await fetch(Fetch("GET", server.url), Asking(server.url))).text == "ok"
    assert order == ["asked", "clock"] * 2


async def test_half_a_character_in_a_header_stops_nothing() -> None:
    async with WebServer({"/": answer()}) as server:
        await get(f"{server.url}/", headers=[("X-Note", "a\ud83d")])
        assert server.asked[0].headers["x-note"] == "a?"


async def test_a_request_has_a_size_too() -> None:
    with pytest.raises(ToolError, match="would carry more than"):
        await fetch(Fetch("POST", "https://example.org", content=b"x" * (MAX_BODY + 1)), Gate("example.org"))


# -- headers and secrets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nX-Evil: 1"), ("X-A", "a\nb"), ("X-A", "a\x00b"), ("X A", "a"), ("X-A:", "a"), ("", "a"),
        ("X-A\r\nX-B", "a"), ("Host", "evil.example"), ("content-length", "0"), ("Transfer-Encoding", "chunked"),
        ("Connection", "close"), ("Proxy-Authorization", "x"), ("X-A", "a" * 5_000),
    ],
)  # fmt: skip
async def test_headers_cannot_break_out_of_their_line(name: str, value: str) -> None:
    gate = Gate("example.org")
    with pytest.raises(ToolError):
        await fetch(Fetch("GET", "https://example.org/", headers=[(name, value)]), gate)
    assert not gate.asked


@pytest.mark.parametrize("query", [False, True])
async def test_a_secret_is_put_in_at_the_wire_and_comes_back_from_nowhere(
    query: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(asked: Asked) -> bytes:
        import base64
        import json

        body = json.dumps(
            {"you": asked.headers, "sent": asked.target, SECRET: base64.b64encode(SECRET.encode()).decode()}
        )
        return answer(body.replace("s3cr3t", "s\\u0033cr3t", 1), kind="application/json", ETag=SECRET)

    caplog.set_level(logging.DEBUG)
    async with WebServer({"/": echo}) as server:
        credential = secret(f"127.0.0.1:{server.port}", query=query, name="key" if query else "Authorization",
                            prefix="" if query else "Bearer ")  # fmt: skip
        found = await get(f"{server.url}/", credential=credential)
    (asked,) = server.asked
    assert ("key=s3cr3t" in asked.target) is query and (SECRET in asked.headers.get("authorization", "")) is not query
    told = repr(found) + caplog.text
    assert "s3cr3t" not in told and "czNjcjN0" not in told and "[hidden]" in told


async def test_a_secret_replaces_a_header_of_its_name() -> None:
    async with WebServer({"/": answer()}) as server:
        credential = secret(f"127.0.0.1:{server.port}")
        await get(f"{server.url}/", headers=[("authorization", "mine")], credential=credential)
    assert server.asked[0].raw.lower().count(b"authorization:") == 1


async def test_a_secret_goes_only_to_its_own_place_and_never_in_the_open() -> None:
    asked: list[str] = []

    async def value() -> str:
        asked.append("asked")
        return SECRET

    async with WebServer({"/": answer()}) as server:
        await get(f"{server.url}/", credential=Credential("example.org:443", value))
        assert not asked and b"s3cr3t" not in server.asked[0].raw
        net, wires, _ = network({PUBLIC: server.port}, public_example=[[PUBLIC]])
        with pytest.raises(ToolError, match="only over https"):
            await get("http://public.example/", net=net, credential=Credential("public.example:80", value))
        assert not asked and not wires.dialled


async def test_a_secret_with_a_line_break_is_refused_without_being_told() -> None:
    async def value() -> str:
        return "secret-value\r\nX-Evil: 1"

    async with WebServer({"/": answer()}) as server:
        with pytest.raises(ToolError) as caught:
            await get(f"{server.url}/", credential=Credential(f"127.0.0.1:{server.port}", value))
        assert "secret-value" not in str(caught.value) and not server.asked


async def test_an_error_never_tells_the_secret() -> None:
    async with WebServer(
        {"/": moved(f"http://{'x' * 10}.example/?k=s3cr3t%2Fwith%2Bsigns"), "/b": moved("ftp://s3cr3t")}
    ) as s:

        class Telling(Gate):
            async def __call__(self, scheme: str, host: str, port: int, method: str) -> Any:
                if len(self.asked) == 1:
                    raise ToolError(f"{host} {SECRET} was refused")
                return await super().__call__(scheme, host, port, method)

        credential = secret(f"127.0.0.1:{s.port}")
        with pytest.raises(ToolError) as caught:
            await fetch(Fetch("GET", s.url, credential=credential), Telling(s.url))
        assert str(caught.value) == "xxxxxxxxxx.example [hidden] was refused"
