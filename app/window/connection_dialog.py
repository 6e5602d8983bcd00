"""The dialog round the form of a connection. Not here: what its buttons do (``controllers.models``)."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.connections import Connection
from widgets.cards import ConnectionForm
from widgets.common import text_label


class ConnectionDialog(QDialog):
    """Sets up one connection to Anthropic or to a server.

    Args:
        connection: What to start from.
    """

    def __init__(self, connection: Connection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        server = connection.kind == "server"
        self.setWindowTitle(self.tr("A server I run") if server else self.tr("Anthropic"))
        self.setMinimumWidth(480)
        self.form = ConnectionForm("server" if server else "anthropic")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(self.windowTitle(), "heading"))
        words = (
            self.tr("Anything that speaks the Anthropic Messages protocol, Ollama and LM Studio among them.")
            if server
            else self.tr("The key is sent to api.anthropic.com and nowhere else.")
        )
        column.addWidget(text_label(words, "dim"))
        column.addWidget(self.form)
        row = QHBoxLayout()
        row.setSpacing(8)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        row.addWidget(self.form.test_button)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.form.save_button)
        column.addLayout(row)
        self.form.save_button.setDefault(True)
        (self.form.address if server else self.form.key).setFocus()
