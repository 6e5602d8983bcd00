"""Opening: new, old, newer, damaged, foreign and read-only files."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.migrations import Migrations

from engine.errors import StoreError
from engine.store import Store, backup, connections, schema, set_aside_damaged
from engine.store.locks import MIGRATION, open_locks
from tests.engine.store.support import said


async def fill(path: Path, words: str = "one") -> None:
    async with Store.open(path) as store:
        await store.sessions.commit(said(0, words))


async def first_words(path: Path, *, readonly: bool = False) -> str:
    async with Store.open(path, readonly=readonly) as store:
        found = await store.sessions.load("s")
        assert found is not None
        return found.entries[0].text


async def test_open_can_be_awaited_or_entered(path: Path) -> None:
    store = await Store.open(str(path))
    await store.sessions.commit(said(0, "one"))
    await store.aclose()
    async with await Store.open(path) as again:
        assert await again.sessions.has("s")
    assert not path.with_name(path.name + "-wal").exists()


async def test_a_new_file_is_ours_and_needs_no_backup(path: Path) -> None:
    await fill(path)
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA application_id").fetchone()[0] == connections.APPLICATION_ID
        assert raw.execute("PRAGMA user_version").fetchone()[0] == connections.USER_VERSION
        assert raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert raw.execute("SELECT migration_set, name FROM _sqlite_migrations").fetchall() == [
            ("bough", "m001_first"),
            ("bough", "m002_events"),
            ("bough", "m003_parts"),
        ]
    raw.close()
    assert not (path.parent / "backups").exists()


def test_the_version_is_the_number_of_migrations() -> None:
    assert len(schema.MIGRATIONS._migrations) == connections.USER_VERSION


def add_migration(monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """A program one version further on."""
    newer = connections.USER_VERSION + 1

    def m_next(db: Any) -> None:
        db.conn.execute(f"PRAGMA user_version = {newer}")
        db.conn.execute(statement)

    run_by(monkeypatch, schema.m001_first, schema.m002_events, schema.m003_parts, m_next)


def run_by(monkeypatch: pytest.MonkeyPatch, *steps: Any) -> None:
    """A program of another version: one that has these migrations."""
    migrations = Migrations("bough")
    for step in steps:
        migrations()(step)
    monkeypatch.setattr(schema, "MIGRATIONS", migrations)
    monkeypatch.setattr(connections, "USER_VERSION", len(steps))
    monkeypatch.setattr(backup, "USER_VERSION", len(steps))


async def test_a_file_from_before_there_were_parts_gets_a_library(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_by(monkeypatch, schema.m001_first, schema.m002_events)
    await fill(path)
    monkeypatch.undo()
    assert await first_words(path) == "one"
    async with Store.open(path) as store:
        assert await store.parts.list() == []


async def test_a_backup_is_taken_before_a_migration(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(path)
    add_migration(monkeypatch, "ALTER TABLE sessions ADD COLUMN colour TEXT")
    assert await first_words(path) == "one"
    (copy,) = (path.parent / "backups").iterdir()
    assert f"-v{connections.USER_VERSION - 1}" in copy.name
    monkeypatch.undo()
    with pytest.raises(StoreError) as refused:
        await first_words(path)
    assert refused.value.kind == "newer"
    assert await first_words(copy) == "one"


async def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(path)
    add_migration(monkeypatch, "ALTER TABLE recipes ADD COLUMN colour TEXT")
    with pytest.raises(StoreError, match="no such table"):
        await first_words(path)
    monkeypatch.undo()
    assert await first_words(path) == "one"


async def test_without_a_backup_there_is_no_migration(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(path)
    (path.parent / "backups").write_text("in the way")
    add_migration(monkeypatch, "ALTER TABLE sessions ADD COLUMN colour TEXT")
    with pytest.raises(StoreError):
        await first_words(path)
    monkeypatch.undo()
    assert await first_words(path) == "one"


async def test_a_newer_file_is_refused_and_not_touched(path: Path) -> None:
    await fill(path)
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    before = path.read_bytes()
    for readonly in (False, True):
        with pytest.raises(StoreError, match="newer version") as refused:
            await Store.open(path, readonly=readonly)
        assert refused.value.kind == "newer"
    assert path.read_bytes() == before


async def test_the_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir()
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE recipes (name)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        await Store.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_damaged_file_is_set_aside_only_when_told(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for readonly in (False, True):
        with pytest.raises(StoreError, match="damaged") as refused:
            await Store.open(path, readonly=readonly)
        assert refused.value.kind == "corrupt"
    assert path.read_bytes() == content
    aside = set_aside_damaged(path)
    assert aside.read_bytes() == content
    assert aside.parent == path.parent
    assert "damaged" in aside.name
    assert not path.exists()
    await fill(path, "new")
    path.with_name(path.name + "-wal").write_bytes(b"log")
    second = set_aside_damaged(path)
    assert second != aside
    assert second.with_name(second.name + "-wal").read_bytes() == b"log"
    assert aside.read_bytes() == content


def test_setting_aside_what_is_not_there(path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        set_aside_damaged(path)


async def test_damage_in_the_middle_is_an_error_and_no_crash(path: Path) -> None:
    async with Store.open(path) as store:
        for n in range(200):
            await store.sessions.commit(said(n, f"word {n} " * 200))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xa5" * (size - 4096 * 3))
    with pytest.raises(StoreError) as refused:
        async with Store.open(path) as store:
            await store.sessions.load("s")
    assert refused.value.kind == "corrupt"


async def test_read_only(path: Path) -> None:
    await fill(path)
    async with Store.open(path, readonly=True) as store:
        assert store.readonly
        found = await store.sessions.load("s")
        assert found is not None
        assert [row.id for row in (await store.browser.list()).rows] == ["s"]
        page = await store.browser.search("one")
        assert [hit.session.id for hit in page.hits] == ["s"]
        for call in (store.sessions.commit(said(1, "two")), store.browser.trash("s"), store.grants.set("k", 1)):
            with pytest.raises(StoreError) as refused:
                await call
            assert refused.value.kind == "readonly"
        await store.sessions.release("s")
    with pytest.raises(StoreError):
        await Store.open(path.with_name("missing.db"), readonly=True)
    assert not path.with_name("missing.db").exists()


async def test_read_only_sees_what_is_not_indexed_as_incomplete(path: Path) -> None:
    async with Store.open(path) as store:
        store._writer.idle_work = None
        await store.sessions.commit(said(0, "word"))
        async with Store.open(path, readonly=True) as other:
            page = await other.browser.search("word")
            assert not page.complete


async def test_an_empty_file_cannot_be_opened_for_reading(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(StoreError, match="empty"):
        await Store.open(path, readonly=True)


async def test_a_folder_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, who may write anywhere; so SQLite is told what it would find."""
    await fill(path)
    real = connections._open_readonly
    modes: list[str] = []

    def only_immutable(target: Path, mode: str) -> sqlite3.Connection:
        modes.append(mode)
        if mode == "mode=ro":
            raise sqlite3.OperationalError("unable to open database file")
        return real(target, mode)

    monkeypatch.setattr(connections, "_open_readonly", only_immutable)
    assert await first_words(path, readonly=True) == "one"
    assert set(modes) == {"mode=ro", "immutable=1"}
    path.with_name(path.name + "-wal").write_bytes(b"not empty")
    with pytest.raises(StoreError):
        await first_words(path, readonly=True)


