"""The app: a component, its options, and its sessions. Not here: what a session does."""

from __future__ import annotations

import asyncio
import os
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.component import root_element
from engine.entries import new_id
from engine.errors import SessionClosed, ValidationFailed
from engine.events import SessionEvent
from engine.messages import messages_of
from engine.session.checks import check_count, check_max_ticks
from engine.session.execution import SendResult
from engine.session.session import Session, make_session
from engine.tools.definition import as_definitions

if TYPE_CHECKING:
    from engine.persistence import SessionStore


class App:
    """A component and its sessions. Use it with ``async with``, or call :meth:`shutdown` at the end.

    Attributes:
        model: The model that answers. Another one takes effect at the next tick of every session.
        component: What sessions made from now on mount.
        max_ticks: The most ticks of an execution.
    """

    def __init__(
        self,
        component: Any,
        *,
        model: Any = None,
        store: Any = None,
        tools: Sequence[Any] = (),
        max_ticks: int = 10,
        runner: Any = None,
        max_active: int | None = None,
        idle_timeout: float | None = None,
        max_timeline_entries: int | None = None,
        on_event: Callable[[SessionEvent], None] | None = None,
    ) -> None:
        root_element(component)
        check_max_ticks(max_ticks)
        for place, count in (("max_active", max_active), ("max_timeline_entries", max_timeline_entries)):
            if count is not None:
                check_count(count, place)
        if idle_timeout is not None and not (_is_number(idle_timeout) and idle_timeout >= 0):
            raise ValidationFailed("idle_timeout must be a number of seconds", place="idle_timeout")
        if on_event is not None and not callable(on_event):
            raise ValidationFailed("on_event must be a function", place="on_event")
        self.component = component
        self.model = model
        self.max_ticks = max_ticks
        self.runner = runner
        self.max_active = max_active
        self.idle_timeout = idle_timeout
        self.max_timeline_entries = max_timeline_entries
        self._tools = as_definitions(tools)
        self._store_option = store
        self._store: SessionStore | None = None
        self._opened: Any = None
        self._opening: asyncio.Task[SessionStore | None] | None = None
        self._on_event = on_event
        self._known: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()
        self._active: dict[str, Session] = {}
        self._closed = False
        self._unloading: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> App:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shutdown()

    @property
    def tools(self) -> list[Any]:
        """Tools that every session has."""
        return list(self._tools)

    @tools.setter
    def tools(self, tools: Sequence[Any]) -> None:
        self._tools = as_definitions(tools)

    async def store(self) -> SessionStore | None:
        """The store of the sessions, opened on first use.

        Raises:
            StoreError: It could not be opened.
        """
        option = self._store_option
        if option is None or self._store is not None:
            return self._store
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open(option))
        try:
            self._store = await asyncio.shield(self._opening)
        finally:
            if self._opening is not None and self._opening.done():
                self._opening = None
        return self._store

    async def _open(self, option: Any) -> SessionStore | None:
        if hasattr(option, "commit") and hasattr(option, "load"):
            found: SessionStore = option
            return found
        if hasattr(option, "sessions") and not isinstance(option, str):
            inner: SessionStore = option.sessions
            return inner
        if not isinstance(option, str | os.PathLike):
            raise ValidationFailed(f"store must be a path or a store, not {type(option).__name__}", place="store")
        from engine.store import Store

        self._opened = await Store.open(option)
        sessions: SessionStore = self._opened.sessions
        return sessions

    # -- sessions ------------------------------------------------------------------------------------------------

    async def session(self, id: str | None = None, *, tools: Sequence[Any] = (), component: Any = None) -> Session:
        """The session of that id: the one that is open, else the stored one, else a new one.

        Nothing is mounted. Two calls with one id give one object. A new session without an id gets one.

        Args:
            id: The session's id.
            tools: Tools that this session has in addition.
            component: Instead of the app's component (agents of several kinds in one database).

        Raises:
            SessionClosed: The app was shut down.
        """
        if self._closed:
            raise SessionClosed("The app was shut down")
        if id is not None and (not isinstance(id, str) or not id):
            raise ValidationFailed("A session's id must be a text", place="id")
        definitions = as_definitions(tools)
        store = await self.store()
        id = id or new_id("session")
        found = self._known.get(id)
        if found is None or found.closed:
            found = make_session(
                self,
                id,
                component=component if component is not None else self.component,
                store=store,
                tools=definitions,
                app_tools=lambda: self._tools,
                max_ticks=self.max_ticks,
                runner=self.runner,
                limit=self.max_timeline_entries,
                on_event=self._on_event,
            )
            self._known[id] = found
        elif definitions:
            names = {definition.name for definition in definitions}
            found.tools = [*(tool for tool in found.tools if tool.name not in names), *definitions]
        self._active[id] = found
        found.touch()
        self._make_room(found)
        return found

    async def restore(self, snapshot: Mapping[str, Any], id: str | None = None) -> Session:
        """A new session made of a snapshot.

        Args:
            snapshot: From ``Session.snapshot``; older versions are migrated.
            id: The new session's id; by default the snapshot's.

        Raises:
            SnapshotVersionError: A newer engine made it.
            ValidationFailed: It is not a snapshot, or there is a session of that id.
        """
        from engine.session.snapshot import migrate, restore

        made = migrate(snapshot)
        id = id or str(made.get("id") or new_id("session"))
        if await self.has(id):
            raise ValidationFailed(f"There is a session {id!r} already", place="id")
        session = await self.session(id)
        await restore(session, made)
        return session

    @property
    def sessions(self) -> list[Session]:
        """The sessions that are loaded."""
        return [session for session in self._active.values() if not session.closed]

    async def has(self, id: str) -> bool:
        """Whether a session of that id is open or stored."""
        found = self._known.get(id)
        if found is not None and not found.closed:
            return True
        store = await self.store()
        return store is not None and await store.has(id)

    async def close(self, id: str) -> None:
        """Unload a session: abort what runs, save, forget. What is stored stays."""
        found = self._known.get(id)
        if found is not None:
            await found.close()

    async def delete(self, id: str) -> None:
        """Remove a session and all that belongs to it, for good."""
        await self.close(id)
        store = await self.store()
        if store is not None:
            await store.delete(id)

    async def shutdown(self) -> None:
        """Close all sessions, finish their saves, close a store that the app opened. Twice is fine."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        results = await asyncio.gather(
            *(session.close() for session in list(self._known.values())), return_exceptions=True
        )
        if self._unloading:
            await asyncio.gather(*self._unloading, return_exceptions=True)
        opened, self._opened, self._store = self._opened, None, None
        if opened is not None:
            await opened.aclose()
        for result in results:
            if isinstance(result, Exception):
                raise result

    # -- what sessions tell --------------------------------------------------------------------------------------

    def forget(self, session: Session) -> None:
        """A session was closed."""
        self._active.pop(session.id, None)
        if self._known.get(session.id) is session:
            del self._known[session.id]

    def used(self, session: Session) -> None:
        """A session is loaded, or still is."""
        if self._known.get(session.id) is session and not session.closed:
            self._active[session.id] = session

    def idle(self, session: Session) -> None:
        """A session has nothing to do: it may be unloaded."""
        if self._closed:
            return
        self._make_room(session)
        if self.idle_timeout is not None and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.idle_timeout, self._unload_idle)

    def _unload_idle(self) -> None:
        self._timer = None
        if self._closed or self.idle_timeout is None:
            return
        now = time.monotonic()
        waiting = False
        for session in list(self._active.values()):
            if session.can_unload and now - session.last_used >= self.idle_timeout:
                self._unload(session)
            else:
                waiting = True
        if waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.idle_timeout, self._unload_idle)

    def _make_room(self, keep: Session) -> None:
        if self.max_active is None:
            return
        surplus = len(self._active) - self.max_active
        for session in sorted(self._active.values(), key=lambda s: s.last_used):
            if surplus <= 0:
                return
            if session is not keep and session.can_unload:
                self._unload(session)
                surplus -= 1

    def _unload(self, session: Session) -> None:
        self._active.pop(session.id, None)
        task = asyncio.ensure_future(session.unload())
        self._unloading.add(task)
        task.add_done_callback(self._unloading.discard)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def create_app(
    component: Any,
    *,
    model: Any = None,
    store: Any = None,
    tools: Sequence[Any] = (),
    max_ticks: int = 10,
    runner: Any = None,
    max_active: int | None = None,
    idle_timeout: float | None = None,
    max_timeline_entries: int | None = None,
    on_event: Callable[[SessionEvent], None] | None = None,
) -> App:
    """An app of a component. Needs no running loop.

    Args:
        component: A component, an element, or a plain function that returns elements.
        model: What answers; see ``engine.model.Model``. ``app.model`` may be set at any time.
        store: A path of a database, an open ``engine.store.Store`` (which the app does not close), or None: nothing
            is kept.
        tools: Tools that every session has.
        max_ticks: The most model calls of one execution.
        runner: An object with any of ``transform(request, info)``, ``execute_tool_call(call, next)``,
            ``on_session_init(session)``, ``on_destroy(session)``.
        max_active: So many sessions are kept loaded; idle ones beyond that are saved and unloaded.
        idle_timeout: Seconds after which an idle session may be unloaded.
        max_timeline_entries: Entries of a session that are kept in memory.
        on_event: Called with every event of every session.

    Raises:
        ValidationFailed: An option has the wrong shape; ``place`` names it.

    Example:
        >>> app = create_app(NotepadAgent, model=model, store="sessions.db")
    """
    return App(
        component,
        model=model,
        store=store,
        tools=tools,
        max_ticks=max_ticks,
        runner=runner,
        max_active=max_active,
        idle_timeout=idle_timeout,
        max_timeline_entries=max_timeline_entries,
        on_event=on_event,
    )


async def run(
    component: Any,
    messages: Any = None,
    *,
    model: Any = None,
    props: dict[str, Any] | None = None,
    tools: Sequence[Any] = (),
    max_ticks: int = 10,
) -> SendResult:
    """Run a component once and keep nothing.

    Args:
        component: A component or an element; ``props`` override the element's.
        messages: As for ``Session.send``.
        model: What answers.
        props: Properties of the root.
        tools: Tools beside those of the tree.
        max_ticks: The most model calls.
    """
    messages_of(messages)
    async with App(component, model=model, tools=tools, max_ticks=max_ticks) as app:
        session = await app.session()
        procedure = session.send(messages, props=props)
        return await procedure.result
