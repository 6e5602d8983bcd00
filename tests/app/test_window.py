"""The window itself: actions as data, keyboard, columns, theme, start and end."""

from __future__ import annotations

import asyncio
import sys

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from app.actions import ACTIONS, MENUS
from engine.testing import ScriptedModel
from tests.app.helpers import at_the_window, until
from widgets import theme
from widgets.actions import sequences


def test_shortcuts_are_unique_and_every_action_has_words():
    for tree in (False, True):  # in the tree, its own keys come before those of the window
        keys = [found for spec in ACTIONS if spec.tree == tree for found in spec.shortcut.split("; ") if found]
        assert len(keys) == len(set(keys))
    for spec in ACTIONS:
        assert spec.text
        assert spec.menu in {key for key, _ in MENUS} | {""}
        assert len(sequences(spec.shortcut)) == (spec.shortcut.count("; ") + 1 if spec.shortcut else 0)
        assert not spec.icon or theme.has_icon(spec.icon), spec.icon


@at_the_window
async def test_every_action_does_something(start):
    person = await start(ScriptedModel())
    actions = person.desk.window.actions_
    assert {spec.id for spec in ACTIONS} == set(actions._handlers)
    assert not actions.enabled("session.new")
    await person.begins("notepad")
    assert actions.enabled("session.new")
    assert not actions.enabled("edit.undo")


@at_the_window
async def test_the_command_palette_runs_commands(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    person.desk.window.actions_.run("palette")
    palette = person.desk.commands.palette
    assert palette.isVisible()
    palette.chosen.emit("action/page.settings")
    await until(lambda: person.desk.window.page == "settings")


@at_the_window
async def test_f6_goes_through_all_panes_and_back(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    window = person.desk.window
    window.activateWindow()
    seen = []
    for _ in range(6):
        person.desk.commands._cycle(1)
        focus = window.focusWidget()
        panes = {"sidebar": window.sidebar, "tree": person.page.tree, "chat": person.page.chat}
        seen.append(next((name for name, pane in panes.items() if pane.isAncestorOf(focus)), "other"))
    assert {"sidebar", "tree", "chat"} <= set(seen)


@at_the_window
async def test_columns_are_hidden_and_put_back_after_a_restart(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    person.desk.window.actions_.run("view.middle")
    assert person.page.columns.hidden() == ["middle"]
    await person.closes()
    person = await start(ScriptedModel())
    assert person.page.columns.hidden() == ["middle"]
    person.desk.window.actions_.run("view.context")
    assert person.page.columns.hidden() == []
    assert person.page.tab == "context"


@at_the_window
async def test_the_last_visible_column_cannot_be_hidden(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    for column in ("tree", "middle", "chat"):
        person.desk.window.actions_.run(f"view.{column}")
    assert len(person.page.columns.hidden()) == 2


@at_the_window
async def test_the_theme_is_a_setting_and_changes_at_once(start):
    person = await start(ScriptedModel())
    await person.goes_to("settings")
    person.desk.settings.page.changed.emit("theme", "dark")
    assert theme.current().dark
    person.desk.window.actions_.run("theme.toggle")
    assert not theme.current().dark
    assert person.application.services.settings_file.current.theme == "light"
    theme.manager().set_mode("system")


@at_the_window
async def test_closing_the_window_with_a_running_turn_ends_in_time_and_keeps_what_came(start):
    from engine.testing import Reply

    model = ScriptedModel([Reply(chunks=["some ", "words "] * 500)], delay=0.01)
    person = await start(model)
    await person.begins("notepad")
    await person.says("go on", wait=False)
    await until(lambda: any(item.kind == "agent" for item in person.chat), "words")
    session = person.desk.bench.session.id
    async with asyncio.timeout(10):
        await person.closes()
    person = await start(model)
    stored = await person.store.sessions.load(session)
    assert [entry.status for entry in stored.entries] == ["complete", "interrupted"]


@at_the_window
async def test_everything_that_can_be_pressed_has_a_name(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    nameless = []
    for page in ("workspace", "agents", "sessions", "settings"):
        person.desk.go(page)
        for widget in person.desk.window.findChildren(QAbstractButton) + person.desk.window.findChildren(QLineEdit):
            if not widget.isVisible() or widget.objectName().startswith("qt_"):
                continue
            interface = QAccessible.queryAccessibleInterface(widget)
            if interface is not None and not interface.text(QAccessible.Text.Name).strip():
                nameless.append(f"{page}: {type(widget).__name__} in {type(widget.parent()).__name__}")
    assert not sorted(set(nameless))


async def test_no_provider_sdk_is_imported_before_a_model_needs_it(root, paths):
    code = (
        "import sys, asyncio, os\nos.environ['QT_API'] = 'pyside6'\n"
        "from pathlib import Path\nfrom PySide6.QtWidgets import QApplication\nimport qasync\n"
        "app = QApplication([])\napp.setQuitOnLastWindowClosed(False)\n"
        "from app.application import Application\nfrom app.paths import find_paths\nfrom app.quit import Quit\n"
        "early = [m for m in ('pydantic', 'engine', 'jsonschema', 'keyring', 'sqlite_utils') if m in sys.modules]\n"
        "async def main():\n"
        "    application = Application(find_paths(), Quit())\n    application.show()\n"
        "    await application.start()\n"
        "    print(early, [m for m in ('anthropic', 'xllamacpp', 'mcp') if m in sys.modules])\n"
        "    await application.stop()\n"
        "with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:\n    runner.run(main())\n"
    )
    import os

    environment = {**os.environ, "BOUGH_HOME": str(paths.data)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=root, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.decode().strip() == "[] []"
    assert process.returncode == 0


@at_the_window
async def test_the_first_run_starts_the_download_of_the_device_model_only_where_that_was_chosen(start, monkeypatch):
    person = await start()
    begun: list[str] = []
    monkeypatch.setattr(person.desk.downloads, "start", begun.append)
    page = person.desk.agents.page
    assert page.models.isVisible()
    page.models.select("anthropic")
    assert "download" not in page.note.text()
    await person.begins("notepad")
    assert begun == []
    assert not person.page.chat.composer.card.isVisible()
    assert "downloaded first" in person.page.chat.composer.reason_text.text()
    await person.goes_to("agents")
    page.models.select("device")
    await person.begins("blank")
    assert begun == ["qwen2.5-coder-1.5b"]
