"""The head of a form: icon, title, what the kind is for, and the switch that turns the node off."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from engine.blueprint.document import Node
from engine.blueprint.form_fields import Field, field_of
from engine.blueprint.kinds import kind_of
from widgets import theme
from widgets.forms.base import FieldEditor
from widgets.forms.text import show_text
from widgets.tree import words
from widgets.tree.document_model import DocumentModel
from widgets.tree.rename import title_field


class KindIcon(QWidget):
    """A kind's icon on its tint; follows the theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._group = "circle", "root"
        self.setFixedSize(34, 34)
        theme.manager().changed.connect(self.update)

    def show_icon(self, name: str, group: str) -> None:
        """Show another icon."""
        self._name, self._group = name, group
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        hue = theme.current().hue(self._group)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(hue.tint))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        theme.paint_icon(painter, self._name, hue.ink, QRectF(8, 8, 18, 18))


class _TitleField(FieldEditor):
    """Only the keys and the focus of a field editor, for the title."""


class FormHeader(QWidget):
    """Head of a form.

    Signals:
        title_edited: The title while it is typed.
        title_left: The title when the field is left.
        enabled_changed: The switch was moved.
    """

    title_edited = Signal(str)
    title_left = Signal(str)
    enabled_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = KindIcon(self)
        self._kind = QLabel(self)
        self._kind.setProperty("role", "overline")
        self._switch = QCheckBox(self.tr("On"), self)
        self._switch.setProperty("role", "switch")
        self._switch.setAccessibleName(self.tr("Switched on"))
        self.title = QLineEdit(self)
        self._heading = QLabel(self)
        self._heading.setProperty("role", "heading")
        self._heading.setWordWrap(True)
        self._help = QLabel(self)
        self._help.setProperty("role", "caption")
        self._help.setWordWrap(True)
        self._example = QLabel(self)
        self._example.setProperty("role", "faint")
        self._example.setWordWrap(True)
        self._example.setTextFormat(Qt.TextFormat.PlainText)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.setContentsMargins(0, 0, 0, 0)
        names.addWidget(self._kind)
        names.addWidget(self._heading)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self._icon)
        top.addLayout(names, 1)
        top.addWidget(self._switch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._help)
        layout.addWidget(self._example)
        self._title_label = QLabel(self)
        self._title_label.setProperty("role", "label")
        self._title_label.setWordWrap(True)
        self._title_label.setBuddy(self.title)
        layout.addSpacing(6)
        layout.addWidget(self._title_label)
        layout.addWidget(self.title)
        self._filter: _TitleField | None = None
        self.title.textChanged.connect(self.title_edited)
        self.title.editingFinished.connect(self._left)
        self._switch.toggled.connect(self.enabled_changed)

    def set_history(self, model: DocumentModel) -> None:
        """Where the undo keys of the title go."""
        self._filter = _TitleField(Field("title", ""), self)
        self._filter.hide()
        self._filter.set_history(model)
        self._filter.watch(self.title)

    def tab_widgets(self) -> list[QWidget]:
        """What Tab goes through, in order."""
        return [self._switch, self.title]

    @Slot()
    def _left(self) -> None:
        self.title_left.emit(self.title.text())

    def show_words(self, title: str, help: str) -> None:
        """Say something else than the kind's own words."""
        self._heading.setText(title)
        self._help.setText(help)
        self._example.hide()

    def show_node(self, node: Node, keep_title: bool = False) -> None:
        """Show a node's head."""
        kind = kind_of(node)
        self._icon.show_icon(words.icon_of(node), kind.group)
        name = title_field(node)
        field = field_of(node.kind, name) if name else None
        has_title = field is not None
        self._kind.setText(kind.title)
        self._kind.setVisible(False)
        self._heading.setText(kind.title)
        self.title.setVisible(has_title)
        self._title_label.setVisible(has_title)
        if field is not None and name is not None:
            self._title_label.setText(field.label)
            self.title.setPlaceholderText(field.placeholder)
            self.title.setAccessibleName(field.label)
            if not keep_title:
                show_text(self.title, str(node.props.get(name, "")))
        self._help.setText(kind.help)
        self._example.setText(self.tr("For example: %1").replace("%1", kind.example))
        self._example.setVisible(bool(kind.example))
        blocked = self._switch.blockSignals(True)
        self._switch.setChecked(node.enabled)
        self._switch.setText(self.tr("On") if node.enabled else self.tr("Off"))
        self._switch.blockSignals(blocked)
        self._switch.setVisible(kind.group != "root")
