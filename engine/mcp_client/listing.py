"""What a server offers, as tools of ours: checked schemas and legal names, kept so that no server need run for them.

Not here: asking a server (``server``), and which of its tools an agent takes (the node kind).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

MAX_TOOLS = 300
"""Tools of one server that are taken."""
MAX_SCHEMA = 100_000
"""Characters of one tool's schema, as JSON."""
MAX_DESCRIPTION = 10_000
MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class ServerTool:
    """One tool of a server.

    Attributes:
        name: Its name at the server.
        title: What a person reads.
        description: What the model reads.
        schema: JSON Schema of its input.
    """

    name: str
    title: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a server said when it was last asked.

    Attributes:
        server: Its own name, or "".
        version: Its version, or "".
        tools: The tools that can be used.
        left_out: Names of those that cannot, each with the reason.
    """

    server: str = ""
    version: str = ""
    tools: tuple[ServerTool, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept in a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Listing:
        """Back from :meth:`to_json`.

        Raises:
            ValueError: It is not one.
        """
        try:
            return make_listing(
                str(data["server"]),
                str(data["version"]),
                [(str(t["name"]), str(t["title"]), str(t["description"]), t["schema"]) for t in data["tools"]],
                [(str(name), str(reason)) for name, reason in data["left_out"]],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a list of tools: {error}") from error


def make_listing(
    server: str,
    version: str,
    tools: Iterable[tuple[str, str, str, Any]],
    left_out: Iterable[tuple[str, str]] = (),
) -> Listing:
    """A listing of what a server sent: name, title, description and schema of each tool, checked."""
    good: dict[str, ServerTool] = {}
    bad = list(left_out)
    for name, title, description, schema in tools:
        reason = "the server has more tools than can be used" if len(good) >= MAX_TOOLS else _why_not(name, schema)
        if reason or name in good:
            bad.append((name[:200], reason or "the server has two tools of this name"))
            continue
        shown = description.strip()
        if len(shown) > MAX_DESCRIPTION:
            shown = shown[:MAX_DESCRIPTION] + "…"
        good[name] = ServerTool(name, title.strip()[:200] or name, shown, schema)
    return Listing(server[:200], version[:100], tuple(good.values()), tuple(bad))


def _why_not(name: str, schema: Any) -> str:
    """Why a tool cannot be used, or ""."""
    from engine.errors import ValidationFailed
    from engine.tools.schema import check_schema

    if not name.strip():
        return "it has no name"
    if not isinstance(schema, Mapping):
        return "its input is not described by a schema"
    text = json.dumps(schema, default=str)
    if len(text) > MAX_SCHEMA:
        return "the description of its input is too long"
    if any(not target.startswith("#") for target in _references(schema)):
        return "the description of its input points to another place"
    try:
        check_schema(name, schema)
    except ValidationFailed as error:
        return str(error)
    return ""


def _references(schema: Any) -> Iterable[str]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _references(item)


def legal_names(names: Iterable[str], prefix: str = "") -> dict[str, str]:
    """From each name at the server to the one that the model calls: legal, prefixed, and each once.

    Example:
        >>> legal_names(["get/user", "get user"], "git")
        {'get/user': 'git_get_user', 'get user': 'git_get_user_2'}
    """
    start = f"{_legal(prefix)}_" if _legal(prefix) else ""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        wanted = f"{start}{_legal(name) or 'tool'}"[:MAX_NAME]
        made, number = wanted, 2
        while made in taken:
            made = f"{wanted[: MAX_NAME - 4]}_{number}"
            number += 1
        taken.add(made)
        found[name] = made
    return found


def _legal(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")


class Listings:
    """What servers offered when they were last asked, by the key of their configuration.

    A dry compile and a program that has just started show tools from here. With a folder they outlive the program.
    """

    def __init__(self) -> None:
        self._known: dict[str, Listing] = {}
        self._folder: Path | None = None
        self._heard: set[Callable[[str], None]] = set()

    async def use_folder(self, folder: Path) -> None:
        """Keep them in this folder from here on, and take over what is there."""
        self._folder = folder
        for key, listing in (await asyncio.to_thread(_read_all, folder)).items():
            self._known.setdefault(key, listing)

    def get(self, key: str) -> Listing | None:
        """What the server of that configuration offers, where it was ever asked."""
        return self._known.get(key)

    async def put(self, key: str, listing: Listing) -> None:
        """Remember what a server said; those who listen are told where it differs."""
        if self._known.get(key) == listing:
            return
        self._known[key] = listing
        for listener in list(self._heard):
            listener(key)
        if self._folder is not None:
            try:
                await asyncio.to_thread(_write, self._folder, key, listing)
            except OSError:
                log.warning("The tools of a server could not be kept", exc_info=True)

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Have ``listener(key)`` called when a server offers something else; returns what ends that."""
        self._heard.add(listener)
        return lambda: self._heard.discard(listener)


LISTINGS = Listings()
"""Those of this process."""


def _read_all(folder: Path) -> dict[str, Listing]:
    found = {}
    for path in folder.glob("*.json") if folder.is_dir() else ():
        try:
            found[path.stem] = Listing.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            log.info("The tools kept in %s cannot be read; the server is asked again", path.name)
    return found


def _write(folder: Path, key: str, listing: Listing) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{key}.new"
    fresh.write_text(json.dumps(listing.to_json(), ensure_ascii=False), encoding="utf-8")
    fresh.replace(folder / f"{key}.json")
