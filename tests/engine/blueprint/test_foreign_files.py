"""Files from somebody else, whole and broken: read, listed, compared and written again, and nothing of them runs."""

from __future__ import annotations

import contextlib
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.blueprint import (
    KINDS,
    AgentDocument,
    DocumentError,
    Node,
    dry_compile,
    dump_document,
    load_document,
    make_node,
    problems,
)
from engine.blueprint.compare import compare
from engine.blueprint.patch import edits_between
from engine.blueprint.reach import capabilities
from engine.errors import EngineError
from tests.engine.blueprint.builders import agent, notepad
from tests.engine.blueprint.test_files import mutated

DEEDS = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.fork",
    "os.posix_spawn", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil", "ctypes.dlopen",
)  # fmt: skip
_deeds: list[str] = []
_watching: list[bool] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    writes = event == "open" and isinstance(arguments[1], str) and any(letter in arguments[1] for letter in "wax+")
    if writes or event.startswith(DEEDS):
        _deeds.append(f"{event} {arguments!r:.200}")


sys.addaudithook(_watch)  # cannot be taken back, so it looks only while it is told to


@contextlib.contextmanager
def nothing_done() -> Iterator[None]:
    """Fails where anything outside was touched: a socket, a process, a file written or removed."""
    _deeds.clear()
    _watching.append(True)
    try:
        yield
    finally:
        _watching.clear()
    assert not _deeds, _deeds


def with_every_kind() -> AgentDocument:
    """Every kind of node as the palette makes it, the steps inside a tool."""
    document = notepad()
    nodes = [make_node(kind.name, **kind.new_props(document)) for kind in KINDS.values() if kind.addable]
    inside = [node for node in nodes if KINDS[node.kind].place != "nodes" and node.kind != "tool"]
    tool = make_node("tool", *inside, title="Everything")
    return agent(*(node for node in nodes if KINDS[node.kind].place == "nodes"), tool)


def look_at(document: AgentDocument) -> None:
    """All that is done with a file before the person agreed to anything."""
    text = dump_document(document)
    assert dump_document(load_document(text)) == text
    for node, capability in capabilities(document):
        assert node.id in document
        assert capability.sentence
        assert capability.kind in capability.key
    assert not compare(document, document)
    problems(document)
    with contextlib.suppress(EngineError):
        dry_compile(document, draft="Hello")


def test_the_watch_bites(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="open"), nothing_done():
        (tmp_path / "x").write_text("x", encoding="utf-8")


def test_every_kind_is_looked_at_without_doing_anything() -> None:
    document = with_every_kind()
    look_at(document)  # what is imported on the way is imported
    with nothing_done():
        look_at(document)


@pytest.mark.timeout(900)
def test_mutated_files_are_refused_or_looked_at_and_nothing_runs(count: Callable[[int, int], int], root: Path) -> None:
    chance = random.Random(20261126)
    files = sorted((root / "resources/templates").glob("*.bough.json"))
    sources = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    sources += [json.loads(dump_document(with_every_kind()))] * 4
    look_at(with_every_kind())
    loaded = 0
    refused: list[bool] = []
    before: AgentDocument | None = None
    for number in range(count(500, 10_000)):
        data = mutated(chance.choice(sources), chance)
        with nothing_done():
            try:
                document = load_document(data)
            except DocumentError as error:
                refused.append(bool(error.problems) and all(problem.reason for problem in error.problems))
                continue
            loaded += 1
            look_at(document)
            if before is not None and number % 10 == 0:
                compare(before, document).words()
                edits_between(before, document)
        before = document
    assert loaded > 100
    assert len(refused) > 20
    assert all(refused)


def test_parts_of_a_newer_version_go_through_unchanged() -> None:
    newer = Node(
        "n1", "unknown", {"kind": "hologram", "props": {"size": 3, "of": [1, {"x": None}]}}, (), True, {"k": 1}
    )
    document = agent(make_node("group", newer, title="g"), make_node("timeline"))
    text = dump_document(document)
    assert '"kind": "hologram"' in text
    assert '"unknown"' not in text
    assert dump_document(load_document(text)) == text
    assert capabilities(load_document(text)) == []
