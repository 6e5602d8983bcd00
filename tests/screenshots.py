"""Pictures of the real window for the documentation: ``python -m tests.screenshots`` (``make screenshots``).

Each theme is one run of the real application in a folder of its own, with the real store and engine and a scripted
model; nothing of the person's own data is read. Without a display the window is drawn offscreen. Not a test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from app.paths import Paths
from engine.blueprint import Batch, RemoveNode, SetProperty
from engine.blueprint.part_edits import make_part
from engine.permissions import Capability, StoredPermissions
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, Room, until
from widgets.context.try_values import TryStrip
from widgets.permissions import ConsentDialog, ConsentRow
from widgets.tree.replace_panel import ReplacePanel

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
LARGEST = 200_000

TURNS = (
    "My name is Ryan.",
    "Please note: buy figs",
    "And please note: call Ada on Friday",
    "What's my name?",
)


def script() -> ScriptedModel:
    """What the model says in the pictures."""
    return ScriptedModel(
        [
            "Nice to meet you, Ryan. What can I keep in mind for you?",
            Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})]),
            "Noted.",
            Reply(tool_calls=[ToolCall("add_note", {"note": "call Ada on Friday"})]),
            "Done. Your notepad now has **2 items**:\n\n- buy figs\n- call Ada on Friday",
            "Your name is Ryan.",
            "A trip to Bergen: the train from Oslo takes about seven hours.",
        ]
    )


class Camera:
    """Puts pictures of one window into a folder.

    Args:
        person: Someone at the window.
        folder: Where the pictures go.
        ending: The end of their names, for instance ``-dark``.
        only: The pictures that are kept; empty: all.
    """

    def __init__(self, person: Person, folder: Path, ending: str, only: Collection[str] = ()) -> None:
        self._person = person
        self._folder = folder
        self._ending = ending
        self._only = only

    def _keep(self, widget: QWidget, name: str) -> None:
        if not self._only or name in self._only:
            save(widget.grab().toImage(), self._folder / f"{name}{self._ending}.png")

    async def take(self, name: str) -> None:
        """Wait until nothing moves any more, then take the picture."""
        await settle()
        self._keep(self._person.desk.window, name)

    async def take_and_close(self, name: str) -> None:
        """Take a picture of something that Escape closes."""
        await self.take(name)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
        await settle()

    async def take_dialog(self, name: str) -> None:
        """Take a picture of the dialog that is open, then close it."""
        dialog = await until(QApplication.activeModalWidget, "a dialog")
        await settle()
        self._keep(dialog, name)
        dialog.close()
        await settle()


async def settle(seconds: float = 0.6) -> None:
    """Let short movements, autosave and the round that works out the context come to their end."""
    await asyncio.sleep(seconds)


def save(image: QImage, path: Path) -> None:
    """Save a picture; one that would be large is kept in the 256 colours that it has most of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    image.save(str(path), "PNG", 0)
    if path.stat().st_size > LARGEST:
        flat = Qt.ImageConversionFlag.ThresholdDither  # no pattern in plain surfaces
        image.convertToFormat(QImage.Format.Format_Indexed8, commonest(image), flat).save(str(path), "PNG", 0)
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


def commonest(image: QImage) -> list[int]:
    """The colours that most of a picture is made of."""
    return [colour for colour, _ in Counter(memoryview(image.constBits()).cast("I")).most_common(256)]


async def session(theme: str, options: argparse.Namespace, home: Path) -> None:
    """One run of the application, from the first start to the settings."""
    width, height = (int(part) for part in options.size.split("x"))
    size = QSize(width, height)
    paths = Paths(data=home, config=home, logs=home / "logs")
    home.mkdir(parents=True, exist_ok=True)
    paths.settings.write_text(json.dumps({"version": 1, "theme": theme, "motion": "reduced"}), encoding="utf-8")
    ending = ("" if theme == "light" else f"-{theme}") + ("" if options.scale == 100 else f"-{options.scale}")
    room = Room(paths)
    try:
        person = await room()
        person.desk.window.resize(size)
        page = person.desk.agents.page
        await until(page.begin.isEnabled, "templates")
        await Camera(person, options.folder, ending, options.only).take("first-run")
        await person.closes()
        person = await room(script())
        person.desk.window.resize(size)
        await workspace(person, Camera(person, options.folder, ending, options.only))
    finally:
        await room.close()


