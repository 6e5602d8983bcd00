"""The program that ``test_kill`` kills: turns with tools, for ever, each told on standard output."""

from __future__ import annotations

import asyncio
import sys

from engine import Section, Timeline, Tool, component, create_app, use_state
from engine.testing import Reply, ScriptedModel, ToolCall


@component
def Counter():
    count, set_count = use_state(0)

    async def add() -> str:
        set_count(lambda n: n + 1)
        return "added"

    return [Tool("add", "Add one", add), Section(f"count {count}", id="count"), Timeline(limit=20)]


class Calling(ScriptedModel):
    """Calls the tool twice, then answers in pieces, in every turn."""

    def __init__(self) -> None:
        super().__init__(default=self.answer)

    def answer(self, request):
        last = request.messages[-1]["content"][-1]
        del self.calls[:]
        if last["type"] == "tool_result":
            return Reply(chunks=["done "] * 30)
        return Reply("I call", [ToolCall("add"), ToolCall("add")])


async def main(path: str) -> None:
    app = create_app(Counter, model=Calling(), store=path)
    session = await app.session("s")
    await session.mount()
    print("ready", flush=True)
    turn = 0
    while True:
        turn += 1
        await session.send(f"turn {turn}").result
        print(f"saved {turn}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
