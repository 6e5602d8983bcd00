"""What the model sees: blocks by node, folding, clicking both ways, reasons, and the raw request."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QToolButton
from pytestqt.qtbot import QtBot

from engine.blueprint.why import Because
from engine.model import ModelRequest, Span
from tests.widgets.editor_help import nameless
from widgets import theme
from widgets.context import ContextView
from widgets.context.blocks import build_parts, tool_signature

TITLES = {"sys": "System", "sec": "Section · notepad", "tool": "Tool · Add note", "tl": "Timeline", "rem": "Reminder"}
GROUPS = {"sys": "instructions", "sec": "instructions", "tool": "abilities", "tl": "memory", "rem": "instructions"}
SYSTEM = ("You are an assistant with a notepad.", '<section id="notepad">\n- buy figs\n</section>')
TOOL = {
    "name": "add_note",
    "description": "Add a note",
    "input_schema": {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]},
}


def request() -> ModelRequest:
    joined = f"{SYSTEM[0]}\n\n{SYSTEM[1]}"
    first = len(SYSTEM[0])
    call = {"type": "tool_use", "id": "1", "name": "add_note", "input": {"note": "figs"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "My name is Ryan."}]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "Noted."}]},
    ]
    spans = [
        Span("/node:sys", "system", 0, 0, 0, first, 9),
        Span("/node:when/node:sec", "system", 0, 0, first + 2, len(joined), 14),
        Span("/node:tool", "tools", 0, 0, 0, 0, 61),
        Span("/node:tl", "messages", 0, 0, 0, 16, 5, entry_id="e1", stored=True),
        Span("/node:tl", "messages", 1, 0, 0, 0, 6, entry_id="e2", stored=True),
        Span("/node:tl", "messages", 2, 0, 0, 0, 3, entry_id="e3", stored=True),
    ]
    return ModelRequest(
        [{"type": "text", "text": joined}], messages, [TOOL], spans, model="m", options={"max_tokens": 9}
    )


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> ContextView:
    theme.manager().apply(qapp)
    widget = ContextView()
    qtbot.addWidget(widget)
    widget.resize(400, 700)
    widget.set_request(
        request(),
        TITLES,
        GROUPS,
        window=32768,
        because={"sec": Because("here because notepad is not empty", ("notepad",))},
        absent={"rem": "It is switched off."},
    )
    widget.show()
    return widget


def click(view: ContextView, title: str) -> None:
    item = next(
        item
        for item in view.canvas._items
        if (item.block.title if item.block is not None else item.part.title).startswith(title)
    )
    y = round(item.top + 8 - view.canvas.verticalScrollBar().value())
    QTest.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(80, y))


def test_each_part_holds_what_its_nodes_wrote() -> None:
    parts = build_parts(request(), TITLES, GROUPS, {}, {})
    assert [(part.name, part.tokens) for part in parts] == [("system", 23), ("tools", 61), ("messages", 14)]
    system, tools, messages = parts
    assert [block.title for block in system.blocks] == ["System", "Section · notepad"]
    assert [block.lines[0].text for block in system.blocks] == list(SYSTEM)
    assert tools.blocks[0].lines[0].text == "add_note(note: string) — Add a note"
    timeline = messages.blocks[0]
    assert timeline.title == "Timeline · 3 messages"
    assert [(line.speaker, line.text) for line in timeline.lines] == [
        ("person", "My name is Ryan."),
        ("agent", "add_note(note: “figs”)"),
        ("tool", "→ Noted."),
    ]


def test_a_click_selects_the_node(view: ContextView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.node_clicked) as caught:
        click(view, "Section")
    assert caught.args == ["sec"]


def test_a_heading_folds_its_part(view: ContextView) -> None:
    before = len(view.canvas._items)
    click(view, "System")
    assert view.canvas.is_folded("system")
    assert len(view.canvas._items) == before - 2
    click(view, "System")
    assert len(view.canvas._items) == before


def test_selecting_a_node_scrolls_to_its_words(view: ContextView) -> None:
    view.resize(400, 160)
    assert view.canvas.verticalScrollBar().value() == 0
    view.highlight(["tl"])
    assert view.canvas.verticalScrollBar().value() > 0
    view.canvas.viewport().grab()


def test_what_is_not_sent_says_why(view: ContextView) -> None:
    click(view, "Not sent")
    absent = next(part for part in view.canvas.parts if part.name == "absent")
    assert absent.blocks[0].title == "Reminder"
    assert absent.blocks[0].lines[0].text == "It is switched off."
    section = view.canvas.parts[0].blocks[1]
    assert section.why == "here because notepad is not empty"


def test_keys_walk_confirm_fold_and_copy(view: ContextView, qtbot: QtBot) -> None:
    canvas = view.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Home)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert "You are an assistant" in canvas.accessibleDescription()
    with qtbot.waitSignal(view.node_clicked) as caught:
        QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert caught.args == ["sys"]
    QTest.keyClick(canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == SYSTEM[0]
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.is_folded("system")


def test_the_raw_request_is_one_click_away(view: ContextView) -> None:
    button = next(b for b in view.findChildren(QToolButton) if b.accessibleName() == "Show the raw request")
    button.click()
    raw = view.findChild(QPlainTextEdit)
    assert raw is not None and raw.isVisible()
    data = json.loads(raw.toPlainText())
    assert data["model"] == "m" and data["max_tokens"] == 9
    assert data["tools"] == [TOOL]
    button.click()
    assert not raw.isVisible()


def test_the_bar_says_its_numbers_in_words(view: ContextView) -> None:
    assert view._bar.accessibleName() == ("98 of 32,768 tokens, 0.3 %: Instructions 23, Abilities 61, Memory 14")
    assert view.total_tokens() == 98
    assert nameless(view) == []


def test_nothing_to_show_is_said(view: ContextView) -> None:
    view.set_request(None, {}, {})
    assert not view.canvas.isVisible()
    view.set_request(ModelRequest(), {}, {})
    assert not view.canvas.isVisible()


def test_spans_that_do_not_fit_the_request_do_no_harm() -> None:
    odd = ModelRequest(
        [],
        [{"role": "user", "content": "plain"}],
        [],
        [
            Span("/node:a", "system", 4, 0, 0, 5, 1),
            Span("/x", "tools", 9, 0, 0, 0, 1),
            Span("/node:tl", "messages", 0, 0, 0, 5, 2),
            Span("/node:tl", "messages", 7, 0, 0, 5, 2),
        ],
    )
    parts = build_parts(odd, {}, {}, {}, {})
    assert parts[-1].blocks[0].lines[0].text == "plain"


def test_a_tool_without_a_schema_has_a_signature() -> None:
    assert tool_signature({"type": "web_search_20250305", "name": "web_search"}) == "web_search()"
    shape = {"properties": {"day": {"enum": ["mon", "tue"]}}}
    assert tool_signature({"name": "t", "input_schema": shape}) == "t(day?: mon/tue)"
