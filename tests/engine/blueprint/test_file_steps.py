"""Read file, Write file and List folder as steps."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.blueprint import dry_compile, kind_of, make_node, problems
from engine.blueprint.document import Node
from engine.effects import file_words, files
from engine.permissions import MemoryPermissions
from engine.world import World
from tests.engine.blueprint.worlds import acting, errors, scene


def read(folder: Path | str, path: str = "{{ name }}.txt", **props: Any) -> Node:
    return make_node("read_file", id="step", folder=str(folder), path=path, **props)


def write(folder: Path | str, path: str = "{{ name }}.txt", **props: Any) -> Node:
    return make_node("write_file", id="step", folder=str(folder), path=path, content="Note: {{ note }}", **props)


def reply(text: str) -> Node:
    return make_node("reply", text=text)


async def test_a_file_is_read_for_the_steps_below_and_kept(tmp_path: Path) -> None:
    (tmp_path / "cake.txt").write_text("Flour, figs", encoding="utf-8")
    document = acting(
        read(tmp_path, variable="recipe"),
        reply("{{ content }} / {{ recipe }}"),
        before=(make_node("state", id="recipe", title="recipe", type="text"),),
        name="x",
    )
    assert not errors(document)
    assert [tool["name"] for tool in dry_compile(document).tools] == ["act"]
    async with scene(document, name="cake") as play:
        assert await play.turn() == ("Flour, figs / Flour, figs", False)
        assert play.asked == [f"Read files in {tmp_path}"]
    async with scene(document, turns=3, name="../secret") as play:
        assert await play.turn() == ("“../secret.txt” would lead out of the folder.", True)
        assert await play.turn() == ("“../secret.txt” would lead out of the folder.", True)


async def test_json_is_read_as_a_value(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('{"items": ["x", "y"]}', encoding="utf-8")
    (tmp_path / "b.txt").write_text('{\n"items": oops}', encoding="utf-8")
    (tmp_path / "c.txt").write_text("[" * 100_000, encoding="utf-8")
    document = acting(read(tmp_path, format="json", name="data"), reply("{{ data['items']|last }}"), name="x")
    assert not errors(document)
    for name, answer in [
        ("a", ("y", False)), ("b", ("“b.txt” is not JSON: look at line 2.", True)),
        ("c", ("“c.txt” is nested too deeply.", True)),
    ]:  # fmt: skip
        async with scene(document, name=name) as play:
            assert await play.turn() == answer


async def test_a_large_file_is_understood_away_from_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("[1]", encoding="utf-8")
    threads: list[threading.Thread] = []

    def noting(text: str, **options: Any) -> Any:
        threads.append(threading.current_thread())
        return [int(text[1])]

    async with scene(acting(read(tmp_path, "a.json", format="json"), reply("{{ content|first }}"))) as play:
        monkeypatch.setattr(file_words, "json", SimpleNamespace(loads=noting))
        assert await play.turn() == ("1", False)
    assert threads and threading.main_thread() not in threads


async def test_a_file_is_written_as_was_said(tmp_path: Path) -> None:
    for mode, second in [("create", None), ("replace", "Note: two"), ("append", "Note: oneNote: two")]:
        document = acting(
            write(tmp_path, f"{mode}/{{{{ name }}}}.txt", mode=mode), reply("Written."), name="x", note="x"
        )
        assert not errors(document)
        async with scene(document, name="a", note="one") as play:
            assert await play.turn() == ("Written.", False)
            assert play.asked == [f"Write files in {tmp_path}"]
        async with scene(document, name="a", note="two") as play:
            text, failed = await play.turn()
            assert failed is (second is None) and (not failed or text == "“create/a.txt” is there already.")
        assert (tmp_path / mode / "a.txt").read_text(encoding="utf-8") == (second or "Note: one")
    flat = acting(write(tmp_path, "no/such/{{ name }}", make_folders=False), name="x", note="x")
    async with scene(flat, name="a", note="b") as play:
        assert await play.turn() == ("The folder “no” is not there.", True)


async def test_a_folder_is_listed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.md", "in/c.txt"):
        (tmp_path / name).write_text("12345", encoding="utf-8")
    listing = make_node("list_folder", folder=str(tmp_path), pattern="*.txt", inside=True, variable="found")
    document = acting(
        listing,
        reply("{% for f in files %}{{ f.path }} {{ f.kind }} {{ f.size }};{% endfor %}{{ found|length }}"),
        before=(make_node("state", id="found", title="found"),),
    )
    assert not errors(document)
    async with scene(document) as play:
        assert await play.turn() == ("a.txt file 5;in/c.txt file 5;2", False)


async def test_a_file_from_the_far_future_is_listed_without_a_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").touch()
    monkeypatch.setattr(files, "_facts", lambda entry: ("file", 0, 300_000_000_000.0))  # few file systems keep such
    steps = make_node("list_folder", folder=str(tmp_path)), reply("{{ files[0].name }}[{{ files[0].changed }}]")
    async with scene(acting(*steps)) as play:
        assert await play.turn() == ("a.txt[]", False)


async def test_nothing_is_opened_without_a_permission(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A", encoding="utf-8")
    permissions = MemoryPermissions()
    world = World("agent", permissions)
    document = acting(read(tmp_path), write(tmp_path, "new.txt"), name="x", note="x")
    async with scene(document, world, answer="no", turns=3, name="a", note="b") as play:
        text, failed = await play.turn()
        assert failed and text == f"This was not allowed: Read files in {tmp_path}"
        play.answer = "always"
        assert not (await play.turn())[1]
        assert play.asked[1:] == [f"Read files in {tmp_path}", f"Write files in {tmp_path}"]
        (tmp_path / "new.txt").unlink()
        permissions._keys = {key for key in permissions._keys if not key[1].startswith("write_folder")}
        play.answer = "no"
        assert (await play.turn())[0] == f"This was not allowed: Write files in {tmp_path}"
        assert not (tmp_path / "new.txt").exists()


async def test_another_folder_asks_again_and_reading_is_not_writing(tmp_path: Path) -> None:
    nodes = [read(tmp_path), read(tmp_path / "in"), write(tmp_path), write(tmp_path / "in")]
    keys = [capability.key for node in nodes for capability in kind_of(node).capabilities(node)]
    assert len(set(keys)) == 4
    same = make_node("list_folder", folder=f"{tmp_path}/in/../")
    assert [c.key for c in kind_of(same).capabilities(same)] == [keys[0]]
    assert not list(kind_of(same).capabilities(make_node("list_folder", folder="here")))


async def test_no_agent_reaches_the_data_of_bough(tmp_path: Path) -> None:
    own = tmp_path / "bough"
    own.mkdir()
    (own / "a.txt").write_text("grants", encoding="utf-8")
    world = World("agent", private=[own])
    async with scene(acting(read(tmp_path, "bough/{{ name }}.txt"), name="x"), world, name="a") as play:
        assert await play.turn() == ("Bough keeps its own data in this folder; no agent reaches it.", True)


async def test_a_step_without_a_folder_says_so() -> None:
    async with scene(acting(read(""), name="x"), name="a") as play:
        assert await play.turn() == ("No folder was chosen for this step.", True)
        assert not play.asked


@pytest.mark.parametrize(
    ("node", "field", "text"),
    [
        (read(""), "folder", "No folder was chosen for this step."),
        (read("notes"), "folder", "The folder must be a whole path."),
        (read("/"), "folder", "This is the whole disk."),
        (read("/a", ""), "path", "This step does not say which file."),
        (read("/a", "../b"), "path", "“../b” would lead out of the folder."),
        (read("/a", "/etc/passwd"), "path", "is no path inside the folder"),
        (read("/a", "b/"), "path", "names a folder"),
        (read("/a", "{{ nothing }}"), "path", "nothing"),
        (make_node("list_folder", id="step", folder="/a", path=".."), "path", "would lead out"),
        (make_node("write_file", id="step", folder="/a", path="b", content="{{ nothing }}"), "content", "nothing"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(node: Node, field: str, text: str) -> None:
    found = [(p.field, p.text) for p in problems(acting(node)) if p.node_id == "step"]
    assert any(place == field and text in words for place, words in found), found


def test_cards_say_what_is_done_where() -> None:
    said = [
        kind_of(node).summary(node, acting())
        for node in (
            read("/home/ada/notes"), read(""), write("/home/ada/notes", mode="append"), write("/home/ada/notes"),
            make_node("list_folder", folder="/home/ada/notes", pattern="*.txt"), read("/"),
        )
    ]  # fmt: skip
    assert said == [
        "**name**.txt in notes", "No folder chosen yet", "**name**.txt in notes · adds at the end",
        "**name**.txt in notes", "notes · names like *.txt", "**name**.txt in /",
    ]  # fmt: skip
    good = make_node("list_folder", id="step", folder="/a")
    assert not [p for p in problems(acting(good)) if p.node_id == "step"]
