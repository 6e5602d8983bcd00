"""Finding what is wrong with an agent: plain sentences, each with the node, the field and, where possible, a fix.

Kinds report what only they know (``NodeKind.problems``). Here is what concerns several nodes: the whole agent
(``whole``), variables (``references``), conditions that decide nothing (``truths``), the order of things (``order``),
and the surroundings (``surroundings``). Not here: files that cannot be read (``engine.blueprint.files``).
"""

from __future__ import annotations

from dataclasses import replace

from engine.blueprint.checks.order import misordered, steps_in_order
from engine.blueprint.checks.references import references
from engine.blueprint.checks.surroundings import surroundings
from engine.blueprint.checks.truths import gates, truths
from engine.blueprint.checks.view import NOTHING_KNOWN, Facts, View
from engine.blueprint.checks.whole import everything_off, whole
from engine.blueprint.declared import part_around
from engine.blueprint.document import AgentDocument
from engine.blueprint.kinds import kind_of
from engine.blueprint.problem import Problem
from engine.stepwise import Stepwise, finish

_SEVERITIES = {"error": 0, "warning": 1, "info": 2}


def problems(document: AgentDocument, facts: Facts = NOTHING_KNOWN) -> list[Problem]:
    """Everything that is wrong with an agent, the worst first, else in the order of the tree. Never raises.

    Args:
        document: The agent.
        facts: What is known about its surroundings: the model, the size of the context, other agents.

    Example:
        >>> [problem.text for problem in problems(AgentDocument(make_node("agent", name="Ada")))]
        ['There is no Timeline, so the agent will not remember earlier turns.', ...]
    """
    return finish(checked(document, facts))


def checked(document: AgentDocument, facts: Facts = NOTHING_KNOWN) -> Stepwise[list[Problem]]:
    """:func:`problems` in parts, a node each. It tells of the document that it was given, whatever happens since."""
    view = View(document, facts)
    off = everything_off(view)
    if off is not None:
        return [off]
    found: list[Problem] = [*whole(view), *surroundings(view)]
    for node in view.nodes:
        yield
        found += misordered(view, node)
        found += kind_of(node).problems(node, view)
        found += references(view, node)
        found += truths(view, node)
        found += steps_in_order(view, node)
    yield
    found += gates(view)
    found = [_as_can_be_mended(document, problem) for problem in found]
    order = {node.id: index for index, node in enumerate(document.walk())}
    return sorted(found, key=lambda problem: (_SEVERITIES[problem.severity], order.get(problem.node_id, 0)))


def _as_can_be_mended(document: AgentDocument, problem: Problem) -> Problem:
    """What stands inside a part cannot be changed in the agent: no fix there, but where it can be."""
    if problem.node_id not in document or part_around(document, problem.node_id) is None:
        return problem
    return replace(problem, fix=None, text=f"{problem.text} Edit the part to change this.")


__all__ = ["Facts", "View", "checked", "problems"]
