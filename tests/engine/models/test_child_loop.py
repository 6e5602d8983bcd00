"""The loop of the model process, run in this process over plain pipes: what it answers to what."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.models.ondevice import child as child_module
from engine.models.ondevice import frames
from engine.models.ondevice.child import ChildLoop, die_with_parent
from engine.models.ondevice.llama import BackendError, _pieces, _refused, default_threads
from engine.models.ondevice.locks import MachineLock


class Backend:
    def __init__(self, model: Path, **_options: Any) -> None:
        if model.name == "large":
            raise MemoryError
        if model.name == "bad":
            raise BackendError("It is broken.", "unsupported")
        self.closed = False

    def chat(self, body: Mapping[str, Any], emit: Callable[[dict[str, Any]], bool]) -> None:
        if body.get("refuse"):
            raise BackendError("No.", "context")
        stopped = emit({"type": "text", "text": "hi"})
        emit({"type": "done", "finish": "cancelled" if stopped else "stop"})

    def count(self, body: Mapping[str, Any]) -> int:
        return len(body["messages"])

    def close(self) -> None:
        self.closed = True


def run(
    folder: Path, *messages: dict[str, Any], model: str = "m", wait: float = 0.0, idle: float = 60.0
) -> tuple[int, list[dict[str, Any]]]:
    start = {
        "op": "start",
        "model": model,
        "context": 8,
        "threads": 1,
        "folder": str(folder),
        "wait": wait,
        "idle": idle,
    }
    sink = io.BytesIO()
    code = ChildLoop(io.BytesIO(b"".join(frames.pack(m) for m in [start, *messages])), sink, Backend).run()
    source = io.BytesIO(sink.getvalue())
    said = []
    while (message := frames.read(source)) is not None:
        said.append(message)
    return code, said


def test_requests_in_order(tmp_path: Path) -> None:
    code, said = run(
        tmp_path,
        {"op": "count", "id": 1, "body": {"messages": [1, 2]}},
        {"op": "chat", "id": 2, "body": {"refuse": True}},
        {"op": "stop"},
    )
    assert code == 0
    assert [message["type"] for message in said] == ["loading", "ready", "accepted", "counted", "accepted", "error"]
    assert said[3]["tokens"] == 2 and said[5]["kind"] == "context"


def test_a_request_cancelled_before_its_turn(tmp_path: Path) -> None:
    _, said = run(tmp_path, {"op": "cancel", "id": 1}, {"op": "chat", "id": 1, "body": {}}, {"op": "stop"})
    assert said[-1] == {"type": "done", "id": 1, "finish": "cancelled"}


@pytest.mark.parametrize(("model", "kind"), [("large", "unsupported"), ("bad", "unsupported")])
def test_models_that_cannot_be_loaded(tmp_path: Path, model: str, kind: str) -> None:
    code, said = run(tmp_path, model=model)
    assert code == 4 and said[-1]["type"] == "failed" and said[-1]["kind"] == kind


def test_input_that_is_no_start(tmp_path: Path) -> None:
    assert ChildLoop(io.BytesIO(b""), io.BytesIO(), Backend).run() == 2
    assert ChildLoop(io.BytesIO(frames.pack({"op": "chat"})), io.BytesIO(), Backend).run() == 2
    assert ChildLoop(io.BytesIO(b"\0\0\0\5hello"), io.BytesIO(), Backend).run() == 2


def test_the_place_is_taken(tmp_path: Path) -> None:
    lock = MachineLock(tmp_path)
    assert lock.take()
    code, said = run(tmp_path, {"op": "stop"}, wait=0.0)
    assert code == 3
    assert not said or said[-1]["kind"] == "overloaded"
    lock.release()


def test_idle_and_wanted(tmp_path: Path) -> None:
    ended = threading.Event()

    class Open(io.BytesIO):
        """Input that stays open until the test is over."""

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            return data or (ended.wait(30) and b"") or b""

    for idle, reason in ((0.0, "idle"), (60.0, "wanted")):
        other = MachineLock(tmp_path)
        start = {
            "op": "start",
            "model": "m",
            "context": 8,
            "threads": 1,
            "folder": str(tmp_path),
            "wait": 0,
            "idle": idle,
        }
        sink = io.BytesIO()
        if reason == "wanted":
            waiting = child_module.MachineLock(tmp_path)._waiting
            assert waiting.take()
        assert ChildLoop(Open(frames.pack(start)), sink, Backend).run() == 0
        assert sink.getvalue().endswith(frames.pack({"type": "leaving", "reason": reason})[4:])
        if reason == "wanted":
            waiting.release()
        assert other.take()
        other.release()
    ended.set()


def test_frames_of_any_text() -> None:
    message = {"text": "é\ud800\n\0", "n": [1, None]}
    assert frames.read(io.BytesIO(frames.pack(message))) == message
    for wrong in (b"\0\0\0\2[]", b"\0\0\0\2{]", b"\xff\xff\xff\xff"):
        with pytest.raises(frames.FrameError):
            frames.read(io.BytesIO(wrong))
    assert frames.read(io.BytesIO(b"\0\0\0\5ab")) is None
    with pytest.raises(frames.FrameError):
        frames.pack({"text": "x" * frames.MAX_FRAME})


def test_pieces_of_the_library() -> None:
    heard: list[dict[str, Any]] = []
    done: dict[str, Any] = {}

    def emit(piece: dict[str, Any]) -> bool:
        heard.append(piece)
        return piece.get("text") == "stop"

    assert not _pieces({"prompt_progress": {"processed": 1, "total": 2}}, done, emit)
    assert not _pieces({"choices": [{"delta": {"reasoning_content": "hm"}}]}, done, emit)
    assert _pieces({"choices": [{"delta": {"content": "stop"}}]}, done, emit)
    assert not _pieces({"choices": [{"delta": {}, "finish_reason": "length"}], "usage": None}, done, emit)
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}}
    _pieces({"choices": [], "usage": usage, "timings": {"prompt_n": 2}}, done, emit)
    assert [piece["type"] for piece in heard] == ["progress", "thinking", "text"]
    assert done["finish"] == "length" and done["usage"] == {"prompt": 5, "completion": 2, "cached": 3}
    assert done["timings"]["prompt_n"] == 2
    assert _refused({"code": 400, "message": "no"}).kind == "invalid_request"
    assert _refused({"code": 500, "message": "no"}).kind == "unknown"
    assert _refused({"type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 8}).kind == "context"


def test_threads_leave_a_core_free(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    assert default_threads() == 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    assert default_threads() == 7


def test_dying_with_the_parent_is_for_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module.sys, "platform", "darwin")
    die_with_parent()
