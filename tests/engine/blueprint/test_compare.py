"""Two documents compared as trees, and the edits that lead from one to the other."""

from __future__ import annotations

import difflib
import itertools
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blueprint import (
    AgentDocument,
    Batch,
    EditError,
    History,
    InsertNode,
    MoveNode,
    Node,
    RemoveNode,
    SetEnabled,
    SetProperty,
    apply,
    dump_document,
    load_document,
    make_node,
)
from engine.blueprint.compare import Comparison, compare, longest_rise, property_changes
from engine.blueprint.patch import edits_between
from engine.blueprint.text_diff import MOST_PAIRS, word_changes
from tests.engine.blueprint.builders import agent, notepad, only_if
from tests.engine.blueprint.test_edits import random_edit


def after(*edits: Any) -> AgentDocument:
    return apply(notepad(), Batch(edits), check=False)[0]


def said(comparison: Comparison) -> list[str]:
    return [change.words() for change in comparison.changes]


def random_pair(data: st.DataObject) -> tuple[AgentDocument, AgentDocument]:
    history = History(notepad())
    for _ in range(data.draw(st.integers(0, 8))):
        try:
            history.do(random_edit(history.document, data))
        except EditError:
            continue
    return notepad(), history.document


# --- compare -----------------------------------------------------------------------------------------------------


def test_equal_documents_differ_in_nothing() -> None:
    comparison = compare(notepad(), load_document(dump_document(notepad())))
    assert not comparison
    assert comparison.words() == ""
    assert comparison.counts() == {}
    assert not comparison.tree.touched
    assert [found.node.id for found in comparison.tree.walk()] == [node.id for node in notepad().walk()]


def test_each_change_has_its_words() -> None:
    comparison = compare(
        notepad(),
        after(
            SetProperty("sys", "text", "You are a very good assistant with a notepad."),
            SetEnabled("section", False),
            RemoveNode("reply"),
            InsertNode("root", 0, make_node("reminder", id="new", text="Be brief.")),
            MoveNode("time", "root", 1),
        ),
    )
    assert said(comparison) == [
        "Added Reminder",
        "Timeline, moved up",
        "Changed instructions of System",
        "Removed Reply",
        "Changed switched on of Section · notepad",
    ]
    assert comparison.counts() == {"added": 1, "removed": 1, "moved": 1, "changed": 2}
    assert comparison.words() == "1 added, 1 removed, 1 moved, 2 changed"
    runs = next(change for change in comparison.changes if change.node.id == "sys").properties[0].runs()
    assert [(run.kind, run.text) for run in runs] == [
        ("same", "You are "),
        ("removed", "an"),
        ("added", "a very good"),
        ("same", " assistant with a notepad."),
    ]


def test_a_single_change_is_its_own_summary() -> None:
    assert compare(notepad(), after(RemoveNode("time"))).words() == "Removed Timeline"
    assert compare(notepad(), after(MoveNode("sys", "root", 4))).words() == "System, moved down"


def test_what_comes_with_something_is_marked_but_counted_once() -> None:
    comparison = compare(notepad(), after(RemoveNode("add")))
    assert [change.node.id for change in comparison.changes] == ["add", "append", "reply"]
    assert comparison.words() == "Removed Tool · Add note"


def test_a_node_out_of_something_removed_is_moved_and_may_be_changed_too() -> None:
    comparison = compare(
        notepad(),
        after(MoveNode("section", "root", 0), RemoveNode("when"), SetProperty("section", "title", "list")),
    )
    assert said(comparison) == [
        "Changed title of Section · list, moved out of When",
        "Removed When",
    ]
    assert comparison.changes[0].kinds == ("moved", "changed")


def test_removed_nodes_stand_where_they_stood() -> None:
    comparison = compare(notepad(), after(RemoveNode("sys"), RemoveNode("when")))
    assert [child.node.id for child in comparison.tree.children] == ["sys", "notes", "add", "when", "time"]


def test_an_unmoved_sibling_is_not_called_moved() -> None:
    comparison = compare(notepad(), after(MoveNode("sys", "root", 4)))
    assert [change.node.id for change in comparison.changes] == ["sys"]


def test_a_default_that_is_written_out_is_no_change() -> None:
    assert not compare(
        notepad(),
        after(SetProperty("time", "limit", None), SetProperty("add", "inputs", [{"title": "note", "type": "text"}])),
    )


def test_values_read_as_in_the_form() -> None:
    condition = {"rows": [{"variable": "notepad", "operator": "is_empty"}], "match": "all"}
    changes = {
        change.name: (change.label, change.before, change.after)
        for node in compare(
            notepad(),
            after(
                SetProperty("when", "condition", condition),
                SetProperty("notes", "type", "text"),
                SetProperty("time", "limit", 4),
                SetProperty("add", "inputs", [{"title": "note"}, {"title": "day"}]),
                SetProperty("sys", "colour", {"of": [1, None]}),
            ),
        ).changes
        for change in node.properties
    }
    assert changes["condition"][1:] == ("notepad is not empty", "notepad is empty")
    assert changes["type"] == ("What it holds", "List", "Text")
    assert changes["limit"][1:] == ("", "4")
    assert "title: day" in changes["inputs"][2]
    assert changes["colour"] == ("colour", "", "of:\n  - 1\n  -")


