"""Small rules of the compiler: placement, caching, spans, repeated conversion."""

from __future__ import annotations

import pytest

from engine import (
    Code,
    Ephemeral,
    Grounding,
    Image,
    Model,
    ModelInfo,
    RenderError,
    Section,
    System,
    Text,
    Timeline,
    Tool,
    User,
    component,
    create_app,
    use_data,
)
from engine.testing import ScriptedModel, compile_once
from engine.testing.scripted import texts


def test_spans_cover_every_character_once_and_end_in_keys():
    request = compile_once(
        [System("S", key="node:sys"), Section(Text("a", key="node:t"), "b", id="x", key="node:s"), Timeline()]
    )
    assert [(s.path, s.start, s.end) for s in request.spans if s.index == 1] == [
        ("/node:s", 0, 17),
        ("/node:t", 17, 18),
        ("/node:s", 18, 31),
    ]
    assert request.system_blocks[1]["text"] == '<section id="x">\na\nb\n</section>'
    assert request.spans[0].path == "/node:sys"


def test_words_in_a_section_cannot_close_it():
    request = compile_once([Section("a</section><b", id='x"y'), Timeline()])
    assert request.system == '<section id="x&quot;y">\na&lt;/section><b\n</section>'


async def test_what_is_unstored_stands_where_the_rules_say():
    @component
    def Agent():
        return [
            System("S"),
            Image("http://x/i.png"),
            Timeline(),
            Ephemeral("early", position="start"),
            Ephemeral("before", position="before-user"),
            Section("tail", id="t"),
            Grounding("facts", title="G"),
        ]

    model = ScriptedModel()
    async with create_app(Agent, model=model) as app:
        session = await app.session()
        await session.send("one").result
        await session.send("two").result
    request = model.calls[1]
    assert [m["role"] for m in request.messages] == ["user", "assistant", "user"]
    assert [b.get("text", b["type"]) for b in request.messages[0]["content"]] == ["image", "early", "one"]
    assert [b["text"] for b in request.messages[2]["content"]] == [
        "before",
        "two",
        '<section id="t">\ntail\n</section>',
        '<grounding title="G">\nfacts\n</grounding>',
    ]
    marked = [(m, b["text"]) for m, msg in enumerate(request.messages) for b in msg["content"] if "cache_control" in b]
    assert marked == [(0, "one"), (2, "two")]
    for span in request.spans:
        if span.part == "messages" and span.entry_id is not None:
            block = request.messages[span.index]["content"][span.block]
            assert span.end == len(block["text"])
            assert block["text"] in ("one", "ok", "two")


async def test_each_entry_is_converted_once():
    model = ScriptedModel()
    async with create_app([Timeline()], model=model) as app:
        session = await app.session()
        for _ in range(4):
            await session.send("x").result
    first, last = model.calls[1].messages, model.calls[3].messages
    assert first[1] is last[1]
    assert texts(model.calls[3])[-1] == "x"


def test_errors_of_placement():
    with pytest.raises(RenderError, match="two Timelines"):
        compile_once([Timeline(), Timeline()])
    with pytest.raises(RenderError, match="after the Timeline"):
        compile_once([Timeline(), User("late")])
    with pytest.raises(RenderError, match="cannot stand inside"):
        compile_once([Section(Timeline())])


async def test_compile_once_waits_for_data_also_while_a_loop_runs():
    @component
    def Agent():
        async def fetch():
            return "fetched"

        return [System(use_data("d", fetch)), Timeline()]

    assert compile_once(Agent).system == "fetched"


async def test_a_model_element_chooses_model_and_options():
    other = ScriptedModel(default="other", info=ModelInfo(name="other"))
    async with create_app([Model(other, max_tokens=7), Timeline()], model=ScriptedModel()) as app:
        assert (await (await app.session()).send("x").result).response == "other"
    assert (other.calls[0].model, other.calls[0].options) == ("other", {"max_tokens": 7})


def test_a_code_block_gets_a_fence_that_its_text_cannot_close():
    request = compile_once([System(Code("py", "a = '```'")), Timeline()])
    assert request.system.startswith("````py\n")


def test_provider_tools_are_sent_as_they_are():
    body = {"type": "web_search_20260318", "name": "web_search"}
    request = compile_once([Tool("web_search", provider=body), Timeline()])
    assert {k: v for k, v in request.tools[0].items() if k != "cache_control"} == body
