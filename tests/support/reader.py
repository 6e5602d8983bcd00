"""A person who cannot see the screen: reads and acts through the accessibility interface alone, like a screen reader.

Nothing here knows a class of ours: things are found by role and name in the tree of accessible objects, and acted on
by the actions that they offer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

Role = QAccessible.Role


def name_of(item: Any) -> str:
    """What a screen reader calls it."""
    return str(item.text(QAccessible.Text.Name)) if item is not None and item.isValid() else ""


class Reader:
    """Reads the visible windows of the application."""

    def roots(self) -> Iterator[Any]:
        """The windows, the front one first: what a menu or a dialog holds comes before what is behind it."""
        front = [QApplication.activePopupWidget(), QApplication.activeModalWidget()]
        others = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible() and widget not in front]
        for widget in (*front, *others):
            if widget is not None:
                yield QAccessible.queryAccessibleInterface(widget)

    def everything(self) -> Iterator[Any]:
        """All accessible objects that are not hidden, from the front window on."""
        for root in self.roots():
            yield from self._inside(root)

    def _inside(self, item: Any) -> Iterator[Any]:
        if item is None or not item.isValid():
            return
        state = item.state()
        if _flag(state, "invisible") and item.parent() is not None and item.role() != Role.MenuItem:
            return
        yield item
        for number in range(item.childCount()):
            yield from self._inside(item.child(number))

    def names(self) -> list[str]:
        """Everything that can be heard now, for the message of a failure."""
        return sorted({name_of(item) for item in self.everything()} - {""})

    def finds(self, name: str, *roles: Any) -> Any | None:
        """The first object of that name (or that begins with it, where it ends in ``…``), in one of the roles."""
        start = name.removesuffix("…")
        for item in self.everything():
            if roles and item.role() not in roles:
                continue
            said = name_of(item)
            if said == name or (start != name and said.startswith(start)):
                return item
        return None

    def needs(self, name: str, *roles: Any) -> Any:
        """As :meth:`finds`; it has to be there."""
        found = self.finds(name, *roles)
        assert found is not None, f"no {name!r} among {self.names()}"
        return found

    def acts(self, name: str, *roles: Any, action: str = "") -> None:
        """Do what the object offers: press it, or the action of that name."""
        item = self.needs(name, *roles)
        offered = item.actionInterface()
        assert offered is not None, f"{name!r} offers nothing to do"
        wanted = action or next(
            (each for each in (offered.pressAction(), offered.toggleAction()) if each in offered.actionNames()), ""
        )
        assert wanted in offered.actionNames(), f"{name!r} offers {offered.actionNames()}"
        offered.doAction(wanted)

    def writes(self, name: str, text: str) -> None:
        """Put the cursor into a field and put words in place of those that are there."""
        item = self.needs(name, Role.EditableText, Role.ComboBox)
        self._focus(item)
        field, words = item.editableTextInterface(), item.textInterface()
        assert field is not None and words is not None, f"{name!r} cannot be written into"
        field.replaceText(0, words.characterCount(), text)

    def focuses(self, name: str, *roles: Any) -> None:
        """Go to something, which leaves what had the focus."""
        self._focus(self.needs(name, *roles))

    def selects(self, name: str, *roles: Any) -> None:
        """Go to a list or a tree and select one of its rows."""
        row = self.needs(name, *roles)
        self._focus(row.parent())
        rows = row.parent().selectionInterface()
        assert rows is not None, f"rows like {name!r} cannot be selected"
        rows.clear()
        assert rows.select(row), f"{name!r} cannot be selected"

    @staticmethod
    def _focus(item: Any) -> None:
        offered = item.actionInterface()
        if offered is not None and offered.setFocusAction() in offered.actionNames():
            offered.doAction(offered.setFocusAction())

    def chooses(self, label: str, text: str) -> None:
        """Choose in a list that drops down: open it, go to the entry with the arrow keys, confirm.

        Qt's entries offer no action of their own, so these are the keys that a screen reader's user presses; which
        entries there are, and where one stands, is read like everything else.
        """
        boxes = (item for item in self.everything() if item.role() == Role.ComboBox)
        box = next((item for item in boxes if label in labels_of(item)), None)
        assert box is not None, f"no list {label!r}"
        offered, now = box.actionInterface(), str(box.text(QAccessible.Text.Value)) or name_of(box)
        offered.doAction(offered.showMenuAction())
        entries = box.child(0)
        names = [name_of(entries.child(number)) for number in range(entries.childCount())]
        assert text in names, f"{text!r} is not in {names}"
        steps = names.index(text) - (names.index(now) if now in names else 0)
        for _ in range(abs(steps)):
            QTest.keyClick(entries.object(), Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
        QTest.keyClick(entries.object(), Qt.Key.Key_Return)


def labels_of(item: Any) -> set[str]:
    """What an object is called: its own name, and the words that are its label."""
    said = {name_of(other) for other, kind in item.relations() if kind & QAccessible.RelationFlag.Label}
    return {name_of(item), *said}


def _flag(state: Any, name: str) -> bool:
    return bool(getattr(state, name, False))
