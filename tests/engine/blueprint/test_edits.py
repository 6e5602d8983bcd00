"""Edits, their inverses, placement rules, history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blueprint import (
    KINDS,
    AgentDocument,
    Batch,
    Edit,
    EditError,
    History,
    InsertNode,
    MoveNode,
    RemoveNode,
    SetEnabled,
    SetProperty,
    apply,
    can_insert,
    can_insert_node,
    can_move,
    can_remove,
    describe,
    dump_document,
    edit_from_json,
    edit_to_json,
    fresh_ids,
    insertion_point,
    load_document,
    make_node,
    node_from_json,
    node_to_json,
)
from tests.engine.blueprint.builders import agent, notepad

_VALUES: dict[str, list[Any]] = {
    "text": ["", "Hello {{ notepad }}", "x" * 50],
    "title": ["notepad", "Größe", ""],
    "limit": [None, 5],
    "type": ["text", "list"],
    "value": ["{{ note }}", 3, [1, 2]],
    "condition": [{}, {"expression": "notepad"}],
    "zz": [1, {"a": [None]}],
}


def random_edit(document: AgentDocument, pick: st.DataObject) -> Edit:
    ids = [node.id for node in document.walk()]
    one, other = pick.draw(st.sampled_from(ids)), pick.draw(st.sampled_from(ids))
    index = pick.draw(st.integers(0, 4))
    action = pick.draw(st.integers(0, 6))
    if action == 0:
        kind = pick.draw(st.sampled_from([kind.name for kind in KINDS.values() if kind.addable]))
        return InsertNode(one, index, make_node(kind, **KINDS[kind].new_props(document)))
    if action == 1:
        return RemoveNode(one)
    if action == 2:
        return MoveNode(one, other, index)
    if action == 3:
        return SetEnabled(one, pick.draw(st.booleans()))
    if action == 4:
        return InsertNode(other, index, fresh_ids(document.node(one)))
    name = pick.draw(st.sampled_from(list(_VALUES)))
    if action == 5:
        return SetProperty(one, name, absent=True)
    return SetProperty(one, name, pick.draw(st.sampled_from(_VALUES[name])))


@given(st.data())
def test_random_edits_undone_give_the_same_bytes_and_redone_the_end(data: st.DataObject) -> None:
    history = History(notepad())
    before = dump_document(history.document)
    done = 0
    refused: list[str] = []
    for _ in range(data.draw(st.integers(1, 25))):
        edit = random_edit(history.document, data)
        try:
            history.do(edit, merge_key=data.draw(st.sampled_from([None, None, "typing"])))
        except EditError as error:
            refused.append(str(error))
            continue
        done += 1
        assert load_document(dump_document(history.document)) == history.document
    assert all(refused)
    after = dump_document(history.document)
    revived = History.from_json(history.document, json.loads(json.dumps(history.to_json())))
    assert revived.position == history.position
    for each in (history, revived):
        while each.undo() is not None:
            pass
        assert dump_document(each.document) == before
        while each.redo() is not None:
            pass
        assert dump_document(each.document) == after
    assert history.can_undo == (done > 0)


def test_two_hundred_random_edits_of_one_agent_undone_are_byte_identical() -> None:
    import random

    random_ = random.Random(3)
    history = History(notepad())
    before = dump_document(history.document)
    made = 0
    while made < 200:
        ids = [node.id for node in history.document.walk()]
        kind = random_.choice([kind.name for kind in KINDS.values() if kind.addable])
        edit = random_.choice(
            [
                InsertNode(random_.choice(ids), random_.randrange(3), make_node(kind)),
                MoveNode(random_.choice(ids), random_.choice(ids), random_.randrange(3)),
                SetProperty(random_.choice(ids), "title", f"t{made}"),
                SetEnabled(random_.choice(ids), random_.random() < 0.5),
                RemoveNode(random_.choice(ids)) if random_.random() < 0.2 else SetProperty("root", "name", str(made)),
            ]
        )
        try:
            history.do(edit)
        except EditError:
            continue
        made += 1
    while history.undo():
        pass
    assert dump_document(history.document) == before


def test_an_edit_leaves_the_document_before_it_as_it_was() -> None:
    document = notepad()
    text = dump_document(document)
    value = [{"title": "a"}]
    after, _ = apply(document, SetProperty("add", "inputs", value))
    value[0]["title"] = "changed later"
    assert dump_document(document) == text
    assert after.node("add").props["inputs"] == [{"title": "a"}]
    assert after.node("sys") is document.node("sys")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (SetProperty("gone", "text", "x"), "not there any more"),
        (SetProperty("sys", "text", 3), "must be text"),
        (SetProperty("time", "limit", 0), "at least 1"),
        (SetProperty("sys", "text", float("nan")), "cannot be kept"),
        (SetProperty("sys", "zz", object()), "cannot be kept"),
        (RemoveNode("root"), "cannot be deleted"),
        (RemoveNode("gone"), "not there any more"),
        (SetEnabled("root", False), "cannot be switched off"),
        (MoveNode("when", "section", 0), "into itself"),
        (MoveNode("root", "when", 0), "stays where it is"),
        (MoveNode("gone", "when", 0), "not there any more"),
        (MoveNode("sys", "root", 9), "no such place"),
        (InsertNode("root", 9, make_node("system")), "no such place"),
        (InsertNode("gone", 0, make_node("system")), "not there any more"),
        (InsertNode("root", 0, make_node("system", id="sys")), "id is there already"),
        (InsertNode("root", 0, make_node("system", id="a b")), "proper id"),
        (InsertNode("root", 0, make_node("system", text=1)), "must be text"),
        (InsertNode("root", 0, make_node("timeline")), "only one"),
        (InsertNode("root", 0, make_node("reply")), "inside a tool"),
        (InsertNode("add", 0, make_node("system")), "holds steps"),
        (InsertNode("sys", 0, make_node("system")), "Nothing can stand inside"),
        (InsertNode("root", 0, make_node("otherwise")), "directly inside a When"),
        (InsertNode("root", 5, make_node("example")), "above the Timeline"),
        (InsertNode("root", 0, make_node("agent")), "inside another one"),
        (InsertNode("add", 0, make_node("when", make_node("system"))), "cannot be a step"),
        (InsertNode("root", 0, make_node("group", make_node("reply"))), "inside a tool"),
        (Batch((SetProperty("sys", "text", "new"), RemoveNode("gone")), "both"), "not there any more"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why(edit: Edit, words: str) -> None:
    history = History(notepad())
    with pytest.raises(EditError, match=words):
        history.do(edit)
    assert history.document == notepad() and not history.can_undo


def test_steps_and_flow_are_legal_where_they_belong() -> None:
    document = notepad()
    assert can_insert(document, "add", 0, "when") is None
    document, _ = apply(document, InsertNode("add", 0, make_node("when", id="inner")))
    assert can_insert(document, "inner", 0, "reply") is None
    assert can_insert(document, "inner", 0, "section") == "A Section cannot be a step of a tool."
    assert can_insert(document, "inner", 0, "otherwise") is None
    document, _ = apply(document, InsertNode("inner", 0, make_node("otherwise", id="else")))
    assert can_insert(document, "inner", 1, "otherwise") == "This When has an Otherwise already."
    assert can_insert(document, "inner", 1, "reply") == "Otherwise stands last inside its When."
    assert can_insert(document, "inner", 0, "reply") is None
    assert can_insert(document, "else", 0, "reply") is None
    assert can_move(document, "inner", "root", 0) is None
    assert can_remove(document, "inner") is None


def test_a_part_with_steps_in_it_may_not_be_moved_out_of_its_tool() -> None:
    document, _ = apply(notepad(), InsertNode("add", 0, make_node("group", make_node("reply"), id="group")))
    assert can_move(document, "group", "root", 0) == "A Reply is a step: it belongs inside a tool."
    assert can_move(document, "append", "group", 0) is None
    assert can_move(document, "add", "when", 0) is None


def test_examples_stay_above_the_timeline() -> None:
    document = agent(make_node("example", id="ex"), make_node("timeline", id="time"), make_node("group", id="g"))
    assert "Timeline" in str(can_move(document, "ex", "g", 0))
    assert "example" in str(can_move(document, "time", "root", 0))
    assert can_move(document, "g", "root", 0) is None
    assert "cannot be repeated" in str(can_insert(agent(make_node("repeat", id="r")), "r", 0, "timeline"))


def test_depth_and_number_are_bounded() -> None:
    from engine.blueprint.document import MAX_DEPTH, MAX_NODES

    document = agent()
    parent = "root"
    for level in range(MAX_DEPTH):
        document, _ = apply(document, InsertNode(parent, 0, make_node("group", id=f"g{level}")))
        parent = f"g{level}"
    assert f"{MAX_DEPTH}" in str(can_insert(document, parent, 0, "group"))
    many = make_node("group", *(make_node("system") for _ in range(MAX_NODES)))
    assert f"{MAX_NODES:,}" in str(can_insert_node(agent(), "root", 0, many))


def test_what_the_palette_offers_lands_where_it_makes_sense() -> None:
    document = notepad()
    assert insertion_point(document, "section", None) == ("root", 4)
    assert insertion_point(document, "reply", "add") == ("add", 2)
    assert insertion_point(document, "reply", "append") == ("add", 1)
    assert insertion_point(document, "section", "section") == ("when", 1)
    assert insertion_point(document, "section", "time") == ("root", 4)
    assert insertion_point(document, "system", "append") == ("root", 3)
    assert insertion_point(document, "timeline", None) is None
    assert insertion_point(document, "reply", None) is None


def test_typing_is_one_step_of_undo_until_something_else_happens() -> None:
    history = History(notepad())
    for text in ("a", "ab", "abc"):
        history.do(SetProperty("sys", "text", text), merge_key="sys.text")
    assert len(history.entries) == 1
    history.end_merge()
    history.do(SetProperty("sys", "text", "abcd"), merge_key="sys.text")
    assert len(history.entries) == 2
    history.undo()
    assert history.document.node("sys").props["text"] == "abc"
    history.undo()
    assert history.document == notepad()
    history.redo()
    history.do(SetProperty("sys", "text", "x"), merge_key="sys.text")
    assert len(history.entries) == 2 and not history.can_redo


def test_different_edits_of_one_merge_key_come_back_in_the_right_order() -> None:
    history = History(notepad())
    history.do(SetProperty("sys", "text", "a"), merge_key="k")
    history.do(SetProperty("time", "limit", 3), merge_key="k")
    history.do(SetProperty("time", "limit", 4), merge_key="k")
    assert len(history.entries) == 1
    history.undo()
    assert history.document == notepad()
    history.redo()
    assert history.document.node("time").props["limit"] == 4


def test_undo_says_what_it_takes_back() -> None:
    history = History(notepad())
    assert (history.undo(), history.redo(), history.undo_label, history.redo_label) == (None, None, "", "")
    for edit, label in (
        (InsertNode("root", 0, make_node("section", id="new")), "add Section"),
        (SetProperty("new", "each", "notepad"), "change one line per item of of Section"),
        (MoveNode("new", "when", 0), "move Section"),
        (SetEnabled("new", False), "switch off Section"),
        (SetEnabled("new", True), "switch on Section"),
        (RemoveNode("new"), "delete Section"),
        (Batch((SetProperty("sys", "text", "x"),), "replace all"), "replace all"),
    ):
        assert describe(history.document, edit) == label
        history.do(edit)
        assert history.undo_label == label
    history.undo()
    assert history.redo_label == "replace all"
    assert describe(notepad(), RemoveNode("gone")) == "delete part"


def test_every_edit_goes_through_json() -> None:
    edits: list[Edit] = [
        InsertNode("root", 0, make_node("section", make_node("group"), id="s", enabled=False, text="x")),
        RemoveNode("sys"),
        MoveNode("sys", "when", 0),
        SetProperty("sys", "text", "x"),
        SetProperty("sys", "text", absent=True),
        SetEnabled("sys", False),
    ]
    for edit in [*edits, Batch(tuple(edits), "all")]:
        assert edit_from_json(json.loads(json.dumps(edit_to_json(edit)))) == edit
        assert edit.label


@pytest.mark.parametrize(
    "data",
    [None, 3, {}, {"do": "x"}, {"do": "insert", "parent_id": "r", "index": 0, "node": 3}, {"do": "batch", "edits": 1}],
)
def test_what_is_no_edit_is_refused(data: Any) -> None:
    with pytest.raises(EditError):
        edit_from_json(data)


@pytest.mark.parametrize(
    "journal",
    [
        None,
        {"entries": 3},
        {"entries": [3]},
        {"entries": [], "position": 4},
        {
            "entries": [{"edit": {"do": "remove", "id": "gone"}, "inverse": {"do": "remove", "id": "gone"}}],
            "position": 1,
        },
    ],
)
def test_a_journal_that_does_not_fit_is_left_out(journal: Any) -> None:
    history = History.from_json(notepad(), journal)
    assert history.document == notepad() and not history.can_undo and not history.can_redo


def test_nodes_go_through_the_clipboard() -> None:
    node = notepad().node("add")
    assert node_from_json(json.loads(json.dumps(node_to_json(node)))) == node
    copy = fresh_ids(node)
    assert {inner.id for inner in copy.walk()}.isdisjoint({inner.id for inner in node.walk()})
    assert [inner.props for inner in copy.walk()] == [inner.props for inner in node.walk()]


def test_an_unknown_part_can_be_moved_but_not_changed() -> None:
    source = {
        "format": "bough-agent",
        "version": 1,
        "root": {"id": "root", "kind": "agent", "children": [{"id": "u", "kind": "later"}]},
    }
    history = History(load_document(source))
    with pytest.raises(EditError, match="newer version"):
        history.do(SetProperty("u", "kind", "x"))
    history.do(InsertNode("root", 0, make_node("group", id="g")))
    history.do(MoveNode("u", "g", 0))
    history.do(RemoveNode("u"))
    history.undo()
    assert history.document.node("u").kind == "unknown"
