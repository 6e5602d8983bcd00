"""What goes wrong at the wire, and the error each becomes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from engine.errors import ModelError
from engine.models.anthropic import AnthropicModel
from engine.models.anthropic_errors import from_status, retry_after
from tests.engine.models.conftest import Read, read, request
from tests.servers.messages_server import MessagesServer, refused_address
from tests.servers.replies import Fault, Reply

Make = Callable[..., AnthropicModel]


@pytest.fixture
async def make(server: MessagesServer) -> AsyncIterator[Make]:
    made: list[AnthropicModel] = []

    def one(**options: Any) -> AnthropicModel:
        options.setdefault("base_url", server.url)
        made.append(AnthropicModel("fake-large", api_key="sk-test", **options))
        return made[-1]

    yield one
    for model in made:
        await model.aclose()


STATUS = [
    (400, "", "invalid_request", False),
    (400, "prompt is too long: 300000 tokens > 200000 maximum", "context", False),
    (400, "Your credit balance is too low", "billing", False),
    (401, "", "authentication", False),
    (402, "", "billing", False),
    (403, "", "permission", False),
    (404, "model: nope", "not_found", False),
    (413, "", "context", False),
    (429, "", "rate_limit", True),
    (500, "", "server", True),
    (502, "", "server", True),
    (503, "", "overloaded", True),
    (504, "", "timeout", True),
    (529, "", "overloaded", True),
]


@pytest.mark.parametrize(("status", "message", "kind", "retryable"), STATUS)
async def test_status(
    server: MessagesServer, make: Make, status: int, message: str, kind: str, retryable: bool
) -> None:
    server.say(Fault("status", status=status, message=message, retry_after="7" if status == 429 else None))
    with pytest.raises(ModelError) as caught:
        await read(make(), request())
    error = caught.value
    assert (error.kind, error.retryable, error.status) == (kind, retryable, status)
    assert error.request_id == "req_fake"
    assert error.retry_after == (7.0 if status == 429 else None)
    assert str(error)[0].isupper() and "{" not in str(error) and "Error code" not in str(error)
    assert len(server.calls) == 1, "the engine retries, not the SDK"


async def test_a_refused_connection(make: Make) -> None:
    with pytest.raises(ModelError) as caught:
        await read(make(base_url=refused_address()), request())
    assert (caught.value.kind, caught.value.retryable) == ("connection", True)
    assert str(caught.value).startswith("Nothing answers at http://127.0.0.1:")


async def test_a_reset_in_mid_stream(server: MessagesServer, make: Make) -> None:
    server.say(Fault("reset", after=5))
    result = Read()
    with pytest.raises(ModelError) as caught:
        await read(make(), request(), result)
    assert caught.value.kind == "connection" and caught.value.retryable
    assert "lost" in str(caught.value)
    assert result.text and result.stop is None


@pytest.mark.parametrize("kind", ["cut", "no_stop_reason"])
async def test_a_stream_without_its_end_has_no_stop(server: MessagesServer, make: Make, kind: Any) -> None:
    server.say(Fault(kind))
    result = await read(make(), request())
    assert result.text == "Hello there, this is streamed"
    assert result.stop is None


async def test_a_malformed_event(server: MessagesServer, make: Make) -> None:
    server.say(Fault("malformed", after=5))
    result = Read()
    with pytest.raises(ModelError) as caught:
        await read(make(), request(), result)
    assert caught.value.kind == "server" and "protocol" in str(caught.value)
    assert result.text


async def test_an_event_for_a_block_that_never_began(server: MessagesServer, make: Make) -> None:
    server.say(Fault("malformed", after=2))
    with pytest.raises(ModelError) as caught:
        await read(make(), request())
    assert caught.value.kind == "server"


async def test_a_stall(server: MessagesServer, make: Make) -> None:
    server.say(Fault("stall", after=5))
    result = Read()
    with pytest.raises(ModelError) as caught:
        await read(make(stall_timeout=0.2), request(), result)
    assert (caught.value.kind, caught.value.retryable) == ("timeout", True)
    assert result.text


@pytest.mark.parametrize(
    ("error_type", "kind", "retryable"),
    [
        ("overloaded_error", "overloaded", True),
        ("api_error", "server", True),
        ("invalid_request_error", "invalid_request", False),
    ],
)
async def test_an_error_event(server: MessagesServer, make: Make, error_type: str, kind: str, retryable: bool) -> None:
    server.say(Fault("error_event", after=5, error_type=error_type, message="Too much"))
    result = Read()
    with pytest.raises(ModelError) as caught:
        await read(make(), request(), result)
    assert (caught.value.kind, caught.value.retryable) == (kind, retryable)
    assert "Too much" in str(caught.value) and caught.value.request_id == "req_fake"
    assert result.text and result.stop is None


async def test_a_page_instead_of_a_stream(server: MessagesServer, make: Make) -> None:
    server.say(Fault("html", status=200))
    with pytest.raises(ModelError) as caught:
        await read(make(), request())
    assert caught.value.kind == "unsupported" and "Messages protocol" in str(caught.value)


async def test_after_a_fault_the_model_works_on(server: MessagesServer, make: Make) -> None:
    model = make()
    server.say(Fault("reset", after=4), Reply("Back"))
    with pytest.raises(ModelError):
        await read(model, request())
    assert (await read(model, request())).text == "Back"


async def test_counting_on_a_server_that_fails(server: MessagesServer, make: Make) -> None:
    server.key = "another"
    with pytest.raises(ModelError) as caught:
        await make().count_tokens(request())
    assert caught.value.kind == "authentication"


def test_retry_after_in_all_its_forms() -> None:
    assert retry_after({"retry-after-ms": "1500"}) == 1.5
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after": "-3"}) == 0.0
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert (retry_after({"retry-after": "Wed, 21 Oct 2065 07:28:00 GMT"}) or 0) > 1e6
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


def test_bodies_that_are_not_of_the_protocol() -> None:
    assert str(from_status(500, "<html>", {})) == "The service had an error of its own."
    assert "busy" in str(from_status(429, '{"error": "busy"}', {}))
    assert from_status(418, None, {}).kind == "unknown"
    assert str(from_status(400, {"message": "no"}, {})).endswith(": no")
