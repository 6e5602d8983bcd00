"""One server while it is in use: started by the first who needs it, asked for its tools, called, started again.

Its connection is opened and closed in one task of its own, as the client library's cancel scopes must be. Not here:
asking a person first (the node kind), starting a program (``stdio``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.effects.redact import Redactor
from engine.entries import Block
from engine.errors import ToolError
from engine.mcp_client import stdio
from engine.mcp_client.config import ServerConfig, ServerError, first_line
from engine.mcp_client.listing import LISTINGS, Listing, Listings, make_listing
from engine.mcp_client.results import blocks_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from mcp import Client

    from engine.mcp_client.http import Link
    from engine.world import Secrets

log = logging.getLogger(__name__)

START_SECONDS = 60.0
"""How long a server may take to start; programs that fetch themselves first are slow the first time."""
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
MAX_FAILURES = 5
"""After so many failed starts in a row it is not tried again for a while."""
MAX_PAGES = 50
ATTEMPTS = 3
"""How often a server at an address is asked where its answer breaks off."""
_CLOSED = "Connection closed"
"""What the client library says then; servers use the same code for errors of their own."""
Progress = Callable[[float, float | None, str | None], None]


class Server:
    """A connection to one server.

    Args:
        config: What it is.
        secrets: The keychain.
        listings: Where what it offers is kept.
        clock: Seconds, for the pauses between failed starts.
    """

    def __init__(
        self,
        config: ServerConfig,
        secrets: Secrets | None = None,
        *,
        listings: Listings = LISTINGS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self._secrets = secrets
        self._listings = listings
        self._clock = clock
        self._owner: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Client] | None = None
        self._stop = asyncio.Event()
        self._lost = asyncio.Event()
        self._news = asyncio.Event()
        self._process: stdio.Process | None = None
        self._link: Link | None = None
        self._redactor = Redactor()
        self._failures = 0
        self._not_before = 0.0
        self._closed = False
        self.starts = 0

    @property
    def running(self) -> bool:
        """Whether there is a connection."""
        ready = self._ready
        return ready is not None and ready.done() and not ready.cancelled() and ready.exception() is None

    @property
    def pid(self) -> int | None:
        """The process id of a program that runs."""
        return self._process.pid if self._process is not None else None

    async def listing(self) -> Listing:
        """What it offers; starts it where it does not run.

        Raises:
            ServerError: It cannot be reached.
        """
        await self._connected()
        found = self._listings.get(self.config.key)
        assert found is not None
        return found

    async def call(self, tool: str, given: dict[str, Any], told: Progress | None = None) -> list[Block]:
        """Call a tool and return the blocks of its result, without the secret where the server repeats it.

        Raises:
            ServerError: The server cannot be reached, or ended in the middle of the call.
            ToolError: It answered that the call failed, or took too long.
        """
        try:
            blocks: list[Block] = self._redactor.value(await self._call(tool, given, told))
            return blocks
        except ToolError as error:
            raise ToolError(self._redactor.text(str(error))) from None

    async def _call(self, tool: str, given: dict[str, Any], told: Progress | None) -> list[Block]:
        client = await self._connected()
        from mcp.shared.exceptions import MCPError

        last = self._clock()

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            nonlocal last
            last = self._clock()
            if told is not None:
                told(progress, total, message)

        task = asyncio.ensure_future(client.call_tool(tool, given, progress_callback=heard))
        try:
            while True:
                left = last + self.config.timeout - self._clock()
                done, _ = await asyncio.wait({task}, timeout=max(0.0, left))
                if done:
                    return blocks_of(task.result())
                if self._clock() - last >= self.config.timeout:
                    raise ToolError(f"{self.config.name} did not answer within {self.config.timeout:g} seconds.")
        except MCPError as error:
            raise await self._explain(error) from error
        except (RuntimeError, ValueError) as error:  # what it returned does not fit what it said about it
            raise ToolError(f"{self.config.name} answered something that cannot be used: {error}") from error
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    async def aclose(self) -> None:
        """End it for good. Safe to call twice."""
        self._closed = True
        owner = self._owner
        self._stop.set()
        if owner is not None:
            await asyncio.wait({owner})

    # --- connecting ------------------------------------------------------------------------------------------

    async def _connected(self) -> Client:
        if self._owner is not None and self._ready is None:  # it is on its way out
            await asyncio.wait({self._owner})
        if self._closed:
            raise ServerError(f"{self.config.name} was ended.")
        if self._owner is None or self._owner.done():
            wait = self._not_before - self._clock()
            if self._failures >= MAX_FAILURES and wait > 0:
                raise ServerError(
                    f"{self.config.name} failed {self._failures} times in a row.",
                    "Test it in its properties, where the reason is shown.",
                )
            self._ready = asyncio.get_running_loop().create_future()
            self._ready.add_done_callback(_looked_at)
            self._stop, self._lost = asyncio.Event(), asyncio.Event()
            self._owner = asyncio.ensure_future(self._own(self._ready, max(0.0, wait)))
        assert self._ready is not None
        return await asyncio.shield(self._ready)

    async def _own(self, ready: asyncio.Future[Client], wait: float) -> None:
        """The whole life of one connection, in one task."""
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            if wait:
                await asyncio.wait({stopping}, timeout=wait)
            if self._stop.is_set():
                raise ServerError(f"{self.config.name} was ended.")
            wrong = self.config.wrong()
            if wrong:
                raise ServerError(wrong, "Change it in the properties of the server.")
            await self._try(ready, stopping)
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            self._ready = None
            if not ready.done():
                self._failed()
                ready.set_exception(self._without_secret(self._reason(error)))
            else:
                log.info("The connection to %s ended: %s", self.config.name, self._redactor.text(str(error)))
        finally:
            stopping.cancel()
            self._process = None
            self._ready = None
            if not ready.done():
                ready.set_exception(ServerError(f"{self.config.name} was ended."))

    async def _try(self, ready: asyncio.Future[Client], stopping: asyncio.Future[Any]) -> None:
        """Live; where the way to an address breaks off before anything was asked of it, once more."""
        for left in range(ATTEMPTS - 1, -1, -1):
            self.starts += 1
            try:
                return await self._live(ready, stopping)
            except Exception as error:
                if ready.done() or self.config.program or not left or self._stop.is_set():
                    raise
                from engine.mcp_client.http import broke_off

                if not broke_off(_innermost(error)):
                    raise

    async def _live(self, ready: asyncio.Future[Client], stopping: asyncio.Future[Any]) -> None:
        # Importing the library takes a second or two; the loop has a window to keep alive meanwhile.
        await asyncio.to_thread(__import__, "mcp")
        from mcp import Client
        from mcp_types import Implementation

        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout(START_SECONDS) as limit:
                opened = await self._transport(stack)
                client = Client(
                    opened,
                    client_info=Implementation(name="Bough", version="1"),
                    message_handler=self._heard,
                    cache=None,
                )
                await stack.enter_async_context(client)
                await self._ask_for_tools(client)
                limit.reschedule(None)
            self._failures = 0
            ready.set_result(client)
            ended = self._process.ended if self._process is not None else self._lost
            waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(e.wait()) for e in (self._lost, ended)]
            waiting.append(asyncio.ensure_future(self._follow(client)))
            try:
                await asyncio.wait({stopping, *waiting[:2]}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._ready = None
                for task in waiting:
                    task.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
            if not self._stop.is_set():
                self._failed()

    async def _transport(self, stack: contextlib.AsyncExitStack) -> AbstractAsyncContextManager[Any]:
        secret = await self.config.revealed(self._secrets)
        for value in secret.values():
            self._redactor.hide(value.removeprefix("Bearer "))
        if self.config.program:
            self._process = await stdio.Process.start(self.config, secret)
            return stdio.transport(self._process)
        from engine.mcp_client.http import Link

        self._link = Link(self.config, secret)
        return await self._link.transport(stack)

    def _failed(self) -> None:
        self._failures += 1
        pause = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (self._failures - 1))
        self._not_before = self._clock() + (pause if self._failures < MAX_FAILURES else LONGEST_DELAY)

    def _reason(self, error: BaseException) -> ServerError:
        """Why there is no connection, in plain words."""
        inner = _innermost(error)
        if isinstance(inner, ServerError):
            return inner
        name = self.config.name
        if isinstance(inner, TimeoutError):
            return ServerError(
                f"{name} did not answer within {START_SECONDS:.0f} seconds.", "Check that it is running."
            )
        if self._process is not None and self._process.ended.is_set():
            return ServerError(
                f"{name} did not start: {self._process.how_it_ended()}.",
                "Check the program and its arguments in the properties of the server.",
            )
        if self.config.program:
            return ServerError(
                f"{name} does not speak the Model Context Protocol: {first_line(inner)}.", "Check the program."
            )
        from engine.mcp_client.http import reason

        return reason(name, self._link.status if self._link is not None else 0, inner)

    def _without_secret(self, error: ServerError) -> ServerError:
        return ServerError(self._redactor.text(str(error)), error.advice)

    async def _explain(self, error: Any) -> Exception:
        """An error answer as what it means: the server's own words, or that it is gone."""
        from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT

        code, process, owner = error.error.code, self._process, self._owner
        gone = process.ended.is_set() if process is not None else error.error.message == _CLOSED
        if (code == CONNECTION_CLOSED and gone) or owner is None or owner.done():
            self._lost.set()
            if owner is not None:
                await asyncio.wait({owner})
            how = f": {process.how_it_ended()}" if process is not None else ""
            gone_words = (
                f"{self.config.name} ended in the middle of the call{how}. Whether it had an effect is not known."
            )
            return self._without_secret(ServerError(gone_words, "The next call starts it again."))
        if code == REQUEST_TIMEOUT:
            return ToolError(f"{self.config.name} took too long.")
        return ToolError(f"{self.config.name} refused the call: {error.error.message[:2_000]}")

    # --- tools -----------------------------------------------------------------------------------------------

    async def _ask_for_tools(self, client: Client) -> None:
        found, cursor = [], None
        capabilities = client.server_capabilities
        for _ in range(MAX_PAGES if capabilities.tools is not None else 0):
            page = await client.list_tools(cursor=cursor)
            found += [(tool.name, _title(tool), tool.description or "", tool.input_schema) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        info = client.server_info
        name, version = (info.name, info.version) if info is not None else ("", "")
        listing = await asyncio.to_thread(make_listing, name, version, found)  # checks each schema
        await self._listings.put(self.config.key, listing)

    async def _heard(self, message: Any) -> None:
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            self._news.set()

    async def _follow(self, client: Client) -> None:
        """Ask again whenever the server says that its tools have changed."""
        from mcp.shared.exceptions import MCPError

        listening = asyncio.ensure_future(self._subscribe(client))
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                with contextlib.suppress(MCPError):
                    await self._ask_for_tools(client)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _subscribe(self, client: Client) -> None:
        """Newer servers tell of changes only on a stream that is asked for."""
        from mcp.client.subscriptions import ListenNotSupportedError

        capabilities = client.server_capabilities
        if capabilities.tools is None or not capabilities.tools.list_changed:
            return
        with contextlib.suppress(ListenNotSupportedError):
            async with client.listen(tools_list_changed=True) as events:
                self._news.set()  # what changed before it listened is not told again
                async for _ in events:
                    self._news.set()


def _title(tool: Any) -> str:
    annotations = getattr(tool, "annotations", None)
    return tool.title or (getattr(annotations, "title", None) or "")


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error


def _looked_at(future: asyncio.Future[Any]) -> None:
    """Nobody need wait for a connection that failed."""
    if not future.cancelled():
        future.exception()
