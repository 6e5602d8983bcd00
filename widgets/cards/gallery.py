"""The gallery of templates: cards, with a search and a choice of what they need once there are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets import theme
from widgets.cards.templates import CardInfo, TemplateCards
from widgets.common.labels import text_label

FIRST = 6
"""So many are shown while there is something else to choose below them."""


class TemplateGallery(QWidget):
    """Templates to search through and to begin with.

    Signals:
        shown_changed: Other cards are in sight now.
    """

    shown_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._infos: tuple[CardInfo, ...] = ()
        self._short = False
        self._unfolded = False
        self._ready = False
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search templates"))
        self.search.setAccessibleName(self.tr("Search templates"))
        self.search.setClearButtonEnabled(True)
        glass = QAction(theme.icon("search", "dim"), self.tr("Search"), self.search)
        self.search.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
        self.search.setTextMargins(-6, 0, 0, 0)  # as far from the glass as icons are from words elsewhere
        self.search.setMaximumWidth(300)
        self.search.textChanged.connect(self._filter)
        self._chips = QButtonGroup(self)
        self._chips.buttonClicked.connect(self._filter)
        self.chips: dict[str, QPushButton] = {}
        self.tools = QWidget()
        self._row = QHBoxLayout(self.tools)
        self._row.setContentsMargins(4, 0, 4, 0)
        self._row.setSpacing(6)
        self._row.addWidget(self.search, 1)
        self._row.addSpacing(6)
        self._row.addStretch(1)
        self.cards = TemplateCards()
        self.cards.selected.connect(self._bring_into_sight)
        self.nothing = text_label(self.tr("No template fits. Try other words, or begin with a blank agent."), "dim")
        self.nothing.setContentsMargins(4, 8, 4, 8)
        self.nothing.hide()
        self.more = QPushButton()
        self.more.setProperty("role", "link")
        self.more.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.more.clicked.connect(self._unfold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.tools)
        column.addWidget(self.cards)
        column.addWidget(self.nothing)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def set_templates(self, templates: Sequence[CardInfo], tags: Mapping[str, str]) -> None:
        """Show these; ``tags`` are the words for what templates need, in the order of the choice."""
        self._infos = tuple(templates)
        for chip in self.chips.values():
            self._chips.removeButton(chip)
            chip.deleteLater()
        self.chips = {}
        used = {tag for info in templates for tag in info.tags}
        for tag, words in {"": self.tr("All"), **{tag: words for tag, words in tags.items() if tag in used}}.items():
            chip = QPushButton(words)
            chip.setProperty("role", "tab")
            chip.setCheckable(True)
            chip.setChecked(not tag)
            chip.setProperty("tag", tag)
            self._chips.addButton(chip)
            self._row.insertWidget(self._row.count() - 1, chip)
            self.chips[tag] = chip
        self._ready = False
        self.cards.set_templates(templates)
        self._ready = True
        self._filter()

    def set_short(self, short: bool) -> None:
        """Whether only the first few are shown until all are asked for."""
        if short != self._short:
            self._short = short
            self._filter()

    def _bring_into_sight(self, template_id: str) -> None:
        """A template was chosen that is not shown: show all."""
        if self._ready and self.cards.card(template_id) not in self.cards.cards:
            self._unfolded = True
            self.chips[""].setChecked(True)
            self.search.clear()
            self._filter()

    def _unfold(self) -> None:
        self._unfolded = True
        self._filter()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _filter(self) -> None:
        folded = self._short and not self._unfolded and len(self._infos) > FIRST
        self.tools.setVisible(not folded and len(self._infos) > FIRST)
        self.more.setVisible(folded)
        self.more.setText(self.tr("Show all {count} templates").format(count=len(self._infos)))
        if folded:
            found = (*self._infos[: FIRST - 1], self._infos[-1])  # the last one is where nothing is made yet
        else:
            checked = self._chips.checkedButton()
            tag = str(checked.property("tag")) if checked is not None else ""
            words = self.search.text().casefold().split()
            found = tuple(info for info in self._infos if _fits(info, words, tag))
        self.cards.show_only([info.id for info in found])
        self.nothing.setVisible(bool(self._infos) and not found)
        self.shown_changed.emit()


def _fits(info: CardInfo, words: Sequence[str], tag: str) -> bool:
    text = f"{info.title} {info.text} {info.badge} {info.more_words}".casefold()
    return (not tag or tag in info.tags) and all(word in text for word in words)
