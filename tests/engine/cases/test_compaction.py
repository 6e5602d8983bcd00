"""Cases 59 to 69: what a Timeline shows when it does not show everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import System, Timeline, component, use_timeline
from engine.entries import Entry
from engine.testing import Reply, ToolCall
from engine.timeline.log import weight
from tests.engine.cases.kit import assert_well_formed, seen, texts


def words(tokens: int, mark: str) -> str:
    """A message that weighs ``tokens`` tokens by the rule ceil(characters / 4) + 4."""
    return mark + "x" * ((tokens - 4) * 4 - len(mark))


def timeline(**props):
    @component
    def Root():
        return [System("s"), Timeline(**props)]

    return Root


async def test_59_truncate_keeps_the_newest_that_fit(bench):
    b = await bench(timeline(max_tokens=60), words(50, "A1"), "ok")
    await b.session.send(words(50, "U1")).result
    await b.session.send(words(50, "U2")).result
    assert "U2" in seen(b.model.calls[1])
    assert "U1" not in seen(b.model.calls[1])
    assert "A1" not in seen(b.model.calls[1])


async def test_62_default_strategy_drops_the_older(bench):
    b = await bench(timeline(max_tokens=50), words(40, "Old reply"))
    await b.session.send(words(40, "Old user")).result
    await b.session.send(words(40, "New user")).result
    assert [t[:8] for t in texts(b.model.calls[1].messages)] == ["New user"]


async def test_64_headroom_and_the_render_functions_budget(bench):
    budgets = []

    def render(history, pending, budget):
        budgets.append(budget)
        return list(history) + list(pending)

    b = await bench(timeline(max_tokens=100, headroom=20, render=render))
    await b.session.send("a").result
    assert budgets[-1].max_tokens == 80 or budgets[-1].effective == 80
    free = await bench(timeline(render=render), id="free")
    await free.session.send("a").result
    assert budgets[-1] is None


async def test_65_a_custom_strategy_gets_its_arguments(bench):
    got = []

    def strategy(entries, budget, guidance):
        got.append((len(entries), budget, guidance))
        return entries[-1:]

    b = await bench(timeline(max_tokens=10, strategy=strategy, guidance="g"))
    await b.session.send(words(30, "one")).result
    await b.session.send(words(30, "two")).result
    count, budget, guidance = got[-1]
    assert count >= 2
    assert guidance == "g"
    assert budget["max_tokens"] == 10
    assert budget["current_tokens"] >= 30


async def test_async_strategy(bench):
    async def strategy(entries, budget, guidance):
        return entries[-1:]

    b = await bench(timeline(max_tokens=10, strategy=strategy))
    await b.session.send(words(30, "one")).result
    await b.session.send(words(30, "two")).result
    assert "one" not in seen(b.model.calls[1])
    assert "two" in seen(b.model.calls[1])


def test_67_an_entry_weighs_what_the_provider_counted_else_a_quarter_of_its_characters():
    entry = Entry("e", 0, "user", [{"type": "text", "text": "x" * 41}], "x", 1)
    assert weight(entry) == 11 + 4
    assert weight(replace(entry, tokens=7)) == 7


async def test_68_bounded_memory_of_the_timeline(bench):
    b = await bench(timeline(), max_timeline_entries=4)
    for number in range(3):
        await b.session.send(f"Message {number}").result
    assert len(b.session.timeline) <= 4
    people = [e.text for e in b.session.timeline if e.role == "user"]
    assert people[-1] == "Message 2"
    assert "Message 0" not in people


async def test_69_use_timeline_sets_and_updates(bench):
    grip = {}

    @component
    def Root():
        grip["timeline"] = use_timeline()
        return [Timeline()]

    b = await bench(Root)
    await b.session.send("one").result
    await b.session.send("two").result
    grip["timeline"].set([e for e in b.session.timeline if "two" in e.text])
    await b.session.send("three").result
    assert "one" not in seen(b.model.calls[-1])
    assert "two" in seen(b.model.calls[-1])
    grip["timeline"].update(lambda entries: list(entries)[-1:])
    await b.session.send("four").result
    assert "two" not in seen(b.model.calls[-1])


async def test_limit_cuts_in_front_of_a_person(bench):
    b = await bench(timeline(limit=3))
    for text in ("one", "two", "three"):
        await b.session.send(text).result
    assert_well_formed(b.model.calls[-1])
    assert "one" not in seen(b.model.calls[-1])
    assert "three" in seen(b.model.calls[-1])


async def test_the_running_execution_is_never_cut(bench):
    from engine import Tool

    @component
    def Root():
        return [Tool(name="big", description="b", handler=lambda: words(500, "R")), Timeline(max_tokens=60)]

    b = await bench(Root, "first", Reply("", tool_calls=[ToolCall("big", {})]), "Done")
    await b.session.send(words(50, "U1")).result
    await b.session.send(words(50, "U2")).result
    last = b.model.calls[-1]
    assert "U2" in seen(last)
    assert "U1" not in seen(last)
    assert_well_formed(last)


async def test_summarize_puts_a_summary_in_place_of_the_older_part(bench):
    b = await bench(timeline(max_tokens=60, strategy="summarize"), "first", "THE SUMMARY", "second")
    await b.session.send(words(50, "U1")).result
    result = await b.session.send(words(50, "U2")).result
    assert result.response == "second"
    last = b.model.calls[-1]
    assert "THE SUMMARY" in seen(last)
    assert "U1" not in seen(last)
    assert "U2" in seen(last)
    assert any("U1" in e.text for e in b.session.timeline)


async def test_roles_and_filter(bench):
    b = await bench(timeline(filter=lambda e: "secret" not in e.text))
    await b.session.send("secret").result
    await b.session.send("open").result
    assert "secret" not in seen(b.model.calls[-1])


async def test_on_evict_hears_of_it(bench):
    gone = []
    b = await bench(timeline(max_tokens=60, on_evict=lambda entries: gone.extend(e.text[:2] for e in entries)))
    await b.session.send(words(50, "U1")).result
    await b.session.send(words(50, "U2")).result
    assert "U1" in gone


async def test_context_error_when_the_execution_alone_is_too_large(bench):
    from dataclasses import replace

    from engine import ModelError, create_app
    from engine.testing import ScriptedModel

    class Small(ScriptedModel):
        @property
        def info(self):
            return replace(super().info, context_window=100)

    model = Small()
    async with create_app(timeline(), model=model) as app:
        session = await app.session("s")
        with pytest.raises(ModelError) as caught:
            await session.send("x" * 4000).result
        assert caught.value.kind == "context"
        assert model.calls == []


async def test_a_summary_is_written_once_in_a_while_and_goes_on_from_the_one_before(bench):
    b = await bench(timeline(max_tokens=200, strategy="summarize"))
    for number in range(30):
        await b.session.send(words(25, f"U{number}.")).result
    written = [c for c in b.model.calls if "Summarize" in c.system]
    assert 3 <= len(written) <= 12
    assert "Summary of what came before" in seen(written[-1])
    assert "U0." in seen(written[0]) and "U0." not in seen(written[-1])
    last = b.model.calls[-1]
    assert "<summary>" in seen(last) and "U29." in seen(last) and "U0." not in seen(last)
    assert sum(len(text) for text in texts(last.messages)) <= 200 * 4 + 200
    assert_well_formed(last)


async def test_what_a_limit_leaves_out_is_summarized_where_that_is_the_strategy(bench):
    b = await bench(timeline(limit=6, strategy="summarize"))
    for number in range(12):
        await b.session.send(f"Message {number}").result
    written = [c for c in b.model.calls if "Summarize" in c.system]
    assert 1 <= len(written) <= 6
    last = b.model.calls[-1]
    assert "<summary>" in seen(last) and "Message 11" in seen(last) and "Message 0" not in seen(last)
    assert_well_formed(last)


async def test_a_summary_that_was_kept_by_an_older_version_is_used(bench):
    from engine.timeline.summary import SUMMARIES, summary_key

    b = await bench(timeline(max_tokens=60, strategy="summarize"), "first", "second")
    await b.session.send(words(50, "U1")).result
    key = summary_key(list(b.session.timeline), None)
    b.session.set_shared(SUMMARIES, {key: "KEPT BEFORE"}, True)
    await b.session.send(words(50, "U2")).result
    assert len(b.model.calls) == 2 and "KEPT BEFORE" in seen(b.model.calls[1])
