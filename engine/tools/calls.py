"""The tool calls of a reply: look up, check, confirm, run side by side, results in call order.

Not here: running a handler (``execute``), committing results (``engine/session/tick``).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.entries import Block
from engine.errors import EngineError, ToolError
from engine.events import ToolCallEvent, ToolResultEvent, ToolResultStart
from engine.hooks.knobs import set_knob
from engine.reconciler.phases import call as call_function
from engine.tools.context import ToolContext
from engine.tools.definition import ToolDefinition
from engine.tools.execute import run_handler
from engine.tools.results import result_blocks, text_block

if TYPE_CHECKING:
    from engine.compiler.compile import Compiled, MountedTool
    from engine.session.execution import Execution
    from engine.session.session import Session

CANCELLED = "The call was cancelled: {reason}"


@dataclass(slots=True)
class Outcome:
    """What a call came to."""

    call_id: str
    name: str
    content: list[Block]
    is_error: bool = False
    is_output: bool = False

    def block(self) -> Block:
        """The tool result as it is sent."""
        made: Block = {"type": "tool_result", "tool_use_id": self.call_id, "content": self.content}
        if self.is_error:
            made["is_error"] = True
        return made


def failed(call_id: str, name: str, text: str) -> Outcome:
    """An error result with a text."""
    return Outcome(call_id, name, [text_block(text)], True)


class ToolCalls:
    """The calls of one reply. ``outcomes`` has those that are done, by call id, also after a cancellation."""

    def __init__(self, session: Session, execution: Execution, compiled: Compiled) -> None:
        self.session = session
        self.execution = execution
        self.compiled = compiled
        self.outcomes: dict[str, Outcome] = {}

    def announce(self, calls: Sequence[Block]) -> None:
        """Tell listeners what the model called."""
        for block in calls:
            mounted = self.compiled.tools.get(block["name"])
            summary = _summary(mounted.definition, block["input"]) if mounted is not None else None
            self.session.emit(
                ToolCallEvent(
                    call_id=block["id"],
                    name=block["name"],
                    input=block["input"],
                    summary=summary,
                    path=mounted.path if mounted is not None else None,
                )
            )

    async def run(self, calls: Sequence[Block], broken: Mapping[str, str]) -> list[Outcome]:
        """Run all calls; a serial one runs alone. ``broken``: calls that may not run, and why."""
        group: list[Block] = []
        for block in calls:
            mounted = self.compiled.tools.get(block["name"])
            if mounted is not None and mounted.definition.serial:
                await self._together(group, broken)
                await self._one(block, broken)
                group = []
            else:
                group.append(block)
        await self._together(group, broken)
        return [self.outcomes[block["id"]] for block in calls]

    async def _together(self, group: Sequence[Block], broken: Mapping[str, str]) -> None:
        if len(group) == 1:
            await self._one(group[0], broken)
        elif group:
            tasks = [asyncio.ensure_future(self._one(block, broken)) for block in group]
            try:
                await asyncio.gather(*tasks)
            except BaseException:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                raise

    async def _one(self, block: Block, broken: Mapping[str, str]) -> None:
        call_id, name = block["id"], block["name"]
        started = time.monotonic()
        if call_id in broken:
            outcome = failed(call_id, name, broken[call_id])
            self.session.emit(ToolResultStart(call_id=call_id, name=name))
        else:
            runner = self.session.runner
            around = getattr(runner, "execute_tool_call", None)
            if around is None:
                outcome = await self._run(block, None)
            else:
                outcome = await self._run_around(around, block)
        self.outcomes[call_id] = outcome
        seconds = time.monotonic() - started
        self.session.emit(
            ToolResultEvent(
                call_id=call_id, name=name, content=outcome.content, is_error=outcome.is_error, seconds=seconds
            )
        )

    async def _run_around(self, around: Any, block: Block) -> Outcome:
        from engine.session.execution import ToolCallInfo

        inner: list[Outcome] = []

        async def following(changed: Any = None) -> list[Block]:
            made = await self._run(block, changed)
            inner.append(made)
            return made.content

        info = ToolCallInfo(block["name"], block["input"], block["id"])
        try:
            value = await call_function(around, info, following)
            if inner and value is inner[-1].content:
                return inner[-1]
            mounted = self.compiled.tools.get(block["name"])
            output = mounted is not None and is_output(mounted.definition)
            return Outcome(block["id"], block["name"], result_blocks(value), False, output)
        except EngineError as error:
            return failed(block["id"], block["name"], str(error))
        except Exception as error:  # noqa: BLE001 - the model is told
            return failed(block["id"], block["name"], f"{type(error).__name__}: {error}")

    async def _run(self, block: Block, changed: Any) -> Outcome:
        session = self.session
        call_id, name = block["id"], block["name"]
        value = block["input"] if changed is None else changed
        mounted = self.compiled.tools.get(name)
        if mounted is None or mounted.definition.audience == "user" or mounted.definition.provider is not None:
            session.emit(ToolResultStart(call_id=call_id, name=name))
            known = ", ".join(n for n, m in self.compiled.tools.items() if m.definition.audience != "user")
            return failed(call_id, name, f"There is no tool {name!r}. Known: {known}")
        definition = mounted.definition
        try:
            problems = definition.signature().problems(value)
            if problems:
                session.emit(ToolResultStart(call_id=call_id, name=name))
                return failed(call_id, name, f"Validation failed for {definition.name}: {'; '.join(problems)}")
            question = await _question(definition, value)
            if question is not None:
                value = await self._confirmed(definition, call_id, value, question)
            session.emit(ToolResultStart(call_id=call_id, name=name))
            content = await self.execute(mounted, call_id, value)
            return Outcome(call_id, name, content, False, is_output(definition))
        except EngineError as error:
            return failed(call_id, name, str(error))
        except Exception as error:  # noqa: BLE001 - the model is told
            return failed(call_id, name, f"{type(error).__name__}: {error}")

    async def _confirmed(self, definition: ToolDefinition, call_id: str, value: Any, question: str) -> Any:
        """Wait for a person; the input they agreed to.

        Raises:
            ToolError: They denied it, or agreed to an input that does not fit.
        """
        answer = await self.session.confirmations.ask(definition, call_id, value, question)
        if not answer.approved:
            raise ToolError(f"The call was denied: {answer.reason}" if answer.reason else "The call was denied")
        if answer.input is None:
            return value
        problems = definition.signature().problems(answer.input)
        if problems:
            raise ToolError(f"Validation failed for {definition.name}: {'; '.join(problems)}")
        return answer.input

    async def execute(self, mounted: MountedTool, call_id: str, value: Any) -> list[Block]:
        """Run a checked and confirmed call and return its blocks."""
        from engine.compiler.compile import SET_KNOB, is_set_knob

        session, definition = self.session, mounted.definition
        if definition.name == SET_KNOB and is_set_knob(definition):
            text = set_knob(
                session.tree, value.get("name"), value.get("group"), value["value"], self.compiled.collapsed
            )
            return [text_block(text)]
        context = ToolContext(session, call_id, definition.name, self.execution.tick, session.progress(call_id))
        result = await run_handler(definition, value, context, mounted.fiber)
        if is_output(definition):
            kept = value if definition.handler is None else result
            self.execution.outputs[definition.name] = kept
            if definition.handler is None:
                return [text_block("Recorded.")]
        return result_blocks(result)


def is_output(definition: ToolDefinition) -> bool:
    """Whether a call of the tool is an output of the execution."""
    return definition.output is not None and definition.output is not False


async def _question(definition: ToolDefinition, value: Any) -> str | None:
    asked = definition.requires_confirmation
    if callable(asked):
        asked = await call_function(asked, value)
    if not asked:
        return None
    return asked if isinstance(asked, str) else f"Allow {definition.name} to run?"


def _summary(definition: ToolDefinition, value: Any) -> str | None:
    if definition.summary is None:
        return None
    try:
        return str(definition.summary(value))
    except Exception:  # noqa: BLE001 - a summary is a nicety
        return None


def grant_key(definition: ToolDefinition) -> str:
    """What an *always* is bound to: the tool's name and everything that says what it does."""
    handler = definition.handler
    code = getattr(handler, "__code__", None)
    what = [
        definition.name,
        definition.description,
        json.dumps(definition.signature().schema, sort_keys=True, default=str),
        getattr(handler, "__engine_grant__", None) or (_code_digest(code) if code is not None else repr(type(handler))),
    ]
    return f"{definition.name}:{hashlib.sha256(json.dumps(what, default=str).encode()).hexdigest()[:32]}"


def _code_digest(code: Any) -> str:
    constants = [_code_digest(c) if hasattr(c, "co_code") else repr(c) for c in code.co_consts]
    return hashlib.sha256(repr((code.co_code, constants, code.co_names)).encode()).hexdigest()
