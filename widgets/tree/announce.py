"""Spoken announcements for screen readers. Not here: names and descriptions, which each widget sets itself."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleTableModelChangeEvent
from PySide6.QtWidgets import QTreeView, QWidget

from engine.blueprint.document import AgentDocument
from widgets.tree.words import title_of


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say something now, where one is listening."""
    if text and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def rows_changed(view: QTreeView) -> None:
    """Have assistive technology read the rows of a tree anew.

    Qt keeps them by their number and counts rows that come and go as if a tree were a table: without this, a screen
    reader would be told of rows that are not there any more, and not of new ones.
    """
    if QAccessible.isActive():
        view.executeDelayedItemsLayout()  # the rows are told as they are laid out
        reset = QAccessibleTableModelChangeEvent.ModelChangeType.ModelReset
        QAccessible.updateAccessibility(QAccessibleTableModelChangeEvent(view, reset))


def place_words(document: AgentDocument, node_id: str) -> str:
    """Where a node stands, as it is said: ``3 of 7 in Notepad assistant``."""
    parent, place = document.parent(node_id), document.place(node_id)
    if parent is None:
        return ""
    text = QCoreApplication.translate("Tree", "%1 of %2 in %3")
    return _fill(text, str(place.index + 1), str(len(parent.children)), title_of(parent))


def _fill(text: str, *parts: str) -> str:
    for number, part in enumerate(parts, 1):
        text = text.replace(f"%{number}", part)
    return text
