"""The list of shortcuts, where each can be exchanged. Not here: what may be exchanged for what (``app.shortcuts``)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions import ACTIONS, BY_ID, MENUS, ActionSpec
from app.shortcuts import Shortcuts, portable, why_not
from app.text import tr
from app.window.shortcut_row import ID_ROLE, KEYS_ROLE, OWN_ROLE, ShortcutDelegate
from widgets import theme
from widgets.actions import native
from widgets.common import text_label
from widgets.common.glass import with_glass


class KeyField(QLineEdit):
    """Shows and tells the keys that are pressed while it has the focus.

    Signals:
        pressed: A ``QKeyCombination`` that is more than a modifier.
        cleared: The person wants no keys at all.
        left: The person gave up.
    """

    pressed = Signal(object)
    cleared = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setPlaceholderText(self.tr("Press the keys"))
        self.setAccessibleName(self.tr("New keys"))
        self.setAccessibleDescription(
            self.tr("Press the keys; Escape leaves them as they are, Backspace takes them away")
        )

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            event.accept()  # also keys that mean something elsewhere, Tab among them
            if event.type() == QEvent.Type.KeyPress:
                self._take(event)
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        bare = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if bare and event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif bare and event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.cleared.emit()
        elif keys := portable(event.keyCombination()):
            self.setText(native(keys))
            self.pressed.emit(event.keyCombination())


class ShortcutsDialog(QDialog):
    """Every action with its keys; a row that is activated asks for others.

    Args:
        shortcuts: What is shown and changed.
    """

    def __init__(self, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self._editing = ""
        self._wanted = ""
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(560, 640)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search by name or keys"))
        self.search.setAccessibleName(self.tr("Search shortcuts"))
        with_glass(self.search)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.list = self._make_list()
        self.none = text_label(self.tr("No shortcut is called that. Try another word."), "dim")
        self.editor = self._make_editor()
        self.hint = text_label(
            self.tr(
                "Choose a row to give it other keys. In the tree the arrow keys walk, Shift and an arrow select "
                "several, and Space held down lets the mouse move the canvas."
            ),
            "caption",
        )
        self.reset_all = QPushButton(self.tr("Reset all"))
        self.reset_all.clicked.connect(self._reset_all)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.accept)
        for button in (self.reset_all, close):
            button.setAutoDefault(False)  # Enter belongs to the list
        row = QHBoxLayout()
        row.addWidget(self.reset_all)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        for widget in (self.search, self.none, self.list, self.editor, self.hint):
            column.addWidget(widget, 1 if widget is self.list else 0)
        column.addLayout(row)
        self._fill()
        self.search.setFocus()

    # --- the list --------------------------------------------------------------------------------------------

    def _make_list(self) -> QTreeWidget:
        view = QTreeWidget()
        view.setHeaderHidden(True)
        view.setItemDelegate(ShortcutDelegate(view))
        view.setMouseTracking(True)
        view.setProperty("role", "painted")
        view.setRootIsDecorated(False)
        view.setIndentation(0)
        view.setUniformRowHeights(True)
        view.setAccessibleName(self.tr("Keyboard shortcuts"))
        view.setAccessibleDescription(self.tr("Enter gives an action other keys"))
        view.itemActivated.connect(self._begin)
        view.itemClicked.connect(self._begin)
        return view

    def _fill(self) -> None:
        current = self._current()
        self.list.clear()
        groups = [*[(tr(title), key, False) for key, title in MENUS], (tr("In the tree"), "", True)]
        for title, menu, tree in groups:
            specs = [spec for spec in ACTIONS if spec.tree == tree and (tree or spec.menu == menu)]
            heading = QTreeWidgetItem(self.list, [title])
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            for spec in specs:
                self._row(spec)
        self.reset_all.setEnabled(bool(self._shortcuts.own))
        self._filter(self.search.text())
        self._show_current(current)

    def _row(self, spec: ActionSpec) -> None:
        item = QTreeWidgetItem(self.list, [tr(spec.text).rstrip("…")])
        own = self._shortcuts.is_own(spec.id)
        item.setData(0, ID_ROLE, spec.id)
        item.setData(0, KEYS_ROLE, self._shown(spec.id))
        item.setData(0, OWN_ROLE, own)
        if spec.icon:
            item.setIcon(0, theme.icon(spec.icon, "dim"))
        if own:
            item.setToolTip(0, tr("Yours. Declared: {keys}", keys=native(spec.shortcut) or tr("none")))
        said = [tr(spec.text), self._shown(spec.id) or tr("no keys"), *([tr("yours")] if own else [])]
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, ", ".join(said))

    def _shown(self, action_id: str) -> str:
        keys = [native(part) for part in self._shortcuts.keys(action_id).split("; ") if part]
        return "  ".join(keys)

    def _filter(self, typed: str) -> None:
        wanted = typed.casefold().split()
        heading: QTreeWidgetItem | None = None
        shown = 0
        for number in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(number)
            assert item is not None
            if not item.data(0, ID_ROLE):
                heading = item
                heading.setHidden(True)
                continue
            text = f"{item.text(0)} {item.data(0, KEYS_ROLE)}".casefold()
            fits = all(word in text for word in wanted)
            item.setHidden(not fits)
            shown += fits
            if fits and heading is not None:
                heading.setHidden(False)
        self.none.setVisible(not shown)
        self.list.setVisible(bool(shown))
        current = self.list.currentItem()
        if wanted and (current is None or current.isHidden()):
            self._step(1, from_start=True)

    def _step(self, step: int, *, from_start: bool = False) -> None:
        """Go to the next row that is shown."""
        items = [self.list.topLevelItem(n) for n in range(self.list.topLevelItemCount())]
        shown = [item for item in items if item is not None and item.data(0, ID_ROLE) and not item.isHidden()]
        if not shown:
            return
        current = self.list.currentItem()
        at = -1 if from_start or current not in shown else shown.index(current)
        self.list.setCurrentItem(shown[max(0, min(len(shown) - 1, at + step))])

    def _current(self) -> str:
        item = self.list.currentItem()
        return str(item.data(0, ID_ROLE) or "") if item is not None else ""

    def _show_current(self, action_id: str) -> None:
        for number in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(number)
            if action_id and item is not None and item.data(0, ID_ROLE) == action_id:
                self.list.setCurrentItem(item)

    # --- giving other keys -----------------------------------------------------------------------------------

    def _make_editor(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "card")
        self.asked = text_label("", "strong")
        self.field = KeyField()
        self.field.pressed.connect(self._pressed)
        self.field.cleared.connect(self._clear)
        self.field.left.connect(self._leave)
        self.answer = QLabel()
        self.answer.setProperty("role", "error")
        self.answer.setWordWrap(True)
        self.take = QPushButton()
        self.take.setProperty("role", "primary")
        self.take.clicked.connect(self._take)
        self.reset = QPushButton(self.tr("Reset"))
        self.reset.clicked.connect(self._reset)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.clicked.connect(self._leave)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        for button in (self.take, self.reset, self.cancel):
            button.setAutoDefault(False)
            row.addWidget(button)
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        for widget in (self.asked, self.answer):
            column.addWidget(widget)
        column.insertLayout(1, row)
        frame.hide()
        return frame

    @Slot(QTreeWidgetItem)
    def _begin(self, item: QTreeWidgetItem) -> None:
        action_id = str(item.data(0, ID_ROLE) or "")
        if not action_id:
            return
        self._editing, self._wanted = action_id, ""
        self.asked.setText(tr("New keys for “{name}”", name=tr(BY_ID[action_id].text).rstrip("…")))
        self.field.clear()
        self._answer("")
        self.reset.setVisible(self._shortcuts.is_own(action_id))
        self.editor.show()
        self.list.scrollToItem(item)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _answer(self, text: str, take: str = "") -> None:
        self.answer.setText(text)
        self.answer.setVisible(bool(text))
        self.take.setText(take)
        self.take.setVisible(bool(take))

    @Slot(object)
    def _pressed(self, pressed: QKeyCombination) -> None:
        keys = self._wanted = portable(pressed)
        reason = why_not(pressed)
        holder = self._shortcuts.holder(self._editing, keys)
        if reason is not None:
            self._answer(reason)
        elif holder is not None:
            name = tr(holder.text).rstrip("…")
            self._answer(
                tr("{keys} belongs to “{name}”.", keys=native(keys), name=name), tr("Take it from {name}", name=name)
            )
            self.take.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._assign(keys)

    def _take(self) -> None:
        self._assign(self._wanted)

    def _clear(self) -> None:
        self._assign("")

    def _assign(self, keys: str) -> None:
        self._shortcuts.assign(self._editing, keys)
        self._done()

    def _reset(self) -> None:
        self._shortcuts.reset(self._editing)
        self._done()

    def _reset_all(self) -> None:
        self._shortcuts.reset_all()
        self._done()

    def _done(self) -> None:
        self._leave()
        self._fill()

    def _leave(self) -> None:
        if self.editor.isVisible():
            self.editor.hide()
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- keys of the dialog ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.editor.isVisible():
            self._leave()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Enter in the search belong to the list."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
            if event.key() in steps:
                self._step(steps[Qt.Key(event.key())])
                return True
            item = self.list.currentItem()
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
                self._begin(item)
                return True
        return super().eventFilter(watched, event)
