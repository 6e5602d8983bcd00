"""What a person does with the window, for tests: waits for what is on screen, types, clicks."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.application import Application
from app.desk import Desk
from app.paths import Paths
from app.quit import Quit
from app.services import Services
from widgets.chat import ChatItem

PATIENCE = 15.0


async def until(condition: Callable[[], Any], what: str | Callable[[], str] = "") -> Any:
    """Wait until something holds, and give back what it gave."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := condition()):  # noqa: ASYNC110 - what is on screen has no event to wait for
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"never came true: {what() if callable(what) else what or condition}") from None
    return found


class Person:
    """Someone at the window."""

    def __init__(self, application: Application) -> None:
        self.application = application
        assert application.desk is not None
        self.desk: Desk = application.desk

    @property
    def page(self) -> Any:
        return self.desk.bench.page

    @property
    def chat(self) -> list[ChatItem]:
        return list(self.page.chat.items)

    @property
    def store(self) -> Any:
        return self.application.services.store

    async def begins(self, template: str) -> None:
        """Choose a template and open it with the button."""
        page = self.desk.agents.page
        await until(lambda: page.begin.isEnabled(), "templates")
        page.templates.select(template)
        before = self.desk.bench.agent
        QTest.mouseClick(page.begin, Qt.MouseButton.LeftButton)
        await until(lambda: self.desk.bench.agent is not before and self.desk.window.page == "workspace", "workspace")

    async def says(self, text: str, *, wait: bool = True) -> None:
        """Type a message and press Enter; by default wait for the end of the turn."""
        field = self.page.chat.composer.field
        before = [item.id for item in self.chat if item.kind in ("agent", "notice")]
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
        if wait:
            await until(self.idle, "the end of the turn")
            await until(lambda: self._answered(before), "a reply")

    def _answered(self, before: list[str]) -> bool:
        items = [item for item in self.chat if item.kind in ("agent", "notice")]
        return any(i.id not in before for i in items) and all(i.status != "streaming" for i in items)

    def idle(self) -> bool:
        session = self.desk.bench.session
        return session is not None and not session.running

    def texts(self, kind: str) -> list[str]:
        return [item.text for item in self.chat if item.kind == kind]

    async def saved(self) -> None:
        """Until the agent in front is on disk."""
        agent = self.desk.bench.agent
        assert agent is not None
        await until(lambda: agent.autosave.clean, "saved")

    async def goes_to(self, page: str) -> None:
        """Click a page in the sidebar."""
        QTest.mouseClick(self.desk.window.sidebar.rows[page], Qt.MouseButton.LeftButton)
        await until(lambda: self.desk.window.page == page, page)

    async def closes(self) -> None:
        """Close the window and wait for the end."""
        self.desk.window.close()
        await until(lambda: self.application.quit.requested, "a request to quit")
        await self.application.stop()


class Room:
    """Where a test starts the application, once or again, always over the same data."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self._running: list[Application] = []

    async def __call__(self, model: Any = None, **options: Any) -> Person:
        """Start it. Without a model it uses what its settings say."""
        services = Services(self.paths)
        if model is not None:
            services.models.use_instead(model)
        application = Application(self.paths, Quit(), services=services)
        self._running.append(application)
        application.show()
        application.window.resize(1440, 900)  # the screen of the tests is smaller than any person's
        await application.start(**options)
        return Person(application)

    async def close(self) -> None:
        """Stop everything that was started."""
        while self._running:
            application = self._running.pop()
            await application.stop()


def at_the_window(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Stop the application before the test's coroutine ends.

    A fixture's teardown is too late: pytest-qt handles Qt events before it, when no asyncio loop runs any more.
    """

    @functools.wraps(test)
    async def run(*args: Any, start: Room, **fixtures: Any) -> None:
        try:
            await test(*args, start=start, **fixtures)
        finally:
            await start.close()

    return run
