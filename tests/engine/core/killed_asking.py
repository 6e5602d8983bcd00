"""The program that ``test_questions_killed`` kills while its tool waits for an answer, before an effect or after."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from engine import Timeline, Tool, ToolContext, component, create_app
from engine.testing import Reply, ScriptedModel, ToolCall


def agent(effects: Path):
    def act(note: str) -> None:
        with effects.open("a", encoding="utf-8") as file:
            file.write(f"{note}\n")

    async def first_act(call: ToolContext) -> str:
        act("first act")
        answer = await call.ask("And now?", resumable=False)
        act("second act")
        return f"acted, then heard {answer}"

    async def first_ask(call: ToolContext) -> str:
        answer = await call.ask("Shall I?")
        act("act")
        return f"heard {answer}, then acted"

    @component
    def Agent():
        return [
            Tool("first_act", "Act, then ask", first_act),
            Tool("first_ask", "Ask, then act", first_ask),
            Timeline(),
        ]

    return Agent


async def main(path: str, effects: str, tool: str) -> None:
    model = ScriptedModel([Reply(tool_calls=[ToolCall(tool, {}, id="c1")])])
    app = create_app(agent(Path(effects)), model=model, store=path)
    session = await app.session("s")
    async for event in session.send("go"):
        if event.type == "tool_confirmation_required":
            await session.journal.settle()
            print("asked", flush=True)
    raise SystemExit("it was to be killed")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
