"""What a text with variables offers while it is typed: names inside ``{{``, and whole pieces behind a ``/``.

Not here: the text itself and its colours (``prompt``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QStringListModel, Qt, Slot
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QPlainTextEdit

from engine.blueprint.kinds import Variable

_OPEN = re.compile(r"\{\{\s*([A-Za-z0-9_]*)$")
_SLASH = re.compile(r"(?:^|(?<=\s))/([^\s/][^/\n]{0,30}|)$")
_LEAST = 180


def _tr(text: str) -> str:
    return QCoreApplication.translate("Completion", text)


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that may be put in.

    Attributes:
        label: What the list shows.
        text: What is written; the cursor goes to the first ``|`` in it, which is taken out.
    """

    label: str
    text: str


def offers_for(variables: Iterable[Variable]) -> list[Offer]:
    """Everything behind a ``/``: each variable, and what can be said about it.

    Example:
        >>> [offer.label for offer in offers_for([Variable("notes", "notes", "list", "n1", "state")])]
        ['notes', 'One line for each of notes', 'Only when notes is not empty']
    """
    found: list[Offer] = []
    more: list[Offer] = []
    for variable in variables:
        name = variable.name
        found.append(Offer(name, f"{{{{ {name} }}}}|"))
        if variable.type == "list":
            text = f"{{% for item in {name} %}}\n- {{{{ item }}}}|\n{{% endfor %}}"
            more.append(Offer(_tr("One line for each of %1").replace("%1", name), text))
        test = "is yes" if variable.type == "yes_no" else "is not empty"
        if variable.type != "number":
            label = _tr("Only when %1 is yes") if variable.type == "yes_no" else _tr("Only when %1 is not empty")
            more.append(Offer(label.replace("%1", name), f"{{% if {name} {test} %}}|{{% endif %}}"))
    return [*found, *more]


class Completion:
    """The list below the cursor of one text.

    Args:
        edit: The text.
    """

    def __init__(self, edit: QPlainTextEdit) -> None:
        self._edit = edit
        self._names: list[str] = []
        self._offers: dict[str, Offer] = {}
        self._model = QStringListModel(edit)
        self._completer = QCompleter(self._model, edit)
        self._completer.setWidget(edit)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self._completer.activated.connect(self._chosen)
        popup = self._completer.popup()
        assert popup is not None
        popup.setProperty("role", "completions")
        self.popup: QAbstractItemView = popup

    @property
    def names(self) -> list[str]:
        """Variables that may be written."""
        return self._names

    def set_names(self, names: Sequence[str]) -> None:
        """Offer these names inside ``{{``."""
        self._names = list(names)

    def set_offers(self, offers: Iterable[Offer]) -> None:
        """Offer these pieces behind a ``/``."""
        self._offers = {offer.label: offer for offer in offers}

    def _before(self) -> str:
        cursor = self._edit.textCursor()
        return cursor.block().text()[: cursor.positionInBlock()]

    def show(self) -> None:
        """Show what fits to what stands before the cursor, or hide the list."""
        before = self._before()
        opened, slash = _OPEN.search(before), _SLASH.search(before)
        if opened is not None and self._names:
            self._open(self._names, opened.group(1), Qt.MatchFlag.MatchStartsWith)
        elif slash is not None and self._offers:
            self._open(list(self._offers), slash.group(1), Qt.MatchFlag.MatchContains)
        else:
            self.popup.hide()

    def _open(self, labels: list[str], typed: str, match: Qt.MatchFlag) -> None:
        if self._model.stringList() != labels:
            self._model.setStringList(labels)
        self._completer.setFilterMode(match)
        self._completer.setCompletionPrefix(typed)
        if not self._completer.completionCount() or self._completer.currentCompletion() == typed:
            self.popup.hide()
            return
        self.popup.setCurrentIndex(self._completer.completionModel().index(0, 0))
        rect = self._edit.cursorRect()
        rect.setWidth(max(_LEAST, self.popup.sizeHintForColumn(0) + 40))
        self._completer.complete(rect.translated(self._edit.viewport().pos()).adjusted(-8, 0, 0, 2))

    @Slot(str)
    def _chosen(self, label: str) -> None:
        slash = _SLASH.search(self._before())
        if slash is not None and label in self._offers:
            self.insert(self._offers[label].text, len(slash.group(0)))
        else:
            self.insert_variable(label)

    def insert_variable(self, name: str) -> None:
        """Write a variable at the cursor; inside open braces only what is missing."""
        opened = _OPEN.search(self._before())
        cursor = self._edit.textCursor()
        after = cursor.block().text()[cursor.selectionEnd() - cursor.block().position() :]
        close = "" if opened and after.lstrip().startswith("}}") else " }}"
        self.insert("{{ " + name + close, len(opened.group(0)) if opened else 0)

    def insert(self, text: str, instead: int = 0) -> None:
        """Write a piece in place of so many letters before the cursor."""
        place = text.find("|")
        text = text.replace("|", "", 1)
        cursor = self._edit.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, instead)
        start = cursor.selectionStart()
        cursor.insertText(text)
        if place >= 0:
            cursor.setPosition(start + place)
        self._edit.setTextCursor(cursor)
        self._edit.setFocus()
