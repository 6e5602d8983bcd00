"""Document, Image and Data: what they show, when they read, and what they never read."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest

from engine import RenderError, create_app
from engine.blueprint import agent_component, dry_compile, kind_of, make_node, node_of_path, problems, why_not_sent
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.sent_files import read_ahead
from engine.blueprint.why import explained
from engine.effects import files
from engine.permissions import MemoryPermissions
from engine.testing import ScriptedModel
from engine.world import World
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import TIME
from tests.engine.blueprint.worlds import Scene, errors
from tests.engine.effects.test_content import PDF, PNG


def kept(data: bytes, name: str = "plan.png") -> dict[str, str]:
    return {"name": name, "media_type": "", "data": base64.b64encode(data).decode()}


def node(kind: str, **props: Any) -> Node:
    return make_node(kind, id="part", **props)


def alone(part: Node) -> AgentDocument:
    return agent(make_node("system", text="Help."), part, TIME)


# -- what stands in the document itself --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (
            node("document", title="Price list", words="Figs: 3"),
            '<section id="price_list" title="Price list">\nFigs: 3\n',
        ),
        (node("document", source="attached", attached=kept(b"Tea: 2", "a.txt")), 'title="a.txt">\nTea: 2\n</section>'),
        (node("document", title="x", words="{{ not a template }}"), "{{ not a template }}"),
        (node("data", title="hours", values="day,opens\nMonday,9"), "| day | opens |\n| --- | --- |\n| Monday | 9 |"),
        (node("data", title="hours", values="day,opens\nMonday,9", shape="json"), '"day": "Monday"'),
        (node("data", title="x", values='[{"a": 1}, {"b": [2]}]'), "| a | b |\n| --- | --- |\n| 1 |  |\n|  | - 2 |"),
        (node("data", title="x", values="[[1, 2], [3]]"), "| 1 | 2 |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |"),
        (node("data", title="x", values='{"a": 1}'), '```json\n{\n  "a": 1\n}\n```'),
        (node("data", title="x", values="a\n1\n2\n3", rows=2), "| 1 |\n| 2 |\n… and 1 row more"),
        (node("data", title="x", values="[1, 2, 3]", rows=1), "… and 2 rows more"),
        (node("data", title="x", values="a\n1\n2", rows=1, shape="json"), "… and 1 row more"),
    ],
)
async def test_words_and_tables_are_sections(part: Node, text: str) -> None:
    document = alone(part)
    assert not errors(document)
    request = dry_compile(document, draft="hi")
    assert text in request.system and why_not_sent(document, {}, "part") is None
    assert "part" in {node_of_path(span.path) for span in request.spans}
    async with create_app(agent_component(document), model=(model := ScriptedModel(["ok"]))) as app:
        await (await app.session("s")).send("hi").result
        assert text in model.calls[0].system


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (node("image", source="attached", attached=kept(PNG)),
         {"type": "image",
          "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()}}),
        (node("document", source="attached", title="Plan", attached=kept(PDF)),
         {"type": "document", "title": "Plan",
          "source": {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(PDF).decode()}}),
    ],
)  # fmt: skip
async def test_images_and_pdfs_are_blocks_in_front_of_the_conversation(part: Node, block: dict[str, Any]) -> None:
    document = alone(part)
    assert not errors(document)
    assert block in dry_compile(document, draft="hi").messages[0]["content"]
    async with create_app(agent_component(document), model=(model := ScriptedModel(["ok", "ok"]))) as app:
        session = await app.session("s")
        await session.send("hi").result
        await session.send("again").result
        for request in model.calls:
            content = request.messages[0]["content"]
            assert content.count(block) == 1 and content[-1]["text"] == "hi"
        assert not any(block in entry.content for entry in session.timeline)


def test_a_caption_stands_in_front_of_its_image() -> None:
    part = node("image", attached=kept(PNG), caption="The garden")
    content = dry_compile(alone(part), draft="hi").messages[0]["content"]
    assert [piece["type"] for piece in content] == ["text", "image", "text"]
    assert content[0]["text"] == "The garden:"


def test_what_cannot_be_shown_is_left_out_of_a_preview_and_reported() -> None:
    reports: list[tuple[str, str]] = []
    for part in (
        node("image", attached=kept(b"no image")), node("data", title="x", values="{"),
        node("document", source="attached", attached={"name": "x", "data": "###"}),
    ):  # fmt: skip
        document = alone(part)
        dry_compile(document, report=lambda found, name, error: reports.append((name, str(error))))
        assert errors(document) == [reports[-1][1]]
    assert [name for name, _ in reports] == ["attached", "values", "attached"]


async def test_a_turn_with_a_part_that_cannot_be_shown_stops_and_names_it() -> None:
    component = agent_component(alone(node("data", title="Hours", values="{")))
    async with create_app(component, model=ScriptedModel(["ok"])) as app:
        with pytest.raises(RenderError, match=r"Data · Hours: “Hours” is not JSON"):
            await (await app.session("s")).send("hi").result


# -- files on this machine ---------------------------------------------------------------------------------------


class Reads:
    """Counts every opening of the file, however it is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.opened = self.looked = 0
        real_open, real_lstat = os.open, os.lstat

        def counting(path: Any, *more: Any, **options: Any) -> int:
            self.opened += str(path).endswith(name)
            return real_open(path, *more, **options)

        def looking(path: Any, *more: Any, **options: Any) -> os.stat_result:
            self.looked += str(path).endswith(name)
            return real_lstat(path, *more, **options)

        monkeypatch.setattr(os, "open", counting)
        monkeypatch.setattr(os, "lstat", looking)


