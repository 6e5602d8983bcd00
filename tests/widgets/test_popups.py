"""What opens over the window and what gets a focus ring: nothing is cut, nothing needs a compositor."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QStyle, QStyleOptionButton, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.themed import wear
from widgets import theme
from widgets.common import ElidedLabel, WrappedLabel
from widgets.common.sidebar import NavItem, Sidebar
from widgets.forms.prompt import PromptText
from widgets.forms.text import show_text

POPUP = pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
ROLES = ("", "primary", "danger", "quiet", "link", "inline", "chip", "tab", "nav")


@pytest.fixture(autouse=True, params=["light", "dark"])
def themed(request: pytest.FixtureRequest, qapp: QApplication) -> None:
    wear(qapp, request.param)


@POPUP
def test_the_list_of_a_choice_shows_whole_rows(qtbot: QtBot) -> None:
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItems(["notepad", "mood", "level"])
    box.show()
    box.showPopup()
    view = box.view()
    rows = [view.visualRect(view.model().index(row, 0)) for row in range(3)]
    inside = view.viewport().rect()
    assert all(inside.contains(rect) for rect in rows), (inside, rows)
    assert view.verticalScrollBar().maximum() == 0
    box.hidePopup()


@POPUP
def test_the_completion_of_a_prompt_has_the_colour_of_a_card(qtbot: QtBot) -> None:
    text = PromptText()
    qtbot.addWidget(text)
    text.set_names(["notepad", "mood"])
    text.resize(300, 120)
    text.show()
    QTest.keyClicks(text, "{{")
    popup = text._popup
    assert popup.isVisible()
    second = popup.visualRect(popup.model().index(1, 0))
    at = popup.viewport().mapTo(popup, second.center())
    seen = popup.grab().toImage().pixelColor(QPoint(popup.width() - 12, at.y()))
    assert seen == QColor(theme.current().card)
    assert popup.mapToGlobal(QPoint(0, 0)).y() >= text.viewport().mapToGlobal(text.cursorRect().bottomLeft()).y()
    popup.hide()


@pytest.mark.parametrize("role", ROLES)
def test_a_focus_ring_takes_no_room_from_the_words(qtbot: QtBot, role: str) -> None:
    button = QPushButton("Add a condition")
    qtbot.addWidget(button)
    if role:
        button.setProperty("role", role)
    button.show()
    button.resize(button.sizeHint())
    widths = []
    for focused in (False, True):
        option = QStyleOptionButton()
        button.initStyleOption(option)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        if focused:
            option.state |= QStyle.StateFlag.State_HasFocus
        contents = button.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, button)
        widths.append(contents.width())
    assert widths[0] == widths[1]


def test_a_line_in_which_nobody_types_shows_its_beginning(qtbot: QtBot) -> None:
    line = QLineEdit()
    qtbot.addWidget(line)
    line.show()
    show_text(line, "The thing to note, in a few words, however many these may be")
    assert line.cursorPosition() == 0


def test_words_in_several_lines_make_a_dialog_taller(qtbot: QtBot) -> None:
    label = WrappedLabel("This system has no keychain. Keys are never written to a file. What shall happen?", "dim")
    qtbot.addWidget(label)
    label.show()
    label.resize(160, 20)
    assert label.minimumHeight() >= label.heightForWidth(160) > label.fontMetrics().height() * 2
    label.setText("Short.")
    assert label.minimumHeight() < label.fontMetrics().height() * 2
    label.setText("")
    assert label.minimumHeight() == 0


def test_a_badge_that_shortens_itself_asks_for_the_room_of_its_words(qtbot: QtBot) -> None:
    badge = ElidedLabel("works on this device")
    qtbot.addWidget(badge)
    badge.setProperty("role", "badge")
    badge.show()
    badge.resize(badge.sizeHint())
    assert badge.contentsRect().width() >= badge.fontMetrics().horizontalAdvance(badge.text())


def test_the_side_bar_rings_a_row_only_for_the_keyboard(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    bar = Sidebar(holder)
    bar.set_pages([NavItem("agents", "Agents", "layout-grid"), NavItem("sessions", "Sessions", "messages-square")])
    bar.resize(208, 300)
    holder.resize(208, 300)
    holder.show()
    holder.activateWindow()
    qtbot.waitUntil(holder.isActiveWindow)
    row = bar.rows["sessions"]
    ring = QColor(theme.current().accent)

    def ringed() -> bool:
        image = row.grab().toImage()
        return image.pixelColor(row.width() // 2, 1) == ring

    row.setFocus(Qt.FocusReason.MouseFocusReason)
    assert row.hasFocus()
    assert not ringed()
    row.clearFocus()
    row.setFocus(Qt.FocusReason.TabFocusReason)
    assert ringed()
    QTest.mousePress(row, Qt.MouseButton.LeftButton)
    assert not ringed()
