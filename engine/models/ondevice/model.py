"""The engine's model protocol over a model on this device.

With tools present a reply takes two requests on one prompt, all but a free answer under a JSON schema: which tool, if
any, and then that tool's input, or else the answer. Not here: prompts (``conversation``, ``choice``) and the process
(``runtime``).
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.entries import new_id
from engine.errors import ModelError
from engine.model import (
    BlockDelta,
    BlockStart,
    BlockStop,
    ModelInfo,
    ModelRequest,
    Prices,
    StreamEvent,
    StreamStart,
    StreamStop,
)
from engine.models.ondevice import choice as choosing
from engine.models.ondevice import conversation
from engine.models.ondevice.gguf import GgufError, available_memory, fitting_context, inspect_gguf
from engine.models.ondevice.runtime import OnDeviceRuntime, Turn
from engine.usage import Usage

DEFAULT_CONTEXT = 8192
DEFAULT_MAX_TOKENS = 1024
MAX_CALLS_IN_A_TURN = 8
_STOP_REASONS = {"length": "max_tokens", "stop": "end_turn"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request, made ready for the model."""

    messages: list[conversation.ChatMessage]
    tools: list[Mapping[str, Any]]
    may_answer: bool
    used: list[tuple[str, str, bool]]
    said: str
    max_tokens: int
    schema: Mapping[str, Any] | None
    sampling: Mapping[str, Any]


