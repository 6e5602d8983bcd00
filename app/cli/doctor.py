"""``bough doctor``: what a helper needs to know about this installation, with secrets left out."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from functools import partial

from app import __version__
from app.cli.runner import FAILED, OK, Terminal
from app.log import redact
from app.services import Services
from app.text import megabytes

PACKAGES = (
    "PySide6-Essentials", "qasync", "pydantic", "sqlite-utils", "jinja2", "anthropic", "xllamacpp", "keyring",
    "platformdirs",
)  # fmt: skip


async def run(options: argparse.Namespace, services: Services, terminal: Terminal) -> int:
    """Print the report; the code is 1 where something is wrong."""
    report = _Report(terminal)
    report.head("Program")
    report.line("Bough", __version__)
    report.line("Python", f"{platform.python_version()} ({sys.executable})")
    report.line("System", f"{platform.platform()}, {os.cpu_count()} processors")
    report.line("Packaged", "yes" if getattr(sys, "frozen", False) else "no")
    report.line("SQLite", sqlite3.sqlite_version)
    for name in PACKAGES:
        report.check(name, partial(importlib.metadata.version, name))
    report.line("Python steps", _cut_off())
    report.line("Display", os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "none")

    report.head("Places")
    paths = services.paths
    report.line("Database", f"{services.database} ({_size(services.database)})")
    report.line("Settings", f"{paths.settings} ({_size(paths.settings)})")
    report.line("Models", str(paths.models))
    report.line("Log", str(paths.log_file))
    existing = next((folder for folder in (paths.data, *paths.data.parents) if folder.exists()), None)
    if existing is not None:
        report.line("Free space", megabytes(shutil.disk_usage(existing).free))
        report.check("Writable", lambda: _writable(str(existing)))

    report.head("Settings")
    settings = services.settings_file
    if settings.set_aside is not None:
        report.bad("Settings file", f"could not be read and was set aside as {settings.set_aside.name}")
    keychain = await services.keychain.describe()
    report.line("Keychain", keychain or "none: keys can live in an environment variable or in memory for one run")
    for connection in settings.current.connections:
        report.line("Connection", redact(await _connection(connection, services)))

    report.head("On-device models")
    for model in services.models.catalogue():
        state = services.models.downloads.state(model.id)
        report.line(model.id, f"{model.label}, {megabytes(model.bytes)}: {state.state}")

    report.head("Database")
    if not services.database.exists():
        report.line("State", "not made yet; the first start makes it")
    else:
        try:
            store = await services.open_store()
            counts = await store.browser.counts()
            report.line("State", f"opens; {counts.total:,} sessions, {counts.trashed:,} in the trash")
            report.line("Agents", str(len(await store.agents.list())))
        except Exception as error:  # noqa: BLE001 - a report tells every kind of trouble
            report.bad("State", redact(str(error)))
    return FAILED if report.troubles else OK


class _Report:
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.troubles = 0

    def head(self, title: str) -> None:
        self._terminal.result(f"\n{title}" if title != "Program" else title)

    def line(self, name: str, value: str) -> None:
        self._terminal.result(f"  {name + ':':<20} {value}")

    def bad(self, name: str, value: str) -> None:
        self.troubles += 1
        self.line(name, f"PROBLEM: {value}")

    def check(self, name: str, value: Callable[[], str]) -> None:
        try:
            self.line(name, value())
        except Exception as error:  # noqa: BLE001 - as above
            self.bad(name, str(error))


def _cut_off() -> str:
    """Whether code that agents run is kept from files and network here."""
    from engine.effects.sandbox import sandbox

    room = sandbox()
    if room is not None:
        return f"cut off from files and network ({room.program})"
    return "not cut off from files and network: bubblewrap is not here, or this system does not let it"


def _size(path: os.PathLike[str]) -> str:
    try:
        return megabytes(os.stat(path).st_size)
    except OSError:
        return "not there yet"


def _writable(folder: str) -> str:
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written to")
    return "yes"


async def _connection(connection: object, services: Services) -> str:
    from app.connections import Connection

    assert isinstance(connection, Connection)
    parts = [connection.title, connection.model or "no model chosen"]
    if connection.kind != "on_device":
        parts.append(connection.origin)
        parts.append(f"key: {connection.key_source}")
        if connection.key_source == "environment":
            there = "set" if os.environ.get(connection.key_variable) else "not set"
            parts.append(f"{connection.key_variable} is {there}")
    return ", ".join(parts)
