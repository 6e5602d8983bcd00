"""Every template: it loads, is sound, compiles without a model, runs, keeps its state, and its recording replays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine import Session, create_app
from engine.blueprint import Template, agent_component, agent_schema, dry_compile, problems, state_values, templates
from engine.blueprint.checks import Facts
from engine.blueprint.gallery import CATEGORIES, FOLDER, RECORDINGS, Line
from engine.blueprint.kinds import GROUP_TITLES
from engine.testing import ScriptedModel, assert_replays
from tests.engine.templates.record import INFO, perform
from tests.engine.templates.rehearsals import REHEARSALS
from tests.engine.templates.surroundings import surroundings

TEMPLATES = templates()
ALL = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
EXPECTED = {
    "notepad", "expandable-handbook", "careful-editor", "tutor", "meeting-notes", "translator", "support-desk",
    "researcher", "planner", "data-helper",
}  # fmt: skip


def recording(template: Template) -> dict[str, Any]:
    assert template.recording is not None
    loaded: dict[str, Any] = json.loads(template.recording.read_text(encoding="utf-8"))
    return loaded


def test_the_gallery_is_whole() -> None:
    assert {template.name for template in TEMPLATES} >= EXPECTED
    assert {template.name for template in TEMPLATES} == set(REHEARSALS)
    assert {path.stem for path in (FOLDER / RECORDINGS).glob("*.json")} == set(REHEARSALS)


@ALL
def test_its_card_says_what_it_is(template: Template, root: Path) -> None:
    assert template.title and template.description.endswith(".") and template.needs
    assert template.category in CATEGORIES and template.hue in GROUP_TITLES
    assert (root / "resources" / "icons" / f"{template.icon}.svg").is_file()
    assert template.document.root.props["icon"] == template.icon or template.name == "blank"
    assert "template" not in template.document.extra
    if template.name != "blank":
        assert template.document.root.props["description"] == template.description
        assert len(template.suggestions) == 3 and all(len(text) <= 120 for text in template.suggestions)


@ALL
def test_it_is_sound_and_fits_the_schema(template: Template) -> None:
    facts = Facts(model=INFO, tokens=100, chosen=True, unreachable="")
    for document in (template.document, *template.agents.values()):
        assert problems(document, facts) == []
    path = FOLDER / f"{template.name}.bough.json"
    jsonschema.Draft202012Validator(agent_schema()).validate(json.loads(path.read_text(encoding="utf-8")))


@ALL
def test_it_shows_what_the_model_would_see_without_one(template: Template) -> None:
    failed: list[str] = []
    request = dry_compile(template.document, draft="Hello", report=lambda node, name, error: failed.append(str(error)))
    assert request.system and request.messages[-1]["role"] == "user"
    assert failed == []


@ALL
async def test_its_recorded_session_replays_byte_for_byte(template: Template) -> None:
    await assert_replays(recording(template), agent_component(template.document))


@ALL
async def test_it_runs_and_keeps_its_state_over_a_restart(template: Template, tmp_path: Path) -> None:
    rehearsal = REHEARSALS[template.name]

    async def look(session: Session, model: ScriptedModel) -> dict[str, Any]:
        assert len(model.calls) == len(rehearsal.replies())
        assert all(words in model.calls[-1].system for words in rehearsal.seen)
        return state_values(template.document, session.inspect()["saved"])

    store = tmp_path / "store.db"
    before = await perform(template, rehearsal, store, look)
    assert {name: before.get(name) for name in rehearsal.left} == rehearsal.left
    async with surroundings(template, tmp_path) as world:
        component = agent_component(template.document, world=world)
        async with create_app(component, model=ScriptedModel(), store=store) as app:
            session = await app.session(template.name)
            await session.mount()
            assert state_values(template.document, session.inspect()["saved"]) == before


@ALL
def test_its_recording_reads_as_a_conversation(template: Template) -> None:
    shown = template.conversation()
    rehearsal = REHEARSALS[template.name]
    assert [line.text for line in shown if line.role == "person"] == [turn.says for turn in rehearsal.turns]
    assert shown[-1].role == "agent" and shown[-1].text == rehearsal.replies()[-1].text
    tools = [line for line in shown if line.role == "tool"]
    assert all(line.tool and line.text and not line.failed for line in tools)
    entries = recording(template)["entries"]
    calls = sum(block["type"] == "tool_use" for entry in entries for block in entry["content"])
    assert len(tools) >= calls


def test_a_tool_card_has_what_it_was_given_and_what_it_replied() -> None:
    (notepad,) = [template for template in TEMPLATES if template.name == "notepad"]
    assert notepad.conversation()[1] == Line("tool", "Noted.", "add_note", {"note": "buy figs and oat milk"})


def test_a_recording_that_cannot_be_read_is_no_conversation(tmp_path: Path, expect_log: Any) -> None:
    expect_log("broken.json cannot be used")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (notepad,) = [template for template in TEMPLATES if template.name == "notepad"]
    fields = {
        name: getattr(notepad, name) for name in ("name", "title", "description", "icon", "hue", "needs", "document")
    }
    assert Template(**fields).conversation() == ()
    assert Template(**fields, recording=tmp_path / "broken.json").conversation() == ()


def test_what_a_template_brings_along_gets_the_ids_of_this_machine() -> None:
    (planner,) = [template for template in TEMPLATES if template.name == "planner"]
    assert set(planner.agents) == {"finder", "critic"}
    assert all(document.root.props["description"].endswith(".") for document in planner.agents.values())
    bound = planner.bound({"finder": "a1", "critic": "a2"})
    used = [node.props["agent"] for node in bound.walk() if node.kind == "sub_agent"]
    assert used == ["a1", "a2"]
    assert [node.props["agent"] for node in planner.bound({}).walk() if node.kind == "sub_agent"] == [
        "template:finder",
        "template:critic",
    ]


def test_cards_that_say_nonsense_are_read_as_far_as_they_make_sense(tmp_path: Path, expect_log: Any) -> None:
    expect_log("broken.bough.json cannot be used")
    (notepad,) = [template for template in TEMPLATES if template.name == "notepad"]
    good = json.loads((FOLDER / "notepad.bough.json").read_text(encoding="utf-8"))
    good["template"] = {"category": "no such", "order": "first", "agents": [1], "title": 7}
    (tmp_path / "odd.bough.json").write_text(json.dumps(good), encoding="utf-8")
    good["template"] = {"agents": {"helper": {"format": "something else"}}}
    (tmp_path / "broken.bough.json").write_text(json.dumps(good), encoding="utf-8")
    (odd,) = templates(tmp_path)
    assert (odd.title, odd.category, odd.order, odd.agents, odd.recording) == (
        "Notepad assistant",
        "everyday",
        100,
        {},
        None,
    )
    assert odd.suggestions == notepad.suggestions
