"""Agents: documents, versions, journal, trash."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.permissions import Capability, StoredPermissions
from engine.persistence import Commit
from engine.store import Store, agents
from engine.store.agents import Edited, version_id
from engine.store.versions import VersionRow, drop_surplus, surplus
from tests.engine.store.support import execution

ONE = {"format": 1, "root": {"id": "n1", "name": "Ä"}}
TWO = {"format": 1, "root": {"id": "n1", "name": "B", "text": "words " * 500}}


async def test_an_agent_is_kept(store: Store, path: Path) -> None:
    agent = await store.agents.create(ONE, "Notepad", "pencil")
    found = await store.agents.get(agent)
    assert found is not None
    assert found.document == ONE
    assert (found.row.name, found.row.icon, found.row.trashed) == ("Notepad", "pencil", None)
    assert found.row.version == version_id(ONE)
    assert await store.agents.get("nobody") is None
    with pytest.raises(StoreError, match="already"):
        await store.agents.create(ONE, "x", agent_id=agent)
    async with Store.open(path) as other:
        again = await other.agents.get(agent)
        assert again == found


async def test_versions_follow_the_content(store: Store) -> None:
    agent = await store.agents.create(ONE, "A")
    same = await store.agents.save(agent, {"root": {"name": "Ä", "id": "n1"}, "format": 1})
    assert same == version_id(ONE)
    second = await store.agents.save(agent, TWO)
    assert second != same
    assert [(v.id, v.present) for v in await store.agents.versions(agent)] == [(second, True), (same, False)]
    await store.agents.save(agent, ONE)
    assert [(v.id, v.present) for v in await store.agents.versions(agent)] == [(same, True), (second, False)]
    assert await store.agents.version(second) == TWO
    assert await store.agents.version("version_0") is None
    await store.agents.name_version(agent, second, "Before the change")
    assert [v.name for v in await store.agents.versions(agent)] == [None, "Before the change"]
    await store.agents.name_version(agent, second, None)
    with pytest.raises(StoreError, match="no version"):
        await store.agents.name_version(agent, "version_0", "x")


async def test_a_document_may_be_given_as_text(store: Store) -> None:
    agent = await store.agents.create('{"a": 1}', "A")
    found = await store.agents.get(agent)
    assert found is not None
    assert found.document == {"a": 1}
    with pytest.raises(StoreError, match="cannot be saved"):
        await store.agents.save(agent, "{not json")


async def test_a_saved_document_is_on_the_disk(store: Store) -> None:
    statements: list[str] = []
    await store._writer.call(lambda connection: connection.set_trace_callback(statements.append))
    agent = await store.agents.create(ONE, "A")
    await store.agents.save(agent, TWO)
    await store._writer.call(lambda connection: connection.set_trace_callback(None))
    full = [n for n, s in enumerate(statements) if s == "PRAGMA synchronous = FULL"]
    normal = [n for n, s in enumerate(statements) if s == "PRAGMA synchronous = NORMAL"]
    commits = [n for n, s in enumerate(statements) if s == "COMMIT"]
    assert len(full) == len(normal) == 2
    assert all(any(f < c < n for c in commits) for f, n in zip(full, normal, strict=True))
    assert await store._writer.call(lambda c: c.execute("PRAGMA synchronous").fetchone()[0]) == 1


async def test_list_rename_and_trash(store: Store) -> None:
    first = await store.agents.create(ONE, "A")
    second = await store.agents.create(ONE, "B")
    assert [row.id for row in await store.agents.list()] == [second, first]
    await store.agents.rename(first, "  New\nname ", "leaf")
    assert [(row.name, row.icon) for row in await store.agents.list()] == [("New name", "leaf"), ("B", "")]
    await store.agents.trash(second)
    assert [row.id for row in await store.agents.list()] == [first]
    assert {row.id for row in await store.agents.list(include_trash=True)} == {first, second}
    await store.agents.restore(second)
    assert {row.id for row in await store.agents.list()} == {first, second}
    for call in (
        store.agents.rename("x", "y"), store.agents.trash("x"), store.agents.restore("x"), store.agents.save("x", ONE),
        store.agents.append_edit("x", {}), store.agents.set_undo_position("x", 0),
    ):  # fmt: skip
        with pytest.raises(StoreError, match="no agent"):
            await call


async def test_purge_keeps_what_others_use(store: Store) -> None:
    first = await store.agents.create(ONE, "A")
    await store.agents.save(first, TWO)
    ran = await store.agents.save(first, {"ran": True})
    await store.agents.create(ONE, "B")
    await store.sessions.commit(Commit("s", execution=execution(agent_version=ran)))
    await store.agents.append_edit(first, {"n": 1})
    await store.agents.purge(first)
    assert await store.agents.get(first) is None
    assert list((await store.agents.edits(first)).edits) == []
    assert await store.agents.version(version_id(ONE)) == ONE
    assert await store.agents.version(version_id(TWO)) is None
    assert await store.agents.version(ran) == {"ran": True}
    await store.agents.purge(first)


async def test_versions_come_in_pages_with_their_size(store: Store) -> None:
    agent = await store.agents.create({"n": 0}, "A")
    ids = [version_id({"n": 0})] + [await store.agents.save(agent, {"n": n, "long": "ü" * n}) for n in range(1, 8)]
    await _saved_at(store, agent, ids[3], 5.0)
    await _saved_at(store, agent, ids[4], 5.0)  # two of one moment stand on both sides of a page's end
    whole = await store.agents.versions(agent)
    assert len(whole) == 8
    pages: list[VersionRow] = []
    while page := await store.agents.versions(agent, limit=3, before=pages[-1] if pages else None):
        assert len(page) <= 3
        pages += page
    assert pages == list(whole)
    assert whole[0].size == len('{"n":7,"long":""}') + 7 * 2
    assert list(await store.agents.versions("nobody")) == []


async def test_old_versions_are_thinned_to_one_a_day(store: Store) -> None:
    day = 86_400.0
    noon = time.mktime((2020, 3, 10, 12, 0, 0, 0, 0, -1))
    agent = await store.agents.create({"n": "first"}, "A")
    saved = {
        "named": noon, "morning": noon - 3_600, "ran": noon + 60, "evening": noon + 3_600, "next day": noon + day,
        "next evening": noon + day + 60, "shared": noon + 120, "recent": time.time() - 29 * day,
    }  # fmt: skip
    ids = {name: await store.agents.save(agent, {"n": name}) for name in saved}
    present = await store.agents.save(agent, {"n": "present"})
    for name, moment in saved.items():
        await _saved_at(store, agent, ids[name], moment)
    await _saved_at(store, agent, version_id({"n": "first"}), noon - 7_200)
    await _saved_at(store, agent, present, noon + 7_200)
    await store.agents.name_version(agent, ids["named"], "Before the trip")
    await store.sessions.commit(Commit("s", execution=execution(agent_version=ids["ran"])))
    other = await store.agents.create({"n": "shared"}, "B")
    assert await store.agents.thin_versions() == 4
    kept = {row.id for row in await store.agents.versions(agent)}
    assert kept == {present, *(ids[name] for name in ("named", "ran", "evening", "next evening", "recent"))}
    assert await store.agents.version(ids["morning"]) is None
    assert await store.agents.version(ids["shared"]) == {"n": "shared"}
    assert len(await store.agents.versions(other)) == 1
    assert await store.agents.thin_versions() == 0
    assert await store.check() == []


async def test_what_is_used_or_named_between_looking_and_removing_stays(store: Store) -> None:
    agent = await store.agents.create({"n": 0}, "A")
    ids = [version_id({"n": 0})] + [await store.agents.save(agent, {"n": n}) for n in range(1, 6)]
    for number, version in enumerate(ids):
        await _saved_at(store, agent, version, 1_000_000.0 + number)
    await store.sessions.commit(Commit("s", execution=execution("x0", agent_version=ids[0])))
    found = await store._readers.run(lambda connection: surplus(connection, 2_000_000.0))
    assert {version for _, version in found.versions} == set(ids[1:4])
    await store.sessions.commit(Commit("s", execution=execution("x1", agent_version=ids[1])))
    await store.agents.name_version(agent, ids[2], "Kept")
    assert await store._writer.run(lambda connection: drop_surplus(connection, found)) == 1
    assert [await store.agents.version(version) is None for version in ids] == [False, False, False, True, False, False]
    assert await store.check() == []


async def _saved_at(store: Store, agent: str, version: str, moment: float) -> None:
    await store._writer.run(
        lambda c: (
            c.execute(
                "UPDATE agent_versions SET saved = ? WHERE agent = ? AND document = ?", (moment, agent, version)
            ).rowcount
        )
    )


async def test_what_an_agent_was_allowed_goes_with_it_for_good(store: Store) -> None:
    permissions = StoredPermissions(store.grants)
    first, second = [await store.agents.create(ONE, name) for name in "AB"]
    for agent in (first, second, first + "x"):
        await permissions.allow(agent, Capability("http", {"host": "example.org"}, "Ask example.org"))
    await store.agents.trash(first)
    assert len(await permissions.list()) == 3
    await store.agents.purge(first)
    assert {found.agent_id for found in await permissions.list()} == {second, first + "x"}


async def test_a_file_that_was_run_is_recorded(store: Store) -> None:
    version = await store.agents.record_file(ONE)
    assert version == await store.agents.record_file(ONE) == version_id(ONE)
    assert await store.agents.version(version) == ONE
    assert list(await store.agents.list()) == []


async def test_the_journal(store: Store) -> None:
    agent = await store.agents.create(ONE, "A")
    for n in range(4):
        await store.agents.append_edit(agent, {"n": n, "text": "long " * 200})
    await store.agents.append_edit(agent, {"n": "3b"}, merge=True)
    journal = await store.agents.edits(agent)
    assert ([edit["n"] for edit in journal.edits], journal.position) == ([0, 1, 2, "3b"], 4)
    await store.agents.set_undo_position(agent, 1)
    journal = await store.agents.edits(agent)
    assert (len(journal.edits), journal.position) == (4, 1)
    await store.agents.append_edit(agent, {"n": "new"})
    journal = await store.agents.edits(agent)
    assert ([edit["n"] for edit in journal.edits], journal.position) == ([0, "new"], 2)
    await store.agents.set_undo_position(agent, 0)
    assert (await store.agents.edits(agent)).position == 0
    with pytest.raises(StoreError, match="has 2 edits"):
        await store.agents.set_undo_position(agent, 3)
    assert list((await store.agents.edits("nobody")).edits) == []


async def test_document_and_journal_go_together(store: Store) -> None:
    agent = await store.agents.create(ONE, "A")
    await store.agents.save(agent, TWO, edit=Edited({"n": 1}))
    await store.agents.save(agent, TWO, edit=Edited({"n": 2}, merge=True))
    journal = await store.agents.edits(agent)
    assert (list(journal.edits), journal.position) == ([{"n": 2}], 1)
    with pytest.raises(StoreError):
        await store.agents.save(agent, {"three": 3}, undo_position=9)
    found = await store.agents.get(agent)
    assert found is not None
    assert found.document == TWO
    await store.agents.save(agent, ONE, undo_position=0)
    assert (await store.agents.edits(agent)).position == 0


async def test_the_journal_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "MAX_EDITS", 5)
    agent = await store.agents.create(ONE, "A")
    for n in range(12):
        await store.agents.append_edit(agent, n)
    journal = await store.agents.edits(agent)
    assert (list(journal.edits), journal.position) == ([7, 8, 9, 10, 11], 5)
    await store.agents.set_undo_position(agent, 2)
    assert (await store.agents.edits(agent)).position == 2
    await store.agents.append_edit(agent, "new")
    journal = await store.agents.edits(agent)
    assert (list(journal.edits), journal.position) == ([7, 8, "new"], 3)


async def test_permissions(store: Store) -> None:
    await store.grants.set("host:example.org", {"hash": "1"})
    await store.grants.set("host:example.org", {"hash": "2"})
    await store.sessions.commit(Commit("s", grants={"tool": True}))
    found = await store.grants.get("host:example.org")
    assert found is not None
    assert found.value == {"hash": "2"}
    assert {(g.key, g.session_id) for g in await store.grants.list()} == {("host:example.org", None), ("tool", "s")}
    assert await store.grants.revoke("host:example.org")
    assert not await store.grants.revoke("host:example.org")
    assert await store.grants.revoke("tool", session_id="s")
    assert list(await store.grants.list()) == []
    assert await store.grants.get("host:example.org") is None