async def workspace(person: Person, camera: Camera) -> None:
    """Talk to the notepad assistant, and look round."""
    await person.begins("notepad")
    await settle()
    for text in TURNS:
        await person.says(text)
    page = person.page
    tool = next(node for node in person.desk.bench.agent.model.document.walk() if node.kind == "tool")
    page.tree.select([tool.id])
    await camera.take("workspace")
    page.show_tab("context")
    await settle()
    for area in page.context.findChildren(QAbstractScrollArea):
        area.verticalScrollBar().setValue(0)
    await camera.take("what-the-model-sees")
    await editor(person, camera)
    person.desk.window.actions_.run("session.new")
    await until(lambda: not person.chat, "an empty session")
    await settle()
    await person.says("How do I get to Bergen?")
    await person.goes_to("sessions")
    await camera.take("sessions")
    await person.goes_to("settings")
    await camera.take("settings")
    await documents(person, camera)


async def editor(person: Person, camera: Camera) -> None:
    """The panels of the editor, each opened as a person would and closed again."""
    page, run, model = person.page, person.desk.window.actions_.run, person.desk.bench.agent.model
    page.context.show_raw(True)
    await camera.take("raw-request")
    page.context.show_raw(False)
    strip = page.context.findChild(TryStrip)
    strip.button.click()
    await camera.take("try-values")
    strip.button.click()
    page.show_tab("properties")
    run("tree.outline")
    await camera.take("outline")
    run("tree.outline")
    run("find.replace")
    page.findChild(ReplacePanel).begin("note")
    await camera.take_and_close("find-and-replace")
    nodes = {node.kind: node.id for node in model.document.walk()}
    model.do(Batch((RemoveNode(nodes["timeline"]), SetProperty(nodes["append"], "variable", "notes")), "Break it"))
    run("view.problems")
    await camera.take("problems")
    model.undo()
    run("view.problems")
    page.show_tab("properties")
    for action, name in (("edit.add", "add-a-part"), ("palette", "find-a-command")):
        run(action)
        await camera.take_and_close(name)
    run("help.shortcuts")
    await camera.take_dialog("shortcuts")


async def documents(person: Person, camera: Camera) -> None:
    """What treats an agent as a document: versions, permissions, the library, templates to look inside."""
    model, desk = person.desk.bench.agent.model, person.desk
    first = {node.kind: node.id for node in model.document.walk()}
    model.do(
        SetProperty(first["system"], "text", "You are a careful assistant with a notepad. Keep the person's words.")
    )
    await person.saved()
    part, edit = make_part(
        model.document, [first["when"]], "What is noted", description="Shows the notes to the model."
    )
    await desk.parts.updates.save(part)
    model.do(edit)
    await person.saved()
    desk.window.actions_.run("agent.versions")
    page = desk.documents.versions.page
    await until(lambda: page.list.selected() and not page.list.versions.unknown(), "what changed")
    await camera.take("versions")
    await person.goes_to("library")
    await desk.documents.library.refresh()
    await camera.take("library")
    permissions = StoredPermissions(person.store.grants)
    for kind, sentence in (("http", "Fetch from example.org"), ("read_folder", "Read files in the folder Recipes")):
        await permissions.allow(desk.bench.agent.id, Capability(kind, {}, sentence))
    desk.go("permissions")
    await until(lambda: desk.documents.permissions.page.ids(), "what is allowed")
    await camera.take("permissions")
    desk.go("agents")
    await camera.take("templates")
    desk.agents.look_inside("tutor")
    await camera.take_dialog("template")
    rows = [
        ConsentRow(("a",), "http", "Fetch from example.org", "Tool · Look up · HTTP request"),
        ConsentRow(("b",), "python", "Run code of its own", "Tool · Count · Run Python", "print(len(inputs))"),
    ]
    dialog = ConsentDialog("Researcher", "Downloads/researcher.bough.json", rows, (), desk.window)
    dialog.open()
    await camera.take_dialog("consent")
    dialog.deleteLater()


async def everything(options: argparse.Namespace) -> None:
    """All pictures in all themes asked for."""
    with tempfile.TemporaryDirectory(prefix="bough-pictures-") as home:
        for theme in options.themes:
            await session(theme, options, Path(home) / theme)


def main(arguments: list[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description="Pictures of the real window.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--themes", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    parser.add_argument("--scale", type=int, default=100, help="in percent of the screen's own")
    parser.add_argument("--only", nargs="*", default=[], help="names of pictures to keep; none: all")
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = str(options.scale / 100)
    os.environ["QT_API"] = "pyside6"
    from qasync import QEventLoop

    app: Any = QApplication(["bough-pictures"])
    app.setQuitOnLastWindowClosed(False)
    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        runner.run(everything(options))


if __name__ == "__main__":
    main()
