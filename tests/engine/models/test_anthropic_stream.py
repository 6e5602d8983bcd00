"""Replies of a server of the Messages protocol, through the real SDK: every block, the usage, what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.model import BlockDelta, BlockStart, ModelRequest, StreamStart
from engine.models.anthropic import AnthropicModel
from engine.models.prices import load_prices
from tests.engine.models.conftest import Read, read, request
from tests.servers.messages_server import MessagesServer
from tests.servers.replies import Reply, ToolUse


@pytest.fixture
async def model(server: MessagesServer) -> AsyncIterator[AnthropicModel]:
    made = AnthropicModel("claude-opus-5", api_key="sk-test", base_url=server.url, prices=load_prices())
    yield made
    await made.aclose()


async def test_text_arrives_in_pieces_and_whole(server: MessagesServer, model: AnthropicModel) -> None:
    server.say(Reply("One two three", chunks=["One ", "two ", "three"]))
    result = await read(model, request())
    assert [event.text for event in result.events if isinstance(event, BlockDelta)] == ["One ", "two ", "three"]
    assert result.blocks == [{"type": "text", "text": "One two three"}]
    assert isinstance(result.events[0], StreamStart) and result.events[0].message_id == "msg_0001"
    assert result.stop is not None and result.stop.stop_reason == "end_turn"


async def test_thinking_and_its_signature_come_back_byte_for_byte(
    server: MessagesServer, model: AnthropicModel
) -> None:
    signature = "EqoBCkgIARABGAIiQL+/=é\u2028x"
    server.say(Reply("Done", thinking="Let me  think\nä", signature=signature))
    result = await read(model, request())
    assert result.blocks[0] == {"type": "thinking", "thinking": "Let me  think\nä", "signature": signature}
    assert [e.kind for e in result.events if isinstance(e, BlockDelta)].count("signature") == 1


async def test_a_tool_call_is_put_together(server: MessagesServer, model: AnthropicModel) -> None:
    partial = ["", '{"no', 'te": "caf', "é\\u00e9", '", "n": [1, 2', "]}"]
    server.say(Reply("I will", tools=[ToolUse("add_note", {}, id="toolu_1", partial=partial), ToolUse("now", {})]))
    result = await read(model, request())
    assert result.blocks[1] == {
        "type": "tool_use", "id": "toolu_1", "name": "add_note", "input": {"note": "caféé", "n": [1, 2]},
    }  # fmt: skip
    assert result.blocks[2]["input"] == {}
    assert result.stop is not None and result.stop.stop_reason == "tool_use"
    starts = [event.block for event in result.events if isinstance(event, BlockStart)]
    assert starts[1]["input"] == {}


async def test_an_unfinished_tool_call_keeps_its_text(server: MessagesServer, model: AnthropicModel) -> None:
    server.say(Reply(tools=[ToolUse("add_note", partial=['{"note": "cut o'])], stop_reason="max_tokens"))
    result = await read(model, request())
    assert result.blocks[0]["input"] == {} and result.blocks[0]["partial_json"] == '{"note": "cut o'
    assert result.stop is not None and result.stop.stop_reason == "max_tokens"


async def test_blocks_of_the_providers_own_tools_pass_through(server: MessagesServer, model: AnthropicModel) -> None:
    found = {
        "type": "web_search_tool_result", "tool_use_id": "srv_1", "unheard_of": {"deep": [1, None]},
        "content": [{"type": "web_search_result", "url": "https://example.org", "encrypted_content": "abc=="}],
    }  # fmt: skip
    server.say(Reply("Here", blocks=[found]))
    result = await read(model, request(tools=[{"type": "web_search_20260318", "name": "web_search", "max_uses": 2}]))
    assert result.blocks[0] == found
    assert server.calls[0].body["tools"] == [{"type": "web_search_20260318", "name": "web_search", "max_uses": 2}]


async def test_usage_counts_cache_and_thinking_and_has_a_cost(server: MessagesServer, model: AnthropicModel) -> None:
    wire = {
        "input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": 1000, "cache_creation_input_tokens": 200,
        "output_tokens_details": {"thinking_tokens": 30},
    }  # fmt: skip
    server.say(Reply("Hi", usage=wire))
    stop = (await read(model, request())).stop
    assert stop is not None
    usage = stop.usage
    assert (usage.input_tokens, usage.output_tokens, usage.thinking_tokens) == (100, 50, 30)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (1000, 200)
    assert usage.cost == pytest.approx((100 * 5 + 50 * 25 + 1000 * 0.5 + 200 * 6.25) / 1e6)


async def test_what_is_sent(server: MessagesServer, model: AnthropicModel) -> None:
    tool = {"name": "t", "description": "d", "input_schema": {"type": "object"}}
    cached = {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}}
    options = {"max_tokens": 99, "temperature": 0.5, "tool_choice": {"type": "any"}, "thinking": {"type": "adaptive"}}
    await read(model, request(system_blocks=[cached], tools=[tool], options=options))
    body = server.calls[0].body
    assert body["system"] == [cached] and body["tools"] == [tool] and body["stream"] is True
    assert body["max_tokens"] == 99 and body["temperature"] == 0.5 and body["thinking"] == {"type": "adaptive"}
    assert body["tool_choice"] == {"type": "any"} and body["model"] == "claude-opus-5"


async def test_the_request_may_name_another_model(server: MessagesServer, model: AnthropicModel) -> None:
    await read(model, request(model="claude-haiku-5-5"))
    assert server.calls[0].body["model"] == "claude-haiku-5-5"
    assert server.calls[0].body["max_tokens"] == 8192


async def test_counting_tokens(server: MessagesServer, model: AnthropicModel) -> None:
    assert await model.count_tokens(request(options={"max_tokens": 5, "temperature": 1})) == 42
    assert "max_tokens" not in server.requests[0].body and "temperature" not in server.requests[0].body


async def test_counting_is_an_estimate_where_the_server_cannot(server: MessagesServer, model: AnthropicModel) -> None:
    server.count = None
    assert 10 < await model.count_tokens(request("x" * 400)) < 200


async def test_leaving_the_stream_early_ends_the_call(server: MessagesServer, model: AnthropicModel) -> None:
    server.say(Reply("word " * 500, delay=5))
    stream = model.stream(request())
    async for event in stream:
        if isinstance(event, BlockStart):
            break
    await stream.aclose()
    async with asyncio.timeout(5):
        await server.wait_for_disconnects(1)


async def test_cancelling_ends_the_call(server: MessagesServer, model: AnthropicModel) -> None:
    server.say(Reply("word " * 500, delay=5))
    result = Read()
    task = asyncio.ensure_future(read(model, request(), result))
    await server.wait_for_calls(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await server.wait_for_disconnects(1)


async def test_closing_twice_and_calling_again(server: MessagesServer, model: AnthropicModel) -> None:
    await read(model, request())
    await model.aclose()
    await model.aclose()
    assert (await read(model, request())).text == "You said: Hello"


async def test_info_says_what_is_known(model: AnthropicModel) -> None:
    assert model.info.name == "claude-opus-5" and model.info.provider == "server"
    assert model.info.prices is not None and model.info.prices.input == 5
    assert AnthropicModel("m", api_key="k").info.provider == "anthropic"
    assert "sk-test" not in repr(model)


async def test_ten_streams_at_once(server: MessagesServer, model: AnthropicModel) -> None:
    results = await asyncio.gather(*(read(model, ModelRequest(messages=request(str(n)).messages)) for n in range(10)))
    assert sorted(result.text for result in results) == sorted(f"You said: {n}" for n in range(10))