async def test_a_file_is_read_once_it_is_allowed_and_again_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "prices.txt"
    path.write_text("Figs: 3", encoding="utf-8")
    document = alone(node("document", title="Prices", source="file", path=str(path)))
    assert not errors(document)
    reads = Reads(monkeypatch, "prices.txt")
    world = World("agent", MemoryPermissions())
    model = ScriptedModel(default="ok")
    async with create_app(agent_component(document, world=world), model=model) as app:
        play = Scene(await app.session("s"), model, world, "no")
        await play.turn()
        assert (reads.opened, reads.looked) == (0, 0) and "Figs" not in model.calls[-1].system
        play.answer = "once"
        await play.turn()
        assert reads.opened == 1 and "Figs: 3" in model.calls[-1].system
        play.answer = "always"
        await play.turn()
        await play.turn()
        assert play.asked == [f"Read the file {path} and show it to the model"] * 3
        assert reads.opened == 1 and "Figs: 3" in model.calls[-1].system
        path.write_text("Figs: 40", encoding="utf-8")
        await play.turn()
        assert reads.opened == 2 and "Figs: 40" in model.calls[-1].system
        world.permissions._keys.clear()  # type: ignore[attr-defined]
        play.answer = "no"
        await play.turn()
        assert reads.opened == 2 and "Figs" not in model.calls[-1].system


async def test_another_file_in_its_place_is_not_touched_before_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Figs: 3", encoding="utf-8")
    (tmp_path / "b.txt").write_text("The letter", encoding="utf-8")

    def naming(name: str) -> AgentDocument:
        return alone(node("document", title="Prices", source="file", path=str(tmp_path / name)))

    world = World("agent")
    model = ScriptedModel(default="ok")
    async with create_app(agent_component(naming("a.txt"), world=world), model=model) as app:
        play = Scene(await app.session("s"), model, world)
        await play.turn()
        assert "Figs" in model.calls[-1].system
        reads = Reads(monkeypatch, "b.txt")
        play.answer = "no"
        play.session.replace(agent_component(naming("b.txt"), world=world))
        await play.turn()
        assert play.asked[-1] == f"Read the file {tmp_path / 'b.txt'} and show it to the model"
        assert (reads.opened, reads.looked) == (0, 0) and "letter" not in model.calls[-1].system


async def test_a_file_that_is_gone_or_wrong_stops_the_turn_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "plan.png"
    document = alone(node("image", title="Plan", source="file", path=str(path)))
    world = World("agent")
    model = ScriptedModel(default="ok")
    async with create_app(agent_component(document, world=world), model=model) as app:
        play = Scene(await app.session("s"), model, world)
        with pytest.raises(RenderError, match=r"Image · Plan: “plan\.png” is not there"):
            await play.turn()
        path.write_bytes(b"no image")
        with pytest.raises(RenderError, match="no image that models can see"):
            await play.turn()
        path.unlink()
        path.symlink_to("/etc/hostname")
        with pytest.raises(RenderError, match="is a link"):
            await play.turn()
        path.unlink()
        path.write_bytes(PNG)
        await play.turn()
        assert model.calls[-1].messages[0]["content"][0]["type"] == "image"


async def test_without_a_world_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "prices.txt"
    path.write_text("Figs: 3", encoding="utf-8")
    document = alone(node("document", title="Prices", source="file", path=str(path)))
    reads = Reads(monkeypatch, "prices.txt")
    assert "Figs" not in dry_compile(document, draft="hi").system
    async with create_app(agent_component(document), model=(model := ScriptedModel(["ok"]))) as app:
        await (await app.session("s")).send("hi").result
        assert "Figs" not in model.calls[0].system
    assert (reads.opened, reads.looked) == (0, 0)
    reason = "Its file is read once you allow it: you are asked when the agent runs."
    assert why_not_sent(document, {}, "part") == explained(document)[0]["part"] == reason


