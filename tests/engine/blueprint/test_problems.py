"""Problems in plain sentences: what they carry and in which order. Each kind stands in ``test_problem_catalogue``."""

from __future__ import annotations

from engine.blueprint import AgentDocument, Problem, SetEnabled, apply, make_node, problems
from tests.engine.blueprint.builders import agent, notepad

SYSTEM = make_node("system", id="sys", text="Hi")
TIME = make_node("timeline", id="time")


def on(document: AgentDocument, node_id: str, words: str) -> Problem:
    found = [problem for problem in problems(document) if problem.node_id == node_id and words in problem.text]
    assert found, [(problem.node_id, problem.text) for problem in problems(document)]
    return found[0]


def fixed(document: AgentDocument, problem: Problem) -> AgentDocument:
    assert problem.fix is not None and problem.fix.label
    after, _ = apply(document, problem.fix)
    assert problem.text not in [other.text for other in problems(after)]
    return after


def test_a_sound_agent_has_none() -> None:
    assert problems(notepad()) == []


def test_a_template_error_has_its_line_and_its_field() -> None:
    problem = on(agent(make_node("system", id="sys", text="one\ntwo {{ }}"), TIME), "sys", "nothing between")
    assert (problem.line, problem.field, problem.severity) == (2, "text", "error")


def test_a_fix_for_a_typing_mistake_rewrites_the_text() -> None:
    document = agent(
        make_node("system", id="sys", text="See {{ notpad }}."),
        make_node("state", title="notepad", initial=["x"]),
        TIME,
    )
    after = fixed(document, on(document, "sys", "Did you mean"))
    assert after.node("sys").props["text"] == "See {{ notepad }}."


def test_what_is_switched_off_is_not_complained_about() -> None:
    document = agent(SYSTEM, make_node("section", id="s", text="{{ nope }}"), TIME)
    assert problems(document)
    after, _ = apply(document, SetEnabled("s", False))
    assert problems(after) == []


def test_errors_come_first() -> None:
    document = agent(make_node("system", id="a"), make_node("system", id="b", text="{{ nope }}"), name="")
    severities = [problem.severity for problem in problems(document)]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert set(severities) == {"error", "warning", "info"}


def test_what_a_step_finds_is_known_to_the_steps_behind_it_and_nowhere_else() -> None:
    ask = make_node("ask", question="Which?")
    tool = make_node("tool", ask, make_node("reply", text="{{ answer }}"), title="t", description="t")
    behind = make_node("section", id="s", text="{{ answer }}")
    found = problems(agent(SYSTEM, tool, behind, TIME))
    assert [(problem.node_id, problem.text) for problem in found] == [
        ("s", "There is no variable called “answer” here.")
    ]
