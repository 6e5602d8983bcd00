"""From the engine's entries and events to what the chat shows, as plain values.

A transcript exists for every open session, in front or not, so that switching back shows what has streamed
meanwhile. It knows no widget: it returns :class:`Change` objects, and the chat controller plays them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.text import tr
from app.workspace import shown
from app.workspace.captions import caption
from app.workspace.changes import Change
from app.workspace.chat_items import ChatItems
from app.workspace.notices import failed_notice, limit_notice, unfinished_notice
from engine.entries import Entry
from engine.usage import Usage
from widgets.chat.items import ChatAnswer, ChatFile, ChatItem


class Transcript(ChatItems):
    """The items of one session's chat.

    Args:
        title_of_tool: The words a person knows a tool by, from its technical name.
        asker: The words in which a tool asks for something, where they say more.
        reading: The session is only read: nothing is offered.
    """

    def __init__(
        self,
        title_of_tool: Callable[[str], str] = lambda name: name.replace("_", " "),
        *,
        asker: Callable[[str], str] | None = None,
        reading: bool = False,
    ) -> None:
        super().__init__()
        self._title_of_tool = title_of_tool
        self._asker = asker or title_of_tool
        self._reading = reading
        self._agent_detail: dict[str, Any] = {} if reading else {"can_again": True}
        self._streamed = False
        self._usage = Usage()
        self._started: float = 0.0
        self._echoes: list[str] = []
        self._helping: dict[str, str] = {}
        self._sent = 0

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
        self._clear()
        self._echoes.clear()
        self._streamed = False
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
        last = next((item for item in reversed(self._items.values()) if not item.id.endswith(shown.SOURCES)), None)
        if last is None or last.kind == "notice" or (last.kind == "agent" and last.status == "done"):
            return
        self._append(unfinished_notice(self._reading))

    # --- the person ------------------------------------------------------------------------------------------

    def sent(self, text: str, *, queued: bool, files: Sequence[ChatFile] = ()) -> list[Change]:
        """The person's words, shown before the engine has committed them."""
        self._sent += 1
        item_id = f"echo:{self._sent}"
        detail = {"files": list(files)} if files else {}
        if not queued:
            # What still waits from a turn that failed takes its place first.
            changes = [self._take_place(waiting) for waiting in list(self._queued)]
            self._echoes += [*(change.id for change in changes), item_id]
            return [*changes, *self._append(ChatItem(item_id, "person", text, detail=detail))]
        item = ChatItem(item_id, "person", text, detail={**detail, "queued": True})
        self._queued[item_id] = item
        return [Change("append", item_id, item=item)]

    def failed(self, error: BaseException, text: str) -> list[Change]:
        """A turn that ended in an error, as a sentence with a way on."""
        changes = self._end_live("interrupted")
        return [*changes, *self._append(failed_notice(f"error:{len(self._items)}", error, text))]

    def limited(self) -> list[Change]:
        """A turn that was ended because it had made as many model calls as the agent may make in one."""
        return self._append(limit_notice(f"limit:{len(self._items)}"))

    def answered(self, item_id: str, answer: ChatAnswer) -> Change:
        """The person answered what the agent asked."""
        given = answer.input.get("answer") if isinstance(answer.input, Mapping) else None
        detail = {**self._items[item_id].detail, "reason": answer.reason, "always": answer.always, "answer": given}
        return self._update(item_id, status="approved" if answer.approved else "denied", detail=detail)

    def ask(self, question: Mapping[str, Any]) -> list[Change]:
        """Something that the agent asks: may a tool run, may it do this, what is the answer."""
        item_id = f"ask:{question['confirmation_id']}"
        if item_id in self._items:
            return []
        asked = self._append(shown.asking_item(item_id, question, self._asker(str(question["name"]))))
        return [*self._set_waiting(str(question.get("call_id", "")), "running", "waiting"), *asked]

    def _set_waiting(self, call_id: str, before: str, after: str) -> list[Change]:
        """The card of a call says whether it waits for the person."""
        item = self._items.get(call_id)
        return [self._update(call_id, status=after)] if item is not None and item.status == before else []

    # --- the engine ------------------------------------------------------------------------------------------

    def apply(self, event: Any) -> list[Change]:
        """What one engine event changes in the chat. Events of child sessions are summed up by their tool."""
        if getattr(event, "spawn_path", ()) and not event.type.startswith("tool_confirmation"):
            return self._helped(event) if event.type == "tool_call" else []
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
            self._streamed = True
            changes += self._append(ChatItem(self._live, "agent", status="streaming", detail=self._agent_detail))
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

    def _on_content_start(self, event: Any) -> list[Change]:
        """Text that comes behind a tool of the provider stands below its card."""
        return self._end_live("done") if shown.is_provider_block(str(event.block.get("type"))) else []

    def _on_content_end(self, event: Any) -> list[Change]:
        return self._provider_block(event.block)

    def _on_tool_confirmation_required(self, event: Any) -> list[Change]:
        asked = ("confirmation_id", "call_id", "name", "input", "message", "kind")
        return self.ask({name: getattr(event, name) for name in asked})

    def _on_tool_confirmation_result(self, event: Any) -> list[Change]:
        item = self._items.get(f"ask:{event.confirmation_id}")
        changes = self._set_waiting(event.call_id, "waiting", "running")
        if item is None or item.status != "waiting":
            return changes
        return [*changes, self._update(item.id, status="approved" if event.confirmed else "denied")]

    def _on_spawn_start(self, event: Any) -> list[Change]:
        self._helping[event.spawn_id] = event.call_id or ""
        return []

    def _helped(self, event: Any) -> list[Change]:
        """What a sub-agent does stands on the card of its call."""
        item = self._items.get(self._helping.get(event.spawn_path[0], ""))
        if item is None or item.status != "running":
            return []
        words = tr("uses {tool}", tool=event.name.replace("_", " "))
        return [self._update(item.id, detail={**item.detail, "summary": words})]

    def _on_context_update(self, event: Any) -> list[Change]:
        """How far a call is."""
        item, content = self._items.get(event.call_id or ""), event.content
        if item is None or item.status != "running" or not isinstance(content, Mapping):
            return []
        words = shown.one_line(content.get("message") or "")
        return [self._update(item.id, detail={**item.detail, "summary": words})] if words else []

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
            if item.kind == "tool" and item.status in ("running", "waiting"):
                changes.append(self._update(item.id, status="failed"))
            elif item.kind in shown.ASKING and item.status == "waiting":
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
        files = shown.files_of(entry.content)
        text = entry.text or ("" if files else tr("(not text)"))
        detail = {"entry": entry.id, "can_edit": not self._reading, **({"files": files} if files else {})}
        if self._echoes:
            return [self._commit_words(self._echoes.pop(0), detail)]
        waited = next((key for key, item in self._queued.items() if item.text == text), "")
        if waited:
            self._take_place(waited)
            return [self._commit_words(waited, detail)]
        return self._append(ChatItem(entry.id, "person", text, detail=detail))

    def _commit_words(self, item_id: str, detail: dict[str, Any]) -> Change:
        """Words that were shown already are stored; their files keep the names that they came with."""
        files = self._items[item_id].detail.get("files")
        return self._update(item_id, detail={**detail, "files": files} if files else detail)

    def _take_place(self, waiting: str) -> Change:
        """Words that waited stand in the conversation from here on."""
        item = self._queued.pop(waiting)
        self._items[waiting] = item
        return self._update(waiting, detail={name: value for name, value in item.detail.items() if name != "queued"})

    def _commit_agent(self, entry: Entry) -> list[Change]:
        changes: list[Change] = self._end_thinking()
        status = "done" if entry.status == "complete" else "interrupted"
        runs = shown.runs_of(entry.content)
        texts = [run for run in runs if run.kind == "text"]
        if self._live:
            live, self._live = self._live, ""
            text = texts[-1].text if texts else ""
            self._items[live] = replace(self._items[live], text=text, status=status)
            self._last_agent = live
            changes.append(Change("finish", live, text=text, values={"status": status}))
        for number, run in enumerate(runs):
            if run.kind != "text":
                changes += self._provider_block(run.block)
            elif not self._streamed:
                self._last_agent = entry.id if run is texts[-1] else f"{entry.id}:{number}"
                changes += self._append(ChatItem(self._last_agent, "agent", run.text, "", self._agent_detail, status))
        self._streamed = False
        changes += self._sources(entry)
        for block in entry.content:
            if block.get("type") == "tool_use" and block["id"] not in self._items:
                changes += self._append(self._tool_item(block["id"], block["name"], block.get("input"), None))
        return changes

    def _provider_block(self, block: Mapping[str, Any]) -> list[Change]:
        """A tool that the provider ran: a card for the call, which its result completes."""
        if block.get("type") == "server_tool_use":
            return [] if block["id"] in self._items else self._append(shown.provider_item(block))
        item = (
            self._items.get(str(block.get("tool_use_id"))) if shown.is_provider_block(str(block.get("type"))) else None
        )
        if item is None or item.status != "running":
            return []
        text, links, failed = shown.provider_result(block)
        detail = {**item.detail, "result": text[: shown.MAX_RESULT], "summary": shown.one_line(text), "links": links}
        return [self._update(item.id, status="failed" if failed else "done", detail=detail)]

    def _sources(self, entry: Entry) -> list[Change]:
        """The pages that a reply refers to, as a card below it."""
        links, item_id = shown.sources_of(entry.content), f"{entry.id}{shown.SOURCES}"
        if not links or item_id in self._items:
            return []
        detail = {"links": links, "icon": "link"}
        return self._append(ChatItem(item_id, "tool", shown.pages(links), tr("Sources"), detail))

    def _tool_item(self, call_id: str, name: str, given: Any, summary: str | None) -> ChatItem:
        return ChatItem(
            call_id,
            "tool",
            summary or shown.one_line(given),
            self._title_of_tool(name),
            {"input": given},
            status="running",
        )

    def _close_tool(self, call_id: str, content: Any, is_error: bool) -> list[Change]:
        item = self._items.get(call_id)
        if item is None or item.status not in ("running", "waiting"):
            return []
        result = shown.result_text(content)[: shown.MAX_RESULT]
        detail = {**item.detail, "result": result, "summary": shown.one_line(result)}
        return [self._update(call_id, status="failed" if is_error else "done", detail=detail)]
