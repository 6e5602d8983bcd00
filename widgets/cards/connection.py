"""The form for a model elsewhere: address, key, model, a test, and what to do where there is no keychain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.common.choice_box import ChoiceBox
from widgets.common.labels import IconLabel, WrappedLabel

Kind = Literal["anthropic", "server"]
Keep = Literal["keychain", "environment", "run"]


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """What stands in the form. ``keep``: where the key is to be kept. ``key`` is "" for an environment variable."""

    kind: Kind
    address: str
    key: str
    model: str
    keep: Keep = "keychain"
    variable: str = ""

    def __repr__(self) -> str:
        """Never shows the key."""
        shown = "…" if self.key else ""
        return f"ConnectionDraft({self.kind!r}, {self.address!r}, key={shown!r}, model={self.model!r}, {self.keep!r})"


class ConnectionForm(QWidget):
    """Address and key of a model elsewhere.

    Signals:
        test_requested: Try what stands in the form (a ConnectionDraft).
        save_requested: Use it (a ConnectionDraft).
        changed: Something was typed; an earlier result no longer holds.
        shown: It is on screen for the first time; before that nobody has to be asked whether a key is kept.
    """

    test_requested = Signal(object)
    save_requested = Signal(object)
    changed = Signal()
    shown = Signal()

    def __init__(self, kind: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind: Kind = kind
        anthropic = kind == "anthropic"
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.address = QLineEdit(self)
        self.address.setAccessibleName(self.tr("Address"))
        self.address.setPlaceholderText("http://127.0.0.1:11434")
        self.key = QLineEdit()
        self.key.setAccessibleName(self.tr("Key"))
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText("sk-ant-…" if anthropic else self.tr("Only if the server asks for one"))
        self._eye = QAction(theme.icon("eye", "dim"), self.tr("Show the key"), self.key)
        self._eye.setCheckable(True)
        self._eye.toggled.connect(self._show_key)
        self.key.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        self.model = ChoiceBox()
        self.model.setEditable(True)
        self.model.setAccessibleName(self.tr("Model"))
        self.model.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._model_line = QLineEdit()
        self._model_line.setPlaceholderText(self.tr("Test to choose from its list, or type a name"))
        self._model_line.setAccessibleName(self.tr("Model"))
        self.model.setLineEdit(self._model_line)
        if not anthropic:
            form.addRow(self.tr("Address"), self.address)
        form.addRow(self.tr("Key"), self.key)
        form.addRow(self.tr("Model"), self.model)
        column.addLayout(form)
        self.keep_box = self._make_keep()
        column.addWidget(self.keep_box)
        self.keep_box.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        self.test_button = QPushButton(self.tr("Test"))
        self.test_button.clicked.connect(lambda *_args: self.test_requested.emit(self.draft()))
        self.save_button = QPushButton(self.tr("Use this"))
        self.save_button.setProperty("role", "primary")
        self.save_button.clicked.connect(lambda *_args: self.save_requested.emit(self.draft()))
        self.mark = IconLabel("circle-check", "good")
        self.mark.hide()
        self.result = WrappedLabel(role="caption")
        row.addWidget(self.save_button)
        row.addWidget(self.test_button)
        row.addWidget(self.mark)
        row.addWidget(self.result, 1)
        column.addLayout(row)
        self.address.setVisible(not anthropic)
        for field in (self.address, self.key):
            field.textChanged.connect(self._edited)
            field.returnPressed.connect(self.test_button.click)
        self.model.currentTextChanged.connect(self._enable)
        self._busy = False
        self._keychain = True
        self._enable()

    def _make_keep(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.keep_text = WrappedLabel(role="dim")
        column.addWidget(self.keep_text)
        self.keep_run = QRadioButton(self.tr("Use the key until the program ends, and forget it"))
        self.keep_environment = QRadioButton(self.tr("Read it from an environment variable each time"))
        self._keeps = QButtonGroup(self)
        for button in (self.keep_run, self.keep_environment):
            self._keeps.addButton(button)
            column.addWidget(button)
            button.toggled.connect(self._edited)
        self.variable = QLineEdit("ANTHROPIC_API_KEY" if self.kind == "anthropic" else "BOUGH_SERVER_KEY")
        self.variable.setAccessibleName(self.tr("Environment variable"))
        self.variable.setProperty("role", "mono")
        self.variable.hide()
        self.variable.textChanged.connect(self._edited)
        self.keep_environment.toggled.connect(self.variable.setVisible)
        column.addWidget(self.variable)
        return box

    # For the owner

    def draft(self) -> ConnectionDraft:
        """What stands in the form."""
        keep: Keep = "keychain"
        if not self._keychain:
            keep = "environment" if self.keep_environment.isChecked() else "run"
        key = "" if keep == "environment" else self.key.text().strip()
        variable = self.variable.text().strip() if keep == "environment" else ""
        return ConnectionDraft(
            self.kind, self.address.text().strip(), key, self.model.currentText().strip(), keep, variable
        )

    def set_values(self, address: str = "", model: str = "", *, has_key: bool = False) -> None:
        """Fills the form; a kept key is never shown, only that there is one."""
        self.address.setText(address)
        self.model.setCurrentText(model)
        if has_key:
            self.key.setPlaceholderText(self.tr("kept in the keychain"))
        self._has_key = has_key
        self._enable()

    _has_key = False
    _was_shown = False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.shown.emit()

    def set_keychain(self, available: bool, reason: str = "") -> None:
        """Where there is no keychain the person chooses what happens with the key; it never lands in a file."""
        self._keychain = available
        words = reason or self.tr("This system has no keychain.")
        self.keep_text.setText(
            self.tr("{reason} Keys are never written to a file. What shall happen?").format(reason=words)
        )
        self._enable()

    def set_models(self, models: Sequence[str], current: str = "") -> None:
        """The models that the server offers."""
        wanted = current or self.model.currentText()
        self.model.clear()
        self.model.addItems(list(models))
        self.model.setCurrentText(wanted or (models[0] if models else ""))
        self._model_line.setCursorPosition(0)
        self._enable()

    def set_testing(self) -> None:
        """A test is under way."""
        self._busy = True
        self._say(self.tr("Testing…"), "", "")
        self._enable()

    def set_result(self, ok: bool, sentence: str, models: Sequence[str] = ()) -> None:
        """How the test went, in a sentence, with the models that were found."""
        self._busy = False
        if models:
            self.set_models(models)
        self._say(sentence, "circle-check" if ok else "circle-alert", "good" if ok else "error")
        self._enable()

    def _say(self, words: str, icon: str, role: str) -> None:
        self.result.setText(words)
        theme.set_role(self.result, "role", role or "caption")
        self.mark.setVisible(bool(icon))
        if icon:
            self.mark.set_icon(icon, "good" if role == "good" else "bad")

    def _edited(self) -> None:
        self._say("", "", "")
        self._enable()
        self.changed.emit()

    def _show_key(self, on: bool) -> None:
        self.key.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        self._eye.setIcon(theme.icon("eye-off" if on else "eye", "dim"))
        self._eye.setText(self.tr("Hide the key") if on else self.tr("Show the key"))

    def _enable(self) -> None:
        draft = self.draft()
        decided = self._keychain or self._keeps.checkedButton() is not None or not draft.key
        if self.kind == "anthropic":
            reachable = bool(draft.key or draft.variable or self._has_key)
        else:
            reachable = bool(draft.address)
        self.key.setEnabled(draft.keep != "environment")
        asks = bool(draft.key or self.kind == "anthropic" or draft.keep == "environment")  # a server may need no key
        self.keep_box.setVisible(asks and not self._keychain)
        self.test_button.setEnabled(reachable and not self._busy)
        self.save_button.setEnabled(reachable and decided and bool(draft.model) and not self._busy)