async def test_a_preview_shows_what_was_read_ahead_and_only_what_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "prices.txt"
    path.write_text("Figs: 3", encoding="utf-8")
    part = node("document", title="Prices", source="file", path=str(path))
    document = agent(
        make_node("group", part), make_node("document", title="off", source="file", path=str(path), enabled=False), TIME
    )
    reads = Reads(monkeypatch, "prices.txt")
    world = World("agent")
    assert await read_ahead(document, world) == {}
    assert (reads.opened, reads.looked) == (0, 0)
    (capability,) = kind_of(part).capabilities(part)
    await world.permissions.allow("agent", capability)
    found = await read_ahead(document, world)
    assert found == {"part": {"text": "Figs: 3"}} == await read_ahead(document, world)
    assert reads.opened == 1
    assert "Figs: 3" in dry_compile(document, draft="hi", files=found).system
    assert explained(document, None, found)[0]["part"] is None
    path.unlink()
    found = await read_ahead(document, world)
    assert "Figs" not in dry_compile(document, draft="hi", files=found).system
    assert explained(document, None, found)[0]["part"] == "Its file cannot be sent: “prices.txt” is not there."


async def test_the_data_of_bough_is_never_sent(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{}", encoding="utf-8")
    part = node("data", title="x", source="file", path=str(path))
    world = World("agent", private=[tmp_path])
    (capability,) = kind_of(part).capabilities(part)
    await world.permissions.allow("agent", capability)
    assert "keeps its own data" in (await read_ahead(alone(part), world))["part"]["error"]


# -- cards, problems, permissions --------------------------------------------------------------------------------


def test_another_file_is_another_permission_and_the_same_one_is_not() -> None:
    def keys(**props: Any) -> list[str]:
        return [capability.key for capability in kind_of(node("document")).capabilities(node("document", **props))]

    assert keys(source="file", path="/a/b.txt") == keys(source="file", path="/a/./b.txt ", title="x")
    assert keys(source="file", path="/a/c.txt") != keys(source="file", path="/a/b.txt")
    assert keys(path="/a/b.txt") == keys(source="file", path="b.txt") == keys(source="file") == []


@pytest.mark.parametrize(
    ("part", "field", "text"),
    [
        (node("document"), "words", "Nothing was typed in."), (node("data"), "values", "Nothing was typed in."),
        (node("image"), "attached", "No file was attached."),
        (node("image", source="file"), "path", "No file was chosen."),
        (node("image", source="file", path="a.png"), "path", "The file must be a whole path."),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_beside_its_field(part: Node, field: str, text: str) -> None:
    found = [(p.field, p.text) for p in problems(alone(part)) if p.node_id == "part"]
    assert found == [(field, text)] and why_not_sent(alone(part), {}, "part") == text
    assert "part" not in {node_of_path(span.path) for span in dry_compile(alone(part), draft="hi").spans}


def test_cards_say_where_the_content_is() -> None:
    parts = [
        node("document"), node("document", words="One\nTwo"), node("image", attached=kept(PNG)),
        node("image", attached={"data": "YQ=="}), node("data", source="file", path="/a/b.csv"),
    ]  # fmt: skip
    assert [kind_of(part).summary(part, alone(part)) for part in parts] == [
        "Nothing was typed in", "One", "plan.png, kept in the agent", "a file, kept in the agent", "the file b.csv",
    ]  # fmt: skip
    document = agent(make_node("document", title="Document"))
    assert kind_of(parts[0]).new_props(document)["title"] == "Document 2"
    assert files.SUPPORTED


def test_only_what_the_model_must_be_able_to_read_is_asked_of_it() -> None:
    from engine.blueprint.checks import Facts
    from engine.model import ModelInfo

    blind = Facts(model=ModelInfo("small", abilities=frozenset({"tools"})))
    for part, cannot in [
        (node("document", words="x"), ""), (node("document", source="attached", attached=kept(b"x")), ""),
        (node("document", source="attached", attached=kept(PDF)), "read documents"),
        (node("document", source="file", path="/a/b.PDF"), "read documents"),
        (node("document", source="file", path="/a/b.md"), ""), (node("data", values="a"), ""),
        (node("image", attached=kept(PNG)), "look at images"),
    ]:  # fmt: skip
        said = [p.text for p in problems(alone(part), blind) if p.node_id == "part" and "cannot" in p.text]
        assert [cannot in text for text in said] == ([True] if cannot else []), (part, said)
