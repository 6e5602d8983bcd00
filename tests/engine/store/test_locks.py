"""The two ways of locking that this system has, as one interface."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.store import locks
from engine.store.locks import FileLocks, Locks, RangeLocks, open_locks, session_lock

Make = Callable[[], Locks]


@pytest.fixture(params=[RangeLocks, FileLocks])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    made: list[Locks] = []

    def one() -> Locks:
        made.append(request.param(tmp_path / "locks"))
        return made[-1]

    yield one
    for item in made:
        item.close()


def test_one_holder_at_a_time(make: Make) -> None:
    one, two = make(), make()
    assert not one.taken("a")
    assert one.acquire("a")
    assert one.acquire("a")
    assert not two.acquire("a")
    assert two.acquire("b")
    assert (one.held("a"), two.held("a"), two.taken("a"), one.taken("a")) == (True, False, True, True)
    assert one.taken("b")
    one.release("a")
    one.release("a")
    assert not one.held("a")
    assert two.acquire("a")
    two.close()
    assert not two.held("a")
    assert one.acquire("a")
    assert one.acquire("b")


def test_a_thousand_locks(make: Make) -> None:
    one, two = make(), make()
    for n in range(1000 if isinstance(one, RangeLocks) else 50):
        assert one.acquire(session_lock(str(n)))
    assert not two.acquire(session_lock("7"))
    one.close()
    assert two.acquire(session_lock("7"))


def test_files_go_when_they_are_given_back(tmp_path: Path) -> None:
    one = FileLocks(tmp_path / "locks")
    assert one.acquire("a")
    assert len(list((tmp_path / "locks").iterdir())) == 1
    one.close()
    assert list((tmp_path / "locks").iterdir()) == []
    assert not one.taken("a")


def test_a_file_that_was_removed_while_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = FileLocks(tmp_path / "locks"), FileLocks(tmp_path / "locks")
    assert one.acquire("a")
    real = os.open
    opened: list[int] = []

    def slow_open(path: Path, flags: int, mode: int = 0o777) -> int:
        fd = real(path, flags, mode)
        opened.append(fd)
        if len(opened) == 1:
            one.release("a")  # between the opening and the locking
        return fd

    monkeypatch.setattr(os, "open", slow_open)
    assert two.acquire("a")
    assert len(opened) == 2
    monkeypatch.undo()
    assert not one.acquire("a")
    two.close()


def test_trouble_other_than_being_taken_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (RangeLocks, FileLocks):
        with pytest.raises(OSError):
            kind(tmp_path / "missing" / "folder" / "locks").acquire("a")

    def broken(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(locks.fcntl, "flock", broken)
    with pytest.raises(OSError, match="no locks"):
        FileLocks(tmp_path / "locks").acquire("a")


def test_the_way_of_this_system(tmp_path: Path) -> None:
    one = open_locks(tmp_path / "s.db")
    assert one.acquire("a")
    one.close()
    assert [item.name for item in tmp_path.iterdir()] == ["s.db-locks"]
