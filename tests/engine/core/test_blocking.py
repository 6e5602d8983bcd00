"""The watch over the loop's thread notices what blocks it, and a turn with a store does not."""

from __future__ import annotations

import os
import threading
import time

from engine import System, Timeline, Tool, create_app
from engine.store.connections import connect_writer
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.support.blocking import watching


async def test_blocking_calls_on_the_loop_are_noticed(tmp_path):
    with watching() as found:
        time.sleep(0)  # noqa: ASYNC251 - what is tested
        connection = connect_writer(tmp_path / "x.db")
        connection.execute("SELECT 1")
        os.system("true")  # noqa: ASYNC221 - what is tested
        thread = threading.Thread(target=lambda: time.sleep(0))
        thread.start()
        thread.join()
        connection.close()
    kinds = [line.split(" on the loop's")[0] for line in found]
    assert (kinds[0], kinds[1], kinds[-1]) == ("time.sleep", "sqlite3.connect", "os.system")
    assert set(kinds[2:-1]) == {"sqlite3 execute"}
    assert "test_blocking.py" in found[0]


async def test_a_turn_with_sync_tools_and_a_store_does_not_block(tmp_path):
    tool = Tool("nap", "Sleep", lambda: time.sleep(0))
    model = ScriptedModel([Reply(tool_calls=[ToolCall("nap")]), "done"])
    with watching() as found:
        async with create_app([System("S"), tool, Timeline()], model=model, store=str(tmp_path / "x.db")) as app:
            session = await app.session("s")
            await session.send("go").result
            assert await session.context() is not None
    assert found == []
