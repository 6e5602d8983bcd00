"""The published schema and the program take and refuse the same files, for every kind of part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine.blueprint import KINDS, DocumentError, agent_schema, load_document, templates
from engine.blueprint.form_fields import fields
from engine.blueprint.gallery import FOLDER

VALIDATOR = jsonschema.Draft202012Validator(agent_schema())
KNOWN = [kind for kind in KINDS.values() if kind.name not in ("unknown", "agent")]


def file_with(node: dict[str, Any]) -> dict[str, Any]:
    return {"format": "bough-agent", "version": 1, "root": {"id": "root", "kind": "agent", "children": [node]}}


def test_the_schema_is_a_schema_and_names_every_kind() -> None:
    schema = agent_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert {f"props_{kind.name}" for kind in KNOWN} <= set(schema["$defs"])


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.name)
def test_properties_as_they_start_are_taken_and_of_another_type_refused_with_the_place(kind: Any) -> None:
    defaults = json.loads(kind.Properties().model_dump_json())
    good = file_with({"id": "n", "kind": kind.name, "props": defaults})
    VALIDATOR.validate(good)
    load_document(good)
    for field in fields(kind.name):
        wrong = [{"not": "this"}] if not isinstance(defaults[field.name], list) else {"not": "this"}
        bad = file_with({"id": "n", "kind": kind.name, "props": {**defaults, field.name: wrong}})
        if VALIDATOR.is_valid(bad):
            assert field.editor in ("value", "json")
            continue
        with pytest.raises(DocumentError) as caught:
            load_document(bad)
        problem = caught.value.problems[0]
        assert problem.place.startswith(f"root.children[0].props.{field.name}")
        assert problem.reason.endswith(".") and "Traceback" not in problem.reason


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"format": "other"}, "format"),
        ({"version": 0}, "version"),
        ({"root": {"kind": "system"}}, "root.kind"),
        ({"root": {"kind": "agent", "children": [{"props": {}}]}}, "root.children[0].kind"),
        ({"root": {"kind": "agent", "children": [{"kind": "system", "enabled": "no"}]}}, "root.children[0].enabled"),
        ({"root": {"kind": "agent", "children": {}}}, "root.children"),
    ],
)
def test_files_that_are_no_agents_are_refused_by_both(change: dict[str, Any], place: str) -> None:
    bad = {**file_with({"kind": "system"}), **change}
    assert not VALIDATOR.is_valid(bad)
    with pytest.raises(DocumentError) as caught:
        load_document(bad)
    assert caught.value.problems[0].place == place


def test_every_template_fits_and_its_card_is_checked_too() -> None:
    for template in templates():
        data = json.loads((FOLDER / f"{template.name}.bough.json").read_text(encoding="utf-8"))
        VALIDATOR.validate(data)
        data["template"]["category"] = "no such"
        assert not VALIDATOR.is_valid(data)
    planner = json.loads((FOLDER / "planner.bough.json").read_text(encoding="utf-8"))
    planner["template"]["agents"]["finder"]["format"] = "other"
    assert not VALIDATOR.is_valid(planner)


def test_the_schema_on_disk_is_written_by_a_command(root: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "engine.blueprint.schema"]
    made = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    assert json.loads(made) == agent_schema()
