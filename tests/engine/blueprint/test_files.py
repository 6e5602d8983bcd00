"""Reading and writing agent files."""

from __future__ import annotations

import contextlib
import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.blueprint import (
    AgentDocument,
    DocumentError,
    dry_compile,
    dump_document,
    kind_of,
    load_document,
    load_file,
    make_node,
    problems,
    why_not_sent,
)
from engine.blueprint.document import MAX_DEPTH, MAX_NODES, new_node_id
from engine.blueprint.fixes import fix_all
from engine.blueprint.migrations import migrate
from engine.blueprint.why import explained
from engine.errors import EngineError
from tests.engine.blueprint.builders import agent, notepad


def file(root: Any, **more: Any) -> dict[str, Any]:
    return {"format": "bough-agent", "version": 1, **more, "root": root}


def refused(source: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_document(source)
    return caught.value


def test_a_document_survives_the_file_byte_for_byte() -> None:
    text = dump_document(notepad())
    assert load_document(text) == notepad()
    assert dump_document(load_document(text)) == text
    assert dump_document(load_document(text.encode())) == text


def test_keys_stand_in_one_order_however_the_document_came_about() -> None:
    one = agent(make_node("knob", id="k", title="a", type="number", minimum=1, zz=1, aa=2))
    other = agent(make_node("knob", id="k", aa=2, zz=1, minimum=1, type="number", title="a"))
    assert dump_document(one) == dump_document(other)
    assert list(json.loads(dump_document(one))["root"]["children"][0]["props"]) == [
        "title",
        "type",
        "minimum",
        "aa",
        "zz",
    ]


def test_unknown_kinds_keys_and_properties_come_back_as_they_were() -> None:
    strange = {
        "id": "w",
        "kind": "wormhole",
        "props": {"depth": [1, {"a": None}]},
        "glow": 3,
        "children": [{"id": "s", "kind": "system"}],
    }
    data = file({"id": "r", "kind": "agent", "props": {"future": True}, "children": [strange]}, made_by="later")
    document = load_document(data)
    node = document.node("w")
    assert node.kind == "unknown" and kind_of(node).title_of(node) == "Unknown part · wormhole"
    written = json.loads(dump_document(document))
    assert written["made_by"] == "later"
    assert written["root"]["props"] == {"future": True}
    assert written["root"]["children"] == [strange]
    assert "wormhole" in next(p.text for p in problems(document) if p.node_id == "w")


def test_a_kind_that_calls_itself_unknown_is_kept_too() -> None:
    document = load_document(
        file(
            {
                "id": "r",
                "kind": "agent",
                "children": [{"id": "u", "kind": "unknown", "props": {"kind": "x", "props": {"a": 1}}}],
            }
        )
    )
    assert load_document(dump_document(document)) == document


def test_ids_that_are_missing_wrong_or_twice_are_given_anew() -> None:
    children = [
        {"kind": "system"},
        {"id": "a", "kind": "system"},
        {"id": "a", "kind": "timeline"},
        {"id": "b/c", "kind": "group"},
    ]
    document = load_document(file({"id": "r", "kind": "agent", "children": children}))
    ids = [node.id for node in document.walk()]
    assert len(set(ids)) == 5 and ids[2] == "a" and "b/c" not in ids


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ("", "line 1", "JSON"),
        ("[]", "", "JSON object"),
        ("{", "line 1, column 2", "JSON"),
        ("[" * 100_000, "", "nested"),
        ('{"a": NaN}', "", "number"),
        ('{"a": ' + "9" * 5000 + "}", "", "number"),
        (b"\xff\xfe", "byte 0", "UTF-8"),
        ("x" * 10_000_001, "", "larger than 10 MB"),
        ({"format": "other"}, "format", "bough-agent"),
        ({"format": "bough-agent", "version": "1"}, "version", "whole number"),
        ({"format": "bough-agent", "version": True}, "version", "whole number"),
        ({"format": "bough-agent", "version": 99}, "version", "newer version of Bough"),
        ({"format": "bough-agent", "version": 1}, "root", "no “root”"),
        (file([]), "root", "JSON object"),
        (file({"kind": "system"}), "root.kind", "agent"),
        (file({"kind": "agent", "children": {}}), "root.children", "list"),
        (file({"kind": "agent", "children": [1]}), "root.children[0]", "JSON object"),
        (file({"kind": "agent", "children": [{"id": "a"}]}), "root.children[0].kind", "missing"),
        (file({"kind": "agent", "enabled": "yes"}), "root.enabled", "true or false"),
        (file({"kind": "agent", "props": []}), "root.props", "JSON object"),
        (file({"kind": "agent", "props": {"name": 3}}), "root.props.name", "text"),
        (file({"kind": "agent", "props": {"max_ticks": 0}}), "root.props.max_ticks", "at least 1"),
        (file({"kind": "agent", "props": {"icon": "x" * 100}}), "root.props.icon", "longer than 60"),
        (
            file({"kind": "agent", "children": [{"kind": "timeline", "props": {"limit": "9"}}]}),
            "root.children[0].props.limit",
            "whole number",
        ),
        (
            file({"kind": "agent", "children": [{"kind": "tool", "props": {"inputs": [{"type": "x"}]}}]}),
            "root.children[0].props.inputs[0].type",
            "one of",
        ),
        (file({"kind": "agent", "props": {"later": 10**30}}), "root.props.later", "too large"),
        (
            '{"format":"bough-agent","version":1,"root":{"kind":"agent","props":{"name":"\\ud800"}}}',
            "root.props.name",
            "cut in half",
        ),
        ({"format": "bough-agent", "version": 1, "root": object()}, "", "JSON cannot express"),
    ],
)
def test_a_bad_file_is_refused_with_place_and_reason(source: Any, place: str, words: str) -> None:
    error = refused(source)
    assert error.problems[0].place.startswith(place)
    assert words in error.problems[0].reason
    assert error.place == error.problems[0].place
    assert "Traceback" not in str(error)


