"""From entries and events to what the chat shows: provider tools in their order, sources, files, questions."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.workspace.attached import (
    MAX_IMAGE,
    MAX_TEXT,
    CannotAttach,
    attachment,
    attachments_of,
    content_of,
    read_attachment,
)
from app.workspace.shown import asking_item, files_of, provider_result, result_text, runs_of, sources_of
from app.workspace.transcript import Transcript
from engine.entries import Entry
from widgets.chat import ChatAnswer, ChatItem

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
SEARCH = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "figs"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "s1",
    "content": [{"type": "web_search_result", "title": "Figs", "url": "https://example.org/figs"}],
}
CITED = {
    "type": "text",
    "text": "They are sweet.",
    "citations": [
        {"type": "web_search_result_location", "url": "https://example.org/figs", "title": "Figs"},
        {"type": "web_search_result_location", "url": "https://example.org/figs", "title": "Again"},
        {"type": "char_location", "document_index": 0},
    ],
}


def entry(role: Any, *content: Any, id: str = "e", status: Any = "complete") -> Entry:
    return Entry(id, 0, role, list(content), "x", 1, status)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def event(type_: str, **more: Any) -> Any:
    return SimpleNamespace(type=type_, **{"spawn_path": (), "execution_id": "x", "tick": 1, "timestamp": 0.0, **more})


def words(items: list[ChatItem]) -> list[tuple[str, str, str]]:
    return [(item.kind, item.title, item.text) for item in items]


EXPECTED = [
    ("agent", "", "I look it up."),
    ("tool", "Web search", "figs"),
    ("agent", "", "They are sweet. Very."),
    ("tool", "Sources", "1 page"),
]


def test_a_stored_reply_shows_the_providers_tools_where_they_ran() -> None:
    transcript = Transcript()
    shown = transcript.load([entry("assistant", text("I look it up."), SEARCH, FOUND, CITED, text(" Very."))])
    assert words(shown) == EXPECTED
    assert shown[1].status == "done" and shown[1].detail["links"] == [("Figs", "https://example.org/figs")]
    assert shown[3].detail["links"] == [("Figs", "https://example.org/figs")]
    assert all(item.detail.get("can_again") for item in shown if item.kind == "agent")
    read = Transcript(reading=True).load([entry("user", text("a"), id="u"), entry("assistant", text("b"))])
    assert not read[0].detail["can_edit"] and not read[1].detail


def test_a_streamed_reply_comes_out_the_same() -> None:
    transcript = Transcript()
    whole = entry("assistant", text("I look it up."), SEARCH, FOUND, CITED, text(" Very."))
    for one in (
        event("content_start", block=text("")),
        event("content_delta", kind="text", delta="I look it up."),
        event("content_start", block={**SEARCH, "input": {}}),
        event("content_end", block=SEARCH),
        event("content_start", block=FOUND),
        event("content_end", block=FOUND),
        event("content_start", block=text("")),
        event("content_delta", kind="text", delta="They are sweet."),
        event("content_delta", kind="text", delta=" Very."),
        event("content_end", block=CITED),
        event("entry_committed", entry=whole),
    ):
        transcript.apply(one)
    assert words(transcript.items) == EXPECTED
    assert [item.status for item in transcript.items] == ["done"] * 4
    transcript.apply(event("entry_committed", entry=entry("assistant", text("Next."), id="f")))
    assert words(transcript.items)[-1] == ("agent", "", "Next.")


@pytest.mark.parametrize(
    ("block", "said", "failed"),
    [
        ({"content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}}, "max uses", True),
        ({"content": {"type": "x_error"}}, "no reason given", True),
        ({"content": []}, "0 pages", False),
        ({"content": {"type": "code", "stdout": "4\n", "stderr": "", "return_code": 0}}, "4", False),
        ({"content": {"type": "code", "stdout": "", "stderr": "no", "return_code": 1}}, "no", True),
        ({"content": {"type": "web_fetch_result", "url": "https://x.org", "content": {"title": "X"}}}, "", False),
        ({"content": [{"type": "odd"}]}, '[{"type": "odd"}]', False),
    ],
)
def test_what_the_provider_found_is_said_in_words(block: dict[str, Any], said: str, failed: bool) -> None:
    found, links, wrong = provider_result(block)
    assert said in found and wrong is failed
    assert links == ([("X", "https://x.org")] if "web_fetch_result" in str(block) else [])


def test_small_helpers() -> None:
    assert runs_of([{"type": "thinking"}, text("a"), text("b"), text("")])[0].text == "ab"
    assert sources_of([text("a"), {"type": "text", "text": "b", "citations": None}]) == []
    assert result_text(None) == "" and result_text({"a": 1}) == '{"a": 1}' and result_text(["x"]) == "x"


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "media"),
    [
        ("a.png", PNG, "image/png"),
        ("b.txt", b"\xff\xd8\xff" + b"x", "image/jpeg"),
        ("c", b"GIF89a", "image/gif"),
        ("d", b"RIFF1234WEBPx", "image/webp"),
        ("e.pdf", b"%PDF-1.7 x", "application/pdf"),
        ("f.csv", "größe;1".encode(), "text/plain"),
    ],
)
def test_files_go_by_what_is_in_them(name: str, data: bytes, media: str) -> None:
    made = attachment(name, data)
    assert made.block["source"]["media_type"] == media and made.shown.name == name
    if media == "text/plain":
        assert made.block["source"]["data"] == "größe;1" and made.ability == ""
    else:
        assert base64.b64decode(made.block["source"]["data"]) == data
        assert made.ability == ("images" if made.shown.kind == "image" else "documents")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (PNG + b"x" * MAX_IMAGE, "At most 5 MB can be sent"),
        (b"a" * (MAX_TEXT + 1), "At most 1 MB can be sent"),
        (b"\x00\x01\x02", "Models read images, PDFs and text files"),
        (b"\xff\xfe\xfa", "Models read images, PDFs and text files"),
    ],
)
def test_what_cannot_go_along_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(CannotAttach, match=reason):
        attachment("it", data)


def test_files_are_read_and_what_cannot_be_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("hello", encoding="utf-8")
    made = read_attachment(tmp_path / "a.txt")
    assert content_of("Look", [made]) == [made.block, text("Look")] and content_of("", [made]) == [made.block]
    with pytest.raises(CannotAttach, match="cannot be opened"):
        read_attachment(tmp_path / "none.txt")
    with pytest.raises(CannotAttach, match="is a folder"):
        read_attachment(tmp_path)
    monkeypatch.setattr("app.workspace.attached.MAX_PDF", 3)
    with pytest.raises(CannotAttach, match="can be sent"):
        read_attachment(tmp_path / "a.txt")


def test_stored_files_are_shown_and_can_go_along_again() -> None:
    made = [attachment("a.png", PNG), attachment("b.txt", b"hi")]
    content = [*content_of("Look", made), {"type": "image", "source": {"type": "url", "url": "https://x.org/a.png"}}]
    first, second, third = files_of(content)
    assert (first.kind, first.data) == ("image", made[0].block["source"]["data"]) and second.data is None
    assert (second.name, second.note) == ("b.txt", "1 kB")
    assert third.name == "https://x.org/a.png" and third.data is None
    assert [file.block for file in attachments_of(content)][:2] == [file.block for file in made]
    assert files_of([{"type": "image"}]) == []


def test_a_message_with_files_is_the_same_sent_and_stored() -> None:
    made = attachment("a.png", PNG)
    transcript = Transcript()
    transcript.sent("", queued=False, files=[made.shown])
    transcript.sent("later", queued=True, files=[made.shown])
    transcript.apply(event("entry_committed", entry=entry("user", *content_of("", [made]), id="u1")))
    first, waits = transcript.items
    assert first.text == "" and first.detail["entry"] == "u1" and first.detail["can_edit"]
    assert waits.detail["queued"]
    transcript.apply(event("entry_committed", entry=entry("user", *content_of("later", [made]), id="u2")))
    assert transcript.items[1].detail["entry"] == "u2" and "queued" not in transcript.items[1].detail
    assert len(transcript.items[1].detail["files"]) == 1
    stored = Transcript().load([entry("user", {"type": "odd"})])
    assert stored[0].text == "(not text)"


# --- what the agent asks --------------------------------------------------------------------------------------------


def asked(kind: str, value: Any, message: str = "What?", name: str = "act") -> dict[str, Any]:
    return {"confirmation_id": "c", "call_id": "1", "name": name, "input": value, "message": message, "kind": kind}


def test_questions_permissions_and_approvals_become_cards() -> None:
    question = asking_item("i", asked("question", {"choices": ["a"]}), "Act")
    assert (question.kind, question.title, question.detail["choices"]) == ("question", "What?", ["a"])
    permission = asking_item("i", asked("permission", {"detail": "ls"}, "Run it"), "Act")
    assert (permission.title, permission.text, permission.detail["detail"]) == ("Run it?", "“Act” needs this.", "ls")
    tool = asking_item("i", asked("tool", {"a": 1}, "Allow act to run?"), "Act")
    assert (tool.kind, tool.title, tool.text) == ("approval", "Act", "The agent wants to use it.")
    assert asking_item("i", asked("tool", 3, "Really?"), "Act").text == "Really?"


def test_questions_of_a_sub_agent_are_shown_and_its_words_are_not() -> None:
    transcript = Transcript()
    transcript.apply(event("content_delta", kind="text", delta="inner", spawn_path=("s",)))
    transcript.apply(event("tool_confirmation_required", spawn_path=("s",), **asked("question", {})))
    transcript.apply(event("tool_confirmation_required", spawn_path=("s",), **asked("question", {})))
    (item,) = transcript.items
    assert item.kind == "question" and item.status == "waiting"
    inner = {"call_id": "2", "name": "look_up", "input": {}, "summary": None, "spawn_path": ("s",)}
    assert transcript.apply(event("tool_call", **inner)) == []
    transcript.apply(event("tool_call", call_id="h", name="helper", input={}, summary=None))
    transcript.apply(event("spawn_start", spawn_id="s", call_id="h"))
    transcript.apply(event("tool_call", **inner))
    assert transcript.items[1].detail["summary"] == "uses look up" and len(transcript.items) == 2
    transcript.apply(
        event("tool_confirmation_result", call_id="1", confirmation_id="c", confirmed=True, spawn_path=("s",))
    )
    assert transcript.items[0].status == "approved"
    transcript.apply(event("tool_confirmation_result", call_id="1", confirmation_id="c", confirmed=False))
    assert transcript.items[0].status == "approved"
    change = transcript.answered("ask:c", ChatAnswer(True, input={"answer": "Mon"}))
    assert change.values["detail"]["answer"] == "Mon"


def test_progress_of_a_call_stands_on_its_card_and_open_questions_close_with_the_turn() -> None:
    transcript = Transcript()
    transcript.apply(event("tool_call", call_id="1", name="index", input={}, summary=None))
    transcript.apply(event("context_update", call_id="1", content={"progress": 1, "message": "step 1"}))
    transcript.apply(event("context_update", call_id="1", content={"message": ""}))
    transcript.apply(event("context_update", call_id=None, content=None))
    assert transcript.items[0].detail["summary"] == "step 1"
    transcript.apply(event("tool_confirmation_required", **asked("permission", {})))
    transcript.apply(event("execution_end", usage=None, total_usage=None))
    assert [item.status for item in transcript.items] == ["failed", "denied"]
