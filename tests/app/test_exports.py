"""An agent as a file, as JSON with its schema, as Python, on the clipboard; and what cannot be written."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from app.errors import explain
from app.export import FORMS, file_name
from engine.blueprint import SetProperty, agent_schema, dump_document, load_document, load_file
from tests.app.helpers import Person, at_the_window, until


@pytest.fixture(autouse=True)
def _nothing_lands_elsewhere(working_folder: Path) -> None:
    """A name without a folder would go to the current one."""


def dialogs() -> list[QFileDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()]


async def export(person: Person, action: str, path: Path) -> str:
    """Choose where, and give back what was said."""
    toasts = person.desk.notify.toasts
    before = len(toasts.history)
    person.desk.window.actions_.run(action)
    (dialog,) = await until(dialogs, "where?")
    dialog.findChild(QLineEdit, "fileNameEdit").setText(str(path))
    dialog.accept()
    await until(lambda: len(toasts.history) > before, "what was done")
    return toasts.history[-1].text


@at_the_window
async def test_every_form_is_written(start, tmp_path):
    person = await start()
    await person.begins("notepad")
    document = person.desk.bench.agent.model.document
    assert await export(person, "agent.export", tmp_path / "a.bough.json") == "Saved as a.bough.json."
    assert (tmp_path / "a.bough.json").read_text(encoding="utf-8") == dump_document(document)
    said = await export(person, "agent.export_json", tmp_path / "b.bough.json")
    assert said == "Saved as b.bough.json, with the schema beside it."
    written = json.loads((tmp_path / "b.bough.json").read_text(encoding="utf-8"))
    schema = tmp_path / written["$schema"]
    assert json.loads(schema.read_text(encoding="utf-8")) == json.loads(json.dumps(agent_schema()))
    assert load_file(tmp_path / "b.bough.json").root == document.root
    assert await export(person, "agent.export_python", tmp_path / "c.py") == "Written as c.py."
    ast.parse((tmp_path / "c.py").read_text(encoding="utf-8"))


@at_the_window
async def test_the_clipboard_holds_the_file(start):
    person = await start()
    await person.begins("notepad")
    person.desk.window.actions_.run("agent.copy_json")
    text = QApplication.clipboard().text()
    assert dump_document(load_document(text)) == dump_document(person.desk.bench.agent.model.document)


@at_the_window
async def test_what_has_no_form_in_python_is_said_before_anything_is_asked(start, expect_log):
    expect_log("could not be exported")
    person = await start()
    await person.begins("notepad")
    model = person.desk.bench.agent.model
    system = next(node for node in model.document.walk() if node.kind == "system")
    model.do(SetProperty(system.id, "text", "{{ nobody }}"))
    person.desk.window.actions_.run("agent.export_python")
    toasts = person.desk.notify.toasts
    await until(lambda: toasts.history, "why not")
    assert toasts.history[-1].text.startswith("This agent cannot be written as Python. System: ")
    assert not dialogs()
    await person.saved()


@at_the_window
async def test_a_folder_that_cannot_be_written_to_is_said(start, tmp_path, monkeypatch):
    person = await start()
    await person.begins("notepad")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.export.write_atomically", full)
    said = await export(person, "agent.export", tmp_path / "a.bough.json")
    assert said.startswith("The disk is full.")
    person.desk.window.actions_.run("agent.export")
    (dialog,) = await until(dialogs, "where?")
    dialog.reject()
    await until(lambda: not dialogs(), "not at all")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Notepad assistant", "notepad-assistant"), ("../../etc", "etc"), ("", "agent"), ("Ä/ö", "ä-ö")],
)
def test_names_of_files(name: str, wanted: str) -> None:
    assert file_name(name) == wanted


def test_each_form_says_what_it_is() -> None:
    assert set(FORMS) == {"file", "python", "json"}
    assert all("{name}" in form.words for form in FORMS.values())
    assert explain(FileNotFoundError(2, "x", "a.py")).what == "a.py is not there."
