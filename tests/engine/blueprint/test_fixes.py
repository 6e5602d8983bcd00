"""Fixing all at once: one edit, in rounds, without what an earlier fix has done, and only what is surely wrong."""

from __future__ import annotations

from engine.blueprint import AgentDocument, Problem, apply, make_node, problems
from engine.blueprint.fixes import MAX_ROUNDS, fix_all, fixable
from engine.blueprint.problem import remove_node, set_value
from tests.engine.blueprint.builders import agent


def broken() -> AgentDocument:
    return agent(
        make_node("state", id="st", title="notes"),
        make_node("section", id="sec", title="x", each="notes", text=""),
        make_node("tool", make_node("append", id="ap", variable="notse", value="x"), id="tool", title="Add"),
        make_node(
            "when", id="when", condition={"rows": [{"variable": "notes", "operator": "is_empty", "value": None}]}
        ),
    )


def test_everything_that_has_a_fix_is_fixed_in_one_edit_that_can_be_taken_back() -> None:
    document = broken()
    before = problems(document)
    edit = fix_all(document, problems)
    assert edit is not None
    after, inverse = apply(document, edit)
    left = problems(after)
    assert fixable(before) and not fixable(left)
    assert any(node.kind == "timeline" for node in after.walk())
    assert after.node("ap").props["variable"] == "notes"
    assert "when" in after, "what is only worth a look stays as it is"
    back, _ = apply(after, inverse, check=False)
    assert back == document


def test_nothing_to_fix_is_no_edit() -> None:
    document = agent(make_node("system", text="Be kind."), make_node("timeline"))
    assert fix_all(document, problems) is None


def test_fixes_that_get_in_each_others_way_are_left_out() -> None:
    document = agent(make_node("system", id="a", text="x"))
    found = [
        Problem("a", None, "error", "It is one too many.", remove_node("a", "Remove it")),
        Problem("a", "text", "error", "It is too short.", set_value("a", "text", "longer", "Write more")),
    ]
    edit = fix_all(document, lambda seen: [one for one in found if one.node_id in seen], "fix")
    assert edit is not None
    after, _ = apply(document, edit)
    assert "a" not in after


def test_a_fix_that_never_helps_is_tried_once_and_chains_come_to_an_end() -> None:
    document = agent(make_node("system", id="a", text="x"))
    asked = 0

    def find(_seen: AgentDocument) -> list[Problem]:
        nonlocal asked
        asked += 1
        return [Problem("a", "text", "error", f"Still wrong {asked}.", set_value("a", "text", str(asked), "Try"))]

    edit = fix_all(document, find)
    assert edit is not None and asked == MAX_ROUNDS
    stuck = [Problem("a", "text", "error", "Wrong.", set_value("a", "text", "y", "Try"))]
    again = fix_all(document, lambda _seen: stuck)
    assert again is not None and len(again.edits) == 1  # type: ignore[union-attr]


def test_a_variable_that_several_parts_miss_is_made_once() -> None:
    listed = make_node("section", id="sec", title="x", each="notepad", text="- {{ item }}")
    document = agent(
        make_node("when", listed, condition={"rows": [{"variable": "notepad", "operator": "is_not_empty"}]}),
        make_node("tool", make_node("append", variable="notepad", value="x"), title="Add", description="Adds"),
    )
    edit = fix_all(document, problems)
    assert edit is not None
    after, _ = apply(document, edit)
    made = [node.props["title"] for node in after.walk() if node.kind == "state"]
    assert made == ["notepad"]
