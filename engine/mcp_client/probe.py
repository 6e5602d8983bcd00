"""Trying a server out: what it is and offers, or why it cannot be used and what to do. For the form's *Test* button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.mcp_client.config import ServerConfig, ServerError
from engine.mcp_client.listing import LISTINGS, Listings, ServerTool
from engine.mcp_client.server import Server

if TYPE_CHECKING:
    from engine.world import Secrets


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of a test.

    Attributes:
        ok: It can be used.
        text: One sentence for the person.
        advice: What to do where it cannot be used.
        server: Its own name and version.
        tools: What it offers.
        left_out: Tools that cannot be used, each with the reason.
    """

    ok: bool
    text: str
    advice: str = ""
    server: str = ""
    tools: tuple[ServerTool, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


async def probe(config: ServerConfig, secrets: Secrets | None = None, *, listings: Listings = LISTINGS) -> Probe:
    """Start or call the server, ask what it offers, and end it. Never raises. Only for a person who asks."""
    server = Server(config, secrets, listings=listings)
    try:
        found = await server.listing()
    except ServerError as error:
        return Probe(False, str(error), error.advice)
    finally:
        await server.aclose()
    name = " ".join(part for part in (found.server or config.name, found.version) if part)
    count = "one tool" if len(found.tools) == 1 else f"{len(found.tools)} tools"
    text = f"{name} offers {count}." if found.tools else f"{name} answers, but offers no tools."
    if found.left_out:
        text += f" {len(found.left_out)} cannot be used: {found.left_out[0][0]}, because {found.left_out[0][1]}."
    return Probe(True, text, "", name, found.tools, found.left_out)
