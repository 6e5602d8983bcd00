"""Find and replace in all texts: what is found, what is never broken, one step to take back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.blueprint import AgentDocument, Batch, EditError, SetProperty, apply, make_node, problems
from engine.blueprint.files import dump_document
from tests.widgets.editor_help import nameless, notepad
from widgets import theme
from widgets.tree import DocumentModel
from widgets.tree.replace_panel import ReplacePanel
from widgets.tree.texts import Query, find, rename_edit, replace_all_edit, replace_edit, spots


def texts(document: AgentDocument) -> list[tuple[str, str]]:
    return [(spot.node_id, spot.text) for spot in spots(document)]


def replaced(document: AgentDocument, query: Query, words: str) -> tuple[AgentDocument, int, int]:
    batch, done, left = replace_all_edit(document, query, words, "replace")
    return apply(document, batch)[0], done, left


# -- what is found ----------------------------------------------------------------------------------------------------


def test_texts_of_all_kinds_are_looked_through_and_technical_things_are_not() -> None:
    found = texts(notepad())
    assert ("sys", "You are an assistant with a notepad.") in found
    assert ("tool", "note") in found  # the title of an input
    assert ("ap", "{{ note }}") in found
    assert ("root", "Notepad assistant") in found
    assert not any(text in ("list", "text", "all", "is_not_empty") for _, text in found)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (Query("noted"), ["rp"]),
        (Query("noted", case=True), []),
        (Query("note", word=True), ["tool", "tool", "tool", "ap"]),
        (Query("^Be ", regex=True), ["rem"]),
        (Query("x*", regex=True), []),  # finds nothing everywhere: that is no place
        (Query(""), []),
    ],
)
def test_ways_to_look(query: Query, ids: list[str]) -> None:
    assert [hit.spot.node_id for hit in find(notepad(), query)] == ids


def test_an_expression_that_is_none_says_why() -> None:
    with pytest.raises(ValueError, match="unterminated"):
        find(notepad(), Query("(", regex=True))
    with pytest.raises(ValueError, match="invalid group"):
        replace_all_edit(notepad(), Query("Noted", regex=True), r"\3", "replace")


def test_a_place_is_shown_with_a_little_around_it() -> None:
    [hit] = find(notepad(), Query("assistant with"))
    assert hit.snippet() == "You are an **assistant with** a notepad."
    long = AgentDocument(make_node("agent", make_node("system", id="s", text="a " * 60 + "fig" + " b" * 60), id="root"))
    [hit] = find(long, Query("fig"))
    assert hit.snippet().startswith("…a a") and hit.snippet().endswith("b…") and "**fig**" in hit.snippet()


# -- names ------------------------------------------------------------------------------------------------------------


def test_names_inside_braces_are_found_told_and_left() -> None:
    document = notepad()
    hits = [hit for hit in find(document, Query("item")) if hit.name]
    assert [(hit.spot.node_id, hit.name, hit.variable) for hit in hits] == [("sec", "item", "")]
    assert replace_edit(document, hits[0], Query("item"), "thing") is None
    after, done, left = replaced(document, Query("item"), "thing")
    assert (done, left) == (0, 1) and after == document


def test_a_variable_is_renamed_wherever_it_is_named_when_its_title_is_replaced() -> None:
    before = AgentDocument(
        make_node(
            "agent",
            make_node("state", id="st", title="guests", type="list"),
            make_node("system", id="s", text="Our guests: {{ guests|join(', ') }}. Be kind to guests."),
            make_node("timeline", id="t"),
            id="root",
        )
    )
    after, done, left = replaced(before, Query("guests"), "visitors")
    assert after.node("st").props["title"] == "visitors"
    assert after.node("s").props["text"] == "Our visitors: {{ visitors|join(', ') }}. Be kind to visitors."
    assert (done, left) == (3, 1)
    assert not [problem for problem in problems(after) if problem.severity == "error"]


def test_an_input_is_renamed_in_its_steps() -> None:
    after, _, _ = replaced(notepad(), Query("note", word=True, case=True), "memo")
    assert after.node("tool").props["inputs"][0]["title"] == "memo"
    assert after.node("tool").props["title"] == "Add memo"
    assert after.node("ap").props["value"] == "{{ memo }}"


def test_the_variable_of_a_name_can_be_renamed_from_its_place() -> None:
    document, _ = apply(notepad(), SetProperty("rem", "text", "You noted {{ notepad }}."))
    hit = next(hit for hit in find(document, Query("notepad")) if hit.name)
    assert hit.variable == "st"
    edit = rename_edit(document, hit, Query("notepad"), "notes")
    assert edit is not None
    after, _ = apply(document, edit)
    assert after.node("st").props["title"] == "notes"
    assert after.node("rem").props["text"] == "You noted {{ notes }}."
    assert after.node("ap").props["variable"] == "notes"
    assert rename_edit(document, hit, Query("notepad"), "notepad") is None


# -- replacing --------------------------------------------------------------------------------------------------------


def test_one_place_is_replaced_and_groups_of_an_expression_are_put_in() -> None:
    document = notepad()
    query = Query(r"(assistant) with a (\w+)", regex=True)
    [hit] = find(document, query)
    edit = replace_edit(document, hit, query, r"\2 \1")
    assert edit is not None
    assert apply(document, edit)[0].node("sys").props["text"] == "You are an notepad assistant."


def test_several_places_in_one_text_and_inside_lists() -> None:
    document = AgentDocument(
        make_node(
            "agent",
            make_node("knob", id="k", title="Tone", type="choice", options=["dry wit", "dry wine"], initial="dry wit"),
            make_node("system", id="s", text="dry, dry and dry"),
            id="root",
        )
    )
    after, done, _ = replaced(document, Query("dry"), "wet")
    assert after.node("s").props["text"] == "wet, wet and wet"
    assert after.node("k").props["options"] == ["wet wit", "wet wine"]
    assert done >= 5


def test_a_text_that_becomes_too_long_changes_nothing() -> None:
    document = notepad()
    with pytest.raises(EditError):
        replace_all_edit(document, Query("Notepad assistant"), "x" * 5_000, "replace")


# -- the panel --------------------------------------------------------------------------------------------------------


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> ReplacePanel:
    theme.manager().apply(qapp)
    made = ReplacePanel()
    qtbot.addWidget(made)
    made.resize(440, 520)
    made.model_kept = DocumentModel(notepad(), made)  # type: ignore[attr-defined]
    made.set_document(made.model_kept)  # type: ignore[attr-defined]
    made.begin()
    return made


def model_of(panel: ReplacePanel) -> DocumentModel:
    assert panel._model is not None
    return panel._model


def test_typing_lists_places_and_arrows_select_their_parts(panel: ReplacePanel, qtbot: QtBot) -> None:
    assert panel.count.text() == "Looks through every text of the agent."
    assert nameless(panel) == []
    chosen: list[str] = []
    panel.chosen.connect(chosen.append)
    QTest.keyClicks(panel.typed, "note")
    QTest.keyClick(panel.typed, Qt.Key.Key_Return)
    assert panel.list.count() == len(panel.hits) > 5
    assert "places in" in panel.count.text()
    panel.grab()
    QTest.keyClick(panel.typed, Qt.Key.Key_Down)
    assert chosen == [panel.hits[1].spot.node_id]
    with qtbot.waitSignal(panel.opened) as opened:
        QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert opened.args == chosen
    with qtbot.waitSignal(panel.closed):
        QTest.keyClick(panel.list, Qt.Key.Key_Escape)


def test_replace_all_is_one_step_to_take_back(panel: ReplacePanel) -> None:
    model = model_of(panel)
    before = dump_document(model.document)
    panel.typed.setText("note")
    panel.words.setText("memo")
    panel.refresh()
    QTest.mouseClick(panel.all, Qt.MouseButton.LeftButton)
    assert "places replaced." in panel.count.text()
    assert model.document.node("sys").props["text"] == "You are an assistant with a memopad."
    assert model.document.node("ap").props["value"] == "{{ memo }}"
    assert model.undo_label == "replace “note”"
    assert model.undo() and not model.can_undo
    assert dump_document(model.document) == before


def test_enter_in_the_second_field_replaces_place_after_place(panel: ReplacePanel) -> None:
    panel.typed.setText("an assistant")
    panel.words.setText("a friend")
    panel.refresh()
    QTest.keyClick(panel.words, Qt.Key.Key_Return)
    assert model_of(panel).document.node("sys").props["text"] == "You are a friend with a notepad."
    assert panel.count.text() == "Nothing found." and not panel.one.isEnabled()


def test_a_name_offers_to_rename_its_variable_instead(panel: ReplacePanel) -> None:
    model = model_of(panel)
    model.do(SetProperty("rem", "text", "You noted {{ notepad }}."))
    panel.typed.setText("{{ notepad")
    panel.words.setText("{{ notes")
    panel.typed.setText("notepad }}")
    panel.refresh()
    assert panel.note.isVisible() and "left as it is" in panel.note.text()
    assert not panel.all.isEnabled() and not panel.one.isEnabled()
    panel.typed.setText("notepad")
    panel.words.setText("notes")
    panel.refresh()
    assert panel.rename.text() == "Rename variable “notepad”"
    QTest.mouseClick(panel.rename, Qt.MouseButton.LeftButton)
    assert model.document.node("rem").props["text"] == "You noted {{ notes }}."
    assert model.document.node("st").props["title"] == "notes"


def test_what_does_not_work_is_said_in_place(panel: ReplacePanel) -> None:
    panel.regex.setChecked(True)
    panel.typed.setText("(")
    panel.refresh()
    assert panel.count.text().startswith("This is no regular expression")
    assert panel.typed.property("invalid") is True
    panel.regex.setChecked(False)
    panel.typed.setText("Notepad assistant")
    panel.words.setText("x" * 5_000)
    panel.refresh()
    before = model_of(panel).document
    panel.replace_all()
    assert panel.count.property("role") == "error" and model_of(panel).document is before
    panel.set_document(None)
    panel.refresh()
    assert panel.list.count() == 0


def test_a_batch_of_nothing_is_no_edit(panel: ReplacePanel) -> None:
    assert replace_all_edit(notepad(), Query(""), "x", "replace") == (Batch((), "replace"), 0, 0)
    panel.typed.setText("notepad")
    panel.words.setText("notepad")
    panel.refresh()
    panel.case.setChecked(True)
    panel.replace_all()
    assert not model_of(panel).can_undo


def test_texts_inside_a_part_of_the_library_are_left_as_they_are() -> None:
    from engine.blueprint.parts import PartDefinition, instance

    part = PartDefinition("p", "Part", nodes=(make_node("system", id="in", text="old words"),))
    document = AgentDocument(
        make_node("agent", instance(part, id="i"), make_node("system", id="out", text="old words"), id="root", name="A")
    )
    after, done, _ = replaced(document, Query("old"), "new")
    assert done == 1
    assert (after.node("out").props["text"], after.node("i-in").props["text"]) == ("new words", "old words")
