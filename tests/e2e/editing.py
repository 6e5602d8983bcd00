"""What a person does in the tree editor, with mouse and keyboard, for tests."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QListView, QWidget

from tests.app.helpers import Person, until
from tests.e2e.hands import CTRL, Hands, row_of

SHIFT = Qt.KeyboardModifier.ShiftModifier


def document(person: Person) -> Any:
    """The agent in front."""
    return person.desk.bench.agent.model.document


def of_kind(person: Person, kind: str) -> Any:
    """The first node of that kind."""
    return next(node for node in document(person).walk() if node.kind == kind)


def shape(person: Person) -> list[Any]:
    """The tree as nested lists of kinds."""

    def of(node: Any) -> Any:
        return [node.kind, *(of(child) for child in node.children)] if node.children else node.kind

    return [of(child) for child in document(person).root.children]


def card(person: Person, node_id: str, dx: int = 60, share: float = 0.5) -> tuple[QWidget, QPoint]:
    """A place on the headline of a node's card."""
    canvas = person.page.tree.canvas
    placed = canvas.layout_.placed(node_id)
    assert placed is not None, "the card is on screen"
    rect = canvas.view_rect(canvas.layout_.header(placed))
    return canvas.viewport(), QPoint(round(rect.left()) + dx, round(rect.top() + rect.height() * share))


def field(person: Person, name: str) -> QWidget:
    """The control of a property in the form."""
    row = person.page.form.row(name)
    assert row is not None, f"the form has {name}"
    return row.editor.focus_target()


async def selects(person: Person, hands: Hands, node_id: str) -> None:
    """Click a card; its form opens."""
    await hands.clicks(*card(person, node_id))
    await until(lambda: person.page.form.node_id == node_id, f"the form of {document(person).node(node_id).kind}")


async def opens_palette(person: Person, hands: Hands, *, keyboard: bool = False) -> QListView:
    """Open the palette; its list."""
    if keyboard:
        await hands.press(Qt.Key.Key_A, held=CTRL | SHIFT)
    else:
        await hands.clicks(person.page.tree.add_button)
    panel = person.page.tree.palette_panel
    await until(panel.isVisible, "the palette")
    return panel.findChild(QListView)


async def adds(person: Person, hands: Hands, search: str, kind: str, *, keyboard: bool = False) -> Any:
    """Open the palette, type what is looked for, press Enter; the new node, selected, with the focus in its form."""
    await opens_palette(person, hands, keyboard=keyboard)
    await hands.types(search)
    return await _new_node(person, kind, lambda: hands.press(Qt.Key.Key_Return))


async def adds_by_click(person: Person, hands: Hands, title: str, kind: str) -> Any:
    """Click a row of the palette."""
    view = await opens_palette(person, hands)
    place = row_of(view, title)
    return await _new_node(person, kind, lambda: hands.clicks(*place))


async def adds_by_drag(person: Person, hands: Hands, title: str, kind: str, target: tuple[QWidget, QPoint]) -> Any:
    """Drag a row of the palette to a place in the tree."""
    view = await opens_palette(person, hands)
    return await _new_node(person, kind, lambda: hands.drags(row_of(view, title), target, target))


async def _new_node(person: Person, kind: str, act: Any) -> Any:
    before = {node.id for node in document(person).walk()}
    await act()
    made = await until(lambda: [n for n in document(person).walk() if n.id not in before], f"a new {kind}")
    assert [node.kind for node in made] == [kind]
    await until(lambda: person.page.form.node_id == made[0].id, "its form")
    return made[0]