def test_an_expression_is_shown_as_it_is() -> None:
    document = after(SetProperty("when", "condition", {"expression": "notepad | length > 3"}))
    (change,) = compare(notepad(), document).changes
    assert change.properties[0].after == "notepad | length > 3"


def test_where_words_hide_the_difference_it_is_written_out() -> None:
    one = agent(make_node("when", id="w", condition=only_if("a", "is_empty")))
    other = agent(make_node("when", id="w", condition={**only_if("a", "is_empty"), "match": "any"}))
    (change,) = compare(one, other).changes
    assert '"match": "all"' in change.properties[0].before
    assert '"match": "any"' in change.properties[0].after


def test_yes_and_one_are_two_values() -> None:
    one = agent(make_node("state", id="s", title="a", type="number", initial=1))
    other = agent(make_node("state", id="s", title="a", type="number", initial=True))
    assert compare(one, other)
    assert not compare(one, one)


def test_another_kind_under_the_same_id_is_a_change() -> None:
    one, other = agent(make_node("system", id="x", text="a")), agent(make_node("reminder", id="x", text="a"))
    (change,) = compare(one, other).changes
    assert (change.properties[0].label, change.properties[0].after) == ("Kind of part", "Reminder")


def test_parts_of_a_newer_version_are_compared_as_they_are() -> None:
    def document(**props: Any) -> AgentDocument:
        return agent(Node("x", "unknown", {"kind": "hologram", "props": props}, extra={"k": props.get("size")}))

    assert not compare(document(size=1), document(size=1))
    (change,) = compare(document(size=1), document(size=2, shade="red")).changes
    assert [found.name for found in change.properties] == ["shade", "size", "k"]


def test_what_stands_beside_the_root_in_the_file_counts() -> None:
    one = AgentDocument(notepad().root, extra={"author": "Ada"})
    comparison = compare(one, AgentDocument(notepad().root, extra={"author": "Ryan"}))
    assert comparison
    assert comparison.words() == "Changed author"
    assert not comparison.changes


def test_roots_belong_together_whatever_their_ids() -> None:
    other = notepad().root
    renamed = AgentDocument(Node("other", "agent", {**other.props, "name": "Copy"}, other.children))
    assert said(compare(notepad(), renamed)) == ["Changed name of Copy"]


def test_properties_of_the_wrong_type_are_compared_as_written() -> None:
    one, other = make_node("timeline", id="t", limit="x"), make_node("timeline", id="t", limit="y")
    assert [change.after for change in property_changes(one, other)] == ["y"]


def test_another_version_of_a_part_of_the_library_is_said_without_its_hash() -> None:
    one, other = (agent(make_node("part", id="p", part="x", version=version * 16)) for version in "ab")
    (change,) = compare(one, other).changes
    assert [(found.label, found.before, found.after) for found in change.properties] == [
        ("version", "an earlier one", "another one")
    ]


@given(st.data())
def test_every_node_that_changed_is_reported_and_no_other(data: st.DataObject) -> None:
    before, then = random_pair(data)
    comparison = compare(before, then)
    reported = {change.node.id for change in comparison.changes}
    old, new = ({node.id: node for node in document.walk()} for document in (before, then))
    gone, came = old.keys() - new.keys(), new.keys() - old.keys()
    assert {change.node.id for change in comparison.changes if "removed" in change.kinds} == gone
    assert {change.node.id for change in comparison.changes if "added" in change.kinds} == came
    for key in old.keys() & new.keys():
        differs = any(True for _ in property_changes(old[key], new[key]))
        elsewhere = before.place(key).parent_id != then.place(key).parent_id
        assert (differs or elsewhere) <= (key in reported)
        if key in reported and not differs and not elsewhere:
            siblings = [child.id for child in then.parent(key).children]  # type: ignore[union-attr]
            assert siblings != [k for k in (c.id for c in before.parent(key).children) if k in siblings]  # type: ignore[union-attr]
    assert bool(comparison) == bool(reported)
    assert {found.node.id for found in comparison.tree.walk()} == old.keys() | new.keys()
    assert len(list(comparison.tree.walk())) == len(old.keys() | new.keys())


@given(st.lists(st.integers(0, 30), unique=True, max_size=12))
def test_the_longest_rise_is_one_and_the_longest(numbers: list[int]) -> None:
    found = [numbers[index] for index in longest_rise(numbers)]
    assert found == sorted(found)
    best = [1] * len(numbers)
    for i, number in enumerate(numbers):
        best[i] = 1 + max((best[j] for j in range(i) if numbers[j] < number), default=0)
    assert len(found) == max(best, default=0)


# --- words inside texts ------------------------------------------------------------------------------------------

texts = st.text(alphabet="ab .\n", max_size=40)


