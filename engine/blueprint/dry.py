"""The exact request that the next model call would send, without a model, a key, or running any step."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from engine.blueprint.board import Report
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.render import agent_component, initial_state
from engine.blueprint.template import TemplateError
from engine.compiler.compile import CompileInput, Compiler
from engine.entries import Entry
from engine.errors import EngineError
from engine.model import ModelInfo, ModelRequest
from engine.reconciler.tree import MAX_PASSES, Tree
from engine.stepwise import Stepwise, finish
from engine.timeline.log import TimelineLog
from engine.timeline.select import Running

T = TypeVar("T")

_NEXT = "next"
DRAFT = "draft"
"""Entry id of the person's next message in the spans of :func:`dry_compile`."""


def dry_compile(
    document: AgentDocument,
    *,
    entries: Sequence[Entry] = (),
    state: Mapping[str, Any] | None = None,
    draft: str | None = None,
    report: Report | None = None,
    files: Mapping[str, Any] | None = None,
    model: ModelInfo | None = None,
) -> ModelRequest:
    """What the model would be given next.

    Parts whose texts do not work are left out, as they would stop a real turn; ``problems`` says what is wrong.

    Args:
        document: The agent.
        entries: The session's timeline.
        state: Values of variables and knobs by name, by node id, or slots by element path; others have their first.
        draft: The person's next message as far as it is written. None: as if the turn went on without one.
        report: Told of each part that does not work.
        files: What was read ahead of the files that parts send along (``sent_files.read_ahead``); a file that is not
            among them is left out. Nothing is read here.
        model: What is known of the model; what it cannot do is left out. None: everything is shown.

    Raises:
        EngineError: The tree breaks a rule of the engine itself.
    """
    return finish(
        dry_compiled(document, entries=entries, state=state, draft=draft, report=report, files=files, model=model)
    )


def dry_compiled(
    document: AgentDocument,
    *,
    entries: Sequence[Entry] = (),
    state: Mapping[str, Any] | None = None,
    draft: str | None = None,
    report: Report | None = None,
    files: Mapping[str, Any] | None = None,
    model: ModelInfo | None = None,
) -> Stepwise[ModelRequest]:
    """:func:`dry_compile` in parts. It goes on with the arguments as they were, and can be closed at any time."""
    ignore: Report = report if report is not None else _ignore
    tree = Tree()
    element = agent_component(document, overrides=initial_state(document, state), report=ignore, files=files)()
    try:
        for _ in range(MAX_PASSES):
            yield
            tree.render_pass(element)
            if not tree.dirty:
                break
        yield
        return _drive(Compiler().compile(tree, _input(entries, draft, model))).request
    finally:
        tree.unmount()


def _input(entries: Sequence[Entry], draft: str | None, model: ModelInfo | None) -> CompileInput:
    log = TimelineLog()
    known = list(entries)
    index = known[-1].index + 1 if known else 0
    started_by = None
    first = len(known)
    if draft is not None and draft.strip():
        started_by = DRAFT
        known.append(Entry(started_by, index, "user", [{"type": "text", "text": draft}], _NEXT, 1))
        index += 1
    log.load(known, index)
    abilities = model.abilities if model is not None else None
    return CompileInput(
        log=log, running=Running(_NEXT, first), abilities=abilities, started_by=started_by, summarize=_summary
    )


async def _summary(entries: Sequence[Entry], _guidance: str | None) -> Entry:
    """What stands in for a summary: the model would have to be asked for the real one."""
    text = f"<summary>\n[The model's summary of {len(entries):,} older messages stands here.]\n</summary>"
    last = entries[-1]
    covers = [entries[0].index, last.index]
    metadata = {"derived": True, "summary_of": covers}
    return Entry(
        "summary", -1, "user", ({"type": "text", "text": text},), last.execution_id, last.tick, metadata=metadata
    )


def _drive(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    work.close()
    raise EngineError("The context cannot be shown before the model was asked.")


def _ignore(_node: Node, _name: str, _error: TemplateError) -> None:
    """The problems panel says it."""
