"""Dialogs that ask or tell. They are opened with ``open()`` and answer by signals; nothing here blocks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from widgets.common.labels import IconLabel, text_label


class ConfirmDialog(QDialog):
    """Asks before something that cannot be taken back. Connect to ``accepted`` and ``rejected``, then ``open()``.

    Args:
        title: The question ("Delete “Trip to Bergen” for ever?").
        text: What it means.
        confirm: The verb on the button ("Delete session").
        danger: Whether the button is the dangerous one; Enter then cancels.
        detail: What should be looked at before agreeing, such as a command; shown as it is, in full.
    """

    def __init__(
        self,
        title: str,
        text: str,
        confirm: str,
        *,
        danger: bool = False,
        detail: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        self.title = text_label(title, "heading")
        self.text = text_label(text, "dim")
        column.addWidget(self.title)
        column.addWidget(self.text)
        self.detail = QPlainTextEdit(detail, self)
        self.detail.setReadOnly(True)
        self.detail.setProperty("role", "mono")
        self.detail.setTabChangesFocus(True)
        self.detail.setAccessibleName(self.tr("What exactly"))
        lines = min(10, detail.count("\n") + 2)
        self.detail.setFixedHeight(lines * self.detail.fontMetrics().lineSpacing() + 20)
        self.detail.setVisible(bool(detail))
        column.addWidget(self.detail)
        column.addSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self.confirm_button = QPushButton(confirm)
        self.confirm_button.setProperty("role", "danger" if danger else "primary")
        self.confirm_button.clicked.connect(self.accept)
        row.addWidget(self.cancel_button)
        row.addWidget(self.confirm_button)
        column.addLayout(row)
        safe = self.cancel_button if danger else self.confirm_button
        safe.setDefault(True)
        safe.setFocus()
        self.setMinimumWidth(400)
        self.setMaximumWidth(560)


def answer_row(dialog: QDialog, confirm: str, cancel: str = "") -> tuple[QHBoxLayout, QPushButton, QPushButton]:
    """What stands below a dialog at the right: the way out, and the button that does it, which Enter presses.

    Args:
        dialog: Whose buttons they are; they accept and reject it.
        confirm: The verb on the button.
        cancel: What the way out is called, where it is not *Cancel*.

    Returns:
        The row, which what stands at its left may be inserted into, and both buttons: that which does it, the way out.
    """
    out = QPushButton(cancel or dialog.tr("Cancel"))
    out.clicked.connect(dialog.reject)
    does = QPushButton(confirm)
    does.setProperty("role", "primary")
    does.setDefault(True)
    does.clicked.connect(dialog.accept)
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    row.addWidget(out)
    row.addWidget(does)
    return row, does, out


class ErrorDialog(QDialog):
    """What happened, what it means, what to do; details fold out and can be copied.

    ``accepted`` is emitted by the action button (where there is one), ``rejected`` by Close.
    """

    def __init__(
        self,
        title: str,
        happened: str,
        means: str = "",
        action: str = "",
        details: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(IconLabel("circle-alert", "bad", 20), 0, Qt.AlignmentFlag.AlignTop)
        self.title = text_label(title, "heading")
        head.addWidget(self.title, 1)
        column.addLayout(head)
        self.happened = text_label(happened)
        self.means = text_label(means, "dim")
        for label in (self.happened, self.means):
            label.setContentsMargins(30, 0, 0, 0)
            column.addWidget(label)
            label.setVisible(bool(label.text()))
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setProperty("role", "mono")
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setTabChangesFocus(True)
        self.details.setMinimumHeight(160)
        self.details.hide()
        column.addWidget(self.details)
        column.addSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.fold_button = QPushButton(self.tr("Show details"), self)
        self.fold_button.setProperty("role", "quiet")
        self.fold_button.clicked.connect(self._toggle)
        self.fold_button.setVisible(bool(details))
        self.copy_button = QPushButton(self.tr("Copy details"), self)
        self.copy_button.setProperty("role", "quiet")
        self.copy_button.clicked.connect(self._copy)
        self.copy_button.setVisible(bool(details))
        row.addWidget(self.fold_button)
        row.addWidget(self.copy_button)
        row.addStretch(1)
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.clicked.connect(self.reject)
        row.addWidget(self.close_button)
        self.action_button = QPushButton(action, self)
        self.action_button.setProperty("role", "primary")
        self.action_button.clicked.connect(self.accept)
        self.action_button.setVisible(bool(action))
        row.addWidget(self.action_button)
        column.addLayout(row)
        default = self.action_button if action else self.close_button
        default.setDefault(True)
        default.setFocus()
        self.setMinimumWidth(460)
        self.setMaximumWidth(640)

    def _toggle(self) -> None:
        shown = self.details.isHidden()
        self.details.setVisible(shown)
        self.fold_button.setText(self.tr("Hide details") if shown else self.tr("Show details"))
        self.adjustSize()

    def _copy(self) -> None:
        parts = (self.windowTitle(), self.happened.text(), self.details.toPlainText())
        QGuiApplication.clipboard().setText("\n\n".join(part for part in parts if part))
