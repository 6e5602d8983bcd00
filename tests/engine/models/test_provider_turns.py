"""Turns with the provider's own tools, over the wire: what it ran stays in the timeline and goes back byte for byte."""

from __future__ import annotations

from typing import Any

from engine import create_app
from engine.blueprint import agent_component, make_node
from engine.models.anthropic import AnthropicModel
from engine.models.provider_tools import NOT_SHOWN
from engine.store import Store
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import TIME
from tests.engine.blueprint.test_abilities import allowing
from tests.servers.messages_server import MODELS, MessagesServer
from tests.servers.replies import Reply

CALLED = {
    "type": "server_tool_use",
    "id": "srv_1",
    "name": "web_search",
    "input": {"query": "figs"},
    "caller": {"a": 1},
}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srv_1",
    "content": [{"type": "web_search_result", "url": "https://x.org", "title": "X", "encrypted_content": "a+/=\u2028"}],
}
CITED = {
    "type": "text",
    "text": "Figs are sweet.",
    "citations": [{"type": "web_search_result_location", "url": "https://x.org", "encrypted_index": "b=="}],
}


async def test_what_the_provider_ran_goes_back_byte_for_byte_also_after_a_restart(
    server: MessagesServer, tmp_path: Any
) -> None:
    able = {"server_tools": {"supported": True}, "code_execution": {"supported": True}}
    server.models = [{**MODELS[0], "capabilities": able}]
    document = agent(make_node("provider_tool", id="web", max_uses=2, allowed_domains=["x.org"]), TIME)
    server.say(Reply(blocks=[CALLED, FOUND], stop_reason="pause_turn"), Reply(blocks=[CITED]), "Yes.")

    async def turn(words: str) -> str:
        model = AnthropicModel("fake-large", api_key="k", base_url=server.url)
        await model.learn()
        async with await Store.open(tmp_path / "b.db") as store:
            component = agent_component(document, world=allowing(document))
            async with create_app(component, model=model, store=store) as app:
                session = await app.session("s")
                result = await session.send(words).result
                await model.aclose()
                return result.response

    assert await turn("What are figs?") == "Figs are sweet."
    assert await turn("Really?") == "Yes."
    first, paused, last = (call.body for call in server.calls)
    assert [(tool["type"], tool["max_uses"]) for tool in first["tools"]] == [("web_search_20260318", 2)]
    assert bare(paused)[1:] == [CALLED, FOUND]  # the reply as it is, to go on from
    assert bare(last) == [
        {"type": "text", "text": "What are figs?"}, CALLED, FOUND, CITED, {"type": "text", "text": "Really?"},
    ]  # fmt: skip


def bare(body: Any) -> list[dict[str, Any]]:
    """All blocks of a request, without what is only for the provider's cache."""
    blocks = [block for message in body["messages"] for block in message["content"]]
    return [{key: value for key, value in block.items() if key != "cache_control"} for block in blocks]


async def test_another_model_is_given_what_was_said_and_not_what_it_cannot_read(server: MessagesServer) -> None:
    from engine.model import ModelRequest
    from engine.models.ondevice.conversation import chat_messages
    from tests.engine.models.conftest import read

    messages = [
        {"role": "user", "content": [{"type": "text", "text": "What are figs?"}]},
        {"role": "assistant", "content": [CALLED, FOUND, CITED]},
        {"role": "user", "content": [{"type": "text", "text": "Really?"}, {"type": "image", "source": {}}]},
        {"role": "assistant", "content": [CALLED, FOUND]},
        {"role": "user", "content": "And now?"},
    ]
    model = AnthropicModel("local", api_key="k", base_url=server.url)
    await read(model, ModelRequest(messages=messages))
    sent = server.calls[0].body["messages"]
    assert sent[0] == messages[0] and sent[2] == messages[2] and sent[4] == messages[4]
    assert sent[1]["content"] == [{"type": "text", "text": "Figs are sweet."}]
    assert sent[3]["content"] == [{"type": "text", "text": NOT_SHOWN}]
    await model.aclose()
    said = chat_messages(ModelRequest(messages=messages[:2]), [])
    assert "Figs are sweet." in str(said) and "srv_1" not in str(said)
