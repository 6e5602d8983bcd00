"""Cases 70 to 83: knobs and gates."""

from __future__ import annotations

import json

from engine import Knobs, System, Timeline, Tool, component, gate, knob, use_gate, use_knob, use_on_tick_end
from engine.testing import Reply, ToolCall, compile_once
from tests.engine.cases.kit import result_text, results, seen, tool_names


def set_knob(**input):
    return Reply("", tool_calls=[ToolCall("set_knob", input)])


@component
def Mode():
    mode, _ = use_knob("mode", "broad", options=["broad", "deep"], description="How far to look")
    return [System(f"Mode is {mode}."), Timeline()]


def test_70_a_knob_makes_a_section_and_a_tool():
    request = compile_once(Mode)
    line = next(line for line in request.system.splitlines() if line.startswith("mode"))
    assert line.startswith("mode [select]: ")
    for part in ("broad", "How far to look", "deep"):
        assert part in line
    assert tool_names(request) == ["set_knob"]


async def test_71_the_next_render_sees_the_new_value(bench):
    b = await bench(Mode, set_knob(name="mode", value="deep"), "Done")
    await b.session.send("a").result
    assert "Mode is deep." in b.model.calls[1].system


async def test_72_an_invalid_value_changes_nothing(bench):
    b = await bench(Mode, set_knob(name="mode", value="invalid"), "Done")
    await b.session.send("a").result
    answer = results(b.model.calls[1])[0]
    assert answer.get("is_error")
    text = result_text(answer)
    assert "Invalid value" in text
    assert "broad" in text
    assert "deep" in text
    assert "Mode is broad." in b.model.calls[1].system


def test_74_resolve():
    got = []

    @component
    def Root():
        value, _ = use_knob("n", 7, resolve=lambda x: x * 10)
        got.append(value)
        return [Timeline()]

    compile_once(Root)
    assert got[-1] == 70


async def test_75_momentary_lasts_one_execution(bench):
    @component
    def Root():
        open_, _ = use_knob("open", False, momentary=True)
        mode, _ = use_knob("mode", "broad", options=["broad", "deep"])
        return [System(f"open={open_} mode={mode}"), Timeline()]

    b = await bench(
        Root,
        Reply(
            "",
            tool_calls=[
                ToolCall("set_knob", {"name": "open", "value": True}),
                ToolCall("set_knob", {"name": "mode", "value": "deep"}),
            ],
        ),
        Reply("", tool_calls=[ToolCall("set_knob", {"name": "mode", "value": "deep"})]),
        "Done",
        "Next",
    )
    await b.session.send("a").result
    assert "open=True" in b.model.calls[1].system
    assert "open=True" in b.model.calls[2].system
    snapshot = json.dumps(b.session.snapshot())
    assert "deep" in snapshot
    await b.session.send("b").result
    assert "open=False mode=deep" in b.model.calls[3].system


def test_76_groups_labels_and_hints():
    @component
    def Root():
        use_knob("plain", True)
        use_knob("heat", 1.0, min=0, max=2, step=0.1, group="Model")
        use_knob("size", 3, group="Model")
        use_knob("style", "terse", options=["terse", "long"], group="Behavior")
        use_knob("name", "Ada", max_length=10, group="Behavior")
        use_knob("flash", False, momentary=True)
        return [Timeline()]

    system = compile_once(Root).system
    assert system.index("plain [toggle]") < system.index("### Model") < system.index("### Behavior")
    for part in ("[range]", "[number]", "[select]", "[text]", "0 - 2", "step 0.1", "max 10 chars", "resets after use"):
        assert part in system


def test_b1_knobs_element_places_the_list():
    @component
    def Root():
        use_knob("mode", "broad", options=["broad", "deep"])
        from engine import Section

        return [System("S"), Section("A", id="a"), Knobs(), Timeline()]

    system = compile_once(Root).system
    assert system.index("S") < system.index('<section id="a">') < system.index("mode [select]")


async def test_78_an_inline_knob_is_settable_and_not_listed(bench):
    @component
    def Root():
        mode, _ = use_knob("mode", "broad", options=["broad", "deep"], inline=True)
        return [System(f"Mode is {mode}."), Timeline()]

    b = await bench(Root, set_knob(name="mode", value="deep"), "Done")
    await b.session.send("a").result
    assert "mode [select]" not in b.model.calls[0].system
    assert "Mode is deep." in b.model.calls[1].system


async def test_b19_a_group_is_set_all_or_nothing(bench):
    @component
    def Root():
        a, _ = use_knob("a", False, group="g")
        n, _ = use_knob("n", "x", options=["x", "y"], group="g")
        return [System(f"a={a} n={n}"), Timeline()]

    b = await bench(Root, set_knob(group="g", value=True), "Done")
    await b.session.send("a").result
    assert results(b.model.calls[1])[0].get("is_error")
    assert "a=False n=x" in b.model.calls[1].system


def test_a_knob_declared_once_and_used():
    deep = knob(False, description="Look deeper")
    flash = knob.momentary(False)

    @component
    def Root():
        value, _ = use_knob("deep", deep)
        use_knob("flash", flash)
        return [System(f"deep={value}"), Timeline()]

    system = compile_once(Root).system
    assert "deep [toggle]" in system
    assert "flash [toggle]" in system
    assert "resets after use" in system


VERIFY = gate(
    description="Verify the edit",
    instructions="Check the file before you finish.",
    activate_when=lambda result: any(c.name == "edit_file" for c in result.tool_calls),
)


def editor(clear_from=None):
    @component
    def Root():
        state = use_gate("verify", VERIFY)

        def clear(result):
            if clear_from is not None and result.tick >= clear_from:
                state.clear()

        use_on_tick_end(clear)
        return [Tool(name="edit_file", description="Edit", handler=lambda: "edited"), Timeline()]

    return Root


EDIT = Reply("", tool_calls=[ToolCall("edit_file", {})])


async def test_80_an_inactive_gate_shows_and_blocks_nothing(bench):
    b = await bench(editor(), "done")
    await b.session.send("a").result
    assert len(b.model.calls) == 1
    assert "Check the file" not in seen(b.model.calls[0])


async def test_80_an_active_gate_blocks_until_cleared(bench):
    b = await bench(editor(clear_from=2), EDIT, "done", "really done")
    result = await b.session.send("a").result
    assert "Check the file" in seen(b.model.calls[1])
    assert len(b.model.calls) in (2, 3)
    assert result.response in ("done", "really done")


async def test_80_the_model_clears_it(bench):
    b = await bench(editor(), EDIT, "done", set_knob(name="verify", value="inactive"), "finished")
    result = await b.session.send("a").result
    assert result.response == "finished"
    assert len(b.model.calls) == 4


async def test_81_a_deferred_gate_returns_at_the_moment_of_stopping(bench):
    b = await bench(
        editor(),
        EDIT,
        set_knob(name="verify", value="deferred"),
        "stop now",
        set_knob(name="verify", value="inactive"),
        "finished",
    )
    result = await b.session.send("a").result
    assert "Check the file" not in seen(b.model.calls[2])
    assert "Check the file" in seen(b.model.calls[3])
    assert result.response == "finished"


async def test_83_a_gate_that_never_opens_ends_with_max_ticks(bench):
    always = gate(description="d", instructions="i", activate_when=lambda result: True)

    @component
    def Root():
        use_gate("always", always)
        return [Timeline()]

    b = await bench(Root, max_ticks=5)
    result = await b.session.send("a").result
    assert len(b.model.calls) <= 5
    assert result.stop_reason == "max_ticks"
