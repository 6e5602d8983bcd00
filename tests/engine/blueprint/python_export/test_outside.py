"""What reaches outside, exported: the same gate, the same questions, the same requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import ModelInfo, create_app
from engine.blueprint import AgentDocument, FromBough, Node, Outside, export_python, make_node
from engine.blueprint.reach import capabilities
from engine.errors import NotPermitted
from engine.permissions import MemoryPermissions
from engine.testing import Reply, ScriptedModel, ToolCall, compile_once
from engine.world import World
from tests.engine.blueprint.builders import agent, only_if
from tests.engine.blueprint.python_export.both import assert_same, loaded

TIME = make_node("timeline")


def use(called: str, /, **given: Any) -> Reply:
    return Reply(tool_calls=[ToolCall(called, given)])


def files(folder: Path) -> AgentDocument:
    place = {"folder": str(folder)}
    keep = make_node("read_file", **place, path="{{ name }}.txt", variable="last", name="words")
    return agent(
        make_node("state", title="last", type="text"),
        make_node("state", title="seen"),
        make_node(
            "tool",
            keep,
            make_node("append", variable="seen", value="{{ name }} ({{ seen|length }})"),
            make_node("reply", text="{{ words|upper }} / {{ last }} / {{ seen }}"),
            title="Read", description="Reads", inputs=[{"title": "name"}],
        ),
        make_node(
            "tool",
            make_node(
                "when",
                make_node("list_folder", **place, pattern="*.txt"),
                make_node("reply", text="{% for file in files %}{{ file.name }} {% endfor %}"),
                make_node("otherwise", make_node("reply", text="None of {{ files|length }}.")),
                condition=only_if("all", "is_yes"),
            ),
            title="List", description="Lists", inputs=[{"title": "all", "type": "yes_no"}],
        ),
        make_node(
            "tool",
            make_node("write_file", **place, path="{{ name }}.txt", content="{{ text }} {{ seen }}", mode="replace"),
            title="Write", description="Writes", inputs=[{"title": "name"}, {"title": "text"}],
        ),
        make_node("section", title="State", text="{{ last }} {{ seen }}"),
        TIME,
    )  # fmt: skip


REPLIES = [
    use("write", name="b", text="new"),
    use("read", name="a"),
    use("read", name="b"),
    use("read", name="missing"),
    use("read", name="../a"),
    use("list", all=True),
    use("list", all=False),
    "Done.",
]


@pytest.mark.parametrize("allowed", [True, False])
async def test_steps_with_files_do_and_ask_the_same(tmp_path: Path, allowed: bool) -> None:
    (tmp_path / "a.txt").write_text("first", encoding="utf-8")
    document = files(tmp_path)
    known = [("a", capability) for _, capability in capabilities(document)] if allowed else []
    world = World("a", MemoryPermissions(known))
    requests = await assert_same(document, ["Go."], REPLIES, world=world)
    assert "FIRST / first / - a (0)" in str(requests[2].messages)
    assert (tmp_path / "b.txt").read_text(encoding="utf-8").strip() == "new"


async def test_a_module_without_a_world_reaches_nothing(tmp_path: Path) -> None:
    component = loaded(files(tmp_path))
    model = ScriptedModel([use("write", name="b", text="x"), "Done."])
    async with create_app(component, model=model) as app:
        session = await app.session("s")
        await session.send("Go.").result
    assert "Reach anything outside" in str(model.calls[1].messages)
    assert list(tmp_path.iterdir()) == []


async def test_what_nobody_allows_does_not_happen(tmp_path: Path) -> None:
    write = {"kind": "write_file", "props": {"folder": str(tmp_path), "path": "x.txt", "content": "x"}}
    outside = Outside(World("a"))
    with pytest.raises(NotPermitted):
        await outside.require(write)
    with pytest.raises(NotPermitted):
        await outside.perform(write)
    assert list(tmp_path.iterdir()) == []


def test_parts_that_show_something_of_outside_stand_in_a_component(tmp_path: Path) -> None:
    data = {"id": "d", "kind": "data", "props": {"title": "Hours", "values": "day,opens\nMonday,9"}}
    request = compile_once(FromBough, node=data)
    assert '<section id="hours" title="Hours">' in request.system and "| Monday | 9 |" in request.system


PICTURE = {
    "name": "dot.png",
    "media_type": "image/png",
    "data": ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
}
CONTENT: list[Node] = [
    make_node("data", title="Hours", values="day,opens\nMonday,9"),
    make_node("document", title="Terms", words="No returns."),
    make_node("document", title="Long terms", words="Nothing comes back. " * 30),
    make_node("data", title="Prices", values='{"tea": [3, 4], "figs": null}', shape="json"),
    make_node("data", title="List", values='[{"a": 1}, {"b": "x"}]'),
    make_node("data", title="Empty", values=""),
    make_node("image", title="Dot", attached=PICTURE, caption="A dot"),
    make_node("image", title="Dot", attached=PICTURE),
    make_node("provider_tool", tool="web_search", max_uses=2),
    make_node("timeline", limit=2, strategy="sliding-window", shown="words"),
    make_node("timeline", max_tokens=900, headroom=10, old="shortened", old_after=1, old_length=20),
    make_node("timeline", shown="person"),
]


@pytest.mark.parametrize("node", CONTENT, ids=lambda node: f"{node.kind} {sorted(node.props)}")
async def test_content_and_ways_to_show_the_conversation(node: Node) -> None:
    tool = make_node("tool", make_node("reply", text="A long reply that is cut later on."), title="T", description="t")
    rest = [] if node.kind == "timeline" else [TIME]
    document = agent(make_node("system", text="Hi"), tool, node, *rest)
    allowed = [("a", capability) for _, capability in capabilities(document)]
    able = ModelInfo("able", abilities=frozenset({"tools", "images", "documents", "provider_tools"}))
    replies = [use("t"), "One, and more than twenty letters.", "Two.", use("t"), "Three."]
    await assert_same(document, ["A.", "B.", "C."], replies, world=World("a", MemoryPermissions(allowed)), info=able)


def test_the_module_says_what_it_takes(tmp_path: Path) -> None:
    source = export_python(files(tmp_path))
    assert "def Test(world: World | None = None):" in source
    assert "outside = Outside(world, call)" in source and "await outside.require(READ_FILE)" in source
