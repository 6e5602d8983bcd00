"""The settings, declared once: name, type, default, words and how each is edited.

The settings page is generated from :func:`preferences`; nothing else lists them. The file is JSON, written atomically;
one that cannot be read is set aside under another name, never overwritten. Not here: keys (``keychain``) and anything
that belongs to an agent (its document).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.connections import Connection, default_connections

VERSION = 1
log = logging.getLogger(__name__)


def _shown(section: str, label: str, text: str = "", **choices: str) -> dict[str, Any]:
    return {"section": section, "label": label, "help": text, "choices": choices}


class Remembered(BaseModel):
    """What the window puts back as it was. Never shown as a setting."""

    model_config = ConfigDict(extra="ignore")

    geometry: str = ""
    columns: dict[str, list[int]] = Field(default_factory=dict)
    hidden_columns: list[str] = Field(default_factory=list)
    page: str = ""
    agent_id: str = ""
    sessions: dict[str, str] = Field(default_factory=dict)
    middle_tab: str = "properties"
    drafts: dict[str, str] = Field(default_factory=dict)
    folded: dict[str, list[str]] = Field(default_factory=dict)
    tree_map: bool = True
    recent_commands: list[str] = Field(default_factory=list)


class Settings(BaseModel):
    """Everything that is kept about how this person wants the program."""

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    version: int = VERSION
    theme: Literal["system", "light", "dark"] = Field(
        "system", json_schema_extra=_shown("Appearance", "Theme", system="As the system", light="Light", dark="Dark")
    )
    font: Literal["bundled", "system"] = Field(
        "bundled",
        json_schema_extra=_shown(
            "Appearance", "Font", "Inter looks the same on every machine.", bundled="Inter", system="The system's font"
        ),
    )
    motion: Literal["system", "reduced", "full"] = Field(
        "system",
        json_schema_extra=_shown(
            "Appearance",
            "Motion",
            system="As the system",
            reduced="No motion",
            full="Short movements that explain a change",
        ),
    )
    send_key: Literal["enter", "ctrl_enter"] = Field(
        "enter",
        json_schema_extra=_shown(
            "Chat", "Send with", "The other one starts a new line.", enter="Enter", ctrl_enter="Ctrl+Enter"
        ),
    )
    shortcuts: dict[str, str] = Field(default_factory=dict)
    default_connection: str = Field("on-device")
    connections: list[Connection] = Field(default_factory=default_connections)
    remembered: Remembered = Field(default_factory=Remembered)

    def connection(self, connection_id: str) -> Connection | None:
        """The connection of that id, or None."""
        return next((item for item in self.connections if item.id == connection_id), None)


@dataclass(frozen=True, slots=True)
class Preference:
    """One setting as the settings page shows it."""

    name: str
    section: str
    label: str
    help: str
    choices: Mapping[str, str]


def preferences() -> tuple[Preference, ...]:
    """The settings a person sees, in order."""
    shown = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "section" in extra:
            data: dict[str, Any] = dict(extra)
            shown.append(Preference(name, data["section"], data["label"], data["help"], data["choices"]))
    return tuple(shown)


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a version to the next one; applied in order to the raw JSON."""


class SettingsFile:
    """The settings of this run and the file behind them.

    Attributes:
        current: The settings; change fields, then ``save``.
        set_aside: Where an unreadable file was moved, if there was one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._lock = threading.Lock()
        self._asked = self._written = 0
        self.current = self._load()

    def _load(self) -> Settings:
        try:
            raw = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Settings()
        except (OSError, UnicodeDecodeError) as error:
            return self._put_aside(error)
        try:
            data = json.loads(raw)
            if not isinstance(data, dict):
                raise ValueError("not an object")
            version = int(data.get("version", 0) or 0)
            while version in MIGRATIONS:
                data = MIGRATIONS[version](data)
                version += 1
            return Settings.model_validate({**data, "version": VERSION})
        except (ValueError, ValidationError) as error:
            return self._put_aside(error)

    def _put_aside(self, error: Exception) -> Settings:
        target = self.path.with_name(f"{self.path.stem}.unreadable-{int(time.time())}{self.path.suffix}")
        try:
            self.path.replace(target)
            self.set_aside = target
        except OSError:
            log.exception("The settings file can neither be read nor moved")
        log.warning("The settings file was set aside: %s", error)
        return Settings()

    def save(self) -> None:
        """Write the file in one step: a reader sees the old one or the new one."""
        self._write(*self._now())

    async def save_beside(self) -> None:
        """Write the settings as they are now in another thread; whatever is saved meanwhile stays the newest."""
        await asyncio.to_thread(self._write, *self._now())

    def _now(self) -> tuple[int, str]:
        self._asked += 1
        return self._asked, self.current.model_dump_json(indent=2) + "\n"

    def _write(self, number: int, text: str) -> None:
        with self._lock:
            if number > self._written:
                write_atomically(self.path, text)
                self._written = number


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``; what was there stays until the new content is on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
