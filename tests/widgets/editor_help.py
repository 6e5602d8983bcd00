"""The reference agent as a document, and small helpers for tests of the editor."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QAbstractSpinBox, QComboBox, QLineEdit, QWidget

from engine.blueprint import AgentDocument, make_node
from widgets.tree import DocumentModel, TreeEditor

NOTEPAD_ROWS = {"rows": [{"variable": "notepad", "operator": "is_not_empty", "value": None}], "match": "all"}


def notepad() -> AgentDocument:
    """The notepad assistant, with ids that a test can name."""
    return AgentDocument(
        make_node(
            "agent",
            make_node("system", id="sys", text="You are an assistant with a notepad."),
            make_node("state", id="st", title="notepad", type="list"),
            make_node(
                "tool",
                make_node("append", id="ap", variable="notepad", value="{{ note }}"),
                make_node("reply", id="rp", text="Noted."),
                id="tool",
                title="Add note",
                description="Add a note",
                inputs=[{"title": "note", "type": "text", "description": "", "required": True}],
            ),
            make_node(
                "when",
                make_node("section", id="sec", title="notepad", each="notepad", text="- {{ item }}"),
                id="when",
                condition=NOTEPAD_ROWS,
            ),
            make_node("timeline", id="tl"),
            make_node("reminder", id="rem", text="Be short."),
            id="root",
            name="Notepad assistant",
        )
    )


def model_of(editor: TreeEditor) -> DocumentModel:
    """What the editor shows."""
    assert editor.document_model is not None
    return editor.document_model


def shape(model: DocumentModel) -> dict[str, list[str]]:
    """Children of every node that has some, by id."""
    return {node.id: [child.id for child in node.children] for node in model.document.walk() if node.children}


def spot(editor: TreeEditor, node_id: str, dx: int = 60, share: float = 0.5) -> QPoint:
    """A point of the canvas inside the headline of a node's card."""
    canvas = editor.canvas
    placed = canvas.layout_.placed(node_id)
    assert placed is not None
    rect = canvas.view_rect(canvas.layout_.header(placed))
    return QPoint(round(rect.left()) + dx, round(rect.top() + rect.height() * share))


def drag(editor: TreeEditor, start: QPoint, *stops: QPoint) -> None:
    """Press, move over all stops, and let go at the last one."""
    view = editor.canvas.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for stop in stops:
        QTest.mouseMove(view, (start + stop) / 2)
        QTest.mouseMove(view, stop)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, stops[-1])


def nameless(root: QWidget) -> list[str]:
    """Visible controls that a screen reader could not name."""
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractScrollArea)
    found = []
    for widget in root.findChildren(QWidget):
        inner = isinstance(widget.parent(), (QComboBox, QAbstractSpinBox)) or widget.objectName().startswith("qt_")
        if not isinstance(widget, kinds) or inner or not widget.isVisibleTo(root):
            continue
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or isinstance(widget.parent(), QLineEdit):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name) if interface is not None else ""
        if not name:
            found.append(f"{type(widget).__name__} {widget.objectName()} {widget.geometry().getRect()}")
    return found