class OnDeviceModel:
    """A model file run by a shared :class:`OnDeviceRuntime`.

    Args:
        runtime: Owns the process; closing the model does not close it.
        path: The GGUF file.
        label: The name a person reads; the file's own where it is not given.
        context: Tokens of context wanted; the model and the free memory may allow fewer.
        max_tokens: The most it writes in one reply, where a request does not say.
    """

    def __init__(
        self,
        runtime: OnDeviceRuntime,
        path: Path | str,
        *,
        name: str | None = None,
        label: str | None = None,
        context: int = DEFAULT_CONTEXT,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        temperature: float = 0.2,
        seed: int = 42,
    ) -> None:
        self._runtime = runtime
        self._path = Path(path)
        try:
            header = inspect_gguf(self._path)
        except GgufError as error:
            raise ModelError(str(error), kind="not_found" if not self._path.exists() else "unsupported") from error
        if not header.chat:
            raise ModelError(
                f"{header.name} has no chat template: it continues text but cannot talk. Choose a chat model.",
                kind="unsupported",
            )
        self._context = fitting_context(header, context, available_memory())
        self._max_tokens = min(max_tokens, self._context // 2)
        self._sampling = {"temperature": temperature, "seed": seed}
        self._info = ModelInfo(
            name=name or self._path.stem,
            label=label or header.name,
            provider="on-device",
            context_window=self._context,
            max_output_tokens=self._max_tokens,
            prices=Prices(),
            abilities=frozenset({"tools", "structured_output", "count_tokens"}),
        )

    def __repr__(self) -> str:
        return f"OnDeviceModel({self._info.name!r})"

    @property
    def info(self) -> ModelInfo:
        """Facts about the model; cheap, nothing is loaded."""
        return self._info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        """Start the call and yield its events in order. Closing the iterator stops the model.

        Raises:
            ModelError: For everything that goes wrong, a crash of the process included.
        """
        plan = self._plan(request)
        async with self._runtime.turn(self._path, self._context) as turn:
            yield StreamStart(new_id("msg"), self._info.name)
            spent = Usage()
            if plan.tools:
                decision, text, spent = await self._choose(turn, plan)
                if decision is None:  # cut off inside the JSON: never run, never shown
                    yield StreamStop("max_tokens", spent, {"partial_json": text})
                    return
                if decision.tool is not None:
                    block = {
                        "type": "tool_use",
                        "id": new_id("toolu"),
                        "name": decision.tool,
                        "input": dict(decision.input or {}),
                    }
                    yield BlockStart(0, {**block, "input": {}})
                    yield BlockDelta(0, "input_json", json.dumps(block["input"], ensure_ascii=False))
                    yield BlockStop(0, block)
                    yield StreamStop("tool_use", spent)
                    return
            async with aclosing(self._answer(turn, plan, spent)) as answer:
                async for event in answer:
                    yield event

    async def count_tokens(self, request: ModelRequest) -> int:
        """The model's own count where it is loaded and idle, else an estimate (4 characters a token)."""
        plan = self._plan(request)
        body = {"messages": plan.messages}
        exact = await self._runtime.count(self._path, self._context, body)
        if exact is not None:
            return exact
        return sum(-(-len(message["content"]) // 4) + 4 for message in plan.messages)

    async def aclose(self) -> None:
        """Nothing to release: the process belongs to the runtime."""

    # --- the two requests -------------------------------------------------------------------------------------------

    def _plan(self, request: ModelRequest) -> _Plan:
        options = request.options
        forced = options.get("tool_choice") or {}
        tools = [tool for tool in request.tools if "input_schema" in tool]  # a provider's own tools run at the provider
        shown = list(tools)
        may_answer = forced.get("type") not in ("any", "tool")
        if forced.get("type") == "none":
            tools = []
        elif forced.get("type") == "tool":
            tools = [tool for tool in tools if tool["name"] == forced.get("name")]
        if choosing.answer_name_taken(tools):
            raise ModelError(
                "A tool for a model on this device cannot be called “answer”. Rename it.", kind="invalid_request"
            )
        used = conversation.used_in_this_turn(request.messages)
        if may_answer and len(used) >= MAX_CALLS_IN_A_TURN:
            tools = []
        output = (options.get("output_config") or {}).get("format") or {}
        sampling = {
            name: options[name] for name in ("temperature", "top_p", "top_k", "seed") if options.get(name) is not None
        }
        if options.get("stop_sequences"):
            sampling["stop"] = list(options["stop_sequences"])
        return _Plan(
            messages=conversation.chat_messages(request, shown),
            tools=list(tools),
            may_answer=may_answer,
            used=used,
            said=conversation.said_last(request),
            max_tokens=int(options.get("max_tokens") or self._max_tokens),
            schema=output.get("schema") if output.get("type") == "json_schema" else None,
            sampling=self._sampling | sampling,
        )

    async def _choose(self, turn: Turn, plan: _Plan) -> tuple[choosing.Choice | None, str, Usage]:
        """The choice (None where it was cut off), its JSON, and what it used."""
        chosen: str | None = str(plan.tools[0]["name"])
        text, spent = "", Usage()
        if plan.may_answer or len(plan.tools) > 1:
            prompt = choosing.choice_messages(
                plan.messages, plan.tools, plan.said, after_result=bool(plan.used), answer=plan.may_answer
            )
            text, spent = await self._decide(turn, prompt, choosing.choice_schema(plan.tools, answer=plan.may_answer))
            try:
                chosen = choosing.read_choice(text)
            except ValueError:
                return None, text, spent
        if chosen is None:
            return choosing.Choice(), text, spent
        tool = next(tool for tool in plan.tools if tool["name"] == chosen)
        given: dict[str, Any] = {}
        if choosing.takes_input(tool):
            prompt = choosing.input_messages(plan.messages, tool)
            text, more = await self._decide(turn, prompt, choosing.input_schema(tool))
            spent += more
            try:
                given = choosing.read_input(text)
            except ValueError:
                return None, text, spent
        decision = choosing.Choice(chosen, given)
        if plan.may_answer and _repeats(decision, plan.used):
            decision = choosing.Choice()
        return decision, text, spent

    async def _decide(
        self, turn: Turn, prompt: list[conversation.ChatMessage], schema: Mapping[str, Any]
    ) -> tuple[str, Usage]:
        """What the model writes under a schema, and what it used."""
        body = {
            "messages": prompt, "schema": schema, "temperature": 0.0,
            "max_tokens": min(choosing.MAX_CHOICE_TOKENS, self._context // 4), **_NO_REASONING,
        }  # fmt: skip
        text, usage = "", Usage()
        async with aclosing(turn.chat(body)) as pieces:
            async for piece in pieces:
                if piece["type"] == "text":
                    text += piece["text"]
                elif piece["type"] == "done":
                    usage = _usage(piece)
        return text, usage

    async def _answer(self, turn: Turn, plan: _Plan, spent: Usage) -> AsyncGenerator[StreamEvent, None]:
        body: dict[str, Any] = {
            "messages": plan.messages,
            "max_tokens": plan.max_tokens,
            **plan.sampling,
            **_NO_REASONING,
        }
        if plan.schema is not None:
            body["schema"] = plan.schema
        block: dict[str, Any] | None = None
        index, finish, usage = 0, "stop", Usage()
        async with aclosing(turn.chat(body)) as pieces:
            async for piece in pieces:
                kind = piece["type"]
                if kind == "done":
                    finish, usage = str(piece.get("finish") or "stop"), _usage(piece)
                    continue
                if block is None or block["type"] != kind:
                    if block is not None:
                        yield BlockStop(index, dict(block))
                        index += 1
                    block = {"type": kind, kind: ""}
                    yield BlockStart(index, dict(block))
                block[kind] += piece["text"]
                yield BlockDelta(index, kind, piece["text"])
        if block is not None:
            yield BlockStop(index, dict(block))
        yield StreamStop(_STOP_REASONS.get(finish, finish), spent + usage)


# Thinking aloud takes minutes on an ordinary machine; models that do it unasked are told not to.
_NO_REASONING: Mapping[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}}


def _repeats(decision: choosing.Choice, used: Sequence[tuple[str, str, bool]]) -> bool:
    """Whether this very call was made since the person last wrote. A small model would go on for ever."""
    given = conversation.canonical(decision.input)
    return any(name == decision.tool and before == given for name, before, _failed in used)


def _usage(piece: Mapping[str, Any]) -> Usage:
    """Tokens read anew, tokens found in the cache, tokens written."""
    usage = piece.get("usage") or {}
    prompt, cached = int(usage.get("prompt") or 0), int(usage.get("cached") or 0)
    return Usage(
        input_tokens=max(0, prompt - cached), cache_read_tokens=cached, output_tokens=int(usage.get("completion") or 0)
    )
