"""Small agents for the tests of the blueprint."""

from __future__ import annotations

from typing import Any

from engine.blueprint import AgentDocument, Node, make_node


def agent(*children: Node, **props: Any) -> AgentDocument:
    """A document whose root holds these nodes."""
    return AgentDocument(make_node("agent", *children, id="root", **{"name": "Test", **props}))


def only_if(variable: str, operator: str, value: Any = None) -> dict[str, Any]:
    """A condition of one row."""
    return {"rows": [{"variable": variable, "operator": operator, "value": value}], "match": "all"}


def notepad() -> AgentDocument:
    """The reference agent, with ids that read well."""
    return agent(
        make_node("system", id="sys", text="You are an assistant with a notepad."),
        make_node("state", id="notes", title="notepad"),
        make_node(
            "tool",
            make_node("append", id="append", variable="notepad", value="{{ note }}"),
            make_node("reply", id="reply", text="Noted."),
            id="add",
            title="Add note",
            description="Add a note",
            inputs=[{"title": "note"}],
        ),
        make_node(
            "when",
            make_node("section", id="section", title="notepad", each="notepad", text="- {{ item }}"),
            id="when",
            condition=only_if("notepad", "is_not_empty"),
        ),
        make_node("timeline", id="time"),
        name="Notepad assistant",
    )