async def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    with pytest.raises(StoreError):
        await Store.open(tmp_path / "data" / "bough.db")


async def test_a_copy_on_request(path: Path) -> None:
    async with Store.open(path) as store:
        await store.sessions.commit(said(0, "one"))
        first, second = await store.back_up(), await store.back_up()
        assert first != second
    assert await first_words(first) == "one"


async def test_two_stores_open_a_new_file_together(path: Path) -> None:
    stores = await asyncio.gather(*(Store.open(path)._store._start() for _ in range(4)))
    for number, store in enumerate(stores):
        await store.sessions.commit(said(0, "x", session=f"s{number}"))
    for store in stores:
        await store.aclose()
    async with Store.open(path) as store:
        assert (await store.browser.counts()).total == 4


async def test_a_store_needs_a_file() -> None:
    with pytest.raises(StoreError, match="needs a file"):
        await Store.open(":memory:")


async def test_nobody_else_may_read_it(path: Path) -> None:
    async with Store.open(path) as store:
        await store.sessions.commit(said(0, "one"))
        copy = await store.back_up()
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-locks"), copy):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_a_relative_path_is_taken_once(working_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Store.open("sessions.db") as store:
        (working_folder / "elsewhere").mkdir()
        monkeypatch.chdir(working_folder / "elsewhere")
        await store.sessions.commit(said(0, "one"))
        assert await store.sessions.has("s")
        assert store.path == working_folder / "sessions.db"


async def test_opening_can_be_cancelled(path: Path) -> None:
    opening = asyncio.ensure_future(Store.open(path)._store._start())
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await fill(path)  # and the lock that is held while tables are made is free again


async def test_migrating_waits_its_turn_but_not_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    locks = open_locks(path)
    assert locks.acquire(MIGRATION)
    monkeypatch.setattr(backup, "MIGRATION_WAIT_SECONDS", 0.1)
    with pytest.raises(StoreError) as busy:
        await Store.open(path)
    assert busy.value.kind == "locked"
    locks.close()
    await fill(path)
