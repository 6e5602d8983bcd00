"""What stands around the context: the advice of the cache, values that are tried, the search, the note about a node."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.blueprint.cache_advice import Parting, compare
from engine.blueprint.document import AgentDocument
from engine.blueprint.dry import dry_compile
from engine.blueprint.edits import Batch
from engine.blueprint.form_fields import Choice, Field
from engine.blueprint.why import explained
from engine.entries import Entry
from engine.model import ModelRequest
from tests.widgets.editor_help import nameless, notepad
from widgets import theme
from widgets.context import ContextView, Tryable
from widgets.context.advice import AdviceStrip
from widgets.context.blocks import build_parts
from widgets.context.layout import Metrics, arrange, find
from widgets.context.paint import HIT, HOVERED, LIT
from widgets.context.view import RAW_HIT

CTRL = Qt.KeyboardModifier.ControlModifier
TALK = "The trees in the park are old, and each of them has a name that only the gardener knows. " * 3
ENTRIES = [
    Entry("e0", 0, "user", [{"type": "text", "text": "Tell me about trees."}], "x", 1),
    Entry("e1", 1, "assistant", [{"type": "text", "text": TALK}], "x", 1),
]
TITLES = {"sec": "Section · notepad", "sys": "System", "tl": "Timeline", "tool": "Tool · Add note", "rem": "Reminder"}
GROUPS = {"sys": "instructions", "sec": "instructions", "tool": "abilities", "tl": "memory", "rem": "instructions"}


def request(notes: Sequence[str] = (), document: AgentDocument | None = None) -> ModelRequest:
    return dry_compile(document or notepad(), entries=ENTRIES, state={"notepad": list(notes)}, draft="And now?")


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> ContextView:
    theme.manager().apply(qapp)
    widget = ContextView()
    qtbot.addWidget(widget)
    widget.resize(420, 900)
    widget.show()
    return widget


def show(
    view: ContextView,
    notes: Sequence[str] = ("figs",),
    parting: Parting | None = None,
    often: Parting | None = None,
    document: AgentDocument | None = None,
) -> None:
    shown = document or notepad()
    reasons, because = explained(shown, {"notepad": list(notes)})
    view.set_request(
        request(notes, shown),
        TITLES,
        GROUPS,
        window=1_000,
        because=because,
        absent={"rem": "It is switched off."},
        reasons=reasons,
        holders={"notepad": "st"},
        parting=parting,
        often=often,
    )


def button(view: ContextView, text: str) -> QPushButton:
    return next(b for b in view.findChildren(QPushButton) if b.text().strip() == text and b.isVisibleTo(view))


def tool(view: ContextView, name: str) -> QToolButton:
    return next(b for b in view.findChildren(QToolButton) if b.accessibleName() == name)


# -- the cache --------------------------------------------------------------------------------------------------


def parted(before: Sequence[str], after: Sequence[str]) -> Parting:
    values = {"state_before": {"notepad": list(before)}, "state_after": {"notepad": list(after)}}
    return compare(request(before), request(after), notepad(), **values)


def test_before_the_first_call_nothing_is_said(view: ContextView) -> None:
    show(view)
    assert view.advice.words() == ""
    assert all(block.cached is None for part in view.canvas.parts for block in part.blocks)


def test_where_two_calls_part_is_marked_and_said_with_the_way_out(view: ContextView, qtbot: QtBot) -> None:
    found = parted([], ["figs"])
    show(view, ["figs"], found)
    words = view.advice.words()
    assert f"The first {found.same} tokens are the same as in the last call and can come from the cache." in words
    assert "<b>Section · notepad</b> was not there before, as <b>notepad</b> changed" in words
    assert f": {found.again} tokens after it are read again." in words
    assert "It stands above the conversation." in words
    marks = [item for item in view.canvas._items if item.is_mark]
    assert [item.block.node_id for item in marks if item.block is not None] == ["sec"]
    cached = {block.node_id: block.cached for part in view.canvas.parts for block in part.blocks if block.tokens}
    assert cached == {"sys": True, "tool": True, "sec": False, "tl": False, "rem": False}
    with qtbot.waitSignal(view.move_wanted) as heard:
        button(view, "Move it below the conversation").click()
    assert heard.args == [found.move]
    with qtbot.waitSignal(view.node_clicked) as heard:
        button(view, "Show it").click()
    assert heard.args == ["sec"]
    assert nameless(view) == []
    view.canvas.viewport().grab()


def test_a_part_that_changes_often_is_named_while_nothing_changes(view: ContextView) -> None:
    same, often = compare(request(["figs"]), request(["figs"]), notepad()), parted([], ["figs"])
    show(view, ["figs"], same, often)
    words = view.advice.words()
    assert words.startswith("All of it is the same as in the last call")
    assert words.endswith("<b>Section · notepad</b> changes often and stands above the conversation.")
    assert button(view, "Move it below the conversation").isVisible()
    assert not [item for item in view.canvas._items if item.is_mark]


@pytest.mark.parametrize(
    ("parting", "words"),
    [
        (
            Parting("changed", 0, 0, 9, "sys", edited=True),
            "can come from the cache. You changed <b>System",
        ),
        (Parting("went", 5, 2, 9, "sec"), "<b>Section · notepad</b> is not there any more: 2 tokens after it"),
        (Parting("changed", 5, 1, 9), "<b>Something</b> is different now: 1 token after it"),
        (Parting("changed", 5, 0, 9, "sec", names=("a", "b")), "is different now, as <b>a, b</b> changed."),
    ],
)
def test_the_words_fit_what_happened(view: ContextView, parting: Parting, words: str) -> None:
    show(view, ["figs"], parting)
    assert words in view.advice.words().replace("<b>a</b>, <b>b</b>", "<b>a, b</b>")


def test_in_a_narrow_column_the_advice_puts_its_buttons_below_each_other(qtbot: QtBot, qapp: QApplication) -> None:
    theme.manager().apply(qapp)
    strip = AdviceStrip()
    qtbot.addWidget(strip)
    strip.show_advice(
        Parting("grew", 371, 0, 376), Parting("changed", 9, 99, 376, "n", move=Batch((), "Move")), {"n": "Notes"}
    )
    move, show = strip.buttons
    for width, stacked in ((260, True), (500, False), (260, True)):
        strip.setMinimumWidth(1)
        strip.resize(width, 140)
        qtbot.waitUntil(lambda: (show.y() > move.y()) == stacked)  # noqa: B023
        assert all(button.width() >= button.sizeHint().width() for button in strip.buttons)


def test_names_of_nodes_are_shown_as_they_are(view: ContextView) -> None:
    view.advice.show_advice(Parting("changed", 5, 1, 9, "x"), None, {"x": "<i>Ha</i>"})
    assert "&lt;i&gt;Ha&lt;/i&gt;" in view.advice.words()


# -- why a node is here, or not ---------------------------------------------------------------------------------


def test_the_variable_in_a_headline_leads_to_its_node(view: ContextView, qtbot: QtBot) -> None:
    show(view)
    view.canvas.viewport().grab()
    item = next(item for item in view.canvas._items if item.is_block and item.block.node_id == "sec")  # type: ignore[union-attr]
    assert item.block is not None and item.block.why == "here because notepad is not empty"
    assert item.link is not None
    place = QPoint(round(sum(item.link) / 2), round(item.top) + 12)
    with qtbot.waitSignal(view.node_clicked) as heard:
        QTest.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert heard.args == ["st"]
    assert view.canvas._link_at(view.canvas._items.index(item), QPointF(place + QPoint(0, 40))) is None


def test_a_selected_node_that_is_not_sent_says_why(view: ContextView) -> None:
    show(view, [])
    view.highlight(["sec"])
    assert view._note.isVisibleTo(view)
    assert view._note.text() == "<b>Section · notepad</b> is not here. notepad is empty."
    view.highlight(["sys"])
    assert not view._note.isVisibleTo(view)
    view.highlight(["sec"])
    show(view, ["figs"])
    assert not view._note.isVisibleTo(view)


def test_folds_are_told_so_that_they_can_be_remembered(view: ContextView, qtbot: QtBot) -> None:
    show(view)
    with qtbot.waitSignal(view.canvas.folded_changed):
        view.canvas.set_folded("tools", True)
    assert view.canvas.folded == ["absent", "tools"]
    with qtbot.assertNotEmitted(view.canvas.folded_changed):
        view.canvas.set_folded("tools", True)


# -- trying values ----------------------------------------------------------------------------------------------

STATES = (Choice("inactive", "Open"), Choice("active", "Shut"))
FIELDS = (
    Tryable("st", Field("st", "notepad", editor="list", default=[]), ["figs"]),
    Tryable("k", Field("k", "formal", editor="toggle", default=False), False),
    Tryable(
        "g", Field("g", "proof", editor="choice", choices=(Choice("inactive", "Open"), Choice("active", "Shut"))), ""
    ),
)


@pytest.fixture
def trying(view: ContextView) -> Any:
    show(view)
    view.trying.offer(FIELDS)
    button(view, "Try values").click()
    return view.trying


def target(trying: Any, node_id: str) -> Any:
    return trying.editor(node_id).focus_target()


def test_values_are_tried_on_a_copy_and_given_up_again(view: ContextView, trying: Any, qtbot: QtBot) -> None:
    assert nameless(view) == []
    with qtbot.waitSignal(trying.tried) as heard:
        QTest.keyClick(target(trying, "k"), Qt.Key.Key_Space)
    assert heard.args == [{"k": True}]
    assert trying._mark.isVisibleTo(view)
    QTest.keyClicks(target(trying, "st"), "!")
    assert trying.values == {"k": True, "st": ["!figs"]} or trying.values == {"k": True, "st": ["figs!"]}
    trying.offer(FIELDS)
    assert len(trying.values) == 2
    with qtbot.waitSignal(trying.tried) as heard:
        button(view, "Back to the session's values").click()
    assert heard.args == [{}]
    assert target(trying, "st").text() == "figs" and not target(trying, "k").isChecked()
    assert not trying._mark.isVisibleTo(view)


def test_giving_up_takes_the_keyboard_only_from_the_button_that_goes_away(
    view: ContextView, trying: Any, qtbot: QtBot
) -> None:
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    QTest.keyClick(target(trying, "k"), Qt.Key.Key_Space)
    target(trying, "st").setFocus()
    trying.give_up()  # as when another session comes to the front
    assert target(trying, "st").hasFocus()
    QTest.keyClick(target(trying, "k"), Qt.Key.Key_Space)
    trying.back.setFocus()
    QTest.keyClick(trying.back, Qt.Key.Key_Space)
    assert trying.button.hasFocus()


def test_what_the_session_has_now_is_not_tried_any_more(trying: Any, qtbot: QtBot) -> None:
    QTest.keyClick(target(trying, "k"), Qt.Key.Key_Space)
    now = (FIELDS[0], Tryable("k", FIELDS[1].field, True), FIELDS[2])
    with qtbot.waitSignal(trying.tried) as heard:
        trying.offer(now)
    assert heard.args == [{}]
    QTest.keyClick(target(trying, "k"), Qt.Key.Key_Space)
    assert trying.values == {"k": False}
    with qtbot.waitSignal(trying.tried):
        trying.offer(FIELDS[:1])
    assert trying.editor("k") is None and trying.values == {}


def test_without_anything_to_try_that_is_said(view: ContextView) -> None:
    show(view)
    view.trying.offer(())
    button(view, "Try values").click()
    assert view.trying._none.isVisibleTo(view)
    view.trying.give_up()


# -- searching --------------------------------------------------------------------------------------------------


def test_words_are_found_one_after_the_other(view: ContextView) -> None:
    show(view)
    QTest.keyClick(view, Qt.Key.Key_F, CTRL)
    assert view.search.isVisible()
    QTest.keyClicks(view.search.field, "NOTEPAD")
    number, count = view.canvas.hit
    assert (number, count) == (1, 2)
    assert view.search._count.text() == "1 of 2"
    QTest.keyClick(view.search.field, Qt.Key.Key_Return)
    QTest.keyClick(view.search.field, Qt.Key.Key_Return)
    assert view.canvas.hit == (1, 2)
    QTest.keyClick(view.search.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert view.canvas.hit == (2, 2)
    view.canvas.viewport().grab()
    show(view, [])
    assert view.search._count.text() == "1 of 1"
    QTest.keyClicks(view.search.field, "zzz")
    assert view.search._count.text() == "not found"
    QTest.keyClick(view.search.field, Qt.Key.Key_Escape)
    assert not view.search.isVisible() and view.canvas.hit == (0, 0)


def test_folded_parts_open_while_something_is_looked_for(view: ContextView) -> None:
    show(view)
    for name in ("system", "tools", "messages"):
        view.canvas.set_folded(name, True)
    assert view.canvas.search("gardener knows") == 3
    assert view.canvas.is_folded("messages")
    assert view.canvas.search("") == 0
    assert len(view.canvas._items) == 4


def test_the_raw_request_is_searched_and_copied_too(view: ContextView) -> None:
    show(view)
    view.begin_search()
    view.search.field.setText("notepad")
    tool(view, "Show the raw request").click()
    raw = view.findChild(QPlainTextEdit)
    assert raw is not None and raw.isVisible()
    assert view.search._count.text().startswith("1 of ")
    assert raw.textCursor().selectedText().lower() == "notepad"
    count = len(raw.extraSelections())
    assert count > 1
    for _ in range(count):
        QTest.keyClick(view.search.field, Qt.Key.Key_Return)
    assert view.search._count.text() == f"1 of {count}"
    QTest.keyClick(view.search.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert view.search._count.text() == f"{count} of {count}"
    tool(view, "Copy the raw request").click()
    assert QGuiApplication.clipboard().text() == raw.toPlainText()
    view.search.field.setText("")
    assert raw.extraSelections() == []
    view.search.end()
    tool(view, "Show the raw request").click()
    assert not tool(view, "Copy the raw request").isVisible()


def test_a_hit_goes_over_the_end_of_a_line() -> None:
    parts = build_parts(request(), TITLES, GROUPS, {}, {})
    metrics = Metrics(10, 10, 10, 10, 24)
    items, _ = arrange(parts, frozenset(), metrics)
    hits = find(items, "  park   are old ")
    assert len(hits) == 3
    assert any(len(hit.pieces) == 2 for hit in hits)
    for hit in hits:
        lines = items[hit.item].lines
        said = " ".join(lines[line][1][start : start + length] for line, start, length in hit.pieces)
        assert " ".join(said.split()) == "park are old"


@pytest.mark.parametrize("name", ["light", "dark"])
def test_everything_paints_in_both_themes(view: ContextView, name: str, qapp: QApplication) -> None:
    from tests.widgets.themed import wear

    wear(qapp, name)
    show(view, ["figs"], parted([], ["figs"]))
    view.canvas.search("e")
    view.canvas.setFocus()
    for key in (Qt.Key.Key_Home, *[Qt.Key.Key_Down] * 2):
        QTest.keyClick(view.canvas, key)
        view.grab()
    assert view.canvas.accessibleDescription() == "Differs from the last call: read anew from here"
    wear(qapp, "light")


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_words_can_be_read_on_every_tint(tokens: theme.Tokens) -> None:
    least = 4.5
    for group in ("root", "instructions", "memory", "abilities", "steps", "flow"):
        hue = tokens.hue(group)
        for share in (0, HOVERED, LIT):
            tint = theme.mix(hue.tint, hue.ink, share)
            assert theme.contrast(hue.ink, tint) >= least, (group, share)
            assert theme.contrast(tokens.text, tint) >= least
        assert theme.contrast(hue.ink, theme.mix(tokens.panel, tokens.warn, RAW_HIT)) >= least, group
    for share in (HIT, HIT / 2):
        assert theme.contrast(tokens.text, theme.mix(tokens.panel, tokens.warn, share)) >= least


def test_tab_goes_from_top_to_bottom(view: ContextView, qtbot: QtBot) -> None:
    show(view, ["figs"], parted([], ["figs"]))
    view.trying.offer(FIELDS[1:2])
    button(view, "Try values").click()
    view.begin_search()
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    tool(view, "Find in the context").setFocus()
    tops = []
    for _ in range(12):
        focus = QApplication.focusWidget()
        if focus is None or not view.isAncestorOf(focus):
            break
        tops.append((focus.mapTo(view, QPoint(0, 0)).y(), focus.accessibleName() or type(focus).__name__))
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    names = [name for _, name in tops]
    assert names[:3] == ["Find in the context", "Show the raw request", "Find in the context"]
    assert names.index("Try: formal") < names.index("What the model sees")
    rows = [top for top, _ in tops[: names.index("What the model sees") + 1]]
    assert all(later >= earlier - 12 for earlier, later in itertools.pairwise(rows)), tops
