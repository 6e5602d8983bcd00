"""The outermost edge of the process, watched: what is opened, connected to and started, whoever does it.

Python tells it by audit events, below every library. Also the agents of tests that try to act: one bait for each kind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from engine.blueprint import make_node
from engine.blueprint.document import Node

BAIT = "bait-of-the-edge"
"""Part of the name of every file and folder that an agent could reach."""
ALWAYS = (
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
    "os.posix_spawn",
    "os.exec",
    "os.fork",
)
ON_BAIT = (
    "open",
    "os.listdir",
    "os.scandir",
    "os.mkdir",
    "os.rename",
    "os.link",
    "os.remove",
    "os.chmod",
    "os.symlink",
)
_seen: list[list[str]] = []
_installed: list[bool] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _seen:
        return
    if event in ALWAYS or (event in ON_BAIT and BAIT in repr(arguments)):
        _seen[-1].append(f"{event} {str(arguments)[:200]}")


@contextmanager
def watched() -> Iterator[list[str]]:
    """A list that gets all that happens at the edge."""
    if not _installed:
        sys.addaudithook(_audit)  # there is no way to take one out again
        _installed.append(True)
    found: list[str] = []
    real = os.lstat

    def lstat(path: Any, *more: Any, **options: Any) -> os.stat_result:  # looking has no event of its own
        if BAIT in str(path):
            found.append(f"lstat {path}")
        return real(path, *more, **options)

    os.lstat = lstat
    _seen.append(found)
    try:
        yield found
    finally:
        _seen.remove(found)
        os.lstat = real


class Baits:
    """One node of each kind that acts, set on things whose use is noticed.

    Args:
        folder: Where the baits lie.
        port: A port on this machine; nobody needs to answer there.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder / BAIT
        self.port = port
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{BAIT}.txt").write_text("bait", encoding="utf-8")

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """Properties of steps, by kind."""
        inside = {"folder": str(self.folder)}
        return {
            "http": {"url": f"http://127.0.0.1:{self.port}/", "secret": {"name": "key"}},
            "read_file": {**inside, "path": f"{BAIT}.txt"},
            "write_file": {**inside, "path": f"{BAIT}-{{{{ 1 }}}}.txt", "content": "x", "mode": "replace"},
            "list_folder": inside,
            "run_python": {"code": "result = 1"},
            "search_sessions": {"query": "anything", "scope": "all"},
        }

    @property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Properties of parts of the tree, by kind."""
        file = {"source": "file", "path": str(self.folder / f"{BAIT}.txt")}
        return {
            "document": file,
            "image": file,
            "data": file,
            "mcp_server": {
                "title": "Served",
                "program": sys.executable,
                "arguments": ["-c", "pass"],
                "ask_first": False,
            },
            "provider_tool": {"tool": "web_search"},
            "sub_agent": {"title": "Helper", "agent": "agent_2", "description": "Helps"},
        }

    def step(self, kind: str, **more: Any) -> Node:
        return make_node(kind, **{**self.steps[kind], **more})

    def node(self, kind: str, **more: Any) -> Node:
        return make_node(kind, **{**self.nodes[kind], **more})


class Store:
    """Stands in for the database: notices that it was asked, and has nothing."""

    def __init__(self, found: list[str]) -> None:
        self._found = found
        self.browser = self

    async def search(self, query: str, **_options: Any) -> Any:
        self._found.append(f"store {query}")
        return SimpleNamespace(hits=(), next=None)


class Agents:
    """Stands in for the library: notices that another agent was wanted."""

    def __init__(self, found: list[str]) -> None:
        self._found = found

    async def load(self, agent_id: str) -> None:
        self._found.append(f"agents {agent_id}")


class Secrets:
    """Stands in for the keychain: notices that a secret was wanted."""

    def __init__(self, found: list[str]) -> None:
        self._found = found

    async def get(self, name: str, host: str) -> str:
        self._found.append(f"secrets {name}")
        return "the-secret"
