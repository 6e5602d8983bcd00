"""Replies of a server of the Messages protocol, through the real SDK: every block, the usage, what is sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.model import BlockDelta, BlockStart, BlockStop, ModelRequest, StreamStart
from engine.models.anthropic import AnthropicModel
from engine.models.anthropic_events import Assembler
from engine.models.prices import load_prices
from engine.models.provider_tools import FAMILIES
from tests.engine.models.conftest import Read, read, request
from tests.servers.messages_server import MODELS, MessagesServer, refused_address
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


LARGE = MODELS[0]
PDF = {"type": "base64", "media_type": "application/pdf"}


@pytest.mark.parametrize(
    ("programmatic", "types"),
    [
        (True, ["web_search_20260318", "web_fetch_20260318", "code_execution_20260521"]),
        (False, ["web_search_20250305", "web_fetch_20250910", "code_execution_20250825"]),
    ],
)
async def test_a_provider_tool_goes_out_in_the_newest_version_that_the_model_takes(
    server: MessagesServer, programmatic: bool, types: list[str]
) -> None:
    able = {"server_tools": {"supported": True}, "code_execution": {"supported": programmatic}}
    server.models = [{**LARGE, "capabilities": able}]
    model = AnthropicModel("fake-large", api_key="k", base_url=server.url)
    info = await model.learn()
    assert "provider_tools" in info.abilities and ("programmatic_tools" in info.abilities) is programmatic
    tools: list[dict[str, Any]] = [{"type": name, "name": name, "max_uses": 2} for name in FAMILIES]
    own = {"name": "web_search", "description": "", "input_schema": {"type": "object"}}
    await read(model, request(tools=[*tools, own]))
    sent = server.calls[0].body["tools"]
    assert [tool["type"] for tool in sent[:3]] == types and sent[3] == own
    assert all(tool["max_uses"] == 2 for tool in sent[:3])
    await model.count_tokens(request(tools=tools))
    assert [tool["type"] for tool in server.requests[-1].body["tools"]] == types
    await model.aclose()


def test_the_versions_are_those_that_the_sdk_knows() -> None:
    from typing import get_args

    from anthropic.types import ToolUnionParam

    names = {str(tool.__annotations__.get("type")) for tool in get_args(ToolUnionParam)}
    dates: dict[str, list[str]] = {family: [] for family in FAMILIES}
    for name in names:
        for family in FAMILIES:
            dates[family] += re.findall(rf"{family}_\d+", name)
    for family, (newest, basic) in FAMILIES.items():
        assert newest == max(dates[family]) and basic in dates[family]


async def test_what_the_provider_says_of_a_model_is_taken_over(server: MessagesServer) -> None:
    model = AnthropicModel("fake-small", api_key="k", base_url=server.url, max_tokens=5000)
    info = await model.learn()
    assert (info.label, info.context_window, info.abilities) == ("Fake Small", 8000, {"tools"})
    await read(model, request())
    assert server.calls[0].body["max_tokens"] == 1000
    await model.aclose()


@pytest.mark.parametrize("models", [None, (), ({"id": "m"},)])
async def test_a_provider_that_says_nothing_leaves_what_is_known(server: MessagesServer, models: Any) -> None:
    server.models = models
    model = AnthropicModel("m", api_key="k", base_url=server.url)
    assert (await model.learn()).abilities == {"tools"}
    server.key = "other"
    assert (await model.learn()).name == "m"
    await model.aclose()
    gone = AnthropicModel("m", api_key="k", base_url=refused_address())
    assert (await gone.learn()).name == "m"
    await gone.aclose()


async def test_images_documents_and_a_schema_for_the_answer_go_out_as_they_are(
    server: MessagesServer, model: AnthropicModel
) -> None:
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="},
            "title": "a",
        },
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "hi"},
            "citations": {"enabled": True},
        },
        {"type": "text", "text": "Look", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ]
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}
    config = {"format": {"type": "json_schema", "schema": schema}, "effort": "low"}
    server.say(Reply('{"n": 3}'))
    sent = ModelRequest(messages=[{"role": "user", "content": content}], options={"output_config": config})
    assert (await read(model, sent)).text == '{"n": 3}'
    assert server.calls[0].body["messages"][0]["content"] == content
    assert server.calls[0].body["output_config"] == config
    await model.count_tokens(sent)
    assert server.requests[-1].body["output_config"] == config


async def test_a_call_of_a_provider_tool_streams_its_input_and_citations_come_with_the_text(
    server: MessagesServer, model: AnthropicModel
) -> None:
    cited = {"type": "web_search_result_location", "url": "https://x.org", "title": "X", "encrypted_index": "a=="}
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    wire = [
        ("content_block_start", {"index": 0, "content_block": search}),
        ("content_block_delta", {"index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"query": "fi'}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "input_json_delta", "partial_json": 'gs"}'}}),
        ("content_block_stop", {"index": 0}),
        ("content_block_start", {"index": 1, "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"index": 1, "delta": {"type": "citations_delta", "citation": cited}}),
        ("content_block_delta", {"index": 1, "delta": {"type": "text_delta", "text": "Figs."}}),
        ("content_block_stop", {"index": 1}),
    ]
    assembler = Assembler("m")
    stops = [e for name, data in wire for e in assembler.feed({"type": name, **data}) if isinstance(e, BlockStop)]
    assert stops[0].block == {**search, "input": {"query": "figs"}}
    assert stops[1].block == {"type": "text", "text": "Figs.", "citations": [cited]}


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
