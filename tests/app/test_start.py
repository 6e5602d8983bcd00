"""What the start leaves for later: pages that nobody looks at yet, the keychain, sources of modules."""

from __future__ import annotations

import linecache
import sys

import pytest
from shibokensupport import feature

from app.keychain import Keychain
from app.main import leave_sources_unread
from app.window.agents_page import AgentsPage
from app.window.part_page import PartPage
from app.window.sessions_page import SessionsPage
from app.window.settings_page import SettingsPage
from engine.testing import ScriptedModel
from tests.app.helpers import at_the_window, until
from widgets.library import LibraryPage
from widgets.permissions import PermissionsPage
from widgets.versions import VersionsPage

LATER = (SessionsPage, SettingsPage, PartPage, LibraryPage, VersionsPage, PermissionsPage)


def made(person, *kinds):
    return [kind.__name__ for kind in kinds if person.desk.window.findChildren(kind)]


@at_the_window
async def test_a_page_is_made_when_it_is_first_shown_and_then_kept(start):
    person = await start(ScriptedModel())
    assert person.desk.window.page == "agents" and made(person, *LATER) == []
    await person.goes_to("settings")
    assert made(person, *LATER) == ["SettingsPage"]
    page = person.desk.window.stack.currentWidget()
    await person.goes_to("sessions")
    await person.goes_to("settings")
    assert person.desk.window.stack.currentWidget() is page is person.desk.settings.page


@at_the_window
async def test_where_an_agent_is_brought_back_the_page_of_agents_is_made_later_and_complete(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    agent_id = person.desk.bench.agent.id
    await person.saved()
    await person.closes()
    person = await start(ScriptedModel())
    assert person.desk.window.page == "workspace" and made(person, AgentsPage, *LATER) == []
    await person.goes_to("agents")
    page = person.desk.agents.page
    assert page.agents.card(agent_id).info.title == "Notepad assistant", "at once, not a moment later"
    await until(lambda: page.begin.isEnabled(), "the templates")


@at_the_window
async def test_the_keychain_is_asked_when_a_form_with_a_key_is_seen_and_not_before(start, monkeypatch):
    asked: list[str] = []

    async def describe(self: Keychain) -> str:
        asked.append("which")
        return ""

    monkeypatch.setattr(Keychain, "describe", describe)
    person = await start(ScriptedModel())
    page = person.desk.agents.page
    await until(lambda: page.begin.isEnabled(), "the templates")
    assert asked == []
    page.models.select("anthropic")
    page.show_models(True)
    await until(lambda: page.models.anthropic.keep_box.isVisible(), "what to do without a keychain")
    page.models.select("device")
    page.models.select("anthropic")
    assert asked == ["which"], "once is enough"


def test_pyside_does_not_read_the_source_of_what_is_imported(tmp_path, monkeypatch: pytest.MonkeyPatch):
    names = ("bough_test_looked_into", "bough_test_left_alone")
    for name in names:
        (tmp_path / f"{name}.py").write_text("NAME = 'PySide6'\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(feature, "_mod_uses_pyside", feature._mod_uses_pyside)
    __import__(names[0])
    leave_sources_unread()
    __import__(names[1])
    read = [name for name in names if str(tmp_path / f"{name}.py") in linecache.cache]
    for name in names:
        del sys.modules[name]
    assert read == [names[0]]
