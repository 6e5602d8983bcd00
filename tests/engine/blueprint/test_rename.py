"""Names from titles, and renaming with every mention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blueprint import (
    EditError,
    History,
    apply,
    dump_document,
    make_node,
    problems,
    rename_input,
    rename_variable,
    variables_in_scope,
)
from engine.blueprint.names import RESERVED, is_name, slug, unique, unique_title
from engine.blueprint.rename import rewrite, rewrite_text
from tests.engine.blueprint.builders import agent, notepad, only_if


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Add note", "add_note"),
        ("  Größe der Datei! ", "grosse_der_datei"),
        ("Ælfréd & Søn", "aelfred_and_son"),
        ("Заметки", "zametki"),
        ("Σημειώσεις", "simeioseis"),
        ("2 figs", "n2_figs"),
        ("メモ", "u30e1_u30e2"),
        ("", "unnamed"),
        ("!!!", "unnamed"),
        ("loop", "loop_"),
        ("class", "class_"),
        ("a" * 100, "a" * 64),
        ("100 %", "n100_percent"),
    ],
)
def test_names_follow_from_titles(title: str, name: str) -> None:
    assert slug(title) == name


@given(st.text(max_size=80))
def test_any_title_gives_a_usable_name(title: str) -> None:
    name = slug(title)
    assert is_name(name) and name not in RESERVED and name.isascii() and slug(name) == name


def test_names_are_made_unique() -> None:
    assert unique("a", {"b"}) == "a"
    assert unique("a", {"a", "a_2"}) == "a_3"
    assert unique_title("Note", {"Note"}) == "Note 2"
    assert len(unique("x" * 64, {"x" * 64})) <= 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("notes: {{ notes }}", "notes: {{ memo }}"),
        (
            "{{notes|length}} {{ x|notes }} {{ x.notes }} {{ notes.notes }}",
            "{{memo|length}} {{ x|notes }} {{ x.notes }} {{ memo.notes }}",
        ),
        (
            "{% for notes in notes %}{{ notes }}{% endfor %}{{ notes }}",
            "{% for notes in memo %}{{ notes }}{% endfor %}{{ memo }}",
        ),
        ("{%- for n in notes -%} {{- notes -}} {%- endfor %}", "{%- for n in memo -%} {{- memo -}} {%- endfor %}"),
        ("a\r\n{{ notes }}\r\n", "a\r\n{{ memo }}\r\n"),
        (
            "{{ 'notes' }} {# notes #} {% raw %}{{ notes }}{% endraw %}",
            "{{ 'notes' }} {# notes #} {% raw %}{{ notes }}{% endraw %}",
        ),
        ("{% if notes is defined and x is notes %}{% endif %}", "{% if memo is defined and x is notes %}{% endif %}"),
        ("{{ notes2 }} {{ my_notes }}", "{{ notes2 }} {{ my_notes }}"),
        ("{{ x|replace(notes=notes) }}", "{{ x|replace(notes=memo) }}"),
        ("{{ notes", "{{ memo"),
        ("notes", "notes"),
        ("{% if notes %}\n  {{ notes }}\n{% endif %}\n\n", "{% if memo %}\n  {{ memo }}\n{% endif %}\n\n"),
    ],
)
def test_texts_are_rewritten_and_nothing_else(text: str, expected: str) -> None:
    assert rewrite_text(text, "notes", "memo") == expected


def test_other_properties_are_rewritten_by_what_they_are() -> None:
    assert rewrite("a", "variable", "a", "b") == "b"
    assert rewrite("ab", "variable", "a", "b") == "ab"
    assert rewrite(3, "value", "a", "b") == 3
    assert rewrite({"expression": "a > 1 and x.a"}, "condition", "a", "b") == {"expression": "b > 1 and x.a"}
    assert rewrite({"rows": [{"variable": "a"}, 3]}, "condition", "a", "b") == {"rows": [{"variable": "b"}, 3]}
    assert rewrite("a", "", "a", "b") == "a"


def test_renaming_is_one_step_and_everything_works_as_before() -> None:
    history = History(notepad())
    before = dump_document(history.document)
    history.do(rename_variable(history.document, "notes", "Einkäufe"))
    document = history.document
    assert document.node("append").props["variable"] == "einkaufe"
    assert document.node("section").props["each"] == "einkaufe"
    assert document.node("when").props["condition"]["rows"][0]["variable"] == "einkaufe"
    assert problems(document) == []
    assert history.undo_label == "rename State variable"
    history.undo()
    assert dump_document(history.document) == before


def test_a_name_that_is_taken_gets_a_number() -> None:
    document = agent(
        make_node("state", id="a", title="one"),
        make_node("state", id="b", title="two"),
        make_node("system", id="s", text="{{ two }}"),
    )
    document, _ = apply(document, rename_variable(document, "b", "one"))
    assert document.node("b").props == {"title": "one", "name": "one_2"}
    assert document.node("s").props["text"] == "{{ one_2 }}"


def test_a_name_set_by_hand_stays() -> None:
    document = agent(
        make_node("state", id="a", title="one", name="fixed"), make_node("system", id="s", text="{{ fixed }}")
    )
    document, _ = apply(document, rename_variable(document, "a", "other"))
    assert document.node("s").props["text"] == "{{ fixed }}"


def test_an_input_of_the_same_name_hides_the_variable() -> None:
    document = agent(
        make_node("state", id="v", title="note"),
        make_node("tool", make_node("reply", id="r", text="{{ note }}"), id="t", title="x", inputs=[{"title": "note"}]),
    )
    document, _ = apply(document, rename_variable(document, "v", "memo"))
    assert document.node("r").props["text"] == "{{ note }}"
    document, _ = apply(document, rename_input(document, "t", 0, "Words"))
    assert document.node("r").props["text"] == "{{ words }}"
    assert document.node("t").props["inputs"] == [{"title": "Words"}]


def test_what_has_no_name_cannot_be_renamed() -> None:
    for node_id in ("sys", "gone", "when"):
        with pytest.raises(EditError):
            rename_variable(notepad(), node_id, "x")
    with pytest.raises(EditError):
        rename_input(notepad(), "add", 3, "x")
    tool, _ = apply(notepad(), rename_variable(notepad(), "add", "Write down"))
    assert tool.node("add").props["title"] == "Write down"


def test_scope_is_what_stands_around() -> None:
    document = agent(
        make_node("state", id="list", title="list"),
        make_node("knob", id="k", title="detail"),
        make_node("gate", id="g", title="check"),
        make_node("state", title="off", enabled=False),
        make_node(
            "repeat",
            make_node("state", title="inner", id="inner"),
            make_node("system", id="in"),
            id="rep",
            each="list",
            item="one thing",
        ),
        make_node(
            "tool",
            make_node("repeat", make_node("reply", id="step"), each="list"),
            title="t",
            inputs=[{"title": "n", "type": "whole_number"}],
        ),
        make_node("section", id="sec", each="list", text="{{ item }}"),
        make_node("when", id="w", condition=only_if("detail", "is_yes")),
    )

    def names(node_id: str) -> set[str]:
        return {variable.name for variable in variables_in_scope(document, node_id)}

    assert names("w") == {"list", "detail", "check"}
    assert names("in") == {"list", "detail", "check", "one_thing", "inner"}
    assert names("step") == {"list", "detail", "check", "n", "item"}
    assert names("sec") == {"list", "detail", "check", "item"}
    types = {variable.name: (variable.type, variable.settable) for variable in variables_in_scope(document, "step")}
    assert types["n"] == ("number", False) and types["list"] == ("list", True) and types["detail"] == ("yes_no", True)
