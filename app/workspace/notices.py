"""What the chat says of a turn that did not end well, with a way on. No Qt. Not here: what errors mean."""

from __future__ import annotations

from app.errors import explain
from app.text import tr
from widgets.chat.items import ChatItem


def unfinished_notice(reading: bool) -> ChatItem:
    """Words that nobody answered; nothing is offered where the session is only read."""
    detail = {
        "action": "" if reading else tr("Try again"),
        "means": tr("What had arrived is kept."),
        "level": "info",
        "remedy": "retry",
    }
    return ChatItem("unfinished", "notice", tr("This turn was not finished."), detail=detail)


def failed_notice(item_id: str, error: BaseException, text: str) -> ChatItem:
    """A turn that ended in an error; ``text`` is what the person had said."""
    explanation = explain(error)
    detail = {
        "action": explanation.button,
        "means": explanation.meaning,
        "more": explanation.details,
        "level": "info" if explanation.what == tr("Stopped.") else "error",
        "remedy": explanation.remedy,
        "retry": text,
    }
    return ChatItem(item_id, "notice", explanation.what, detail=detail)


def limit_notice(item_id: str) -> ChatItem:
    """A turn that was ended because it had made as many model calls as the agent may make in one."""
    detail = {
        "action": tr("Go on"),
        "means": tr("The limit stands in the properties of the agent."),
        "level": "info",
        "remedy": "retry",
    }
    text = tr("The turn was ended: it reached the most model calls that this agent may make.")
    return ChatItem(item_id, "notice", text, detail=detail)
