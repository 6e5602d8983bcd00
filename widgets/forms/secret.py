"""The editor for a secret: which entry of the keychain, bound to which host. The value goes to the keychain only.

Not here: the keychain (``services.FormServices``).
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from engine.effects.addresses import bound_place
from widgets import theme
from widgets.forms.base import FieldEditor, FormContext
from widgets.forms.services import Failed, while_alive
from widgets.forms.text import show_text


class SecretEditor(FieldEditor):
    """A reference to the keychain."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._value: dict[str, Any] = {}
        self._asked: tuple[str, str] | None = None
        self._name = QLineEdit(self)
        self._name.setPlaceholderText(field.placeholder or self.tr("Name in the keychain, for instance weather key"))
        self._state = QLabel(self)
        self._state.setProperty("role", "caption")
        self._state.setWordWrap(True)
        self._bind = QPushButton(self)
        self._bind.setProperty("role", "link")
        self._secret = QLineEdit(self)
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._secret.setPlaceholderText(self.tr("Paste the secret here"))
        self._secret.setAccessibleName(self.tr("The secret itself"))
        self._store = QPushButton(self.tr("Store"), self)
        self._store.setIcon(theme.icon("key-round", "dim"))
        self._store.setAccessibleName(self.tr("Store the secret in the keychain"))
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._secret, 1)
        line.addWidget(self._store)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._name)
        layout.addLayout(line)
        layout.addWidget(self._state)
        layout.addWidget(self._bind)
        self._name.textEdited.connect(self._renamed)
        self._secret.textChanged.connect(self._show)
        self._secret.returnPressed.connect(self._put)
        self._store.clicked.connect(self._put)
        self._bind.clicked.connect(self._rebind)
        self.watch(self._name)
        self._show()

    # -- what is shown ----------------------------------------------------------------------------------------

    def _host(self) -> str:
        """The host of the address beside, or the program, which the secret should be bound to."""
        if self._context is None:
            return ""
        settings = self.field.settings
        program = str(self.context.value(str(settings.get("program_from", "")), "") or "").strip()
        if program and self.context.value(str(settings.get("where_from", "")), "program") == "program":
            return f"program:{program}"
        return bound_place(str(self.context.value(str(settings.get("host_from", "")), "") or ""))

    def _bound(self) -> str:
        return str(self._value.get("host") or "")

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        self._show()

    def set_value(self, value: Any) -> None:
        given = {"name": value} if isinstance(value, str) else value
        self._value = dict(given) if isinstance(given, dict) else {}
        show_text(self._name, str(self._value.get("name") or ""))
        self._show()

    @Slot()
    def _show(self, *_: object) -> None:
        name, bound, host = self._name.text().strip(), self._bound(), self._host()
        place = bound or host
        self._store.setEnabled(bool(name and place and self._secret.text()))
        moved = bool(bound and host and bound != host)
        self._bind.setVisible(moved)
        self._bind.setText(self.tr("Bind to %1 instead").replace("%1", host))
        if not name:
            self._asked = None
            self._say(self.tr("No secret. Give it a name to use one."))
        elif not place:
            self._asked = None
            self._say(self.tr("Write the address first: a secret is bound to one host and is sent nowhere else."))
        elif self._asked != (name, place) and self._context is not None:
            self._asked = asked = (name, place)
            answered = while_alive(self, lambda known: self._known(asked, known))
            self.context.services.secret_known(name, place, answered)

    def _known(self, asked: tuple[str, str], known: bool) -> None:
        if self._asked != asked:
            return  # the person has gone on to another name
        said = (
            self.tr("In the keychain, bound to %1. It is never written into the agent.")
            if known
            else self.tr("Not in the keychain of this computer yet. It will be bound to %1.")
        )
        self._say(said.replace("%1", asked[1]), "good" if known else "caption")

    def _say(self, text: str, role: str = "caption") -> None:
        self._state.setText(text)
        theme.set_role(self._state, "role", role)

    # -- what the person does ---------------------------------------------------------------------------------

    @Slot()
    def _renamed(self) -> None:
        name = self._name.text().strip()
        place = self._bound() or self._host()
        self._value = {**self._value, "name": name, "host": place} if name else {}
        self.edited.emit(dict(self._value))
        self._show()

    @Slot()
    def _rebind(self) -> None:
        self._value = {**self._value, "host": self._host()}
        self.edited.emit(dict(self._value))
        self._show()
        self._secret.setFocus()

    @Slot()
    def _put(self) -> None:
        name, place, secret = self._name.text().strip(), self._bound() or self._host(), self._secret.text()
        if not (name and place and secret):
            return
        if self._bound() != place:
            self._value = {**self._value, "name": name, "host": place}
            self.edited.emit(dict(self._value))
        self._asked = asked = (name, place)
        self._say(self.tr("Storing…"))
        answered = while_alive(self, lambda failed: self._stored(asked, secret, failed))
        self.context.services.store_secret(name, place, secret, answered)

    def _stored(self, asked: tuple[str, str], secret: str, failed: Failed | None) -> None:
        if failed is None:
            if self._secret.text() == secret:  # what could not be stored stays, to be tried again
                self._secret.clear()
            self._known(asked, True)
        elif self._asked == asked:
            self._say(failed.reason, "error")

    def tab_widgets(self) -> list[QWidget]:
        return [self._name, self._secret, self._store, self._bind]

    def focus_target(self) -> QWidget:
        return self._name