def test_every_mistake_is_listed() -> None:
    error = refused(file({"kind": "agent", "enabled": 1, "props": {"name": 1, "icon": 2}}))
    assert {problem.place for problem in error.problems} == {"root.enabled", "root.props.name", "root.props.icon"}
    assert "and 2 more" in str(error)


def test_too_deep_and_too_many_nodes_are_refused() -> None:
    deep: dict[str, Any] = {"kind": "group"}
    for _ in range(MAX_DEPTH):
        deep = {"kind": "group", "children": [deep]}
    assert "deep" in str(refused(file({"kind": "agent", "children": [deep]})))
    assert f"{MAX_NODES:,}" in str(refused(file({"kind": "agent", "children": [{"kind": "group"}] * (MAX_NODES + 5)})))
    value: Any = 1
    for _ in range(200):
        value = [value]
    assert "nested" in str(refused(file({"kind": "agent", "props": {"x": value}})))


def test_a_file_on_disk_is_read_with_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.bough.json"
    path.write_text(dump_document(notepad()), encoding="utf-8-sig")
    assert load_file(path) == notepad()
    path.write_bytes(b" " * 10_000_002)
    with pytest.raises(DocumentError):
        load_file(path)


def test_older_formats_are_brought_up_step_by_step() -> None:
    steps = {
        1: lambda data: {**data, "b": data["a"] + 1},
        2: lambda data: {**data, "c": data["b"] + 1},
    }
    source = {"version": 1, "a": 1}
    assert migrate(source, steps, newest=3) == {"version": 3, "a": 1, "b": 2, "c": 3}
    assert source == {"version": 1, "a": 1}


def test_new_ids_are_different_and_safe_in_a_path() -> None:
    ids = {new_node_id() for _ in range(2000)}
    assert len(ids) == 2000 and all(each.isalnum() and len(each) == 12 for each in ids)


_JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    10**17,
    "",
    "x",
    "{{",
    "{{ x }}",
    "{% for a in b %}",
    "\x00",
    "🌲",
    [],
    {},
    [None],
    {"a": []},
    "unknown",
    "agent",
    "tool",
    {"rows": None},
    {"rows": [{"variable": 3}]},
    {"expression": "((("},
    "notepad",
    [{"title": ""}] * 3,
]


def mutated(data: Any, random_: random.Random) -> Any:
    """A file with a few places changed: exchanged for junk, taken away, doubled, or cut in the text."""
    data = json.loads(json.dumps(data))
    for _ in range(random_.randint(1, 4)):
        spots: list[tuple[Any, Any]] = []
        stack = [data]
        while stack:
            current = stack.pop()
            keys = current.keys() if isinstance(current, dict) else range(len(current))
            for key in list(keys):
                spots.append((current, key))
                if isinstance(current[key], (dict, list)):
                    stack.append(current[key])
        if not spots:
            break
        owner, key = random_.choice(spots)
        action = random_.randrange(4)
        if action == 0:
            owner[key] = copy.deepcopy(random_.choice(_JUNK))
        elif action == 1:
            del owner[key]
        elif action == 2 and isinstance(owner, list):
            owner.append(json.loads(json.dumps(owner[key])))
        elif isinstance(owner, dict):
            owner[random_.choice(["id", "kind", "props", "children", "text", "enabled", "zz"])] = copy.deepcopy(
                random_.choice(_JUNK)
            )
    return data


def exercise(document: AgentDocument) -> None:
    """Everything that looks at a document without running it."""
    text = dump_document(document)
    assert dump_document(load_document(text)) == text
    for problem in problems(document):
        assert problem.text and "Traceback" not in problem.text and "Error" not in problem.text
    for node in document.walk():
        kind = kind_of(node)
        assert kind.title_of(node) and isinstance(kind.summary(node, document), str) and kind.icon_of(node)
        why_not_sent(document, None, node.id)
    explained(document)
    fix_all(document, problems)
    with contextlib.suppress(EngineError):
        dry_compile(document, draft="Hello")


def test_mutated_files_are_refused_or_load_and_nothing_crashes(count: Callable[[int, int], int], root: Path) -> None:
    random_ = random.Random(20261122)
    sources = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((root / "resources/templates").glob("*.bough.json"))
    ]
    sources.append(json.loads(dump_document(notepad())))
    loaded = 0
    refused: list[str] = []
    for _ in range(count(500, 10_000)):
        data = mutated(random_.choice(sources), random_)
        try:
            document = load_document(data)
        except DocumentError as error:
            refused.append(str(error) if error.problems else "")
            continue
        loaded += 1
        exercise(document)
    assert loaded > 100 and len(refused) > 100 and all(refused)


def test_mutated_text_never_crashes(count: Callable[[int, int], int]) -> None:
    random_ = random.Random(7)
    text = dump_document(notepad())
    refused: list[str] = []
    for _ in range(count(200, 5_000)):
        start = random_.randrange(len(text))
        piece = random_.choice(
            ["", '"', "{", "}", "[", "]", "\\", "\x00", "é", "NaN", "1e999", text[start : start + 40] * 2]
        )
        try:
            load_document(text[:start] + piece + text[start + random_.randrange(4) :])
        except DocumentError as error:
            refused.append(str(error))
    assert refused and all(refused)
