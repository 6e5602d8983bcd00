"""What the exported module is as source: readable, without what it does not need, and refused where it would lie."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from engine.blueprint import AgentDocument, ExportError, export_python, load_document, make_node, templates
from engine.blueprint.python_export import component_name
from engine.blueprint.python_export.source import HELPERS, helpers
from tests.engine.blueprint.builders import agent, notepad, only_if
from tests.engine.blueprint.python_export.both import assert_same, loaded

TIME = make_node("timeline")

NOTEPAD = '''"""Notepad assistant, exported from Bough.

    from engine import create_app

    async with create_app(NotepadAssistant, model=…, store="sessions.db") as app:
        session = await app.session("first")
        print((await session.send("Hello").result).response)
"""

from typing import Any

from engine import Section, System, Timeline, Tool, component, use_state

ADD_NOTE_INPUT = {
    "type": "object",
    "properties": {"note": {"type": "string", "maxLength": 20000}},
    "required": ["note"],
    "additionalProperties": False,
}


@component
def NotepadAssistant():
    notepad, set_notepad = use_state([])

    async def add_note(note: str) -> str:
        set_notepad(lambda notepad: [*notepad, note])
        return "Noted."

    return [
        System("You are an assistant with a notepad."),
        Tool("add_note", "Add a note", add_note, input=ADD_NOTE_INPUT),
        notepad and Section("\\n".join(f"- {as_text(item)}" for item in notepad), id="notepad"),
        Timeline(),
    ]
'''


def test_the_reference_agent_is_the_module_that_one_would_write() -> None:
    own, _, carried = export_python(notepad()).partition("\n\n# What the agent above needs")
    assert own == NOTEPAD
    assert "def as_text" in carried and carried.count("\ndef ") == 1


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_every_module_uses_public_names_of_the_engine_alone(template: object) -> None:
    import engine
    import engine.blueprint

    source = export_python(template.document)  # type: ignore[attr-defined]
    tree = ast.parse(source)
    for item in ast.walk(tree):
        if isinstance(item, ast.ImportFrom) and str(item.module).startswith("engine"):
            public = {"engine": engine.__all__, "engine.blueprint": engine.blueprint.__all__}
            names = public.get(str(item.module))
            assert names is None or {alias.name for alias in item.names} <= set(names)
            assert str(item.module) in ("engine", "engine.blueprint", "engine.world")
    code = [line for line in source.splitlines() if not line.endswith('",')]  # texts and files are as long as they are
    assert all(len(line) <= 140 for line in code)
    assert source.endswith("\n") and "\t" not in source


def test_only_what_is_used_is_there() -> None:
    source = export_python(
        agent(make_node("system", text="Hi"), make_node("state", title="unused", initial=["x"]), TIME)
    )
    assert "def as_text" not in source and "import Any" not in source
    assert '    use_state(["x"])\n' in source


def test_helpers_are_all_documented_and_stand_alone() -> None:
    assert len(helpers()) > 40
    for name, (source, _) in helpers().items():
        documented = ast.parse(source).body[0]
        assert isinstance(documented, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        assert ast.get_docstring(documented), name
    compile(HELPERS.read_text(encoding="utf-8"), "helpers.py", "exec")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Notepad", "Notepad"), ("2 figs", "N2Figs"), ("Section", "SectionAgent"), ("", "Agent"), ("!!", "Agent")],
)
def test_the_component_is_called_like_the_agent(name: str, wanted: str) -> None:
    document = agent(make_node("system", text="Hi"), TIME, name=name)
    assert component_name(document) == wanted
    assert loaded(document).__name__ == wanted


@pytest.mark.parametrize(
    "text", ["\U0001f3f4\U000e0067\U000e007f", "a\u202eb", "nul\x00bell\x07", "\U0010ffff1", 'q"\\']
)
def test_no_character_changes_on_its_way_into_the_module(text: str) -> None:
    from engine.blueprint.python_export.source import quoted

    assert ast.literal_eval(quoted(text)) == ast.literal_eval(quoted(text, "'")) == text
    document = agent(make_node("group", make_node("system", text=text), title=text), TIME, name=text, description=text)
    source = export_python(document)
    assert source.isprintable() or set(filter(lambda each: not each.isprintable(), source)) == {"\n"}
    (words,) = (node.args[0] for node in ast.walk(ast.parse(source)) if _calls(node, "System"))
    assert ast.literal_eval(words) == text


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def test_names_that_python_has_already_get_another_one() -> None:
    names = ["list", "len", "section", "step", "use state", "class", "items", "set words", "words", "as text"]
    document = agent(
        *(make_node("state", title=name, initial=["x"]) for name in names),
        make_node("system", text="{{ list }} {{ len|length }} {{ words|bullets }} {{ as_text }} {{ class_|join }}"),
        make_node(
            "tool",
            make_node("remove", variable="words", value="x"),
            make_node("reply", text="Ok"),
            title="Len",
            description="x",
        ),
        TIME,
    )
    assert loaded(document) is not None


REFUSED: list[tuple[str, AgentDocument, str, str]] = [
    ("a broken text", agent(make_node("system", id="n", text="{{ nope }}"), TIME), "n", "no variable called “nope”"),
    (
        "a part of a newer version",
        load_document(
            {
                "format": "bough-agent",
                "version": 1,
                "root": {
                    "kind": "agent",
                    "children": [{"id": "n", "kind": "later"}, {"kind": "system", "props": {"text": "x"}}],
                },
            }
        ),
        "n",
        "has no form in Python",
    ),
    (
        "gates inside a Repeat and outside of it",
        agent(
            make_node("state", title="l", initial=["a"]),
            make_node("tool", make_node("reply", text="Ok"), title="t", description="t"),
            make_node("repeat", make_node("gate", title="g", tool="t", instructions="x"), id="n", each="l"),
            make_node("gate", title="h", tool="t", instructions="x"),
            make_node("system", text="x"),
            TIME,
        ),
        "n",
        "there are others outside of it",
    ),
    (
        "an event that waits for its place in a When",
        agent(
            make_node("state", title="l", initial=["a"]),
            make_node(
                "tool", make_node("clear", variable="l"), make_node("reply", text="Ok"), title="t", description="t"
            ),
            make_node(
                "when",
                make_node("on_event", make_node("append", variable="l", value="x"), id="n", event="mount"),
                condition=only_if("l", "is_not_empty"),
            ),
            make_node("system", text="{{ l }}"),
            TIME,
        ),
        "n",
        "waits for its place",
    ),
    (
        "a reason that may fail",
        agent(
            make_node("state", title="l", initial=[{"a": 1}]),
            make_node("system", text="{{ l }}"),
            make_node("stop_rule", id="n", after=1, reason="{{ l[0].b }}"),
            TIME,
        ),
        "n",
        "reason may not be worked out",
    ),
    (
        "a part that is given a variable of another type",
        agent(
            make_node("state", title="l", initial=["a"]),
            make_node("system", text="{{ l }}"),
            make_node(
                "part",
                make_node("system", text="{{ w }}"),
                id="n",
                parameters=[{"title": "w", "type": "text"}],
                arguments={"w": "{{ l }}"},
            ),
            TIME,
        ),
        "n",
        "variable of another type",
    ),
    (
        "a knob that hides itself",
        agent(
            make_node(
                "when",
                make_node("knob", id="n", title="k", type="toggle", default=True),
                condition=only_if("k", "is_yes"),
            ),
            make_node("system", text="x"),
            TIME,
        ),
        "n",
        "stands inside a When that reads “k”",
    ),
]


@pytest.mark.parametrize(("document", "node", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_has_no_form_in_python_is_refused_with_its_node(document: AgentDocument, node: str, words: str) -> None:
    with pytest.raises(ExportError, match=words) as caught:
        export_python(document)
    assert caught.value.node_id == node and caught.value.reason


async def test_what_goes_wrong_at_an_event_is_logged_and_the_turn_goes_on(expect_log: Any) -> None:
    expect_log("On event: Remove from l: no item matches")
    document = agent(
        make_node("state", title="l", initial=["a"]),
        make_node("on_event", make_node("remove", variable="l", value="zzz"), event="message"),
        make_node("system", text="{{ l }}"),
        TIME,
    )
    requests = await assert_same(document, ["Go."], ["Done."])
    assert requests[0].system == "- a"
