"""Agents as documents, by keyboard alone: versions looked at, compared and restored; a permission taken back."""

from __future__ import annotations

from PySide6.QtCore import Qt

from engine.permissions import Capability, StoredPermissions
from tests.app.helpers import until
from tests.e2e.conftest import Desk, on_the_screen
from tests.e2e.hands import CTRL
from tests.e2e.test_sessions import opens_notepad

ALT = Qt.KeyboardModifier.AltModifier


@on_the_screen
async def test_a_version_is_compared_and_restored_without_a_mouse(desk: Desk) -> None:
    person, hands = await opens_notepad(desk)
    agent = person.desk.bench.agent
    assert agent is not None
    first = agent.name
    await hands.tabs_to("Name of the agent")
    await hands.press(Qt.Key.Key_A, held=CTRL)
    await hands.types("Shopping list")
    await hands.press(Qt.Key.Key_Return)
    await person.saved()
    assert agent.name == "Shopping list"
    await hands.press(Qt.Key.Key_V, held=CTRL | ALT)
    page = person.desk.documents.versions.page
    await until(lambda: person.desk.window.page == "versions" and page.list.hasFocus(), "the versions")
    await until(lambda: page.compare.comparison and page.compare.difference.plain_difference(), "what changed")
    assert page.compare.difference.plain_difference() == f"Name: [-{first}-][+Shopping list+]"
    await hands.press(Qt.Key.Key_Down)
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: len([r for r in page.list.versions.rows if r.kind == "version"]) == 2, "the step before")
    await hands.press(Qt.Key.Key_Down)
    await until(lambda: page.buttons["restore"].isEnabled(), "an older version")
    await hands.tabs_to("Restore this version")
    await hands.press(Qt.Key.Key_Space)
    await until(lambda: person.desk.window.page == "workspace" and agent.name == first, "the first version")
    await hands.press(Qt.Key.Key_Z, held=CTRL)
    await until(lambda: agent.name == "Shopping list", "undone")
    await person.saved()


@on_the_screen
async def test_a_permission_is_taken_back_without_a_mouse(desk: Desk) -> None:
    person, hands = await opens_notepad(desk)
    agent = person.desk.bench.agent
    assert agent is not None
    permissions = StoredPermissions(person.store.grants)
    await permissions.allow(agent.id, Capability("http", {"host": "example.org"}, "Fetch from example.org"))
    await hands.press(Qt.Key.Key_Comma, held=CTRL)
    await until(lambda: person.desk.window.page == "settings", "the settings")
    await hands.tabs_to("Show permissions")
    await hands.press(Qt.Key.Key_Space)
    page = person.desk.documents.permissions.page
    await until(lambda: page.isVisible() and page.ids(), "the permission")
    await hands.tabs_to("Take back: Fetch from example.org")
    await hands.press(Qt.Key.Key_Space)
    await until(lambda: page.is_empty, "nothing is allowed any more")
    assert await permissions.list() == []
