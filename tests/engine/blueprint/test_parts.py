"""Parts: a piece of an agent, made once, used in several places, each with what it remembers itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import create_app
from engine.blueprint import (
    AgentDocument,
    DocumentError,
    EditError,
    History,
    InsertNode,
    MoveNode,
    Node,
    RemoveNode,
    SetEnabled,
    SetProperty,
    agent_component,
    apply,
    can_insert_node,
    can_move,
    can_remove,
    dry_compile,
    dump_document,
    fresh_ids,
    kind_of,
    load_document,
    make_node,
    problems,
    state_values,
    variables,
    variables_in_scope,
    why_not_sent,
)
from engine.blueprint.part_detach import detach
from engine.blueprint.part_edits import (
    fit,
    found_parameters,
    make_part,
    preview_update,
    update_definition,
    update_part,
    use_part,
)
from engine.blueprint.parts import (
    PartDefinition,
    PartParameter,
    definition_of,
    definition_of_instance,
    instance,
    instances,
    parameter_fields,
    part_document,
)
from engine.errors import EngineError
from engine.testing import ScriptedModel
from tests.engine.blueprint.builders import agent, notepad, only_if
from tests.engine.blueprint.scripted import TIME, call, opened, results

NOTEPAD = PartDefinition(
    "part_notepad",
    "Notepad",
    "Keeps notes.",
    (PartParameter(title="heading", default="notes", id="p1"), PartParameter(title="greeting", id="p2")),
    (
        make_node("state", id="list", title="items"),
        make_node(
            "tool",
            make_node("append", id="append", variable="items", value="{{ note }}"),
            make_node("reply", id="reply", text="Noted under {{ heading }}."),
            id="add",
            title="Add note",
            description="Add a note to {{ heading }}",
            inputs=[{"title": "note"}],
        ),
        make_node(
            "when",
            make_node("section", id="section", title="{{ heading }}", each="items", text="- {{ item }}"),
            id="when",
            condition=only_if("items", "is_not_empty"),
        ),
        make_node("system", id="words", text="{{ greeting }} These are {{ heading }}."),
    ),
)


def using(*parts: Node, **props: Any) -> AgentDocument:
    return agent(*parts, TIME, **props)


def system(document: AgentDocument, **options: Any) -> str:
    return dry_compile(document, draft="hi", **options).system


# --- using ----------------------------------------------------------------------------------------------------------


def test_what_stands_inside_has_the_ids_of_the_instance() -> None:
    node = instance(NOTEPAD, id="one")
    assert [inner.id for inner in node.walk()] == [
        "one",
        "one-list",
        "one-add",
        "one-append",
        "one-reply",
        "one-when",
        "one-section",
        "one-words",
    ]
    assert definition_of_instance(node) == NOTEPAD
    assert definition_of_instance(node).version == node.props["version"]


def test_parameters_are_given_or_have_their_first_value() -> None:
    title = make_node("state", id="t", title="topic", type="text", initial="plants")
    given = {"heading": "{{ topic }} of {{ topic|upper }}", "greeting": "Hello."}
    document = using(title, instance(NOTEPAD, id="a", arguments=given), instance(NOTEPAD, id="b"))
    said = system(document)
    assert "Hello. These are plants of PLANTS." in said and " These are notes." in said


def test_a_value_keeps_its_type_and_text_becomes_what_the_parameter_is() -> None:
    parameters = (PartParameter(title="many", type="list"), PartParameter(title="limit", type="number", default=3))
    nodes = (make_node("section", id="s", title="s", text="{{ many|length }} of {{ limit + 1 }}"),)
    part = PartDefinition("p", "P", "", parameters, nodes)
    names = make_node("state", id="n", title="names", initial=["a", "b"])
    assert "2 of 4" in system(using(names, instance(part, arguments={"many": "{{ names }}"})))
    assert "3 of 8" in system(using(instance(part, arguments={"many": "x\ny\nz", "limit": "7"})))
    assert "1 of 4" in system(using(instance(part, arguments={"many": ["x"], "limit": ""})))


def test_what_does_not_fit_stops_the_turn_with_its_place_and_is_a_problem_before() -> None:
    part = PartDefinition(
        "p", "P", "", (PartParameter(title="limit", type="number"),), (make_node("system", id="s", text="{{ limit }}"),)
    )
    told: list[tuple[str, str]] = []
    document = using(instance(part, id="i", arguments={"limit": "many"}))
    dry_compile(document, report=lambda node, name, error: told.append((node.id, name)))
    assert told == [("i", "arguments")]
    fixed = using(instance(part, id="i", arguments={"limit": []}))
    found = next(p for p in problems(fixed) if p.node_id == "i" and p.field == "arguments")
    assert "“limit”" in found.text and found.fix is not None
    assert apply(fixed, found.fix)[0].node("i").props["arguments"] == {}


def test_inside_there_are_only_its_own_variables_and_its_parameters() -> None:
    outer = make_node("state", id="outer", title="outer")
    document = using(outer, instance(NOTEPAD, id="a"))
    assert {v.name for v in variables_in_scope(document, "a-words")} == {"heading", "greeting", "items"}
    assert {v.name for v in variables_in_scope(document, "a-append")} == {"heading", "greeting", "items", "note"}
    assert [v.name for v in variables(document)] == ["outer"]
    assert "items" not in {v.name for v in variables_in_scope(document, "a")}
    assert not [p for p in problems(document) if p.severity == "error"]
    leaking = PartDefinition("p", "P", nodes=(make_node("system", id="s", text="{{ outer }}"),))
    with pytest.raises(EngineError, match="outer"):
        dry_compile(using(outer, instance(leaking, id="b")), report=_raise)


def _raise(node: Node, name: str, error: Exception) -> None:
    raise EngineError(f"{node.id}: {error}")


async def test_two_instances_remember_each_their_own() -> None:
    first = instance(NOTEPAD, id="a", arguments={"heading": "plants"})
    base = using(first)
    second = use_part(base, NOTEPAD)
    assert second.props["prefix"] == "notepad"
    document = using(first, second)
    assert not [p for p in problems(document) if p.severity == "error"]
    replies = (call("add_note", note="figs"), "ok", call("notepad_add_note", note="tea"), "ok", "end")
    async with opened(document, *replies) as (session, model):
        assert [tool["name"] for tool in dry_compile(document).tools] == ["add_note", "notepad_add_note"]
        await session.send("one").result
        await session.send("two").result
        assert [text for text, _ in results(session)] == ["Noted under plants.", "Noted under notes."]
        values = state_values(document, session.inspect()["saved"])
        assert values == {"a-list": ["figs"], f"{second.id}-list": ["tea"]}
        assert "- figs" in model.calls[-1].system and "- tea" in model.calls[-1].system


async def test_an_argument_that_is_a_variable_can_be_changed_by_the_part() -> None:
    part = PartDefinition(
        "p",
        "Log",
        "",
        (PartParameter(title="log", type="list"),),
        (
            make_node(
                "tool",
                make_node("append", id="ap", variable="log", value="x"),
                make_node("reply", id="r", text="{{ log|length }}"),
                id="t",
                title="Log it",
                description="Log",
            ),
        ),
    )
    diary = make_node("state", id="diary", title="diary")
    document = using(diary, instance(part, id="i", arguments={"log": "{{ diary }}"}))
    async with opened(document, call("log_it"), call("log_it"), "ok") as (session, _):
        await session.send("go").result
        assert [text for text, _ in results(session)] == ["1", "2"]
        assert state_values(document, session.inspect()["saved"])["diary"] == ["x", "x"]
    fixed = using(instance(part, id="i", arguments={"log": ["a"]}))
    async with opened(fixed, call("log_it"), "ok") as (session, _):
        await session.send("go").result
        ((text, failed),) = results(session)
        assert failed and "no variable “log” that a step can change" in text
    assert any("log" in p.text and p.node_id == "i-ap" for p in problems(fixed))


STEPS = PartDefinition(
    "part_steps",
    "Remember",
    "",
    (PartParameter(title="list", type="list"), PartParameter(title="what")),
    (
        make_node("append", id="ap", variable="list", value="{{ what }}"),
        make_node(
            "when",
            make_node("reply", id="r", text="{{ list|length }} kept"),
            id="w",
            condition=only_if("list", "has_at_least", 2),
        ),
    ),
)


def remembering(**arguments: Any) -> AgentDocument:
    tool = make_node(
        "tool",
        instance(STEPS, id="s", arguments=arguments),
        make_node("reply", id="after", text="{{ diary|join('') }}"),
        id="t",
        title="Keep",
        description="Keep",
        inputs=[{"title": "text"}],
    )
    return using(make_node("state", id="d", title="diary"), tool)


async def test_steps_can_be_a_part_too() -> None:
    document = remembering(list="{{ diary }}", what="<{{ text }}>")
    async with opened(document, call("keep", text="a"), call("keep", text="b"), "ok") as (session, _):
        await session.send("go").result
        assert [text for text, _ in results(session)] == ["<a>", "2 kept\n<a><b>"]
    assert can_insert_node(document, "root", 0, instance(STEPS)) is not None


async def test_a_part_of_steps_inside_another_one_changes_the_same_variable() -> None:
    outer = PartDefinition(
        "part_outer",
        "Outer",
        "",
        (PartParameter(title="where", type="list"),),
        (instance(STEPS, id="in", arguments={"list": "{{ where }}", "what": "deep"}),),
    )
    tool = make_node(
        "tool",
        instance(outer, id="o", arguments={"where": "{{ diary }}"}),
        make_node("reply", id="after", text="{{ diary|join('') }}"),
        id="t",
        title="Keep",
        description="Keep",
    )
    document = using(make_node("state", id="d", title="diary"), tool)
    async with opened(document, call("keep"), "ok") as (session, _):
        await session.send("go").result
        assert results(session) == [("deep", False)]
    assert document.node("o-in-ap").kind == "append"


async def test_a_step_part_with_a_fixed_list_cannot_change_it() -> None:
    async with opened(remembering(list=["x"], what="y"), call("keep", text="a"), "ok") as (session, _):
        await session.send("go").result
        assert results(session)[0][1]


async def test_a_part_in_a_repeat_is_there_once_for_each_item() -> None:
    part = PartDefinition(
        "p",
        "P",
        "",
        (PartParameter(title="name"),),
        (make_node("section", id="s", title="x", id_="", text="Dear {{ name }}"),),
    )
    names = make_node("state", id="n", title="names", initial=["Ada", "Grace"])
    repeat = make_node("repeat", instance(part, id="i", arguments={"name": "{{ item }}"}), id="r", each="names")
    said = system(using(names, repeat))
    assert "Dear Ada" in said and "Dear Grace" in said


async def test_knobs_and_gates_inside_belong_to_the_instance() -> None:
    part = PartDefinition(
        "p",
        "Care",
        "",
        (PartParameter(title="word", default="carefully"),),
        (
            make_node("knob", id="k", title="strict", type="toggle"),
            make_node(
                "when", make_node("system", id="s", text="Be strict."), id="w", condition=only_if("strict", "is_yes")
            ),
            make_node(
                "gate", id="g", title="check", instructions="Read it {{ word }}.", condition=only_if("strict", "is_yes")
            ),
        ),
    )
    document = using(instance(part, id="a"))
    assert "strict [toggle]" in system(document)
    replies = (
        call("set_knob", name="strict", value=True),
        "done?",
        call("set_knob", name="check", value="inactive"),
        "done",
    )
    async with opened(document, *replies) as (session, model):
        await session.send("go").result
        assert "Be strict." in model.calls[1].system
        assert "Read it carefully." in str(model.calls[2])
        assert state_values(document, session.inspect()["saved"])["a-k"] is True


async def test_state_stays_when_an_instance_is_moved_grouped_or_updated_and_after_a_restart(tmp_path: Any) -> None:
    history = History(using(instance(NOTEPAD, id="a")))
    app = create_app(
        agent_component(lambda: history.document),
        model=ScriptedModel([call("add_note", note="figs")]),
        store=str(tmp_path / "b.db"),
    )
    async with app:
        session = await app.session("s")
        await session.send("note").result

        def kept() -> Any:
            return state_values(history.document, session.inspect()["saved"]).get("a-list")

        group = make_node("group", id="g", title="Group")
        newer = PartDefinition(NOTEPAD.id, "Notes", "", NOTEPAD.parameters, NOTEPAD.nodes[:3])
        update = update_part(history.document, newer)
        assert update is not None
        for edit in (InsertNode("root", 0, group), MoveNode("a", "g", 0), update):
            history.do(edit)
            session.replace(agent_component(lambda: history.document))
            await session.send("again").result
            assert kept() == ["figs"]
        assert history.document.node("a").props["part_title"] == "Notes"
    async with create_app(
        agent_component(history.document), model=ScriptedModel(), store=str(tmp_path / "b.db")
    ) as app:
        session = await app.session("s")
        await session.mount()
        assert state_values(history.document, session.inspect()["saved"])["a-list"] == ["figs"]


def test_why_something_inside_is_not_sent() -> None:
    document = using(instance(NOTEPAD, id="a", arguments={"heading": "plants"}))
    assert why_not_sent(document, None, "a-section") == "items is empty."
    assert why_not_sent(document, {"a-list": ["x"]}, "a-section") is None
    assert why_not_sent(document, None, "a-words") is None
    assert why_not_sent(document, None, "a") is None
    broken = using(instance(NOTEPAD, id="a", arguments={"greeting": "{{ nowhere }}"}))
    assert why_not_sent(broken, None, "a-words") is None
    assert "plants" in system(document, state={"a-list": ["x"]})


# --- what is fixed --------------------------------------------------------------------------------------------------


def test_what_stands_inside_cannot_be_changed_by_itself() -> None:
    document = using(instance(NOTEPAD, id="a"), make_node("system", id="mine", text="x"))
    for edit in (
        SetProperty("a-words", "text", "other"),
        SetEnabled("a-words", False),
        RemoveNode("a-words"),
        MoveNode("a-words", "root", 0),
        MoveNode("mine", "a", 0),
        InsertNode("a", 0, make_node("system")),
        InsertNode("a-when", 0, make_node("system")),
    ):
        with pytest.raises(EditError, match="Notepad"):
            apply(document, edit)
    assert can_move(document, "mine", "a", 0) and can_remove(document, "a-words")
    for edit in (
        SetProperty("a", "title", "Plants"),
        SetEnabled("a", False),
        MoveNode("a", "root", 1),
        RemoveNode("a"),
    ):
        assert apply(document, edit)[0] != document


def test_a_part_cannot_contain_itself_nor_the_conversation() -> None:
    document = part_document(NOTEPAD)
    assert "itself" in (can_insert_node(document, document.root.id, 0, instance(NOTEPAD)) or "")
    outer = PartDefinition("part_outer", "Outer", nodes=(instance(NOTEPAD, id="n"),))
    assert "itself" in (can_insert_node(document, document.root.id, 0, instance(outer)) or "")
    assert can_insert_node(part_document(outer), "root-part_outer", 0, instance(NOTEPAD)) is None
    assert "Timeline" in (can_insert_node(document, document.root.id, 0, make_node("timeline")) or "")
    with pytest.raises(EditError, match="itself"):
        update_definition(NOTEPAD, outer)
    deep = NOTEPAD
    with pytest.raises(EditError, match="too deep"):
        for level in range(8):
            deep = PartDefinition(f"p{level}", "P", nodes=(instance(deep, id=f"{level}{'x' * 10}"),))


def test_parameters_stand_only_in_parts() -> None:
    parameter = make_node("parameter", title="x")
    assert can_insert_node(using(), "root", 0, parameter) == "A parameter belongs to a part of the library."
    document = part_document(NOTEPAD)
    assert can_insert_node(document, document.root.id, 0, parameter) is None
    assert "in the part itself" in (can_insert_node(document, "when", 0, parameter) or "")


# --- editing --------------------------------------------------------------------------------------------------------


def test_a_part_is_edited_as_a_document_and_comes_back_the_same() -> None:
    document = part_document(NOTEPAD)
    assert [node.kind for node in document.root.children][:2] == ["parameter", "parameter"]
    assert "These are notes." in system(document)
    assert definition_of(document) == NOTEPAD
    assert definition_of(load_document(dump_document(document))) == NOTEPAD
    renamed, _ = apply(document, SetProperty("p1", "title", "topic"))
    assert definition_of(renamed).parameters[0].id == "p1" and definition_of(renamed).version != NOTEPAD.version
    with pytest.raises(EngineError, match="agent, not a part"):
        definition_of(using())
    assert not [p for p in problems(document) if p.severity in ("error", "warning")]


def test_a_renamed_parameter_keeps_what_it_was_given() -> None:
    from engine.blueprint import rename_variable

    document = part_document(NOTEPAD)
    newer = definition_of(apply(document, rename_variable(document, "p1", "Topic"))[0])
    used = using(instance(NOTEPAD, id="a", arguments={"heading": "plants"}))
    edit = update_part(used, newer)
    assert edit is not None
    after, back = apply(used, edit)
    assert after.node("a").props["arguments"] == {"topic": "plants"}
    assert "These are plants." in system(after)
    assert dump_document(apply(after, back)[0]) == dump_document(used)


def test_an_update_says_first_what_it_changes() -> None:
    used = using(
        instance(NOTEPAD, id="a", title="Mine", arguments={"heading": "plants", "greeting": "Hello."}),
        make_node("group", instance(NOTEPAD, id="b"), id="g"),
    )
    words = make_node("system", id="words", text="See {{ heading }}.")
    newer = PartDefinition(NOTEPAD.id, "Notes", "", NOTEPAD.parameters[:1], (*NOTEPAD.nodes[:3], words))
    seen = preview_update(used, newer)
    assert seen.instances == ("a", "b") and seen.lost == ("greeting",) and seen.context_changes
    assert "See plants." in seen.after and "Hello. These are plants." in seen.before
    assert seen.changes and seen.edit is not None
    after = apply(used, seen.edit)[0]
    assert after.node("a").props["title"] == "Mine" and after.node("b-words").props["text"] == "See {{ heading }}."
    again = preview_update(after, newer)
    assert (again.edit, again.instances, again.context_changes, bool(again.changes)) == (None, (), False, False)
    assert update_part(after, newer) is None


def test_a_part_inside_a_part_is_updated_in_its_definition() -> None:
    outer = PartDefinition("part_outer", "Outer", nodes=(instance(NOTEPAD, id="n"),))
    newer = PartDefinition(NOTEPAD.id, "Notepad", "", NOTEPAD.parameters, NOTEPAD.nodes[3:])
    updated = update_definition(outer, newer)
    assert updated is not None and [node.id for node in updated.nodes[0].walk()] == ["n", "n-words"]
    assert update_definition(updated, newer) is None
    used = using(instance(outer, id="o"))
    assert instances(used) == [used.node("o")] and update_part(used, newer) is None
    edit = update_part(used, updated)
    assert edit is not None and [n.id for n in apply(used, edit)[0].node("o").walk()] == ["o", "o-n", "o-n-words"]


# --- making ---------------------------------------------------------------------------------------------------------


def test_a_part_is_made_of_nodes_in_one_step_and_undone_byte_for_byte() -> None:
    history = History(notepad())
    before = dump_document(history.document)
    made, edit = make_part(history.document, ["notes", "add", "when"], "Notepad", description="Keeps notes.")
    history.do(edit)
    assert [node.kind for node in history.document.root.children] == ["system", "part", "timeline"]
    assert made.parameters == () and history.undo_label == "make the part Notepad"
    assert system(history.document) == system(notepad())
    history.undo()
    assert dump_document(history.document) == before


def test_variables_from_around_become_parameters() -> None:
    document = notepad()
    found = found_parameters(document, ["add", "when"])
    assert [(p.own_name, p.type) for p in found] == [("notepad", "list")]
    made, edit = make_part(document, ["when", "add"], "Notes")
    after = apply(document, edit)[0]
    (node,) = instances(after)
    assert node.props["arguments"] == {"notepad": "{{ notepad }}"}
    state = {"notes": ["figs"]}
    assert system(after, state=state) == system(document, state=state)
    assert [n.id for n in made.nodes] == ["add", "when"]
    assert not [p for p in problems(after) if p.severity == "error"]
    with pytest.raises(EditError, match="must be given"):
        make_part(document, ["when"], "Notes", [])


async def test_a_part_that_was_made_works_as_the_nodes_did() -> None:
    document = apply(notepad(), make_part(notepad(), ["add", "when"], "Notes")[1])[0]
    async with opened(document, call("add_note", note="figs"), "ok") as (session, model):
        await session.send("go").result
        assert "- figs" in model.calls[1].system
        assert state_values(document, session.inspect()["saved"])["notes"] == ["figs"]


async def test_what_nodes_remember_stays_when_they_become_a_part_and_when_that_is_updated() -> None:
    history = History(notepad())
    async with opened(lambda: history.document, call("add_note", note="figs"), "ok") as (session, model):
        await session.send("go").result
        made, edit = make_part(history.document, ["notes", "add", "when"], "Notepad")
        newer = PartDefinition(made.id, "Newer", "", (), (*made.nodes, make_node("system", id="w", text="Words.")))
        for change in (edit, None):
            history.do(change or update_part(history.document, newer) or edit)
            session.replace(agent_component(lambda: history.document))
            await session.send("again").result
            assert state_values(history.document, session.inspect()["saved"]) == {"notes": ["figs"]}
            assert "- figs" in model.calls[-1].system
    (node,) = instances(history.document)
    assert [inner.id for inner in node.children] == ["notes", "add", "when", f"{node.id}-w"]
    assert definition_of_instance(node) == newer
    copy = fresh_ids(node)
    assert all(inner.id.startswith(copy.id) for inner in copy.walk()) and definition_of_instance(copy) == newer


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ([], "Choose"),
        (["gone"], "Choose"),
        (["sys", "append"], "one place"),
        (["time"], "Timeline"),
        (["root"], "cannot become a part"),
        (["notes"], "used outside of these nodes"),
    ],
)
def test_what_cannot_become_a_part_says_why(ids: list[str], reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        make_part(notepad(), ids, "X")


def test_what_stands_in_a_part_cannot_become_one() -> None:
    with pytest.raises(EditError, match="belongs to"):
        make_part(using(instance(NOTEPAD, id="a")), ["a-words"], "X")


# --- taking apart ---------------------------------------------------------------------------------------------------


def test_a_part_that_is_detached_says_the_same_and_can_be_changed() -> None:
    mine = make_node("state", id="mine", title="items")
    topic = make_node("state", id="t", title="topic", type="text", initial="plants")
    given = {"heading": "{{ topic }}", "greeting": "Dear {{ topic|upper }}:"}
    document = using(mine, topic, instance(NOTEPAD, id="a", arguments=given))
    history = History(document)
    history.do(detach(document, "a"))
    after = history.document
    assert instances(after) == [] and after.node("a-list").props["name"] == "items_2"
    state = {"a-list": ["figs"]}
    assert system(after, state=state) == system(document, state=state)
    assert apply(after, SetProperty("a-words", "text", "x"))[0]
    assert not [p for p in problems(after) if p.severity == "error"]
    history.undo()
    assert dump_document(history.document) == dump_document(document)


def test_a_fixed_value_becomes_a_variable_when_a_part_is_detached() -> None:
    document = using(
        make_node("state", id="h", title="heading"), instance(NOTEPAD, id="a", arguments={"greeting": "Hi."})
    )
    after = apply(document, detach(document, "a"))[0]
    made = {n.props["title"]: n.props for n in after.walk() if n.kind == "state"}
    assert made["greeting"]["initial"] == "Hi."
    assert any(props.get("name") == "heading_2" for props in (n.props for n in after.walk()))
    assert "Hi. These are notes." in system(after)


def test_conditions_of_a_detached_part_follow() -> None:
    part = PartDefinition(
        "p",
        "P",
        "",
        (PartParameter(title="flag"),),
        (
            make_node(
                "when",
                make_node("system", id="s", text="Yes: {{ flag }}"),
                id="w",
                condition=only_if("flag", "is_not_empty"),
            ),
        ),
    )
    name = make_node("state", id="n", title="name", type="text", initial="Ada")
    document = using(name, instance(part, id="i", arguments={"flag": "for {{ name }}"}))
    after = apply(document, detach(document, "i"))[0]
    assert "Yes: for Ada" in system(after) and system(after) == system(document)


def test_a_part_that_is_off_is_detached_into_a_group_that_is_off() -> None:
    document = using(instance(NOTEPAD, id="a", title="Mine", enabled=False))
    after = apply(document, detach(document, "a"))[0]
    group = after.root.children[0]
    assert (group.kind, group.enabled, group.props["title"]) == ("group", False, "Mine")


async def test_steps_that_are_detached_do_what_they_did() -> None:
    document = remembering(list="{{ diary }}", what="fixed")
    after = apply(document, detach(document, "s"))[0]
    assert after.node("s-ap").props == {"variable": "diary", "value": "{{ 'fixed' }}"}
    async with opened(after, call("keep", text="a"), "ok") as (session, _):
        await session.send("go").result
        assert [text for text, _ in results(session)] == ["fixed"]
    with pytest.raises(EditError, match=r"needs a variable|fixed value"):
        detach(remembering(list=["x"], what="y"), "s")


def test_what_cannot_be_detached_says_why() -> None:
    repeat = PartDefinition(
        "p",
        "P",
        "",
        (PartParameter(title="each", type="list"),),
        (make_node("repeat", make_node("system", id="s", text="{{ item }}"), id="r", each="each"),),
    )
    name = make_node("state", id="n", title="name", type="text")
    for node, reason in (
        (make_node("group", id="i"), "Only a part"),
        (instance(repeat, id="i", arguments={"each": "a {{ name }}"}), "needs a variable"),
        (instance(NOTEPAD, id="i", arguments={"heading": "{% if name %}{{ name }}{% endif %}"}), "statement"),
        (instance(NOTEPAD, id="i", arguments={"heading": "{{ name"}), "does not work"),
    ):
        with pytest.raises(EditError, match=reason):
            detach(using(name, node), "i")
    nested = PartDefinition("o", "O", nodes=(instance(NOTEPAD, id="n"),))
    with pytest.raises(EditError, match="belongs to"):
        detach(using(instance(nested, id="i")), "i-n")


# --- copies and files -----------------------------------------------------------------------------------------------


def test_a_copy_has_ids_of_its_own_and_names_of_its_own() -> None:
    first = instance(NOTEPAD, id="a")
    document = using(first)
    (copy,) = fit(document, [fresh_ids(first)])
    assert copy.children[0].id == f"{copy.id}-list" and copy.props["prefix"] == "notepad"
    both = using(first, copy)
    assert len(dry_compile(both).tools) == 2 and not [p for p in problems(both) if p.severity == "error"]
    assert definition_of_instance(copy) == NOTEPAD
    assert fit(using(), [fresh_ids(copy)])[0].props.get("prefix", "") == ""
    group, more = fit(document, [make_node("group", fresh_ids(first)), fresh_ids(first)])
    assert (group.children[0].props["prefix"], more.props["prefix"]) == ("notepad", "notepad_2")


def test_names_that_are_there_twice_are_a_problem_with_a_fix() -> None:
    first = instance(NOTEPAD, id="a")
    document = using(first, fresh_ids(first))
    found = next(p for p in problems(document) if "Two tools" in p.text)
    assert found.node_id == document.root.children[1].id and found.fix is not None
    mended = apply(document, found.fix)[0]
    assert not [p for p in problems(mended) if p.severity == "error"]


def test_what_is_wrong_inside_is_said_without_a_fix_that_could_not_be_made() -> None:
    part = PartDefinition(
        "p", "P", nodes=(make_node("system", id="s", text="{{ nowhere }}"), make_node("system", id="e"))
    )
    found = [p for p in problems(using(instance(part, id="i"))) if p.node_id in ("i-s", "i-e")]
    assert len(found) == 2 and all(p.fix is None and p.text.endswith("Edit the part to change this.") for p in found)


def test_parameters_say_what_they_are_and_what_is_wrong_with_them() -> None:
    def said(**props: Any) -> str:
        node = make_node("parameter", **props)
        return kind_of(node).summary(node, using())

    assert said(title="tone") == "Text"
    assert said(title="tone", default="warm") == "Text, “warm” where nothing is given"
    assert said(title="n", type="number", default="many") == "Number"
    document = part_document(PartDefinition("p", "P", nodes=(make_node("system", text="{{ n }}"),)))
    wrong = (make_node("parameter", id="n", title="n", type="number", default="many"), make_node("parameter", id="x"))
    for node in wrong:
        document, _ = apply(document, InsertNode(document.root.id, 0, node))
    found = {(p.node_id, p.field): p for p in problems(document)}
    assert "has no name" in found["x", "title"].text
    wrong_default = found["n", "default"]
    assert "does not fit" in wrong_default.text and wrong_default.fix is not None
    mended = apply(document, wrong_default.fix)[0]
    assert not [p for p in problems(mended) if p.field == "default"]
    assert "{{ n }}" in (why_not_sent(document, None, "n") or "")
    assert kind_of(wrong[0]).new_props(document) == {"title": "parameter"}


def test_a_part_says_what_it_is_given_or_what_it_is_for() -> None:
    def said(node: Node) -> tuple[str, str]:
        return kind_of(node).title_of(node), kind_of(node).summary(node, using())

    assert said(instance(NOTEPAD)) == ("Part · Notepad", "Keeps notes.")
    given = {"heading": "{{ topic }}", "greeting": ["a"]}
    assert said(instance(NOTEPAD, title="Mine", arguments=given)) == (
        "Part · Mine",
        "heading: **topic**, greeting: a list of 1 item",
    )
    assert said(instance(PartDefinition("p", "P", nodes=(make_node("system"),)))) == ("Part · P", "1 part")
    assert said(make_node("part"))[0] == "Part"
    empty = using(make_node("part", id="e"))
    assert "Nothing stands inside" in next(p.text for p in problems(empty) if p.node_id == "e")


def test_another_version_in_the_library_is_said() -> None:
    from engine.blueprint.checks import Facts

    document = using(instance(NOTEPAD, id="a"))
    for parts, said in (({NOTEPAD.id: NOTEPAD.version}, 0), ({NOTEPAD.id: "newer"}, 1), ({}, 0)):
        found = [p for p in problems(document, Facts(parts=parts)) if "library has another version" in p.text]
        assert len(found) == said and all(p.node_id == "a" and p.severity == "info" for p in found)


def test_references_follow_the_prefix() -> None:
    part = PartDefinition(
        "p",
        "Care",
        "",
        (),
        (
            make_node("knob", id="k", title="strict"),
            make_node("system", id="s", text="{{ strict }}"),
            make_node(
                "tool", make_node("set", id="st", variable="strict", value=True), id="t", title="Edit", description="E"
            ),
            make_node("gate", id="g", title="check", tool="edit"),
        ),
    )
    node = instance(part, id="i", prefix="other")
    by_id = {inner.id: inner.props for inner in node.walk()}
    assert by_id["i-s"]["text"] == "{{ other_strict }}" and by_id["i-st"]["variable"] == "other_strict"
    assert by_id["i-g"]["tool"] == "other_edit" and by_id["i-t"]["name"] == "other_edit"
    assert definition_of_instance(node) == part


def test_definitions_go_through_files_and_newer_ones_are_refused_with_a_reason() -> None:
    data = json.loads(json.dumps({**NOTEPAD.to_json(), "later": 1}))
    read = PartDefinition.from_json(data)
    assert read.extra == {"later": 1} and read.to_json()["later"] == 1 and read.version == NOTEPAD.version
    for change, place in (
        ({"format": "x"}, "format"),
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"id": ""}, "id"),
        ({"title": 3}, "title"),
        ({"parameters": 3}, "parameters"),
        ({"parameters": [{"type": "x"}]}, "parameters"),
        ({"nodes": [3]}, "node.children[0]"),
    ):
        with pytest.raises(DocumentError) as caught:
            PartDefinition.from_json({**data, **change})
        assert caught.value.place == place
    with pytest.raises(DocumentError):
        PartDefinition.from_json([])


def test_an_agent_with_parts_survives_its_file_also_with_properties_of_a_newer_version() -> None:
    document = using(instance(NOTEPAD, id="a"))
    node = document.node("a")
    changed = Node("a", "part", {**node.props, "colour": "red"}, node.children)
    document = using(changed)
    text = dump_document(document)
    assert dump_document(load_document(text)) == text
    edit = update_part(document, PartDefinition(NOTEPAD.id, "Notes", nodes=NOTEPAD.nodes))
    assert edit is not None and apply(document, edit)[0].node("a").props["colour"] == "red"


def test_a_form_has_a_field_for_each_parameter() -> None:
    heading, greeting = parameter_fields(instance(NOTEPAD))
    assert (heading.name, heading.label, heading.placeholder, heading.role) == (
        "heading",
        "heading",
        "notes",
        "template",
    )
    assert greeting.editor == "prompt" and greeting.default == ""


def test_what_a_part_may_do_is_said_like_everything_else() -> None:
    from engine.blueprint.reach import capabilities
    from engine.blueprint.steps import steps_digest

    part = PartDefinition("p", "P", "", (), (make_node("search_sessions", id="f", query="x"),))
    tool = make_node("tool", instance(part, id="i"), id="t", title="T", description="T")
    assert [c.kind for _, c in capabilities(using(tool))] == ["search_sessions"]
    other = PartDefinition("p", "P", "", (), (make_node("search_sessions", id="f", query="y"),))
    changed = make_node("tool", instance(other, id="i"), id="t", title="T", description="T")
    assert steps_digest(tool) != steps_digest(changed)
