"""Trying other values: every variable, knob and gate as a small control, on a scratch copy that no session sees.

Not here: which values there are (``app``), and what the context becomes with them (``engine.blueprint.dry``).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from widgets import theme
from widgets.forms.base import FieldEditor
from widgets.forms.code import same
from widgets.forms.field_row import make_editor

_MOST_HEIGHT = 230


@dataclass(frozen=True)
class Tryable:
    """One value that can be tried.

    Attributes:
        node_id: The node that holds it.
        field: How it is shown and what it may be.
        value: What it is in the session, or at first.
    """

    node_id: str
    field: Field
    value: Any


class TryStrip(QFrame):
    """The controls, folded away until they are wanted.

    Attributes:
        button: Unfolds them.
        body: Holds them.
        back: Gives up what is tried.

    Signals:
        tried: Other values are tried now, by node id; {} when it is the session's again.
    """

    tried = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, Any] = {}
        self._offered: Sequence[Tryable] = ()
        self._editors: dict[str, FieldEditor] = {}
        self.button = QPushButton(self.tr("Try values"), self)
        self.button.setProperty("role", "inline")
        self.button.setCheckable(True)
        self.button.setIcon(theme.icon("flask-conical", "dim", on_role="accent"))
        self.button.setToolTip(self.tr("See what the model would see with other values. The session keeps its own."))
        self._mark = QLabel(self.tr("Tried values are shown"), self)
        self._mark.setProperty("role", "badge")
        self._mark.setProperty("tone", "accent")
        self.back = QPushButton(self.tr("Back to the session's values"), self)
        self.back.setProperty("role", "link")
        self.back.setProperty("small", True)
        top = QHBoxLayout()
        top.setContentsMargins(5, 0, 6, 0)
        top.setSpacing(6)
        top.addWidget(self.button)
        top.addStretch(1)
        top.addWidget(self._mark)
        self.body = QScrollArea(self)
        self.body.setWidgetResizable(True)
        self.body.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._none = QLabel(self.tr("There is nothing to try: this agent has no variables, knobs or gates yet."), self)
        self._none.setProperty("role", "caption")
        self._none.setWordWrap(True)
        self._none.setContentsMargins(8, 0, 8, 4)
        below = QHBoxLayout()
        below.setContentsMargins(4, 0, 4, 0)
        below.addWidget(self.back)
        below.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 2)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self._none)
        layout.addWidget(self.body)
        layout.addLayout(below)
        self.button.toggled.connect(self._toggled)
        self.back.clicked.connect(self.give_up)
        self._arrange()

    # -- what there is ----------------------------------------------------------------------------------------

    def offer(self, offered: Sequence[Tryable]) -> None:
        """Values as they are in the session; what is tried stays, as long as it can be tried."""
        fields = [(one.node_id, one.field) for one in offered]
        same_fields = fields == [(one.node_id, one.field) for one in self._offered]
        self._offered = tuple(offered)
        known = {one.node_id: one.value for one in offered}
        kept = {key: value for key, value in self._values.items() if key in known and not same(value, known[key])}
        if not same_fields:
            self._build()
        for one in offered:
            if one.node_id not in kept and one.node_id in self._editors:
                self._editors[one.node_id].set_value(one.value)
        if kept != self._values:
            self._values = kept
            self._arrange()
            self.tried.emit(dict(kept))

    @property
    def values(self) -> Mapping[str, Any]:
        """What is tried now, by node id."""
        return self._values

    def editor(self, node_id: str) -> FieldEditor | None:
        """The control of a node."""
        return self._editors.get(node_id)

    def _build(self) -> None:
        self._editors = {}
        if not self.button.isChecked():
            return  # made when they are wanted
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(8, 4, 8, 6)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 5)
        for row, one in enumerate(self._offered):
            editor = make_editor(one.field, page)
            editor.setProperty("node", one.node_id)
            editor.set_value(self._values.get(one.node_id, one.value))
            target = editor.focus_target()
            target.setAccessibleName(self.tr("Try: %1").replace("%1", one.field.label))
            editor.edited.connect(self._edited)
            if one.field.editor != "toggle":
                label = QLabel(one.field.label, page)
                label.setProperty("role", "caption")
                label.setWordWrap(True)
                label.setBuddy(target)
                grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(editor, row, 1)
            else:
                grid.addWidget(editor, row, 0, 1, 2)
            self._editors[one.node_id] = editor
        old = self.body.takeWidget()
        self.body.setWidget(page)
        page.show()
        if old is not None:
            old.deleteLater()
        keys = [self.button, *(key for editor in self._editors.values() for key in editor.tab_widgets())]
        for before, after in itertools.pairwise(keys):
            QWidget.setTabOrder(before, after)

    # -- what the person does ---------------------------------------------------------------------------------

    @Slot(object)
    def _edited(self, value: Any) -> None:
        editor = self.sender()
        node_id = str(editor.property("node")) if editor is not None else ""
        one = next((one for one in self._offered if one.node_id == node_id), None)
        if one is None:
            return
        self._values = {key: kept for key, kept in self._values.items() if key != node_id}
        if not same(value, one.value):
            self._values[node_id] = value
        self._arrange()
        self.tried.emit(dict(self._values))

    @Slot()
    def give_up(self) -> None:
        """Show what is really so again."""
        if not self._values:
            return
        here = self.back.hasFocus()
        self._values = {}
        for one in self._offered:
            if one.node_id in self._editors:
                self._editors[one.node_id].set_value(one.value)
        self._arrange()
        self.tried.emit({})
        if here:  # the button that was pressed goes away; whoever is somewhere else stays there
            self.button.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        if on:
            self._build()
        self._arrange()

    def _arrange(self) -> None:
        on = self.button.isChecked()
        self.body.setVisible(on and bool(self._offered))
        self._none.setVisible(on and not self._offered)
        self._mark.setVisible(bool(self._values))
        self.back.setVisible(bool(self._values))
        page = self.body.widget()
        if page is not None:
            self.body.setFixedHeight(min(_MOST_HEIGHT, page.sizeHint().height()))
        theme.set_role(self, "role", "banner" if self._values else "")
        self.updateGeometry()


__all__ = ["TryStrip", "Tryable"]
