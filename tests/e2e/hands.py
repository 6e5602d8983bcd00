"""Mouse and keyboard on the real window: events go where the window system would send them, never to a chosen widget.

Keys go to whatever has the focus, clicks to whatever lies on top at that point; so a control that is covered, cut
off, disabled or out of the focus order fails the test as it would fail a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QAccessible, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QLabel, QWidget

from tests.app.helpers import until

NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
TAB_LIMIT = 80


def name_of(widget: QWidget) -> str:
    """What a screen reader calls it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def words_of(widget: QWidget) -> set[str]:
    """What it can be called by: its words on screen and its name for a screen reader."""
    text = widget.text() if isinstance(widget, (QAbstractButton, QLabel)) else ""
    return {text.replace("&", ""), widget.accessibleName(), name_of(widget)} - {""}


class Hands:
    """Mouse and keyboard.

    Each input is played from the loop, not from inside the test's task: Qt handles events while it waits for the
    window system, and no task may be entered while another one runs.
    """

    def __init__(self, window: QWidget) -> None:
        self.window = window

    async def take_the_window(self) -> None:
        """Give the window the keyboard; there is no window manager to do it, at the start or when a popup closes."""
        if QApplication.activePopupWidget() is None and QApplication.focusWindow() is None:
            self.window.activateWindow()
            await until(self.window.isActiveWindow, "the window has the keyboard")

    async def _play(self, act: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def play() -> None:
            try:
                act()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(None)

        loop.call_soon(play)
        await done

    # --- keyboard --------------------------------------------------------------------------------------------

    async def press(self, *keys: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        """Press keys, one after the other, with modifiers held."""
        for key in keys:
            await self.take_the_window()
            await self._play(lambda key=key: QTest.keyClick(self._keyboard_window(), key, held))  # type: ignore[misc]

    async def types(self, text: str) -> None:
        """Type words."""
        for letter in text:
            await self.take_the_window()
            await self._play(lambda letter=letter: QTest.keyClick(self._keyboard_window(), letter))  # type: ignore[misc]

    def _keyboard_window(self) -> QWindow:
        popup = QApplication.activePopupWidget()
        window = popup.windowHandle() if popup is not None else QApplication.focusWindow()
        assert window is not None, "no window has the keyboard"
        return window

    def state(self) -> str:
        """Where the keyboard is, for the message of a failure."""
        focus = QApplication.focusWidget()
        return f"focus: {type(focus).__name__} {words_of(focus) if focus is not None else ''}"

    async def tabs_to(self, *names: str, backwards: bool = False) -> QWidget:
        """Press Tab until the focus is on something of that name."""
        passed = []
        for _ in range(TAB_LIMIT):
            focus = QApplication.focusWidget()
            if focus is not None:
                if words_of(focus) & set(names):
                    return focus
                passed.append(name_of(focus) or type(focus).__name__)
            await self.press(Qt.Key.Key_Backtab if backwards else Qt.Key.Key_Tab)
        raise AssertionError(f"Tab never comes to {names}; it passes {passed}")

    # --- mouse -----------------------------------------------------------------------------------------------

    async def clicks(self, target: QWidget | str, at: QPoint | None = None) -> None:
        """Click a control, or what carries these words."""
        widget = await self.sees(target) if isinstance(target, str) else target
        await until(lambda: widget.isVisible() and widget.isEnabled(), f"{words_of(widget)} can be clicked")
        place = at if at is not None else widget.rect().center()
        top = widget.window()
        point = widget.mapTo(top, place)
        hit = top.childAt(point) or top
        assert hit is widget or widget.isAncestorOf(hit) or hit.isAncestorOf(widget), f"{hit} lies over {widget}"
        window = top.windowHandle()
        await self._play(lambda: QTest.mouseClick(window, LEFT, NONE, point))

    async def drags(self, start: tuple[QWidget, QPoint], *stops: tuple[QWidget, QPoint]) -> None:
        """Press, move over all stops, let go at the last one."""
        window = self.window.windowHandle()
        here = start[0].mapTo(self.window, start[1])
        await self._play(lambda: QTest.mousePress(window, LEFT, NONE, here))
        for widget, place in stops:
            there = widget.mapTo(self.window, place)
            for point in ((here + there) / 2, there):
                await self._play(lambda point=point: QTest.mouseMove(window, point))  # type: ignore[misc]
            here = there
        await self._play(lambda: QTest.mouseRelease(window, LEFT, NONE, here))

    # --- looking ---------------------------------------------------------------------------------------------

    async def sees(self, words: str, inside: QWidget | None = None) -> Any:
        """Wait for something visible with exactly these words, and give it back."""
        return await until(lambda: self.find(words, inside), f"“{words}” is on screen")

    def find(self, words: str, inside: QWidget | None = None) -> QWidget | None:
        """What carries exactly these words now, a button first; None where nothing does."""
        found = [w for w in self._visible(inside or self.window) if words in words_of(w)]
        buttons = [w for w in found if isinstance(w, QAbstractButton)]
        return next(iter(buttons or found), None)

    def lowest(self, words: str) -> QWidget:
        """Of all that carries these words the one that stands lowest, such as the button of the newest message."""
        found = [widget for widget in self._visible(self.window) if words in words_of(widget)]
        assert found, f"“{words}” is on screen"
        return max(found, key=lambda widget: widget.mapTo(self.window, QPoint(0, 0)).y())

    def _visible(self, root: QWidget) -> Iterable[QWidget]:
        return (widget for widget in root.findChildren(QWidget) if widget.isVisible())

    # --- controls of more than one part ----------------------------------------------------------------------

    async def replaces(self, field: QWidget, text: str) -> None:
        """Click into a field and type something else."""
        await self.clicks(field, QPoint(12, 10))
        await self.press(Qt.Key.Key_A, held=CTRL)
        await self.types(text)

    async def picks(self, box: QComboBox, text: str) -> None:
        """Open a combo box with the mouse and choose by the arrow keys."""
        await self.clicks(box)
        await until(lambda: QApplication.activePopupWidget() is not None, "its list is open")
        await self.chooses(box, text)

    async def chooses(self, box: QComboBox, text: str) -> None:
        """Go to an entry of a combo box's open list with the arrow keys and take it."""
        wanted = box.findText(text)
        assert wanted >= 0, f"{text!r} is not in {[box.itemText(i) for i in range(box.count())]}"
        key = Qt.Key.Key_Down if wanted >= box.currentIndex() else Qt.Key.Key_Up
        await self.press(*[key] * abs(wanted - box.currentIndex()))
        await self.press(Qt.Key.Key_Return)
        await until(lambda: box.currentText() == text, f"{text!r} is chosen")


def row_of(view: QAbstractItemView, text: str) -> tuple[QWidget, QPoint]:
    """The middle of a list's row with that text, as a place to click or to drag from."""
    model = view.model()
    for row in range(model.rowCount(QModelIndex())):
        index = model.index(row, 0)
        if index.data() == text:
            view.scrollTo(index)
            return view.viewport(), view.visualRect(index).center()
    raise AssertionError(f"{text!r} is not in the list")
