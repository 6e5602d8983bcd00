"""Compiling: tree, timeline and tools to a request, with everything the tick needs to know of it.

Not here: rendering, and the loop that compiles again when a hook asks for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from engine.compiler.assemble import Layout, assemble, history_base
from engine.compiler.collect import Collected, CompiledSection, collect
from engine.compiler.history import History
from engine.errors import ValidationFailed
from engine.model import ModelRequest, Span
from engine.models.provider_tools import FAMILIES, PROVIDED
from engine.reconciler.fiber import Fiber
from engine.reconciler.tree import Tree
from engine.timeline.log import TimelineLog
from engine.timeline.select import Choice, Running, choose
from engine.tools.definition import ToolDefinition

SET_KNOB = "set_knob"


@dataclass(frozen=True, slots=True)
class MountedTool:
    """A tool as it can be called in this tick, and the element it comes from (None: app, session or send)."""

    definition: ToolDefinition
    path: str
    fiber: Fiber | None = None


@dataclass(slots=True)
class Compiled:
    """What a compilation made.

    Attributes:
        request: Exactly what the model is given.
        sections: The sections, those of audience ``user`` too.
        tools: All callable tools by name, those that are not sent too.
        reasons: Why it was compiled again, per extra pass.
        forced: The passes ran out before the tree was stable.
        layout: Everything of the request but history.
        choice: The entries shown.
        cached_at: The entry at which the request is cached.
        model: A model object that the tree chose, or None.
    """

    request: ModelRequest
    sections: Sequence[CompiledSection]
    tools: Mapping[str, MountedTool]
    layout: Layout
    choice: Choice
    cached_at: str | None
    collapsed: Mapping[str, Sequence[Fiber]]
    timeline_path: str
    model: Any = None
    reasons: list[str] = field(default_factory=list)
    forced: bool = False
    requests: list[str] = field(default_factory=list)

    @property
    def spans(self) -> Sequence[Span]:
        """Who wrote what of the request."""
        return self.request.spans

    def request_recompile(self, reason: str = "") -> None:
        """Ask for another pass over the tree before the model is called."""
        self.requests.append(reason)


@dataclass(slots=True)
class CompileInput:
    """What compiling needs beside the tree.

    Attributes:
        log: The timeline.
        running: The running execution.
        tools: Tools from outside the tree, weakest first.
        model_name: The name of the model that will answer.
        abilities: What it can do, see ``ModelInfo.abilities``; None where that is not known.
        continued: The reply goes on from where the last message stopped.
        started_by: Id of the entry that began the execution.
        breakpoint: The entry at which the request before this one was cached.
        render: Turns what a Timeline's render function returns into a choice; see ``timeline/custom``.
        summarize: Writes a summary of entries.
    """

    log: TimelineLog
    running: Running
    tools: Sequence[ToolDefinition] = ()
    model_name: str | None = None
    abilities: Set[str] | None = None
    continued: bool = False
    started_by: str | None = None
    breakpoint: str | None = None
    pending: Sequence[Any] = ()
    summarize: Callable[..., Any] | None = None
    on_evict: Callable[[Any, Sequence[Any]], None] | None = None


class Compiler:
    """Compiles one session's tree again and again; keeps what history was converted to."""

    def __init__(self) -> None:
        self._history: tuple[int, History] | None = None
        self._tools: dict[int, tuple[Any, dict[str, Any]]] = {}

    async def compile(self, tree: Tree, given: CompileInput) -> Compiled:
        """Compile the tree as it stands.

        Raises:
            RenderError: The tree breaks a rule of placement.
            ValidationFailed: A tool's schema is not one.
        """
        found = collect(tree)
        props = found.timeline.element.props if found.timeline is not None else None
        path = found.timeline.path if found.timeline is not None else "/"
        summarize = given.summarize
        if summarize is not None and found.model is not None:
            summarize = functools.partial(summarize, model=found.model)
        choice = await choose(given.log, props, given.running, summarize)
        if props is not None and props["render"] is not None:
            from engine.timeline.custom import rendered_choice

            choice = rendered_choice(props["render"], choice, given, path)
        tools = self._merge(given.tools, found)
        name, abilities = given.model_name, given.abilities
        if isinstance(found.model, str):
            name = found.model
        elif found.model is not None:
            info = getattr(found.model, "info", None)
            name, abilities = getattr(info, "name", name), getattr(info, "abilities", None)
        layout = self._layout(found, tools, given, path, name, abilities)
        history = self._convert(given.log, choice, layout, path, name)
        request, cached_at = assemble(layout, history)
        return Compiled(
            request=request,
            sections=found.sections,
            tools=tools,
            layout=layout,
            choice=choice,
            cached_at=cached_at,
            collapsed=found.collapsed,
            timeline_path=path,
            model=found.model if not isinstance(found.model, str) else None,
        )

    async def compile_tools(self, tree: Tree, given: CompileInput) -> Compiled:
        """Only the tools, for calls from outside of a tick."""
        found = collect(tree)
        tools = self._merge(given.tools, found)
        return Compiled(ModelRequest(), found.sections, tools, Layout(), Choice((), None), None, found.collapsed, "/")

    def _layout(
        self,
        found: Collected,
        tools: Mapping[str, MountedTool],
        given: CompileInput,
        path: str,
        name: str | None,
        abilities: Set[str] | None,
    ) -> Layout:
        sent: list[tuple[dict[str, Any], str]] = []
        for label, mounted in tools.items():
            definition = mounted.definition
            if label == definition.name and definition.audience != "user" and _has(abilities, definition):
                sent.append((self.tool_body(definition), mounted.path))
        return Layout(
            system=tuple(found.system),
            examples=tuple(found.examples),
            opening=tuple(found.opening),
            before_user=tuple(found.before_user),
            tail=tuple(found.tail),
            tools=tuple(sent),
            model=name,
            options=found.options,
            started_by=given.started_by,
            timeline_path=path,
            continued=given.continued,
            breakpoint=given.breakpoint,
        )

    def _merge(self, outside: Iterable[ToolDefinition], found: Collected) -> dict[str, MountedTool]:
        """Tools by name, aliases too; the tree's win over those from outside."""
        merged: dict[str, MountedTool] = {}
        for definition in outside:
            merged.pop(definition.name, None)
            merged[definition.name] = MountedTool(definition, "/")
        for definition, fiber in found.tools:
            merged.pop(definition.name, None)
            merged[definition.name] = MountedTool(definition, fiber.path, fiber)
        if (found.knobs or found.collapsed) and SET_KNOB not in merged:
            paths = [slot.fiber.path for slot in found.knobs] or [f.path for fs in found.collapsed.values() for f in fs]
            merged[SET_KNOB] = MountedTool(_set_knob_tool(), paths[0])
        for mounted in list(merged.values()):
            for alias in mounted.definition.aliases:
                merged.setdefault(alias, mounted)
        return merged

    def tool_body(self, definition: ToolDefinition) -> dict[str, Any]:
        """A tool as it is sent; made once."""
        signature = None if definition.provider is not None else definition.signature()
        key = id(signature) if signature is not None else id(definition.provider)
        known = self._tools.get(key)
        if known is not None and known[0] == (
            definition.name,
            definition.description,
            signature or definition.provider,
        ):
            return known[1]
        if definition.provider is not None:
            body = dict(definition.provider)
        elif signature is not None:
            body = {"name": definition.name, "description": definition.description, "input_schema": signature.schema}
        if len(self._tools) > 500:
            self._tools.clear()
        self._tools[key] = ((definition.name, definition.description, signature or definition.provider), body)
        return body

    def _convert(self, log: TimelineLog, choice: Choice, layout: Layout, path: str, model: str | None) -> History:
        """History as messages; only entries that were not there last time are converted."""
        entries = choice.entries
        starts_with = next((("assistant" if e.role == "assistant" else "user") for e in entries), None)
        base = history_base(layout, starts_with)
        if choice.start is None:
            return History(path, model, base).feed(entries)
        first = entries[0].id if entries else None
        kept = self._history
        if kept is not None and entries:
            epoch, history = kept
            usable = (
                epoch == log.epoch
                and history.path == path
                and history.base == base
                and (history.model == model or not history.has_thinking)
                and history.first_id == first
                and 0 < history.fed <= len(entries)
                and entries[history.fed - 1].id == history.last_id
            )
            if usable:
                history.model = model
                return history.feed(entries[history.fed :])
        history = History(path, model, base).feed(entries)
        self._history = (log.epoch, history)
        return history

    def forget(self) -> None:
        """Forget what was converted."""
        self._history = None


def _has(abilities: Set[str] | None, definition: ToolDefinition) -> bool:
    """Whether the model has a provider's tool that is named by its family; a dated one goes out as it is."""
    provider = definition.provider
    return provider is None or abilities is None or provider.get("type") not in FAMILIES or PROVIDED in abilities


_made: list[ToolDefinition] = []


def _set_knob_tool() -> ToolDefinition:
    if not _made:
        schema = {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "The knob to set"},
                "group": {"type": "string", "description": "Instead of a name: set every knob of this group"},
                "value": {"description": "The new value"},
            },
            "required": ["value"],
            "additionalProperties": False,
        }
        text = (
            "Set a knob to a new value, or all knobs of a group. Also expands content shown as <collapsed>: value true."
        )
        _made.append(ToolDefinition(SET_KNOB, text, handler=_not_called, input=schema, inline=True))
    return _made[0]


def _not_called(**_: Any) -> None:
    raise ValidationFailed("set_knob is run by the session")


def is_set_knob(definition: ToolDefinition) -> bool:
    """Whether it is the tool the engine adds, not one of the same name."""
    return definition.handler is _not_called
