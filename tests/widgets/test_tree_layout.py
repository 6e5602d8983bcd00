"""Layout of cards, drop places and line breaking: plain arithmetic, no window."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from engine.blueprint import AgentDocument, History, SetProperty, make_node
from tests.widgets.editor_help import notepad
from widgets.context.wrap import columns_of, wrap
from widgets.tree.drop import find_target, gap_at
from widgets.tree.layout import TreeLayout
from widgets.tree.words import holds_children


def layout_of(document: AgentDocument, width: float = 400) -> TreeLayout:
    layout = TreeLayout(holds_children)
    layout.width = width
    layout.update(document)
    return layout


def test_children_stand_inside_their_parent_and_below_each_other() -> None:
    document = notepad()
    layout = layout_of(document)
    for node in document.walk():
        placed = layout.placed(node.id)
        assert placed is not None
        bottom = layout.header(placed).bottom()
        for child in node.children:
            inner = layout.placed(child.id)
            assert inner is not None
            assert inner.rect.top() >= bottom
            if node.id != "root":
                assert placed.rect.contains(inner.rect)
            bottom = inner.rect.bottom()


def test_only_the_cards_in_sight_are_visited() -> None:
    many = AgentDocument(make_node("agent", *(make_node("system", text=str(i)) for i in range(1000)), id="root"))
    layout = layout_of(many)
    seen = list(layout.visible(5000, 5500))
    assert 8 <= len(seen) <= 12
    assert all(placed.rect.bottom() >= 5000 - 60 and placed.rect.top() <= 5500 for placed in seen)


def test_an_edit_keeps_the_boxes_of_everything_else() -> None:
    history = History(notepad())
    layout = layout_of(history.document)
    before = layout.placed("tool")
    history.do(SetProperty("sys", "text", "Other"))
    layout.update(history.document)
    after = layout.placed("tool")
    assert before is not None and after is not None
    assert after.box is before.box


def test_folding_hides_children_and_unfolding_brings_them_back() -> None:
    layout = layout_of(notepad())
    full = layout.size[1]
    layout.set_folded("tool", True)
    assert layout.placed("ap") is None
    assert layout.size[1] < full
    layout.set_folded("tool", False)
    assert layout.placed("ap") is not None
    assert layout.size[1] == full


def test_deep_nesting_asks_for_more_width_instead_of_vanishing() -> None:
    node = make_node("group", id="g0")
    for depth in range(1, 20):
        node = make_node("group", node, id=f"g{depth}")
    layout = layout_of(AgentDocument(make_node("agent", node, id="root")), width=300)
    for depth in range(20):
        placed = layout.placed(f"g{depth}")
        assert placed is not None
        assert placed.rect.width() >= layout.metrics.minimum


def test_a_point_finds_the_gap_with_its_depth() -> None:
    layout = layout_of(notepad())
    tool, append, reply = (layout.placed(key) for key in ("tool", "ap", "rp"))
    assert tool is not None and append is not None and reply is not None
    x = append.rect.left() + 50
    assert gap_at(layout, QPointF(x, append.rect.top() + 4)) == ("tool", 0, False)
    assert gap_at(layout, QPointF(x, reply.rect.top() + 4)) == ("tool", 1, False)
    assert gap_at(layout, QPointF(x, reply.rect.bottom() - 4)) == ("tool", 2, False)
    assert gap_at(layout, QPointF(x, tool.rect.top() + 3)) == ("root", 2, False)
    assert gap_at(layout, QPointF(x, layout.size[1] + 200)) == ("root", 6, False)


def test_an_empty_node_takes_what_is_dropped_on_it() -> None:
    layout = layout_of(AgentDocument(make_node("agent", make_node("tool", id="t", title="x"), id="root")))
    placed = layout.placed("t")
    assert placed is not None
    target = find_target(layout, layout.slot(placed).center(), lambda parent, gap: None)
    assert target is not None
    assert (target.parent_id, target.index, target.inside) == ("t", 0, True)


def test_a_target_says_in_words_where_it_is_or_why_it_is_not_allowed() -> None:
    layout = layout_of(notepad())
    section = layout.placed("sec")
    assert section is not None
    point = QPointF(section.rect.left() + 20, section.rect.bottom() - 4)
    allowed = find_target(layout, point, lambda parent, gap: None)
    refused = find_target(layout, point, lambda parent, gap: "Not there.")
    assert allowed is not None and refused is not None
    assert "Section" in allowed.words and "When" in allowed.words
    assert refused.reason == "Not there."


def test_lines_break_at_blanks_and_long_words_in_the_middle() -> None:
    assert wrap("one two three", 9) == ("one two", "three")
    assert wrap("abcdefghijklmnop", 8) == ("abcdefgh", "ijklmnop")
    assert wrap("a\nb", 20) == ("a", "b")
    assert wrap("person says", 12, 7) == ("person", "says") or wrap("person says", 12, 7)[0] != "person says"
    assert columns_of("日本") == 4
    for line in wrap("日本語の長い文章です。" * 5, 20):
        assert columns_of(line) <= 20