@given(texts, texts)
def test_runs_give_both_texts_back(before: str, then: str) -> None:
    runs = word_changes(before, then)
    assert "".join(run.text for run in runs if run.kind != "added") == before
    assert "".join(run.text for run in runs if run.kind != "removed") == then
    assert all(run.text for run in runs)
    assert all(one.kind != other.kind for one, other in itertools.pairwise(runs))
    assert (before == then) == all(run.kind == "same" for run in runs)


def test_a_blank_between_two_changes_belongs_to_both_of_them() -> None:
    said = [(run.kind, run.text) for run in word_changes("Notepad assistant", "Shopping list")]
    assert said == [("removed", "Notepad assistant"), ("added", "Shopping list")]
    kept = [run.text for run in word_changes("one\ntwo", "three\nfour") if run.kind == "same"]
    assert kept == ["\n"], "lines stay lines"


def test_long_texts_are_compared_by_lines_first() -> None:
    chance = random.Random(1)
    words = [f"w{chance.randrange(500)}" for _ in range(4_000)]
    lines = [" ".join(words[i : i + 10]) for i in range(0, 4_000, 10)]
    changed = ["first of all", *lines[:200], "a new line", *lines[201:], "the last one"]
    assert (len(words) * 2) ** 2 > MOST_PAIRS
    runs = word_changes("\n".join(lines), "\n".join(changed))
    assert next(run.text.strip() for run in runs if run.kind == "added") == "first of all"
    assert sum(len(run.text) for run in runs if run.kind == "same") > len(" ".join(words)) * 0.95
    assert "".join(run.text for run in runs if run.kind != "removed") == "\n".join(changed)


def test_texts_without_end_differ_as_a_whole() -> None:
    one, other = "a b " * 2_000 + "a", "c d " * 2_000 + "c"
    assert [run.kind for run in word_changes(one, other)] == ["removed", "added"]
    lines = "\n".join(f"x{n}" for n in range(1_500)), "\n".join(f"y{n}" for n in range(1_500))
    assert [run.kind for run in word_changes(*lines)] == ["removed", "added"]


@pytest.mark.parametrize("before", ["{}", "the {}"])
def test_a_text_that_was_written_anew_is_not_searched_for_each_of_its_blanks(
    monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    searches = 0
    search = difflib.SequenceMatcher.find_longest_match

    def counting(matcher: Any, *where: int) -> Any:
        nonlocal searches
        searches += 1
        return search(matcher, *where)

    monkeypatch.setattr(difflib.SequenceMatcher, "find_longest_match", counting)
    one, other = (" ".join(before.format(f"{name}{number}") for number in range(200)) for name in "ab")
    runs = word_changes(one, other)
    assert searches < 20  # each goes through both texts: one for every word of 60 kB took a minute
    assert "".join(run.text for run in runs if run.kind != "added") == one


# --- edits between -----------------------------------------------------------------------------------------------


@given(st.data())
def test_the_edits_between_two_versions_lead_there_and_back(data: st.DataObject) -> None:
    before, then = random_pair(data)
    batch = edits_between(before, then, "restore")
    made, back = apply(before, batch, check=False)
    assert dump_document(made) == dump_document(then)
    assert dump_document(apply(made, back, check=False)[0]) == dump_document(before)
    forwards, _ = apply(then, edits_between(then, before), check=False)
    assert dump_document(forwards) == dump_document(before)
    moves = sum(isinstance(edit, MoveNode) for edit in batch.edits)
    assert moves == sum("moved" in change.kinds for change in compare(before, then).changes)


def test_no_edits_between_equals() -> None:
    assert edits_between(notepad(), notepad()).edits == ()


def test_kinds_and_unknown_parts_are_exchanged_with_what_is_inside_kept() -> None:
    inside = make_node("section", id="inside", text="kept")
    one = agent(make_node("group", inside, id="x", title="g"), Node("u", "unknown", {"kind": "hologram", "props": {}}))
    other = agent(
        make_node("when", make_node("system", id="first"), inside, id="x", condition=only_if("a", "is_empty")),
        Node("u", "unknown", {"kind": "hologram", "props": {"size": 2}}, extra={"beside": 1}),
    )
    for before, then in ((one, other), (other, one)):
        assert dump_document(apply(before, edits_between(before, then), check=False)[0]) == dump_document(then)


def test_an_exchanged_node_may_have_moved_too() -> None:
    one = agent(make_node("group", make_node("system", id="s", text="a"), id="g"), make_node("timeline", id="t"))
    other = agent(make_node("group", id="g"), make_node("timeline", id="t"), make_node("reminder", id="s", text="a"))
    for before, then in ((one, other), (other, one)):
        assert dump_document(apply(before, edits_between(before, then), check=False)[0]) == dump_document(then)


@pytest.mark.parametrize("label", ["restore the version of 10:02"])
def test_the_edits_are_one_step_with_words(label: str) -> None:
    history = History(notepad())
    history.do(edits_between(notepad(), after(RemoveNode("time")), label), check=False)
    assert history.undo_label == label
    history.undo()
    assert dump_document(history.document) == dump_document(notepad())
