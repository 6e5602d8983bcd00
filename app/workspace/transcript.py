"""From the engine's entries and events to what the chat shows, as plain values.

A transcript exists for every open session, in front or not, so that switching back shows what has streamed
meanwhile. It knows no widget: it returns :class:`Change` objects, and the chat controller plays them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.errors import explain
from app.text import tr
from app.workspace.captions import caption
from engine.entries import Block, Entry
from engine.usage import Usage
from widgets.chat.items import ChatItem

MAX_RESULT = 20_000
"""Characters of a tool's result that the chat keeps; the whole of it is in the database."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step for the view.

    Attributes:
        what: ``append`` (item), ``update`` (id, values), ``stream`` (id, text to add) or ``finish`` (id, text).
    """

    what: str
    id: str
    item: ChatItem | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


class Transcript:
    """The items of one session's chat.

    Args:
        title_of_tool: The words a person knows a tool by, from its technical name.
        reading: The session is only read: nothing is offered.
    """

    def __init__(
        self, title_of_tool: Callable[[str], str] = lambda name: name.replace("_", " "), *, reading: bool = False
    ) -> None:
        self._title_of_tool = title_of_tool
        self._reading = reading
        self._items: dict[str, ChatItem] = {}
        self._live: str = ""
        self._thinking: str = ""
        self._last_agent: str = ""
        self._usage = Usage()
        self._started: float = 0.0
        self._echoes: list[str] = []
        self._queued: dict[str, ChatItem] = {}
        self._sent = 0
        self._offer = ""

    @property
    def items(self) -> list[ChatItem]:
        """Everything shown now, oldest first; words that wait for their turn stand at the end."""
        return [*self._items.values(), *self._queued.values()]

    def get(self, item_id: str) -> ChatItem | None:
        """The item of that id."""
        return self._items.get(item_id) or self._queued.get(item_id)

    # --- history ---------------------------------------------------------------------------------------------

    def load(
        self, entries: Iterable[Entry], captions: Mapping[str, str] | None = None, *, finished: bool = True
    ) -> list[ChatItem]:
        """Start over from stored entries.

        Args:
            entries: The session's, or its newest.
            captions: By execution id.
            finished: False while a turn goes on elsewhere.
        """
        self._items.clear()
        self._echoes.clear()
        self._queued.clear()
        self._live = self._thinking = self._last_agent = self._offer = ""
        last_of: dict[str, str] = {}
        for entry in entries:
            self._commit(entry)
            if entry.role == "assistant" and self._last_agent:
                last_of[entry.execution_id] = self._last_agent
        for execution, item_id in last_of.items():
            caption = (captions or {}).get(execution, "")
            if caption and item_id in self._items:
                self._items[item_id] = replace(self._items[item_id], caption=caption)
        if finished:
            for item in list(self._items.values()):
                if item.kind == "tool" and item.status == "running":
                    self._items[item.id] = replace(item, status="failed")
            self._note_unfinished()
        return self.items

    def _note_unfinished(self) -> None:
        """Words that nobody answered: a turn that was stopped or failed, with a way to go on."""
        last = next(reversed(self._items.values()), None)
        if last is None or last.kind == "notice" or (last.kind == "agent" and last.status == "done"):
            return
        detail = {
            "action": "" if self._reading else tr("Try again"),
            "means": tr("What had arrived is kept."),
            "level": "info",
            "remedy": "retry",
        }
        self._append(ChatItem("unfinished", "notice", tr("This turn was not finished."), detail=detail))

    # --- the person ------------------------------------------------------------------------------------------

    def sent(self, text: str, *, queued: bool) -> list[Change]:
        """The person's words, shown before the engine has committed them."""
        self._sent += 1
        item_id = f"echo:{self._sent}"
        if not queued:
            # What still waits from a turn that failed takes its place first.
            changes = [self._take_place(waiting) for waiting in list(self._queued)]
            self._echoes += [*(change.id for change in changes), item_id]
            return [*changes, *self._append(ChatItem(item_id, "person", text))]
        item = ChatItem(item_id, "person", text, detail={"queued": True})
        self._queued[item_id] = item
        return [Change("append", item_id, item=item)]

    def failed(self, error: BaseException, text: str) -> list[Change]:
        """A turn that ended in an error, as a sentence with a way on."""
        explanation = explain(error)
        changes = self._end_live("interrupted")
        detail = {
            "action": explanation.button,
            "means": explanation.meaning,
            "more": explanation.details,
            "level": "info" if explanation.what == tr("Stopped.") else "error",
            "remedy": explanation.remedy,
            "retry": text,
        }
        return [
            *changes,
            *self._append(ChatItem(f"error:{len(self._items)}", "notice", explanation.what, detail=detail)),
        ]

    def remove(self, item_id: str) -> None:
        """Take a notice away."""
        self._items.pop(item_id, None)
        if self._offer == item_id:
            self._offer = ""

    def offer_retry(self) -> list[Change]:
        """The model or its key is another one now: a turn that failed for want of it can be tried again."""
        item = self._items.get(self._offer)
        if item is None or item.detail.get("remedy") not in ("connections", "models"):
            return []
        return [self._update(item.id, detail={**item.detail, "action": tr("Try again"), "remedy": "retry"})]

    def limited(self) -> list[Change]:
        """A turn that was ended because it had made as many model calls as the agent may make in one."""
        detail = {
            "action": tr("Go on"),
            "means": tr("The limit stands in the properties of the agent."),
            "level": "info",
            "remedy": "retry",
        }
        text = tr("The turn was ended: it reached the most model calls that this agent may make.")
        return self._append(ChatItem(f"limit:{len(self._items)}", "notice", text, detail=detail))

    def answered(self, item_id: str, approved: bool, reason: str) -> Change:
        """The person answered a question for permission."""
        detail = {**self._items[item_id].detail, "reason": reason}
        return self._update(item_id, status="approved" if approved else "denied", detail=detail)

    # --- the engine ------------------------------------------------------------------------------------------

    def apply(self, event: Any) -> list[Change]:
        """What one engine event changes in the chat. Events of child sessions are summed up by their tool."""
        if getattr(event, "spawn_path", ()):
            return []
        handler = getattr(self, f"_on_{event.type}", None)
        return handler(event) if handler is not None else []

    def _on_execution_start(self, event: Any) -> list[Change]:
        self._usage = Usage()
        self._started = event.timestamp
        return []

    def _on_content_delta(self, event: Any) -> list[Change]:
        if event.kind != "text":
            return []
        changes: list[Change] = self._end_thinking()
        if not self._live:
            self._live = f"live:{event.execution_id}:{event.tick}:{len(self._items)}"
            changes += self._append(ChatItem(self._live, "agent", status="streaming"))
        item = self._items[self._live]
        self._items[self._live] = replace(item, text=item.text + event.delta)
        return [*changes, Change("stream", self._live, text=event.delta)]

    def _on_reasoning_delta(self, event: Any) -> list[Change]:
        changes: list[Change] = []
        if not self._thinking:
            self._thinking = f"think:{event.execution_id}:{event.tick}:{len(self._items)}"
            changes += self._append(ChatItem(self._thinking, "thinking", status="streaming"))
        item = self._items[self._thinking]
        self._items[self._thinking] = replace(item, text=item.text + event.delta)
        return [*changes, Change("stream", self._thinking, text=event.delta)]

    def _on_tool_call(self, event: Any) -> list[Change]:
        if event.call_id in self._items:
            return []
        return self._append(self._tool_item(event.call_id, event.name, event.input, event.summary))

    def _on_tool_confirmation_required(self, event: Any) -> list[Change]:
        item = ChatItem(
            f"ask:{event.confirmation_id}",
            "approval",
            event.message or tr("The agent wants to use {name}.", name=self._title_of_tool(event.name)),
            self._title_of_tool(event.name),
            {"input": event.input, "confirmation_id": event.confirmation_id, "can_always": True},
            status="waiting",
        )
        return self._append(item)

    def _on_tool_result(self, event: Any) -> list[Change]:
        return self._close_tool(event.call_id, list(event.content), event.is_error)

    def _on_entry_committed(self, event: Any) -> list[Change]:
        return self._commit(event.entry)

    def _on_notice(self, event: Any) -> list[Change]:
        """Steps that ran by themselves did not work, or a rule: the turn goes on. Said once, not after every call."""
        last = next(reversed(self._items.values()), None)
        if last is not None and (last.kind, last.text) == ("notice", event.text):
            return []
        return self._append(ChatItem(f"told:{event.sequence}", "notice", event.text, detail={"level": "info"}))

    def _on_tick_end(self, event: Any) -> list[Change]:
        usage = getattr(event, "usage", None)
        if isinstance(usage, Usage):
            self._usage = self._usage + usage
        return []

    def _on_execution_end(self, event: Any) -> list[Change]:
        changes = self._end_live("done")
        usage = getattr(event, "total_usage", None) or getattr(event, "usage", None)
        text = caption(usage if isinstance(usage, Usage) else self._usage, event.timestamp - self._started)
        if self._last_agent in self._items and text:
            changes.append(self._update(self._last_agent, caption=text))
        for item in list(self._items.values()):
            if item.kind == "tool" and item.status == "running":
                changes.append(self._update(item.id, status="failed"))
            elif item.kind == "approval" and item.status == "waiting":
                changes.append(self._update(item.id, status="denied"))
        return changes

    # --- entries ---------------------------------------------------------------------------------------------

    def _commit(self, entry: Entry) -> list[Change]:
        if entry.role == "user":
            return self._commit_person(entry)
        if entry.role == "assistant":
            return self._commit_agent(entry)
        if entry.role == "tool":
            changes: list[Change] = []
            for block in entry.content:
                if block.get("type") == "tool_result":
                    changes += self._close_tool(
                        block.get("tool_use_id", ""), block.get("content", ""), bool(block.get("is_error"))
                    )
            return changes
        return self._append(ChatItem(entry.id, "notice", entry.text, detail={"level": "info"}))

    def _commit_person(self, entry: Entry) -> list[Change]:
        text = entry.text or tr("(not text)")
        if self._echoes:
            self._echoes.pop(0)
            return []
        waited = next((key for key, item in self._queued.items() if item.text == text), "")
        if waited:
            return [self._take_place(waited)]
        return self._append(ChatItem(entry.id, "person", text))

    def _take_place(self, waiting: str) -> Change:
        """Words that waited stand in the conversation from here on."""
        self._items[waiting] = replace(self._queued.pop(waiting), detail={})
        return Change("update", waiting, values={"detail": {}})

    def _commit_agent(self, entry: Entry) -> list[Change]:
        changes: list[Change] = self._end_thinking()
        status = "done" if entry.status == "complete" else "interrupted"
        text = entry.text
        if self._live:
            live, self._live = self._live, ""
            self._items[live] = replace(self._items[live], text=text, status=status)
            self._last_agent = live
            changes.append(Change("finish", live, text=text, values={"status": status}))
        elif text:
            self._last_agent = entry.id
            changes += self._append(ChatItem(entry.id, "agent", text, status=status))
        for block in entry.content:
            if block.get("type") == "tool_use" and block["id"] not in self._items:
                changes += self._append(self._tool_item(block["id"], block["name"], block.get("input"), None))
        return changes

    def _tool_item(self, call_id: str, name: str, given: Any, summary: str | None) -> ChatItem:
        return ChatItem(
            call_id, "tool", summary or one_line(given), self._title_of_tool(name), {"input": given}, status="running"
        )

    def _close_tool(self, call_id: str, content: Any, is_error: bool) -> list[Change]:
        item = self._items.get(call_id)
        if item is None or item.status != "running":
            return []
        result = result_text(content)[:MAX_RESULT]
        detail = {**item.detail, "result": result, "summary": one_line(result)}
        return [self._update(call_id, status="failed" if is_error else "done", detail=detail)]

    # --- small things ----------------------------------------------------------------------------------------

    def _append(self, item: ChatItem) -> list[Change]:
        """Put an item at the end of what has happened; the chat keeps words that wait below it.

        An earlier notice offers nothing any more: its button would answer what came after it.
        """
        changes: list[Change] = []
        if self._offer and item.kind in ("person", "agent", "notice"):
            done, self._offer = self._offer, ""
            changes.append(self._update(done, detail={**self._items[done].detail, "action": ""}))
        if item.kind == "notice" and item.detail.get("action"):
            self._offer = item.id
        self._items[item.id] = item
        return [*changes, Change("append", item.id, item=item)]

    def _update(self, item_id: str, **values: Any) -> Change:
        self._items[item_id] = replace(self._items[item_id], **values)
        return Change("update", item_id, values=values)

    def _end_thinking(self) -> list[Change]:
        if not self._thinking:
            return []
        done, self._thinking = self._thinking, ""
        item = self._items[done] = replace(self._items[done], status="done")
        return [Change("finish", done, text=item.text, values={"status": "done"})]

    def _end_live(self, status: str) -> list[Change]:
        changes = self._end_thinking()
        if self._live:
            live, self._live = self._live, ""
            item = self._items[live] = replace(self._items[live], status=status)
            self._last_agent = live
            changes.append(Change("finish", live, text=item.text, values={"status": status}))
        return changes


def one_line(value: Any, limit: int = 120) -> str:
    """A value in one short line for a card: a lone text input is shown bare."""
    if value is None or value == {}:
        return ""
    if isinstance(value, Mapping) and len(value) == 1:
        value = next(iter(value.values()))
    elif isinstance(value, Mapping):
        value = ", ".join(f"{key}: {one_line(item, 40)}" for key, item in value.items())
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def result_text(content: Any) -> str:
    """A tool result's content as text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_block_text(block) for block in content)
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def _block_text(block: Block | Any) -> str:
    if isinstance(block, Mapping):
        if block.get("type") == "text":
            return str(block.get("text", ""))
        return tr("[{kind}]", kind=block.get("type", "?"))
    return str(block)
