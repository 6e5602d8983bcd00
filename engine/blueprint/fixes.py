"""Putting right everything that can be put right by itself, as one edit. Not here: finding problems (``checks``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Batch, Edit, EditError, InsertNode, apply
from engine.blueprint.problem import Problem

MAX_ROUNDS = 5
"""A fix may show another problem; so many times it is looked again."""


def fixable(problems: Sequence[Problem]) -> list[Problem]:
    """Those that *Fix all* is about: what is only worth a look may be meant so, and is left to the person."""
    return [problem for problem in problems if problem.fix is not None and problem.severity != "info"]


def fix_all(
    document: AgentDocument,
    find: Callable[[AgentDocument], Sequence[Problem]],
    label: str = "fix all that can be fixed",
) -> Edit | None:
    """One edit that puts right whatever has a fix; None where nothing has.

    Args:
        document: The agent.
        find: Finds its problems, as ``problems`` does; asked again after each round of fixes.
        label: Words for "Undo …".

    Example:
        >>> edit = fix_all(document, problems)
        >>> after, inverse = apply(document, edit)
    """
    edits: list[Edit] = []
    tried: set[tuple[str, str | None, str]] = set()
    for _ in range(MAX_ROUNDS):
        wanted = [problem for problem in fixable(find(document)) if _key(problem) not in tried]
        if not wanted:
            break
        added: list[Node] = []
        for problem in wanted:
            assert problem.fix is not None
            new = _added(problem.fix)
            if any(_alike(node, other) for node in new for other in added):
                continue  # two problems, one remedy: the next round shows whether there is still something to do
            tried.add(_key(problem))
            try:
                document, _ = apply(document, problem.fix)
            except EditError:
                continue  # an earlier fix has done it, or taken its place away
            edits.append(problem.fix)
            added += new
    return Batch(tuple(edits), label) if edits else None


def _added(edit: Edit) -> list[Node]:
    """The variables that a fix makes."""
    parts = edit.edits if isinstance(edit, Batch) else (edit,)
    return [part.node for part in parts if isinstance(part, InsertNode) and part.node.kind == "state"]


def _alike(one: Node, other: Node) -> bool:
    return one.props.get("title") == other.props.get("title")


def _key(problem: Problem) -> tuple[str, str | None, str]:
    return problem.node_id, problem.field, problem.text


__all__ = ["fix_all", "fixable"]
