"""Run Python as a step: values in, result out, code that is never made of anything else."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blueprint import apply, dry_compile, kind_of, make_node, problems
from engine.blueprint.document import Node
from engine.effects import sandbox
from engine.effects.sandbox import Sandbox
from engine.permissions import MemoryPermissions
from engine.world import World
from tests.engine.blueprint.worlds import acting, errors, scene


def code(text: str, *pairs: tuple[str, Any], **props: Any) -> Node:
    inputs = [{"name": name, "value": value} for name, value in pairs]
    return make_node("run_python", id="step", code=text, inputs=inputs, **props)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Says whether there is a room; the first answer is no, so that the test runs anywhere."""

    def say(found: Sandbox | None) -> None:
        monkeypatch.setattr(sandbox, "_known", [found])

    say(None)
    return say


async def test_values_go_in_and_the_result_comes_out(room: Any) -> None:
    document = acting(
        code("result = [inputs['n'] * 2, inputs['all'][0], inputs['text']]", ("n", "{{ n }}"), ("all", ["{{ n }}x"]),
             ("text", "{{ text }}"), (" ", "left out"), variable="kept"),
        make_node("reply", text="{{ result|join('|') }} {{ kept|length }}"),
        before=(make_node("state", title="kept", id="kept"), make_node("state", title="n", type="number", initial=21)),
        text="x",
    )  # fmt: skip
    assert not errors(document)
    assert [tool["name"] for tool in dry_compile(document).tools] == ["act"]
    async with scene(document, text="'; import os #{{ n }}") as play:
        assert await play.turn() == ("42|21x|'; import os #{{ n }} 3", False)
        assert play.asked == ["Run this Python program, which can read your files and use the network"]
        assert play.shown == [document.node("step").props["code"]]


async def test_variables_are_never_put_into_code(room: Any) -> None:
    step = code("print('{{ text }}')")
    async with scene(acting(step, make_node("reply", text="{{ result }}"), text="x"), text="evil") as play:
        assert await play.turn() == ("{{ text }}", False)
    (found,) = [p for p in problems(acting(step, text="x")) if p.node_id == "step"]
    assert found.text.startswith("Variables are not put into code.") and found.fix is not None
    fixed, _ = apply(acting(step, text="x"), found.fix)
    assert fixed.node("step").props["inputs"] == [{"name": "text", "value": "{{ text }}"}]


async def test_a_failure_is_told_to_the_model_with_its_line(room: Any) -> None:
    async with scene(acting(code("\nraise ValueError('no')"))) as play:
        assert await play.turn() == ("The code failed (line 2): ValueError: no", True)
    async with scene(acting(code(" "))) as play:
        assert await play.turn() == ("This step has no code.", True)
        assert not play.asked


async def test_nothing_runs_without_a_permission_and_other_code_asks_again(room: Any) -> None:
    permissions = MemoryPermissions()
    world = World("agent", permissions)
    async with scene(acting(code("result = 1")), world, answer="no", turns=2) as play:
        assert (await play.turn())[0].startswith("This was not allowed: Run this Python program")
        play.answer = "always"
        assert not (await play.turn())[1]
    async with scene(acting(code("result = 1")), world) as play:
        assert not (await play.turn())[1] and not play.asked
    async with scene(acting(code("result = 2")), world) as play:
        assert not (await play.turn())[1] and len(play.asked) == 1


def test_a_yes_to_cut_off_code_is_no_yes_to_code_that_is_not(room: Any) -> None:
    kind, node = kind_of(code("x")), code("x")
    (open_,) = kind.capabilities(node)
    room(Sandbox("/usr/bin/bwrap"))
    (closed,) = kind.capabilities(node)
    assert open_.key != closed.key
    assert closed.sentence == "Run this Python program, cut off from your files and the network"
    assert closed.detail == open_.detail == "x"
    (same,) = kind.capabilities(code("x", ("a", 1), seconds=3))
    assert same.key == closed.key
    assert not list(kind.capabilities(code(" ")))


@pytest.mark.parametrize(
    ("node", "field", "text", "line"),
    [
        (code(""), "code", "This step has no code.", None),
        (code("x = 1\nif x:\n"), "code", "The code is not Python: expected an indented block", 2),
        (code("x = '\\d'\ny = ("), "code", "The code is not Python", 2),
        (code("a\x00b"), "code", "The code is not Python", None),
        (code("(" * 5_000), "code", "The code is not Python", 1),
        (code("-" * 40_000 + "1"), "code", "The code is not Python", None),
        (code("x", ("a", 1), ("a", 2)), "inputs", "Two values for the code are called “a”.", None),
        (code("x", ("a", "{{ nothing }}")), "inputs", "nothing", None),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(node: Node, field: str, text: str, line: int | None) -> None:
    found = [(p.field, p.text, p.line) for p in problems(acting(node)) if p.node_id == "step"]
    assert any(place == field and text in words and at == line for place, words, at in found), found


def test_cards_show_the_code_or_its_length() -> None:
    kind = kind_of(code(""))
    said = [kind.summary(code(text), acting()) for text in ("", "\nresult = 1\n", "a\n\nb", "x" * 70)]
    assert said == ["No code yet", "result = 1", "2 lines", "x" * 59 + "…"]
