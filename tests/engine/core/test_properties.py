"""Whatever happens to a session, what the model is given keeps the rules of section 4."""

from __future__ import annotations

import asyncio
import os

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine import EngineError, Entry, Timeline, Tool, component, create_app
from engine.compiler.assemble import Layout, assemble, history_base
from engine.compiler.history import History
from engine.testing import Reply, ScriptedModel, ToolCall
from engine.timeline.log import TimelineLog
from engine.timeline.select import Running, choose
from tests.engine.cases.kit import assert_well_formed

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@st.composite
def timelines(draw):
    """Entries in any order, with calls that may or may not have their results."""
    entries = []
    for number in range(draw(st.integers(0, 14))):
        role = draw(st.sampled_from(["user", "assistant", "tool", "event"]))
        status = draw(st.sampled_from(["complete", "interrupted", "failed"]))
        content = [{"type": "text", "text": draw(WORDS)}]
        if role == "assistant" and draw(st.booleans()):
            content += [
                {"type": "tool_use", "id": f"c{number}.{i}", "name": "t", "input": {}}
                for i in range(draw(st.integers(1, 2)))
            ]
        if role == "tool":
            ids = draw(st.lists(st.sampled_from([f"c{n}.{i}" for n in range(number + 1) for i in (0, 1)]), max_size=2))
            content = [{"type": "tool_result", "tool_use_id": id, "content": []} for id in dict.fromkeys(ids)]
        execution = f"x{number // 4}"
        entries.append(Entry(f"e{number}", number, role, content, execution, 1, status))
    return entries


@given(timelines(), st.data())
async def _never(entries, data):
    log = TimelineLog()
    log.load(entries, len(entries))
    first = data.draw(st.integers(0, len(entries)))
    props = {
        "limit": data.draw(st.none() | st.integers(1, 8)),
        "roles": data.draw(st.none() | st.sampled_from([("user",), ("user", "assistant"), ("assistant", "tool")])),
        "filter": None,
        "max_tokens": data.draw(st.none() | st.integers(1, 60)),
        "headroom": data.draw(st.integers(0, 10)),
        "strategy": data.draw(st.sampled_from(["truncate", "sliding-window", "summarize"])),
        "preserve": data.draw(st.sampled_from([(), ("event",), ("assistant",)])),
        "guidance": None,
    }

    async def summarize(gone, guidance):
        return Entry("summary", -1, "user", [{"type": "text", "text": "sum"}], "", 0, metadata={"derived": True})

    choice = await choose(log, props, Running("x", first), summarize)
    running = [e for e in entries[first:] if props["roles"] is None or e.role in props["roles"]]
    assert [e for e in choice.entries if e in running] == running
    starts = next((("assistant" if e.role == "assistant" else "user") for e in choice.entries), None)
    history = History("/", None, history_base(Layout(), starts)).feed(choice.entries)
    request, _ = assemble(Layout(), history)
    assert_well_formed(request)
    for span in request.spans:
        assert span.part == "messages"
        block = request.messages[span.index]["content"][span.block]
        if block["type"] == "text":
            assert 0 <= span.start <= span.end <= len(block["text"])


def test_random_timelines_through_every_strategy_never_break_a_rule():
    """hypothesis calls an async function's inner test through a loop of its own."""

    def run(coroutine):
        asyncio.run(coroutine)

    inner = _never.hypothesis.inner_test
    _never.hypothesis.inner_test = lambda *args, **kwargs: run(inner(*args, **kwargs))
    _never()


@given(timelines())
def test_history_grows_to_the_same_messages_however_it_is_fed(entries):
    whole = History("/", None).feed(entries)
    grown = History("/", None)
    for entry in entries:
        grown.feed([entry])
    assert grown.messages == whole.messages
    assert grown.spans == whole.spans
    assert [grown.place(entry.id) for entry in entries] == [whole.place(entry.id) for entry in entries]


@component
def Agent():
    async def ask() -> str:
        await asyncio.sleep(0)
        return "yes"

    return [Tool("ask", "Ask", ask), Timeline(limit=12)]


ACTIONS = st.lists(st.sampled_from(["send", "join", "queue", "abort", "fork", "wait", "restart"]), max_size=12)


@settings(max_examples=8 if not os.environ.get("BOUGH_TEST_LONG") else 300, phases=[Phase.generate])
@given(ACTIONS)
def test_random_sends_queues_aborts_forks_and_restarts_keep_the_timeline_whole(tmp_path_factory, actions):
    path = tmp_path_factory.mktemp("db") / "x.db"
    asyncio.run(_act(str(path), actions))


async def _act(path, actions):
    calls = []

    class Watched(ScriptedModel):
        async def stream(self, request):
            assert_well_formed(request)
            calls.append(request)
            async for event in super().stream(request):
                await asyncio.sleep(0)
                yield event

    def answer(request):
        last = request.messages[-1]["content"][-1]
        return "done" if last["type"] == "tool_result" else Reply("x", [ToolCall("ask")])

    def fresh():
        return create_app(Agent, model=Watched(default=answer), store=path)

    app = fresh()
    session = await app.session("s")
    said = []
    running = []
    for number, action in enumerate([*actions, "wait"]):
        if action in ("send", "join", "queue"):
            said.append(f"m{number}")
            if action == "queue":
                session.queue(said[-1])
            else:
                running.append(session.send(said[-1]))
            await asyncio.sleep(0)
        elif action == "abort":
            session.abort("no")
        elif action == "fork":
            await session.fork()
        else:
            await _over(running)
        if action == "restart":
            await app.shutdown()
            app = fresh()
            session = await app.session("s")
            await session.mount()
    await _over(running)
    await session.render({}).result
    heard = [b["text"] for e in session.timeline if e.role == "user" for b in e.content]
    assert sorted(heard) == sorted(said)
    assert [e.index for e in session.timeline] == list(range(len(session.timeline)))
    uses = [b["id"] for e in session.timeline for b in e.content if b["type"] == "tool_use"]
    results = [b["tool_use_id"] for e in session.timeline for b in e.content if b["type"] == "tool_result"]
    assert sorted(uses) == sorted(results)
    before = list(session.timeline)
    await app.shutdown()
    app = fresh()
    session = await app.session("s")
    await session.mount()
    assert list(session.timeline) == before
    await app.shutdown()


async def _over(running):
    for procedure in running:
        try:
            await procedure.result
        except EngineError:
            continue
    running.clear()
