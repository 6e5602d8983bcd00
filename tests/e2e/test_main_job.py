"""The main job: from an empty home to an agent built by hand, a conversation, and the same after a restart."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox

from tests.app.helpers import Person, until
from tests.e2e.conftest import Desk, on_the_screen
from tests.e2e.editing import adds, adds_by_click, adds_by_drag, card, document, field, of_kind, selects, shape
from tests.e2e.hands import CTRL, Hands
from widgets.chat import ChatItem

REFERENCE = ["system", "state", ["tool", "append", "reply"], ["when", "section"], "timeline"]


async def says(person: Person, hands: Hands, text: str) -> list[ChatItem]:
    """Write a message, wait for the end of the turn; what came after the message."""
    before = len(person.chat)
    await hands.clicks(person.page.chat.composer.field)
    await hands.types(text)
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: len(person.chat) > before + 1 and person.idle(), "an answer")
    await until(lambda: all(item.status != "streaming" for item in person.chat), "the end of the answer")
    return person.chat[before:]


async def sets_up_the_server(hands: Hands, desk: Desk) -> None:
    """Choose *A server I run* on the first page, type its address, test it, use it."""
    await hands.clicks("A server I run")
    await hands.clicks(await hands.sees("Address"))
    await hands.types(desk.server.url)
    await hands.clicks("Test")
    await until(lambda: hands.find("Connected. 2 models can be used."), "the test's result")
    await hands.clicks("Use this")


@on_the_screen
async def test_the_reference_agent_is_built_from_blank_by_hand_and_takes_notes(desk: Desk) -> None:
    person, hands = await desk.start()
    await hands.clicks("Blank agent")
    await sets_up_the_server(hands, desk)
    await hands.clicks("Open Blank agent")
    await until(lambda: person.desk.window.page == "workspace", "the workspace")
    assert shape(person) == ["system", "timeline"]

    await selects(person, hands, of_kind(person, "system").id)
    await hands.replaces(field(person, "text"), "You are an assistant with a notepad.")
    await adds_by_click(person, hands, "State variable", "state")
    await hands.types("notepad")  # the name is selected, so that one can type at once
    tool = await adds(person, hands, "tool", "tool")
    await hands.types("Add note")
    await hands.replaces(field(person, "description"), "Add a note")
    await hands.clicks("Add an input")
    await hands.types("note")
    await until(
        lambda: [i["title"] for i in document(person).node(tool.id).props.get("inputs", ())] == ["note"], "the input"
    )

    canvas = person.page.tree.canvas
    view, spot = card(person, tool.id)
    slot = spot + QPoint(0, round(canvas.layout_.header(canvas.layout_.placed(tool.id)).height()))
    await hands.clicks(view, slot)  # the dashed "Add a step" inside the tool
    panel = person.page.tree.palette_panel
    await until(panel.isVisible, "the palette")
    await hands.types("append")
    await hands.press(Qt.Key.Key_Return)
    append = await until(lambda: next((n for n in document(person).walk() if n.kind == "append"), None), "a step")
    await until(lambda: person.page.form.node_id == append.id, "the step's form")
    await hands.picks(_box(field(person, "variable")), "notepad (list)")
    await hands.replaces(field(person, "value"), "{{ note }}")
    await hands.press(Qt.Key.Key_Escape)
    await adds_by_drag(person, hands, "Reply", "reply", card(person, append.id, share=0.98))
    await hands.replaces(field(person, "text"), "Noted.")
    await selects(person, hands, of_kind(person, "timeline").id)
    when = await adds(person, hands, "when", "when")
    await hands.clicks("Add a condition")
    await until(lambda: "is_not_empty" in str(document(person).node(when.id).props), "a condition on the only variable")
    await selects(person, hands, when.id)
    await adds_by_click(person, hands, "Section", "section")
    await hands.types("notepad")
    assert shape(person) == REFERENCE
    await hands.picks(_box(field(person, "each")), "notepad (list)")
    assert shape(person) == REFERENCE
    assert of_kind(person, "section").props["text"] == "- {{ item }}"
    await hands.sees("No problems")

    await _undo_and_redo_everything(person, hands)

    assert (await says(person, hands, "My name is Ryan."))[-1].text == "Nice to meet you, Ryan."
    assert (await says(person, hands, "What's my name?"))[-1].text == "Your name is Ryan."
    items = await says(person, hands, "Please note: buy figs")
    assert [(i.title, i.text, i.status) for i in items if i.kind == "tool"] == [("Add note", "buy figs", "done")]
    state, section = of_kind(person, "state"), of_kind(person, "section")
    await until(lambda: person.page.tree.canvas.live(state.id).value == "1 item", "the value on the variable's card")
    await until(lambda: person.page.tree.canvas.live(section.id).mounted, "the section is sent")
    assert "- buy figs" in str(desk.server.calls[-1].body["system"])
    await hands.clicks("What the model sees")
    await until(lambda: "buy figs" in str(person.page.context.request.system), "the section in the context")


def _box(widget: Any) -> QComboBox:
    return widget if isinstance(widget, QComboBox) else widget.findChild(QComboBox)


async def _undo_and_redo_everything(person: Person, hands: Hands) -> None:
    model, whole = person.desk.bench.agent.model, document(person)
    await selects(person, hands, document(person).root.id)
    while model.can_undo:
        await hands.press(Qt.Key.Key_Z, held=CTRL)
    assert shape(person) == ["system", "timeline"]
    while model.can_redo:
        await hands.press(Qt.Key.Key_Z, held=CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert document(person) == whole


@on_the_screen
async def test_after_a_restart_everything_is_there_and_the_next_turn_knows_it(desk: Desk) -> None:
    desk.knows_the_server()
    person, hands = await desk.start()
    await hands.clicks("Notepad assistant")
    await hands.clicks("Open Notepad assistant")
    await until(lambda: person.desk.window.page == "workspace", "the workspace")
    await hands.replaces(person.page.header.name, "My notes")
    await hands.press(Qt.Key.Key_Return)
    await says(person, hands, "My name is Ryan.")
    await says(person, hands, "Please note: buy figs")
    heard = [(item.kind, item.text) for item in person.chat]
    await person.saved()
    await person.closes()

    person, hands = await desk.start()
    await until(lambda: person.desk.window.page == "workspace" and person.chat, "the session as it was")
    assert person.page.header.name.text() == "My notes"
    assert [(item.kind, item.text) for item in person.chat] == heard
    state = of_kind(person, "state")
    await until(lambda: person.page.tree.canvas.live(state.id), "live cards")
    assert person.page.tree.canvas.live(state.id).value == "1 item"
    assert (await says(person, hands, "What's my name?"))[-1].text == "Your name is Ryan."
    sent = desk.server.calls[-1].body
    assert "- buy figs" in str(sent["system"])
    assert "My name is Ryan." in str(sent["messages"])
    assert sent["model"] == "fake-large"


@on_the_screen
async def test_the_main_job_by_keyboard_alone(desk: Desk) -> None:
    desk.knows_the_server()
    person, hands = await desk.start()
    await until(lambda: person.desk.agents.page.begin.isEnabled(), "the templates")
    await hands.tabs_to("Notepad assistant")
    for _ in range(12):
        if person.desk.agents.page.begin.text() != "Open Blank agent":
            await hands.press(Qt.Key.Key_Right)
    await hands.tabs_to("Open Blank agent")
    await hands.press(Qt.Key.Key_Space)
    await until(lambda: person.desk.window.page == "workspace", "the workspace")
    await adds(person, hands, "state", "state", keyboard=True)
    await hands.types("notepad")
    await adds(person, hands, "tool", "tool", keyboard=True)
    await hands.types("Add note")
    await hands.tabs_to("When to use it")
    await hands.types("Add a note")
    await hands.tabs_to("Add an input: Asks the model for", "Add an input")
    await hands.press(Qt.Key.Key_Space)
    await hands.types("note")
    append = await adds(person, hands, "append", "append", keyboard=True)
    box = await hands.tabs_to("Variable")
    await hands.press(Qt.Key.Key_Down)
    await until(lambda: document(person).node(append.id).props["variable"] == "notepad", "the variable")
    assert isinstance(box, QComboBox)
    await hands.tabs_to("Add")
    await hands.types("{{ note }}")
    await adds(person, hands, "reply", "reply", keyboard=True)
    assert shape(person)[2] == ["tool", "append", "reply"]
    await hands.press(Qt.Key.Key_L, held=CTRL)
    await hands.types("Please note: buy figs")
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: person.texts("agent")[-1:] == ["I have noted that."], "the answer")
    state = of_kind(person, "state")
    await until(lambda: person.page.tree.canvas.live(state.id).value == "1 item", "the value on its card")
    await hands.tabs_to("Tree of the agent", backwards=True)
    await hands.press(Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Down)
    await until(lambda: person.page.form.node_id == state.id, "the arrow keys go through the tree")
    await hands.press(Qt.Key.Key_Delete)
    await until(lambda: "state" not in shape(person), "Delete takes the node away")
    await hands.press(Qt.Key.Key_Z, held=CTRL)
    await until(lambda: shape(person)[1] == "state", "Ctrl+Z brings it back")
    await hands.press(Qt.Key.Key_K, held=CTRL)
    await hands.types("new session")
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: person.chat == [], "an empty chat")
    await until(lambda: person.page.chat.composer.field.hasFocus(), "one can write at once")
