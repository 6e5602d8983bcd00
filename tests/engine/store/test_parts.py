"""The library of parts in the database."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import StoreError
from engine.store import Store


def definition(text: str, *nodes: Any) -> dict[str, Any]:
    return {"format": "bough-part", "nodes": [{"id": "s", "kind": "system", "props": {"text": text}}, *nodes]}


def using(part: str, version: str, *inside: Any) -> dict[str, Any]:
    return {"id": "i", "kind": "part", "props": {"part": part, "version": version}, "children": list(inside)}


def agent(*nodes: Any) -> dict[str, Any]:
    return {"format": "bough-agent", "version": 1, "root": {"id": "r", "kind": "agent", "children": list(nodes)}}


async def test_a_part_is_kept_listed_and_changed(store: Store) -> None:
    assert await store.parts.list() == [] and await store.parts.get("p") is None
    assert await store.parts.save("p", definition("a" * 5000), title="Zeta", version="1", description="First.")
    assert await store.parts.save("q", definition("b"), title="alpha", version="1")
    assert [row.title for row in await store.parts.list()] == ["alpha", "Zeta"]
    assert not await store.parts.save("p", definition("other"), title="Zeta", version="1")
    assert await store.parts.save("p", definition("c"), title="Beta", version="2")
    found = await store.parts.get("p")
    assert found is not None
    assert (found.row.title, found.row.version, found.row.description) == ("Beta", "2", "")
    assert found.definition == definition("c") and found.row.created <= found.row.updated


async def test_the_trash_gives_back(store: Store) -> None:
    await store.parts.save("p", definition("a"), title="A", version="1")
    await store.parts.trash("p")
    assert await store.parts.list() == []
    (row,) = await store.parts.list(trashed=True)
    assert row.id == "p" and row.trashed is not None
    await store.parts.trash("p")
    assert (await store.parts.list(trashed=True))[0].trashed == row.trashed
    await store.parts.restore("p")
    assert [row.id for row in await store.parts.list()] == ["p"]
    await store.parts.delete("p")
    assert await store.parts.get("p") is None
    for change in (store.parts.trash, store.parts.restore, store.parts.delete):
        with pytest.raises(StoreError, match="no part p"):
            await change("p")


async def test_who_uses_a_part_is_known_with_the_versions(store: Store) -> None:
    await store.parts.save("p", definition("a"), title="A", version="2")
    await store.parts.save("outer", definition("b", using("p", "1")), title="Outer", version="9")
    await store.agents.create(agent(using("p", "1"), {"kind": "group", "children": [using("p", "2")]}), "Both")
    await store.agents.create(agent(using("outer", "9", using("p", "1"))), "Nested")
    await store.agents.create(agent({"kind": "system", "props": {"text": "only the letter p"}}), "None")
    gone = await store.agents.create(agent(using("p", "1")), "Gone")
    await store.agents.trash(gone)
    uses = await store.parts.uses("p")
    assert [(use.name, use.is_part, use.versions) for use in uses] == [
        ("Both", False, ("1", "2")), ("Nested", False, ("1",)), ("Outer", True, ("1",)),
    ]  # fmt: skip
    assert [use.name for use in await store.parts.uses("outer")] == ["Nested"]
    assert await store.parts.uses("nowhere") == []


async def test_documents_that_are_none_are_passed_over(store: Store) -> None:
    for number, odd in enumerate(
        ({"root": "p"}, {"root": {"kind": "part", "props": "p"}}, {"root": {"children": "p"}})
    ):
        await store.agents.create(odd, f"Odd {number}")
    await store.parts.save("o", {"nodes": "p"}, title="Odd", version="1")
    assert await store.parts.uses("p") == []


async def test_a_part_that_is_no_json_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="The part"):
        await store.parts.save("p", {"x": object()}, title="A", version="1")
