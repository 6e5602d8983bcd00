"""Find and replace in all texts of an agent: fields, a list of the places, and what to do with them.

Not here: what is found and how it is replaced (``texts``).
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.edits import Edit, EditError
from widgets import theme
from widgets.common import text_label
from widgets.common.banner import icon_button
from widgets.tree import words
from widgets.tree.announce import announce
from widgets.tree.document_model import DocumentModel
from widgets.tree.replace_row import HitDelegate, hit_words
from widgets.tree.texts import Query, TextHit, find, rename_edit, replace_all_edit, replace_edit

_TYPING_MS = 60
_MOST = 500
_HIT = Qt.ItemDataRole.UserRole


class ReplacePanel(QFrame):
    """Stands over a page while it is used.

    Signals:
        chosen: A place was selected; its node.
        opened: A place was confirmed: its node is to be edited.
        closed: The panel went away.
    """

    chosen = Signal(str)
    opened = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Find and replace in texts"))
        self._model: DocumentModel | None = None
        self.hits: list[TextHit] = []
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_TYPING_MS)
        self._later.timeout.connect(self.refresh)
        self.typed = self._field(self.tr("Find in all texts"))
        self.words = self._field(self.tr("Replace with"))
        self.case = self._switch("case-sensitive", self.tr("Match upper and lower case"))
        self.word = self._switch("whole-word", self.tr("Whole words only"))
        self.regex = self._switch("regex", self.tr("Regular expression"))
        self.end = icon_button("x", self.tr("Close find and replace"))
        self.end.clicked.connect(self.finish)
        self.count = text_label("", "caption")
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Places"))
        self.list.setItemDelegate(HitDelegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._show_hit)
        self.list.itemActivated.connect(self._open)
        self.note = text_label("", "warning")
        self.rename = QPushButton()
        self.rename.clicked.connect(self._rename)
        self.one = QPushButton(self.tr("Replace"))
        self.one.clicked.connect(self.replace_one)
        self.all = QPushButton(self.tr("Replace all"))
        self.all.setProperty("role", "primary")
        self.all.clicked.connect(self.replace_all)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(text_label(self.tr("Find and replace"), "strong"))
        head.addStretch(1)
        head.addWidget(self.end)
        find_row, replace_row, note_row, last = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        find_row.addWidget(self.typed, 1)
        find_row.setSpacing(2)
        for switch in (self.case, self.word, self.regex):
            find_row.addWidget(switch)
        replace_row.addWidget(self.words, 1)
        note_row.addWidget(self.note, 1)
        note_row.addWidget(self.rename)
        last.addWidget(self.count, 1)
        last.addWidget(self.one)
        last.addWidget(self.all)
        for row in (head, find_row, replace_row):
            column.addLayout(row)
        column.addWidget(self.list, 1)
        column.addLayout(note_row)
        column.addLayout(last)

    def _field(self, words: str) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(words)
        field.setAccessibleName(words)
        field.textChanged.connect(self._typed)
        field.installEventFilter(self)
        return field

    def _switch(self, icon: str, words: str) -> QToolButton:
        button = icon_button(icon, words)
        button.setCheckable(True)
        button.toggled.connect(self._typed)
        return button

    # -- what is shown ----------------------------------------------------------------------------------------

    def set_document(self, model: DocumentModel | None) -> None:
        """Look through another document."""
        if self._model is not None:
            self._model.changed.disconnect(self._typed)
            self._model.reset.disconnect(self._typed)
        self._model = model
        if model is not None:
            model.changed.connect(self._typed)
            model.reset.connect(self._typed)
        self._typed()

    def begin(self, typed: str = "") -> None:
        """Show the panel and take the focus."""
        if typed:
            self.typed.setText(typed)
        self.show()
        self.raise_()
        self.typed.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.typed.selectAll()
        self.refresh()

    def finish(self) -> None:
        """Go away."""
        if not self.isHidden():
            self._later.stop()
            self.hide()
            self.closed.emit()

    @property
    def query(self) -> Query:
        """What the fields say."""
        return Query(self.typed.text(), self.case.isChecked(), self.word.isChecked(), self.regex.isChecked())

    @Slot()
    def _typed(self) -> None:
        if self.isVisible():
            self._later.start()

    @Slot()
    def refresh(self) -> None:
        """Look again."""
        self._later.stop()
        failed = ""
        try:
            self.hits = find(self._model.document, self.query) if self._model is not None else []
        except ValueError as error:
            self.hits, failed = [], str(error)
        self._fill()
        theme.set_role(self.typed, "invalid", bool(failed))
        self._say(failed)

    def _fill(self) -> None:
        row = max(0, self.list.currentRow())
        self.list.blockSignals(True)
        self.list.clear()
        for hit in self.hits[:_MOST] if self._model is not None else ():
            assert self._model is not None
            node = self._model.document.node(hit.spot.node_id)
            item = QListWidgetItem(words.title_of(node), self.list)
            item.setIcon(theme.icon(words.icon_of(node), words.group_of(node)))
            item.setData(_HIT, hit)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{words.title_of(node)}, {hit_words(hit)}")
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.list.blockSignals(False)
        self._buttons()

    def _say(self, failed: str = "") -> None:
        """How much was found, or why nothing could be."""
        count, parts = len(self.hits), len({hit.spot.node_id for hit in self.hits})
        if failed:
            text = self.tr("This is no regular expression: %1").replace("%1", failed)
        elif not self.typed.text():
            text = self.tr("Looks through every text of the agent.")
        elif not count:
            text = self.tr("Nothing found.")
        else:
            place = self.tr("1 place") if count == 1 else self.tr("%1 places").replace("%1", f"{count:,}")
            part = self.tr("1 part") if parts == 1 else self.tr("%1 parts").replace("%1", f"{parts:,}")
            text = self.tr("%1 in %2").replace("%1", place).replace("%2", part)
            if count > _MOST:
                text += self.tr(", the first %1 are listed").replace("%1", str(_MOST))
        theme.set_role(self.count, "role", "error" if failed else "caption")
        self.count.setText(text)

    def _buttons(self) -> None:
        """What can be done with the place in front, and what is said about names."""
        names = [hit for hit in self.hits if hit.name]
        hit = self.current
        self.all.setEnabled(len(names) < len(self.hits))
        self.one.setEnabled(hit is not None and not hit.name)
        known = hit if hit is not None and hit.name else next((each for each in names if each.variable), None)
        self.note.setVisible(bool(names))
        self.rename.setVisible(known is not None and bool(known.variable) and bool(self.words.text()))
        if names:
            text = self.tr("1 place is a name inside {{ }} and is left as it is, so that nothing breaks.")
            if len(names) > 1:
                text = self.tr("%1 places are names inside {{ }} and are left as they are, so that nothing breaks.")
            self.note.setText(text.replace("%1", f"{len(names):,}"))
        if known is not None:
            self.rename.setText(self.tr("Rename variable “%1”").replace("%1", known.name))
            self.rename.setProperty("hit", known)

    @property
    def current(self) -> TextHit | None:
        """The place in front."""
        item = self.list.currentItem()
        found = item.data(_HIT) if item is not None else None
        return found if isinstance(found, TextHit) else None

    # -- what is done -----------------------------------------------------------------------------------------

    @Slot(QListWidgetItem)
    def _show_hit(self) -> None:
        self._buttons()
        hit = self.current
        if hit is not None:
            self.chosen.emit(hit.spot.node_id)

    @Slot(QListWidgetItem)
    def _open(self) -> None:
        hit = self.current
        if hit is not None:
            self.opened.emit(hit.spot.node_id)

    @Slot()
    def replace_one(self) -> None:
        """Replace the place in front; the next one comes to the front."""
        hit, model = self.current, self._model
        if hit is not None and model is not None:
            self._do(lambda: replace_edit(model.document, hit, self.query, self.words.text()))

    @Slot()
    def replace_all(self) -> None:
        """Replace every place that is no name, as one step to take back."""
        model = self._model
        if model is None:
            return
        told: list[str] = []

        def edit() -> Edit | None:
            label = self.tr("replace “%1”").replace("%1", self.typed.text()[:40])
            batch, done, left = replace_all_edit(model.document, self.query, self.words.text(), label)
            text = self.tr("1 place replaced.") if done == 1 else self.tr("%1 places replaced.")
            text = text.replace("%1", f"{done:,}")
            if left:
                text += " " + self.tr("%1 left, because they are names.").replace("%1", f"{left:,}")
            told.append(text)
            return batch if batch.edits else None

        if self._do(edit) and told:
            self.typed.setFocus(Qt.FocusReason.OtherFocusReason)  # there is nothing left for the button
            self.count.setText(told[0])
            announce(self, told[0])

    @Slot()
    def _rename(self) -> None:
        hit, model = self.rename.property("hit"), self._model
        if isinstance(hit, TextHit) and model is not None:
            self._do(lambda: rename_edit(model.document, hit, self.query, self.words.text()))

    def _do(self, make: Callable[[], Edit | None]) -> bool:
        """Make an edit and look again; a reason why not is said in place."""
        assert self._model is not None
        try:
            edit = make()
            if edit is not None:
                self._model.do(edit)
        except (EditError, ValueError) as error:
            theme.set_role(self.count, "role", "error")
            self.count.setText(str(error))
            announce(self, str(error))
            return False
        self.refresh()
        return edit is not None

    # -- keys -------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the fields arrows walk through the places, and Enter replaces from the second one."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
            if event.key() in steps and self.list.count():
                row = self.list.currentRow() + steps[Qt.Key(event.key())]
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, row)))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.refresh() if watched is self.typed else self.replace_one()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.finish()
            return
        super().keyPressEvent(event)
