"""The tree editor, wider: grouping, moving by list, the clipboard, rubber band, map, folding, what is said aloud."""

from __future__ import annotations

import json

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.blueprint import AgentDocument, make_node, problems
from tests.widgets.editor_help import model_of, notepad, shape, spot
from widgets import theme
from widgets.tree import DocumentModel, LiveBadge, TreeEditor
from widgets.tree.clipboard import MIME

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(editor: TreeEditor, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(editor.canvas, key, modifier)


def large(editor: TreeEditor, count: int = 60) -> DocumentModel:
    """An agent that does not fit."""
    sections = [make_node("section", id=f"x{n}", title=f"Part {n}", text=f"words {n}") for n in range(count)]
    model = DocumentModel(AgentDocument(make_node("agent", *sections, id="root", name="Large")), editor)
    editor.set_document(model)
    return model


# -- grouping ---------------------------------------------------------------------------------------------------------


def test_selected_parts_are_grouped_where_the_first_stands_and_ungrouped_again(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.select(["rem", "st"])
    press(editor, Qt.Key.Key_G, CTRL)
    made = editor.selected()[0]
    assert shape(model)["root"] == ["sys", made, "tool", "when", "tl"]
    assert shape(model)[made] == ["st", "rem"]
    press(editor, Qt.Key.Key_G, CTRL | SHIFT)
    assert shape(model)["root"] == ["sys", "st", "rem", "tool", "when", "tl"]
    assert editor.selected() == ["st", "rem"]
    assert model.undo() and model.undo()
    assert shape(model)["root"] == ["sys", "st", "tool", "when", "tl", "rem"]


def test_steps_are_put_inside_a_when_which_then_asks_for_its_condition(editor: TreeEditor, qtbot: QtBot) -> None:
    editor.select(["rp"])
    with qtbot.waitSignal(editor.properties_requested) as asked:
        editor.do("edit.when")
    made = editor.selected()[0]
    assert asked.args == [made]
    assert shape(model_of(editor))["tool"] == ["ap", made]
    assert model_of(editor).document.node(made).kind == "when"


def test_what_cannot_stand_in_a_group_stays_and_says_why(editor: TreeEditor) -> None:
    model = model_of(editor)
    before = model.document
    said: list[str] = []
    editor.message.connect(said.append)
    editor.select(["sys"])
    editor.operations.unwrap()
    assert said and "Group, When or Repeat" in said[-1]
    assert model.document is before


def test_two_groups_side_by_side_are_taken_away_in_one_step(editor: TreeEditor) -> None:
    a = make_node("group", make_node("system", id="s1"), make_node("system", id="s2"), id="g1", title="A")
    b = make_node("group", make_node("system", id="s3"), id="g2", title="B")
    model = DocumentModel(AgentDocument(make_node("agent", a, b, make_node("timeline", id="t"), id="root")), editor)
    editor.set_document(model)
    editor.select(["g1", "g2"])
    editor.do("edit.ungroup")
    assert shape(model)["root"] == ["s1", "s2", "s3", "t"]
    assert model.undo()
    assert shape(model) == {"root": ["g1", "g2", "t"], "g1": ["s1", "s2"], "g2": ["s3"]}


# -- adding and moving without the mouse ------------------------------------------------------------------------------


def test_parts_are_added_above_below_and_inside(editor: TreeEditor) -> None:
    model = model_of(editor)
    for action, where in (("tree.add_above", 0), ("tree.add_below", 2)):
        editor.select(["sys" if where == 0 else "st"])
        before = shape(model)["root"]
        editor.do(action)
        editor.palette_panel.chosen.emit("section")
        new = editor.selected()[0]
        at = before.index("sys") if where == 0 else before.index("st") + 1
        assert shape(model)["root"] == [*before[:at], new, *before[at:]]
    editor.select(["when"])
    editor.do("tree.add_inside")
    editor.palette_panel.chosen.emit("section")
    assert shape(model)["when"] == ["sec", editor.selected()[0]]


def test_move_to_lists_legal_places_and_moves_there(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.select(["ap"])
    editor.do("edit.move_to")
    titles = editor.move_to.popup.titles()
    assert titles == ["Inside Tool · Add note, below Reply"]  # a step has no other place in this agent
    editor.move_to.popup.dismiss()
    editor.select(["rem"])
    editor.do("edit.move_to")
    QTest.keyClicks(editor.move_to.popup.field, "when first")
    assert editor.move_to.popup.titles() == ["Inside When, first"]
    QTest.keyClick(editor.move_to.popup.field, Qt.Key.Key_Return)
    assert shape(model)["when"] == ["rem", "sec"]
    editor.do("edit.move_to")
    QTest.keyClicks(editor.move_to.popup.field, "nowhere at all")
    assert editor.move_to.popup.titles() == []
    assert editor.move_to.popup.nothing.isVisible()


# -- clipboard --------------------------------------------------------------------------------------------------------


def test_the_clipboard_holds_our_type_and_text_and_ids_are_made_fresh(editor: TreeEditor) -> None:
    editor.select(["when"])
    editor.do("edit.copy")
    mime = QGuiApplication.clipboard().mimeData()
    ours = json.loads(bytes(mime.data(MIME).data()))
    assert ours == json.loads(mime.text()) and ours["nodes"][0]["kind"] == "when"
    editor.do("edit.paste")
    pasted = model_of(editor).document.node(editor.selected()[0])
    assert [child.kind for child in pasted.children] == ["section"]
    assert not {node.id for node in pasted.walk()} & {"when", "sec"}


def test_our_type_comes_before_the_text_beside_it(editor: TreeEditor) -> None:
    data = QMimeData()
    data.setText("Only the shadow of it")
    data.setData(MIME, json.dumps({"bough-nodes": 1, "nodes": [{"id": "a", "kind": "gate"}]}).encode())
    QGuiApplication.clipboard().setMimeData(data)
    editor.do("edit.paste")
    assert model_of(editor).document.node(editor.selected()[0]).kind == "gate"


def test_text_from_elsewhere_becomes_a_part_that_says_it(editor: TreeEditor) -> None:
    model = model_of(editor)
    QGuiApplication.clipboard().setText("  Opening hours:\r\n9 to 5  ")
    editor.select(["sys"])
    editor.do("edit.paste")
    made = model.document.node(editor.selected()[0])
    assert (made.kind, made.props["text"]) == ("section", "Opening hours:\n9 to 5")
    editor.select(["rp"])
    editor.do("edit.paste")
    assert model.document.node(editor.selected()[0]).kind == "reply"
    editor.select(["sys"])
    editor.do("edit.delete")
    editor.do("edit.paste")
    assert model.document.node(editor.selected()[0]).kind == "system"


def test_an_empty_clipboard_is_not_offered(editor: TreeEditor) -> None:
    QGuiApplication.clipboard().clear()
    assert not editor.commands.can("edit.paste")
    said: list[str] = []
    editor.message.connect(said.append)
    editor.operations.paste()
    assert said == ["The clipboard holds neither parts of an agent nor text."]


# -- mouse ------------------------------------------------------------------------------------------------------------


def test_a_rubber_band_selects_the_cards_it_touches(editor: TreeEditor) -> None:
    view = editor.canvas.viewport()
    start = QPoint(4, spot(editor, "st").y() - 20)
    stop = QPoint(120, spot(editor, "ap").y())
    QTest.mousePress(view, LEFT, NONE, start)
    QTest.mouseMove(view, (start + stop) / 2)
    QTest.mouseMove(view, stop)
    assert set(editor.selected()) == {"st", "tool", "ap"}
    view.grab()  # the band itself is painted
    QTest.mouseRelease(view, LEFT, NONE, stop)
    down = QPoint(4, spot(editor, "tl").y() - 10)
    QTest.mousePress(view, LEFT, CTRL, down)
    QTest.mouseMove(view, QPoint(60, spot(editor, "tl").y()))
    QTest.mouseRelease(view, LEFT, CTRL, QPoint(60, spot(editor, "tl").y()))
    assert set(editor.selected()) == {"st", "tool", "ap", "tl"}


def test_space_held_down_moves_the_canvas_instead(editor: TreeEditor) -> None:
    large(editor)
    view, bar = editor.canvas.viewport(), editor.canvas.verticalScrollBar()
    bar.setValue(200)
    QTest.keyPress(editor.canvas, Qt.Key.Key_Space)
    QTest.mousePress(view, LEFT, NONE, QPoint(100, 400))
    QTest.mouseMove(view, QPoint(100, 350))
    QTest.mouseRelease(view, LEFT, NONE, QPoint(100, 350))
    QTest.keyRelease(editor.canvas, Qt.Key.Key_Space)
    assert bar.value() == 250
    assert editor.selected() == []


def test_the_map_shows_up_only_where_the_tree_does_not_fit(editor: TreeEditor) -> None:
    chart = editor.canvas.map
    assert not chart.isVisible()
    large(editor)
    assert chart.isVisible()
    editor.canvas.verticalScrollBar().setValue(10)
    moving = chart.grab().toImage()
    chart._rests.stop()
    assert chart.grab().toImage() != moving, "at rest it makes room for the badges behind it"
    QTest.mouseClick(chart, LEFT, NONE, QPoint(chart.width() // 2, chart.height() - 8))
    bar = editor.canvas.verticalScrollBar()
    assert bar.value() > bar.maximum() * 0.8
    QTest.mousePress(chart, LEFT, NONE, QPoint(chart.width() // 2, chart.height() - 8))
    QTest.mouseMove(chart, QPoint(chart.width() // 2, 4))
    QTest.mouseRelease(chart, LEFT, NONE, QPoint(chart.width() // 2, 4))
    assert bar.value() < bar.maximum() * 0.2
    editor.do("tree.map")
    assert not chart.isVisible()


# -- zoom -------------------------------------------------------------------------------------------------------------


def test_zoom_to_everything_to_the_selection_and_back(editor: TreeEditor) -> None:
    large(editor)
    canvas = editor.canvas
    press(editor, Qt.Key.Key_9, CTRL)
    assert canvas.zoom < 0.5
    editor.select(["x40", "x41"])
    press(editor, Qt.Key.Key_8, CTRL)
    assert canvas.zoom == 1
    placed = canvas.layout_.placed("x40")
    assert placed is not None
    assert canvas.viewport().rect().contains(canvas.view_rect(placed.rect).center().toPoint())
    press(editor, Qt.Key.Key_Minus, CTRL)
    press(editor, Qt.Key.Key_0, CTRL)
    assert canvas.zoom == 1
    canvas.center_on(QPointF(100, 0))
    assert canvas.verticalScrollBar().value() == 0


# -- folding ----------------------------------------------------------------------------------------------------------


def test_folds_are_the_same_on_canvas_and_outline_and_are_remembered(editor: TreeEditor) -> None:
    changes: list[list[str]] = []
    editor.folds_changed.connect(lambda: changes.append(editor.folded()))
    editor.select(["ap"])
    press(editor, Qt.Key.Key_Left)  # to the tool
    press(editor, Qt.Key.Key_Left)  # and shut
    assert editor.folded() == ["tool"] == changes[-1]
    editor.show_outline(True)
    rows = editor.outline.model()
    assert not editor.outline.isExpanded(rows.index_of("tool"))  # type: ignore[attr-defined]
    editor.outline.setExpanded(rows.index_of("tool"), True)  # type: ignore[attr-defined]
    assert editor.folded() == []
    editor.do("tree.fold_all")
    assert editor.folded() == ["tool", "when"]
    model = model_of(editor)
    editor.set_document(DocumentModel(notepad(), editor))
    assert editor.folded() == []
    editor.set_document(model, ["tool", "gone"])
    assert editor.folded() == ["tool"]
    assert not editor.outline.isExpanded(rows.index_of("tool"))  # type: ignore[attr-defined]
    assert editor.outline.isExpanded(rows.index_of("when"))  # type: ignore[attr-defined]
    editor.do("tree.unfold_all")
    assert editor.folded() == []


def test_what_is_selected_is_never_hidden(editor: TreeEditor) -> None:
    editor.select(["ap"])
    editor.do("tree.fold_all")
    assert editor.selected() == ["tool"]
    editor.select(["sec"])
    assert "when" not in editor.folded()


# -- what is said aloud -----------------------------------------------------------------------------------------------


def test_every_change_is_said_aloud(editor: TreeEditor) -> None:
    said: list[str] = []
    editor.said.connect(said.append)
    editor.select(["st"])
    editor.do("edit.down")
    editor.do("edit.in")
    editor.do("edit.toggle")
    editor.do("edit.duplicate")
    editor.do("edit.delete")
    model_of(editor).undo()
    model_of(editor).redo()
    editor.add_kind("gate")
    assert said == [
        "Moved State variable · notepad: 3 of 6 in Notepad assistant.",
        "A Tool holds steps; a State variable stands in the tree itself.",
        "Switched off State variable · notepad.",
        "Duplicated as State variable · notepad 2: 4 of 7 in Notepad assistant.",
        "Deleted State variable · notepad 2.",
        "Taken back: delete State variable.",
        "Done again: delete State variable.",
        "Added Gate · gate: 2 of 2 in When.",
    ]


def test_the_canvas_says_that_the_outline_is_its_twin(editor: TreeEditor) -> None:
    assert "outline (Ctrl+Shift+O)" in editor.canvas.accessibleDescription()
    press(editor, Qt.Key.Key_O, CTRL | SHIFT)
    assert editor.showing_outline and editor.outline.hasFocus()
    QTest.keyClick(editor.outline, Qt.Key.Key_O, CTRL | SHIFT)
    assert editor.canvas.hasFocus()


# -- live -------------------------------------------------------------------------------------------------------------


def test_cards_light_up_when_their_live_side_changes(editor: TreeEditor) -> None:
    theme.manager().set_reduced_motion(False)
    flash = editor.canvas._flash
    editor.set_live({"st": LiveBadge(True, value="empty", tokens=3), "tl": LiveBadge(True, tokens=5)})
    assert not flash._since  # the first news is no change
    editor.set_live({"st": LiveBadge(True, value="1 item", tokens=3), "tl": LiveBadge(True, tokens=9)})
    assert set(flash._since) == {"st"}
    editor.set_document(None)
    assert not flash._since
    theme.manager().set_reduced_motion(True)
    flash.start(["st"])
    assert not flash._since


def test_the_last_call_of_a_tool_stands_on_its_card(editor: TreeEditor) -> None:
    editor.set_live({"tool": LiveBadge(True, calls=2, last="note: buy figs → Noted.")})
    placed = editor.canvas.layout_.placed("tool")
    assert placed is not None
    look = editor.canvas.look_of(placed)
    assert look.summary == "last call: note: buy figs → Noted." and look.lit
    assert "last call: note: buy figs" in LiveBadge(last="note: buy figs").words()


# -- keys -------------------------------------------------------------------------------------------------------------


def test_a_persons_own_keys_take_the_place_of_the_declared_ones(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.set_shortcuts({"edit.duplicate": "Ctrl+B", "edit.delete": ""})
    editor.select(["rem"])
    press(editor, Qt.Key.Key_D, CTRL)
    press(editor, Qt.Key.Key_Delete)
    assert len(model.document) == 10
    press(editor, Qt.Key.Key_B, CTRL)
    assert len(model.document) == 11
    assert editor.shared.bindings.shown("edit.duplicate") == "Ctrl+B"


# -- copies ------------------------------------------------------------------------------------------------------------


def test_copies_get_names_of_their_own_and_use_them(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.select(["st", "tool", "when"])
    editor.do("edit.copy")
    editor.do("edit.paste")
    state, tool, when = (model.document.node(key) for key in editor.selected())
    assert (state.props["title"], tool.props["title"]) == ("notepad 2", "Add note 2")
    assert tool.children[0].props["variable"] == "notepad_2"
    assert when.props["condition"]["rows"][0]["variable"] == "notepad_2"
    assert when.children[0].props["each"] == "notepad_2"
    assert not [problem for problem in problems(model.document) if problem.severity == "error"]
    editor.do("edit.paste")
    assert model.document.node(editor.selected()[0]).props["title"] == "notepad 3"
    editor.select(["tool"])
    editor.do("edit.duplicate")
    copied = model.document.node(editor.selected()[0])
    assert copied.props["title"] == "Add note 4"
    assert copied.children[0].props["variable"] == "notepad"  # the list itself was not copied


def test_what_is_cut_and_pasted_keeps_its_name(editor: TreeEditor) -> None:
    editor.select(["st"])
    editor.do("edit.cut")
    editor.do("edit.paste")
    assert model_of(editor).document.node(editor.selected()[0]).props["title"] == "notepad"


def test_a_kind_dragged_while_the_outline_shows_lands_nowhere(editor: TreeEditor) -> None:
    editor.show_outline(True)
    before = model_of(editor).document
    editor.palette_panel.drag_started.emit("section", editor.mapToGlobal(QPoint(100, 300)))
    assert not editor.canvas.pointer.dragging
    editor.palette_panel.dropped.emit(editor.mapToGlobal(QPoint(100, 300)))
    assert model_of(editor).document is before


def test_the_canvas_catches_up_when_it_comes_to_the_front_again(editor: TreeEditor) -> None:
    editor.show_outline(True)
    editor.select(["when"])
    editor.do("edit.duplicate")
    new = editor.selected()[0]
    assert editor.canvas.layout_.placed(new) is None  # nobody looks, so nothing is laid out
    editor.show_outline(False)
    placed = editor.canvas.layout_.placed(new)
    assert placed is not None and editor.canvas.look_of(placed).selected
