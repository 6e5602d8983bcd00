"""The editors beyond plain fields, each with real keys: what they put into the document, and what they refuse."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QListWidget, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from engine.blueprint import AgentDocument, Node, make_node
from engine.blueprint.form_fields import EDITORS as DESCRIBED
from engine.blueprint.form_fields import Choice, Field
from tests.widgets.editor_help import nameless
from widgets import theme
from widgets.forms.attachment import size_words
from widgets.forms.base import FieldEditor, FormContext
from widgets.forms.field_row import EDITORS, FieldRow
from widgets.forms.numbers import number_words
from widgets.forms.secret import bound_place
from widgets.forms.services import AgentChoice, Failed, NoServices, ToolChoice, while_alive

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


class Around(NoServices):
    """A keychain and a server in memory."""

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], str] = {}
        self.tools: Sequence[ToolChoice] | Failed = [
            ToolChoice("search", "Search the web\nand more"),
            ToolChoice("fetch"),
        ]
        self.wants: Sequence[Field] = ()

    def secret_known(self, name: str, host: str, done: Callable[[bool], None]) -> None:
        done((name, host) in self.secrets)

    def store_secret(self, name: str, host: str, value: str, done: Callable[[Failed | None], None]) -> None:
        if value == "refused":
            done(Failed("The keychain is locked. Unlock it and try again."))
            return
        self.secrets[name, host] = value
        done(None)

    def list_tools(self, node: Node, done: Callable[[Sequence[ToolChoice] | Failed], None]) -> None:
        done(self.tools)

    def parameters(self, node: Node) -> Sequence[Field]:
        return self.wants


class Bed:
    """One editor on the screen, and what it said."""

    def __init__(self, row: FieldRow, around: Around) -> None:
        self.row = row
        self.around = around
        self.values: list[Any] = []
        row.editor.edited.connect(self.values.append)

    @property
    def editor(self) -> FieldEditor:
        return self.row.editor

    @property
    def last(self) -> Any:
        return self.values[-1]

    def context(self, **props: Any) -> None:
        node = make_node("section", id="x", **props)
        document = AgentDocument(make_node("agent", node, make_node("state", title="notes", type="list"), id="root"))
        agents = (AgentChoice("a1", "Researcher"), AgentChoice("a2", "Planner"))
        self.editor.set_context(FormContext(document, node, (), agents, self.around))

    def button(self, text: str) -> QPushButton:
        return next(b for b in self.row.findChildren(QPushButton) if b.text() == text)

    def says(self, text: str) -> bool:
        return any(text in label.text() and label.isVisibleTo(self.row) for label in self.row.findChildren(QLabel))

    def leave(self) -> str:
        self.editor.left.emit()
        return self.row.error_text()

    def lines(self) -> list[QLineEdit]:
        return [edit for edit in self.row.findChildren(QLineEdit) if edit.isVisibleTo(self.row)]


@pytest.fixture
def put(qtbot: QtBot, qapp: QApplication) -> Callable[..., Bed]:
    theme.manager().apply(qapp)

    def make(editor: str, value: Any = None, props: dict[str, Any] | None = None, **settings: Any) -> Bed:
        row = FieldRow(Field("thing", "Thing", editor=editor, **settings))
        qtbot.addWidget(row)
        bed = Bed(row, Around())
        bed.context(**(props or {}))
        row.editor.set_value(value)
        row.resize(360, 300)
        row.show()
        return bed

    return make


def test_every_editor_is_described_and_every_description_has_an_editor() -> None:
    assert set(EDITORS) == set(DESCRIBED)


@pytest.mark.parametrize("name", sorted(EDITORS))
def test_each_editor_names_its_controls_and_says_nothing_by_itself(put: Callable[..., Bed], name: str) -> None:
    bed = put(name, None, optional=True, choices=(Choice("a", "A"),))
    assert nameless(bed.row) == []
    assert bed.values == []


# -- files ------------------------------------------------------------------------------------------------------


def dialog(bed: Bed) -> QFileDialog:
    found = bed.row.findChild(QFileDialog)
    assert found is not None
    return found


@pytest.fixture
def own_dialogs() -> Any:
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, True)
    yield
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, False)


@pytest.mark.usefixtures("own_dialogs")
def test_a_file_is_typed_or_chosen_in_the_systems_dialog(put: Callable[..., Bed], tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "notes ü.md"
    path.write_text("hello", encoding="utf-8")
    bed = put("file", "", settings={"filter": "Texts (*.md)"})
    QTest.keyClicks(bed.editor.focus_target(), str(path)[:5])
    assert bed.last == str(path)[:5]
    bed.editor.set_value(str(path))
    bed.button("Choose…").click()
    opened = dialog(bed)
    assert not opened.isModal() or opened.isVisible()
    assert opened.directory().absolutePath() == str(tmp_path)
    assert opened.nameFilters()[0] == "Texts (*.md)"
    opened.filesSelected.emit([str(path) + "x"])
    assert bed.last == f"{path}x"
    opened.close()


@pytest.mark.usefixtures("own_dialogs")
def test_a_folder_starts_where_it_is_and_cancelling_changes_nothing(put: Callable[..., Bed], tmp_path: Path) -> None:
    bed = put("folder", str(tmp_path))
    bed.button("Choose…").click()
    opened = dialog(bed)
    assert opened.fileMode() == QFileDialog.FileMode.Directory
    assert opened.directory().absolutePath() == str(tmp_path)
    opened.reject()
    assert bed.values == []


@pytest.mark.usefixtures("own_dialogs")
def test_files_are_added_once_each_and_removed_one_by_one(put: Callable[..., Bed], tmp_path: Path) -> None:
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    bed = put("files", [one])
    bed.button("Choose files…").click()
    dialog(bed).filesSelected.emit([one, two])
    assert bed.last == [one, two]
    dialog(bed).close()
    bed.editor.rows()[0].wanted.emit(0)  # type: ignore[attr-defined]
    assert bed.last == [two]


@pytest.mark.usefixtures("own_dialogs")
def test_a_file_is_copied_into_the_agent_and_taken_out_again(put: Callable[..., Bed], tmp_path: Path) -> None:
    path = tmp_path / "figs ü.csv"
    path.write_bytes(b"fig,2\n")
    bed = put("attachment", {}, settings={"filter": "Tables (*.csv)", "max_bytes": 10})
    bed.button("Attach a file…").click()
    dialog(bed).filesSelected.emit([str(path)])
    dialog(bed).close()
    assert bed.last == {"name": "figs ü.csv", "media_type": "text/csv", "data": "ZmlnLDIK"}
    assert bed.says("figs ü.csv · 6 bytes")
    path.write_bytes(b"x" * 11)
    bed.editor._chosen([str(path)])  # type: ignore[attr-defined]
    assert "an agent keeps at most 10 bytes" in bed.row.error_text()
    bed.editor._chosen([str(tmp_path / "gone")])  # type: ignore[attr-defined]
    assert bed.row.error_text() == "gone cannot be read: No such file or directory."
    assert len(bed.values) == 1
    remove = bed.editor._remove  # type: ignore[attr-defined]
    remove.click()
    assert bed.last == {} and bed.row.error_text() == ""
    assert not remove.isVisible()


@pytest.mark.parametrize(("size", "words"), [(0, "0 bytes"), (3_400, "3 kB"), (1_250_000, "1.2 MB")])
def test_sizes_are_said_in_words(size: int, words: str) -> None:
    assert size_words(size) == words


# -- pairs ------------------------------------------------------------------------------------------------------


def test_pairs_of_a_list_keep_order_doubles_and_what_else_is_there(put: Callable[..., Bed]) -> None:
    settings = {"name": "Header", "value": "Value", "add": "Add a header"}
    bed = put("pairs", [{"name": "Accept", "value": "a", "note": 1}], default=[], settings=settings)
    bed.button("Add a header").click()
    name, value = bed.lines()[2:]
    assert name.placeholderText() == "Header"
    QTest.keyClicks(name, "Accept")
    QTest.keyClicks(value, "b")
    assert bed.last == [{"note": 1, "name": "Accept", "value": "a"}, {"name": "Accept", "value": "b"}]
    assert bed.leave() == ""


def test_pairs_of_a_record_say_when_a_name_stands_there_twice(put: Callable[..., Bed]) -> None:
    bed = put("pairs", {"LANG": "de"}, default={})
    bed.button("Add a field").click()
    name, value = bed.lines()[2:]
    QTest.keyClicks(name, "LANG")
    QTest.keyClicks(value, "en")
    assert bed.row.error_text() == ""
    assert "“LANG” stands here twice" in bed.leave()
    QTest.keyClicks(name, "UAGE")
    assert bed.last == {"LANG": "de", "LANGUAGE": "en"}
    assert bed.leave() == ""
    bed.editor.rows()[0]._remove.click()  # type: ignore[attr-defined]
    assert bed.last == {"LANGUAGE": "en"}


# -- secrets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://API.Example.org/v1?x=1", "api.example.org:443"),
        ("http://example.org:8080", "example.org:8080"),
        ("http://[::1]/", "[::1]:80"),
        ("https://Bücher.example./x", "xn--bcher-kva.example:443"),
        ("https://user@example.org", "example.org:443"),
        ("https://{{ host }}/x", ""),
        ("https://example.org:{{ port }}/x", ""),
        ("example.org", ""),
        ("", ""),
        ("https://[broken", ""),
        ("ftp://example.org", ""),
    ],
)
def test_a_secret_is_bound_to_host_and_port(address: str, host: str) -> None:
    assert bound_place(address) == host


def secret(put: Callable[..., Bed], value: Any = None, url: str = "https://api.example.org/x") -> Bed:
    return put("secret", value, {"url": url}, settings={"host_from": "url"})


@pytest.mark.parametrize(
    ("props", "place"),
    [
        ({"program": "npx", "url": ""}, "program:npx"),
        ({"program": "npx", "url": "https://x.org", "where": "program"}, "program:npx"),
        ({"program": "npx", "url": "https://x.org", "where": "address"}, "x.org:443"),
        ({"program": "", "url": "https://x.org"}, "x.org:443"),
    ],
)
def test_a_secret_of_a_server_is_bound_to_its_program_or_its_address(
    put: Callable[..., Bed], props: dict[str, str], place: str
) -> None:
    settings = {"host_from": "url", "program_from": "program", "where_from": "where"}
    bed = put("secret", None, props, settings=settings)
    QTest.keyClicks(bed.lines()[0], "token")
    assert bed.last == {"name": "token", "host": place}


def test_a_secret_goes_to_the_keychain_and_only_its_name_into_the_document(put: Callable[..., Bed]) -> None:
    bed = secret(put)
    assert bed.says("No secret")
    name, hidden = bed.lines()
    QTest.keyClicks(name, "weather key")
    assert bed.last == {"name": "weather key", "host": "api.example.org:443"}
    assert bed.says("Not in the keychain of this computer yet")
    assert not bed.button("Store").isEnabled()
    QTest.keyClicks(hidden, "s3cret")
    QTest.keyClick(hidden, Qt.Key.Key_Return)
    assert bed.around.secrets == {("weather key", "api.example.org:443"): "s3cret"}
    assert hidden.text() == ""
    assert hidden.echoMode() == QLineEdit.EchoMode.Password
    assert bed.says("In the keychain, bound to api.example.org:443")
    assert "s3cret" not in repr(bed.values)
    QTest.keyClick(name, Qt.Key.Key_A, CTRL)
    QTest.keyClick(name, Qt.Key.Key_Delete)
    assert bed.last == {}


def test_a_keychain_that_refuses_says_why(put: Callable[..., Bed]) -> None:
    bed = secret(put, {"name": "k", "host": "api.example.org:443"})
    QTest.keyClicks(bed.lines()[1], "refused")
    QTest.mouseClick(bed.button("Store"), LEFT)
    assert bed.says("The keychain is locked")
    assert bed.values == []
    assert bed.lines()[1].text() == "refused", "it can be stored again without typing it again"


def test_another_address_does_not_take_the_secret_along_by_itself(put: Callable[..., Bed]) -> None:
    bed = secret(put, {"name": "k", "host": "api.example.org:443"})
    bed.around.secrets["k", "api.example.org:443"] = "1"
    bed.context(url="https://evil.example")
    assert bed.values == []
    QTest.mouseClick(bed.button("Bind to evil.example:443 instead"), LEFT)
    assert bed.last == {"name": "k", "host": "evil.example:443"}
    assert bed.says("Not in the keychain of this computer yet")


def test_without_an_address_a_secret_waits(put: Callable[..., Bed]) -> None:
    bed = secret(put, "k", url="https://{{ host }}")
    assert bed.says("Write the address first")


# -- choosing ---------------------------------------------------------------------------------------------------


def test_tools_of_a_server_are_all_or_those_that_are_ticked(put: Callable[..., Bed]) -> None:
    bed = put("tools", None)
    tools = bed.row.findChild(QListWidget)
    assert tools is not None
    assert bed.says("Refresh to see what it offers.")
    bed.button("Refresh").click()
    assert bed.says("It offers 2 tools.")
    assert [tools.item(row).text() for row in range(2)] == ["search  ·  Search the web", "fetch"]
    QTest.keyClick(bed.editor.focus_target(), Qt.Key.Key_Space)
    assert bed.last == ["search", "fetch"]
    tools.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert bed.last == ["fetch"]


def test_a_tool_that_is_not_offered_any_more_stays_chosen_and_says_so(put: Callable[..., Bed]) -> None:
    bed = put("tools", ["old"])
    tools = bed.row.findChild(QListWidget)
    assert tools is not None and tools.item(0).text() == "old"
    bed.button("Refresh").click()
    assert tools.item(2).text() == "old (not offered now)"
    assert tools.item(2).checkState() == Qt.CheckState.Checked
    bed.around.tools = Failed("The server does not answer.")
    bed.button("Refresh").click()
    assert bed.says("The server does not answer.")
    assert bed.values == []


def test_an_agent_is_chosen_by_name_and_kept_by_id(put: Callable[..., Bed]) -> None:
    bed = put("agent", "gone")
    box: Any = bed.editor.focus_target()
    assert box.currentText() == "An agent that is not here any more"
    box.setCurrentIndex(box.findText("Planner"))
    box.activated.emit(box.currentIndex())
    assert bed.last == "a2"


def test_arguments_are_one_field_for_each_parameter(put: Callable[..., Bed]) -> None:
    bed = put("arguments", {"tone": "kind", "old": 1})
    assert bed.says("This part asks for nothing.")
    bed.around.wants = (
        Field("tone", "Tone", "How it sounds", default="calm"),
        Field("count", "Count", editor="number", default=3, minimum=1),
        Field("loud", "Loud", editor="toggle", default=False),
    )
    bed.context()
    assert nameless(bed.row) == []
    tone, count = bed.lines()
    assert (tone.text(), count.text()) == ("kind", "3")
    tone.end(False)
    count.end(False)
    QTest.keyClicks(tone, "er")
    assert bed.last == {"tone": "kinder", "old": 1}
    QTest.keyClicks(count, "0")
    assert bed.last == {"tone": "kinder", "old": 1, "count": 30}
    count.clear()
    QTest.keyClicks(count, "0")
    assert bed.leave() == "Count: This must be at least 1."


# -- numbers ----------------------------------------------------------------------------------------------------


def test_a_slider_and_its_number_say_the_same(put: Callable[..., Bed]) -> None:
    bed = put("number", 0.5, minimum=0, maximum=2, settings={"slider": True, "step": 0.25})
    slider = bed.row.findChild(QSlider)
    assert slider is not None and (slider.value(), slider.maximum()) == (2, 8)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert bed.last == 0.75
    number = bed.editor.focus_target()
    assert isinstance(number, QLineEdit) and number.text() == "0.75"
    QTest.keyClick(number, Qt.Key.Key_Up)
    assert (bed.last, slider.value()) == (1, 4)
    QTest.keyClick(number, Qt.Key.Key_PageUp)
    assert bed.last == 2
    QTest.keyClicks(number, "0")
    assert bed.last == 2
    assert bed.leave() == "This must be at most 2."
    assert bed.editor.draft() == "20"


@pytest.mark.parametrize(("value", "words"), [(5.0, "5"), (0.25, "0.25"), (1234567.5, "1234567.5"), (7, "7")])
def test_numbers_are_written_as_people_write_them(value: float, words: str) -> None:
    assert number_words(value) == words


# -- code and JSON ----------------------------------------------------------------------------------------------


def test_code_indents_itself_and_says_the_line_of_a_mistake_when_left(put: Callable[..., Bed]) -> None:
    bed = put("code", "")
    edit: Any = bed.editor.focus_target()
    QTest.keyClicks(edit, "def f(x):")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    QTest.keyClicks(edit, "return x +")
    assert bed.last == "def f(x):\n    return x +"
    assert bed.row.error_text() == ""
    assert bed.leave().startswith("Line 2 cannot be read as Python: ")
    assert edit.extraSelections()[0].cursor.blockNumber() == 1
    QTest.keyClicks(edit, " 1")
    assert edit.extraSelections() == []
    assert bed.leave() == ""
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_BracketRight, CTRL)
    assert bed.last == "    def f(x):\n        return x + 1"
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_BracketLeft, CTRL)
    assert bed.last == "def f(x):\n    return x + 1"


SCHEMA = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}


def test_json_that_cannot_be_read_stays_in_the_field_with_its_place(put: Callable[..., Bed]) -> None:
    bed = put("json", {"count": 1}, settings={"schema": SCHEMA})
    edit: Any = bed.editor.focus_target()
    edit.selectAll()
    QTest.keyClicks(edit, '{"count": 2')
    assert bed.values == []
    assert bed.row.error_text() == ""
    assert bed.leave() == "Line 1, column 12: A comma is missing here."
    assert edit.extraSelections()
    assert bed.editor.draft() == '{"count": 2'
    QTest.keyClicks(edit, "}")
    assert bed.last == {"count": 2}
    assert bed.leave() == ""
    assert bed.editor.draft() is None
    QTest.mouseClick(bed.button("Tidy up"), LEFT)
    assert edit.toPlainText() == '{\n  "count": 2\n}'
    assert bed.values == [{"count": 2}]


def test_json_that_the_schema_refuses_says_what_is_wanted(put: Callable[..., Bed]) -> None:
    bed = put("json", {"count": 1}, settings={"schema": SCHEMA})
    edit: Any = bed.editor.focus_target()
    edit.setPlainText('{\n "count": "two"}')
    assert bed.values == []
    assert bed.leave() == "Line 2, column 11: “count” must be a whole number."
    bed.editor.set_value({"count": 5})
    assert edit.toPlainText() == '{\n  "count": 5\n}'


def test_optional_json_may_be_empty(put: Callable[..., Bed]) -> None:
    bed = put("json", {"a": 1}, optional=True)
    edit: Any = bed.editor.focus_target()
    edit.setPlainText("")
    assert bed.last is None
    assert bed.leave() == ""


@pytest.mark.parametrize("language", ["code", "json"])
def test_colours_follow_the_text(put: Callable[..., Bed], language: str) -> None:
    text = (
        'def f():\n    """Says\n    hello."""\n    return 12  # done' if language == "code" else '{"a": [true, 1, "x"]}'
    )
    bed = put(language, text if language == "code" else {"a": [True, 1, "x"]})
    edit: Any = bed.editor.focus_target()
    inks = set()
    block = edit.document().firstBlock()
    while block.isValid():
        inks |= {shape.format.foreground().color().name().upper() for shape in block.layout().formats()}
        block = block.next()
    tokens = theme.current()
    wanted = {tokens.hue(group).ink for group in ("memory", "instructions", "abilities", "steps")}
    assert wanted <= inks


def test_an_answer_for_an_editor_that_is_gone_is_dropped(qapp: QApplication) -> None:
    heard: list[Any] = []
    owner = QWidget()
    later = while_alive(owner, heard.append)
    later(1)
    owner.deleteLater()
    del owner
    gc.collect()
    qapp.processEvents()
    qapp.sendPostedEvents(None, 52)
    later(2)
    assert heard == [1]
