"""No edit is lost: the process killed while somebody edits, more edits than the journal keeps, a restart."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from app.library import Library
from app.settings import SettingsFile
from app.workspace.autosave import Autosave
from engine.blueprint import EditError, InsertNode, SetProperty, dump_document, history, make_node
from engine.blueprint.edits import RemoveNode
from engine.errors import StoreError
from engine.store import Store, agents
from tests.app.edits_for_ever import AGENT
from tests.app.helpers import at_the_window, until
from tests.engine.blueprint.builders import notepad
from widgets.tree import DocumentModel

ROOT = Path(__file__).resolve().parents[2]


def killed(path: str, seed: int, steps: int, delay: float) -> tuple[int, int]:
    """Let the program edit, kill it a moment after so many steps; the last step it had begun, and begun with."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.app.edits_for_ever", path, str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    ready = child.stdout.readline().split()
    assert ready[:1] == ["ready"]
    begun = first = int(ready[1])
    timer = threading.Timer(delay, lambda: os.kill(child.pid, signal.SIGKILL))
    while begun < first + steps:
        begun = max(begun, int(child.stdout.readline().split()[1]))
    timer.start()
    for line in child.stdout:
        if line.endswith("\n"):
            begun = int(line.split()[1])
    child.wait()
    timer.join()
    child.stdout.close()
    return begun, first


async def test_killed_while_editing_the_edit_before_the_last_is_there(
    tmp_path: Path, count: Callable[[int, int], int]
) -> None:
    path = str(tmp_path / "x.db")
    chance = random.Random(7)
    steps = 0
    for round_ in range(count(20, 200)):
        begun, first = killed(path, round_, chance.randrange(1, 5), chance.random() * 0.05)
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        async with Store.open(path) as store:
            loaded = await Library(store).load(AGENT)
            versions = await store.agents.versions(AGENT)
        assert loaded is not None
        kept = loaded.history
        assert kept.position >= begun - 1, "the edit before the last is there"
        assert len(versions) >= min(kept.position, 2)
        steps += begun - first
        while kept.undo():
            pass
        original = await _as_created(tmp_path)
        assert dump_document(kept.document) == original, "every edit of every run can be undone"
        if len(kept.entries) > 1_500:
            break
    assert steps > 0


async def _as_created(tmp_path: Path) -> str:
    async with Store.open(tmp_path / "fresh.db") as store:
        library = Library(store)
        if await store.agents.get(AGENT) is None:
            await library.create(notepad(), agent_id=AGENT)
        loaded = await library.load(AGENT)
        assert loaded is not None
        return dump_document(loaded.history.document)


@pytest.mark.parametrize("seed", range(12))
async def test_the_journal_is_what_the_history_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Edits, typing, undo and redo between writes in any order, with a journal that soon is full."""
    monkeypatch.setattr(history, "MAX_ENTRIES", 7)
    monkeypatch.setattr(agents, "MAX_EDITS", 7)
    chance = random.Random(seed)
    owner = QObject()
    async with Store.open(tmp_path / "x.db") as store:
        library = Library(store)
        agent = await library.create(notepad())
        loaded = await library.load(agent)
        assert loaded is not None
        model = DocumentModel(loaded.history, owner)
        saving = Autosave(store.agents, agent, model, loaded.row.version, owner)
        for _ in range(60):
            _some_edit(model, chance)
            if chance.random() < 0.4:
                await saving.save_now()
                stored = await library.load(agent)
                assert stored is not None
                assert dump_document(stored.history.document) == dump_document(model.document)
                assert stored.history.to_json() == model.history.to_json()
        await saving.save_now()
        assert saving.clean


def _some_edit(model: DocumentModel, chance: random.Random) -> None:
    root = model.document.root
    which = chance.randrange(6)
    try:
        if which == 0:
            model.undo()
        elif which == 1:
            model.redo()
        elif which == 2 and root.children:
            model.do(RemoveNode(chance.choice(root.children).id))
        elif which == 3:
            model.do(InsertNode(root.id, 0, make_node("section", text="a")))
        else:
            model.do(SetProperty(root.id, "description", str(chance.random())), merge_key="typing")
    except EditError:
        pass


async def test_a_journal_that_does_not_fit_is_replaced_by_the_next_edit(tmp_path: Path) -> None:
    owner = QObject()
    async with Store.open(tmp_path / "x.db") as store:
        library = Library(store)
        agent = await library.create(notepad())
        await store.agents.append_edit(agent, {"no": "edit"})
        loaded = await library.load(agent)
        assert loaded is not None
        assert not loaded.history.can_undo
        model = DocumentModel(loaded.history, owner)
        saving = Autosave(store.agents, agent, model, loaded.row.version, owner)
        model.do(SetProperty(model.document.root.id, "name", "Other"))
        await saving.save_now()
        again = await library.load(agent)
        assert again is not None
        assert len(again.history.entries) == 1


@at_the_window
async def test_a_full_disk_is_said_and_nothing_is_lost_when_there_is_room_again(start, monkeypatch, expect_log):
    expect_log("The agent could not be saved")
    person = await start()
    await person.begins("notepad")
    agent = person.desk.bench.agent
    root = agent.model.document.root.id
    saves = person.store.agents.save

    async def full(*_: object, **__: object) -> str:
        raise StoreError("database or disk is full", kind="full")

    monkeypatch.setattr(person.store.agents, "save", full)
    agent.model.do(SetProperty(root, "description", "one"))
    toasts = person.desk.notify.toasts
    await until(lambda: any(said.text.startswith("The disk is full.") for said in toasts.history), "it is said")
    assert person.page.header.saved.text() == "not saved"
    agent.model.do(InsertNode(root, 0, make_node("section", text="two")))
    assert not agent.autosave.clean
    monkeypatch.setattr(person.store.agents, "save", saves)
    agent.model.do(SetProperty(root, "description", "three"))
    await person.saved()
    stored = await Library(person.store).load(agent.id)
    assert dump_document(stored.history.document) == dump_document(agent.model.document)
    assert stored.history.to_json() == agent.model.history.to_json()


@at_the_window
async def test_what_is_being_written_is_on_disk_while_the_program_runs(start):
    person = await start()
    await person.begins("notepad")
    file, bench = person.desk.services.settings_file, person.desk.bench
    bench.page.chat.composer.field.setPlainText("Begun and not sent")
    person.desk.remembering.flush()
    await until(
        lambda: SettingsFile(file.path).current.remembered.drafts == {bench.agent.id: "Begun and not sent"},
        lambda: file.path.read_text(),
    )
    assert SettingsFile(file.path).current.remembered.agent_id == bench.agent.id


@at_the_window
async def test_undo_goes_on_after_a_restart(start):
    person = await start()
    await person.begins("notepad")
    agent = person.desk.bench.agent
    root = agent.model.document.root.id
    before = dump_document(agent.model.document)
    agent.model.do(SetProperty(root, "description", "one"))
    agent.model.do(SetProperty(root, "description", "two"))
    agent.model.undo()
    await person.saved()
    await person.closes()
    person = await start()
    model = person.desk.bench.agent.model
    assert model.document.root.props["description"] == "one"
    person.desk.window.actions_.run("edit.redo")
    assert model.document.root.props["description"] == "two"
    person.desk.window.actions_.run("edit.undo")
    person.desk.window.actions_.run("edit.undo")
    assert dump_document(model.document) == before
    await person.saved()
