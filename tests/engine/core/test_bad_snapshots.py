"""A snapshot that was changed by hand is taken whole or refused with its place, and no session is made of it."""

from __future__ import annotations

import json

import pytest

from engine import System, Timeline, ValidationFailed, create_app
from engine.testing import ScriptedModel

TREE = [System("s"), Timeline()]
WRONG = [5, "x", [1], {"a": 1}, [{"a": 1}], True, {"a": [1]}, [["state"]]]


async def test_every_field_of_a_snapshot_is_taken_whole_or_refused_with_its_place(tmp_path):
    async with create_app(TREE, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.send("x").result
        session.queue("later")
        snapshot = json.loads(json.dumps(session.snapshot()))
        first = snapshot["entries"][0]
        changed = [(name, {**snapshot, name: value}) for name in snapshot for value in WRONG if name != "version"]
        changed += [
            ("entries[0]", {**snapshot, "entries": [{**first, name: value}]}) for name in first for value in WRONG
        ]
        outcomes = [await restored(app, id, place, given) for id, (place, given) in enumerate(changed)]
        assert outcomes.count(True) > 20 and outcomes.count(False) > 80
        assert (await session.send("y").result).response == "ok"


async def restored(app, number, place, given):
    id = f"copy-{number}"
    try:
        session = await app.restore(given, id)
    except ValidationFailed as error:
        told = error.place
    else:
        assert (await session.send("goes on").result).response == "ok"
        return True
    assert told.startswith(place)
    assert not await app.has(id)
    return False


@pytest.mark.parametrize("value", [None, [1], {}, {"version": "2"}, {"version": True}, {"version": 0}])
async def test_what_is_no_snapshot_is_refused(value):
    async with create_app(TREE, model=ScriptedModel()) as app:
        with pytest.raises(ValidationFailed) as refused:
            await app.restore(value)
        assert refused.value.place == "version"
        with pytest.raises(ValidationFailed, match="has no entries"):
            await app.restore({"version": 2})
        entry = {"id": "e", "index": 0, "role": "user", "content": [], "execution_id": "", "tick": 0}
        with pytest.raises(ValidationFailed, match="no such field"):
            await app.restore({"version": 2, "entries": [{**entry, "more": 1}]})
