"""Makers of records, and a store that knows nothing of SQL, to compare with. No tests in here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.entries import Block, Entry, EntryStatus, Role
from engine.persistence import Commit, ContextRecord, ExecutionRecord, StoredSession, TickRecord

ROOT = Path(__file__).resolve().parents[3]


def text(words: str) -> list[Block]:
    return [{"type": "text", "text": words}]


def entry(
    index: int,
    words: str | Sequence[Block] = "Hello.",
    role: Role = "user",
    *,
    session: str = "s",
    execution: str = "x1",
    tick: int = 1,
    status: EntryStatus = "complete",
    **more: Any,
) -> Entry:
    content = text(words) if isinstance(words, str) else words
    return Entry(f"{session}-entry-{index}", index, role, content, execution, tick, status, **more)


def execution(id: str = "x1", status: Any = "running", **more: Any) -> ExecutionRecord:
    return ExecutionRecord(id, status, 1.0, **more)


def tick(execution_id: str = "x1", number: int = 1, **more: Any) -> TickRecord:
    return TickRecord(execution_id, number, 1.0, **more)


def said(index: int, words: str, role: Role = "user", session: str = "s", **more: Any) -> Commit:
    """A commit with one entry."""
    return Commit(session, entries=[entry(index, words, role, session=session)], **more)


def in_process(code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """A Python process with the checkout on its path; ``code`` sees ``sys.argv[1:]``."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@dataclass
class Model:
    """What a session should be after some commits: the reference for the store, in a dictionary or two."""

    session: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)
    pending: dict[str, Any] = field(default_factory=dict)
    grants: dict[str, Any] = field(default_factory=dict)
    streamed: list[Any] = field(default_factory=list)
    executions: dict[str, ExecutionRecord] = field(default_factory=dict)
    ticks: dict[tuple[str, int], TickRecord] = field(default_factory=dict)
    contexts: dict[tuple[str, int], ContextRecord] = field(default_factory=dict)
    states: dict[tuple[str, int], tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    def apply(self, commit: Commit) -> None:
        self.session.update(commit.session)
        for item in commit.entries:
            self.entries[item.id] = item
        for entry_id, status in commit.statuses.items():
            self.entries[entry_id] = replace(self.entries[entry_id], status=status)
        _merge(self.state, commit.state)
        _merge(self.shared, commit.shared_state)
        _merge(self.grants, commit.grants)
        self.pending.update({message.id: message for message in commit.pending_added})
        for message_id in commit.pending_removed:
            self.pending.pop(message_id, None)
        if commit.streamed is not None:
            self.streamed = list(commit.streamed)
        if commit.execution is not None:
            self.executions[commit.execution.id] = commit.execution
        if commit.tick is not None:
            self._apply_tick(commit.tick)

    def _apply_tick(self, record: TickRecord) -> None:
        place = (record.execution_id, record.tick)
        before = self.ticks.get(place)
        if record.context is not None:
            self.contexts[place] = record.context
        after = record.after_index
        if after is None and before is not None:
            after = before.after_index
        self.ticks[place] = replace(record, context=None, after_index=after)
        self.states[place] = (dict(self.state), dict(self.shared))

    @property
    def text(self) -> str:
        return " ".join(item.text for item in self.entries.values())


def _merge(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value


def same(stored: StoredSession, model: Model) -> None:
    """Assert that the store gave back what the model holds."""
    assert list(stored.entries) == list(model.entries.values())
    assert stored.total_entries == len(model.entries)
    assert stored.state == model.state
    assert stored.shared_state == model.shared
    assert list(stored.pending) == list(model.pending.values())
    assert stored.grants == model.grants
    assert list(stored.streamed) == model.streamed
    for name, value in model.session.items():
        assert stored.session[name] == value, name
    last = list(model.executions.values())[-1] if model.executions else None
    running = last if last is not None and last.status == "running" else None
    assert stored.unfinished == running
    if running is not None:
        assert stored.unfinished_tick == max((t for x, t in model.ticks if x == running.id), default=0)


def json_bytes(entries: Sequence[Entry]) -> int:
    """The size of the entries as JSON, the measure that the disk bar is taken against."""
    return sum(len(json.dumps(list(item.content), ensure_ascii=False).encode()) for item in entries)
