"""The gallery of templates: search, what they need, and only a few at first."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.widgets.themed import nameless, unreachable, wear
from widgets.cards import CardInfo, TemplateGallery

TAGS = {"nothing": "Needs nothing", "web": "Uses the web", "files": "Uses files"}
CARDS = [
    CardInfo("notepad", "Notepad assistant", "Remembers notes.", tags=("nothing",), more_words="Everyday"),
    CardInfo("research", "Researcher", "Looks things up.", badge="Uses the web", tags=("web",)),
    *(CardInfo(f"t{n}", f"Template {n}", tags=("nothing",)) for n in range(6)),
]


@pytest.fixture
def gallery(qapp: QApplication, qtbot: Any) -> TemplateGallery:
    wear(qapp)
    made = TemplateGallery()
    qtbot.addWidget(made)
    made.resize(860, 600)
    made.set_templates(CARDS, TAGS)
    made.show()
    return made


def titles(gallery: TemplateGallery) -> list[str]:
    return [card.info.title for card in gallery.cards.cards if card.isVisible()]  # type: ignore[attr-defined]


def test_words_find_in_all_that_a_card_says(gallery: TemplateGallery) -> None:
    assert len(titles(gallery)) == 8
    QTest.keyClicks(gallery.search, "looks UP")
    assert titles(gallery) == ["Researcher"]
    assert gallery.cards.current() == "research"
    gallery.search.setText("everyday")
    assert titles(gallery) == ["Notepad assistant"]
    gallery.search.setText("nothing like this")
    assert titles(gallery) == []
    assert gallery.nothing.isVisible()
    assert gallery.cards.current() == ""
    gallery.search.clear()
    assert len(titles(gallery)) == 8
    assert not gallery.nothing.isVisible()


def test_only_what_some_template_needs_can_be_chosen(gallery: TemplateGallery) -> None:
    assert list(gallery.chips) == ["", "nothing", "web"]
    with_signal: list[bool] = []
    gallery.shown_changed.connect(lambda: with_signal.append(True))
    QTest.mouseClick(gallery.chips["web"], Qt.MouseButton.LeftButton)
    assert titles(gallery) == ["Researcher"]
    assert with_signal
    QTest.mouseClick(gallery.chips[""], Qt.MouseButton.LeftButton)
    assert len(titles(gallery)) == 8


def test_a_few_at_first_and_all_when_asked(gallery: TemplateGallery) -> None:
    gallery.set_short(True)
    assert len(titles(gallery)) == 6
    assert not gallery.tools.isVisible()
    assert gallery.more.text() == "Show all 8 templates"
    QTest.mouseClick(gallery.more, Qt.MouseButton.LeftButton)
    assert len(titles(gallery)) == 8
    assert gallery.tools.isVisible()


def test_other_templates_take_the_place_of_hidden_ones_too(gallery: TemplateGallery) -> None:
    gallery.search.setText("researcher")
    gallery.set_templates(CARDS[:2], TAGS)
    gallery.search.clear()
    assert titles(gallery) == ["Notepad assistant", "Researcher"]
    assert not gallery.tools.isVisible(), "two need no search"


def test_everyone_can_use_it(gallery: TemplateGallery) -> None:
    assert not nameless(gallery)
    assert not unreachable(gallery)


def test_choosing_one_that_is_not_shown_shows_all(gallery: TemplateGallery) -> None:
    gallery.set_short(True)
    assert titles(gallery)[-1] == "Template 5", "the last one is always in sight"
    gallery.cards.select("t4")
    assert gallery.cards.current() == "t4"
    assert len(titles(gallery)) == 8
