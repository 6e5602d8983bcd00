"""Small dialogs and the look of the settings page."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QWidget

from app.connections import Connection
from app.window.connection_dialog import ConnectionDialog
from app.window.rename_dialog import RenameDialog
from app.window.settings_page import SettingsPage
from engine.testing import Reply, ScriptedModel
from tests.app.helpers import at_the_window, until


@at_the_window
async def test_renaming_the_session_in_front(start):
    person = await start(ScriptedModel([Reply("Hello Ryan.")]))
    await person.begins("blank")
    await person.says("My name is Ryan.")
    await until(lambda: person.desk.bench.session_title, "its title")
    person.desk.window.actions_.run("session.rename")

    def open_dialogs():
        return [dialog for dialog in person.desk.window.findChildren(RenameDialog) if dialog.isVisible()]

    (dialog,) = await until(open_dialogs, "the dialog")
    assert dialog.line.text() == "My name is Ryan."
    dialog.line.clear()
    assert not dialog.rename.isEnabled()
    QTest.keyClicks(dialog.line, "Ryan and the figs")
    QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    await until(lambda: person.page.chat.title.text() == "Ryan and the figs", "the new title")


def test_the_buttons_of_a_connection_stand_in_one_row(qtbot):
    dialog = ConnectionDialog(Connection(id="s", kind="server"))
    qtbot.addWidget(dialog)
    dialog.show()
    form = dialog.form
    tops = {button.mapTo(dialog, QPoint(0, 0)).y() for button in (form.test_button, form.save_button)}
    assert len(tops) == 1
    assert form.test_button.x() < form.save_button.x()


def test_all_boxes_of_the_settings_are_as_wide(qtbot):
    page = SettingsPage()
    qtbot.addWidget(page)
    page.resize(900, 900)
    page.show()
    boxes = [box for box in page.findChildren(QComboBox) if box.property("setting")]
    assert len({(box.width(), box.mapTo(page, QPoint(0, 0)).x()) for box in boxes}) == 1
    assert isinstance(page.device, QWidget)
