"""The inference library, behind three functions. This is the only file that knows ``xllamacpp``.

Runs in the child process alone. The library always opens a listener besides its in-process calls; it is put on a
Unix socket in a folder that only this user can enter, with a key made here that never leaves the process. Where the
system has no Unix sockets it is loopback on a random port, with the same key.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Emit = Callable[[dict[str, Any]], bool]
"""Takes one piece of a reply; True asks for an end."""


class BackendError(Exception):
    """The library refused. ``kind`` is a :data:`engine.errors.ModelErrorKind`."""

    def __init__(self, text: str, kind: str = "unknown") -> None:
        super().__init__(text)
        self.kind = kind


class LlamaBackend:
    """One loaded model."""

    def __init__(self, model: Path, *, context: int, threads: int, folder: Path) -> None:
        import xllamacpp

        self._key = secrets.token_urlsafe(32)
        self._socket = folder / "model.sock" if hasattr(socket, "AF_UNIX") and sys.platform != "win32" else None
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)
        params = xllamacpp.CommonParams()
        params.model.path = str(model)
        params.n_ctx = context
        params.n_parallel = 1
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        # Small batches: a reply can only be stopped between two of them.
        params.n_batch = params.n_ubatch = 128
        params.use_jinja = True
        params.verbosity = -1
        params.warmup = False
        params.cache_ram_mib = 256
        params.hostnames = [str(self._socket) if self._socket is not None else "127.0.0.1"]
        params.port = 0
        params.api_keys = [self._key]
        params.ui = False
        params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
        params.offline = True
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise BackendError(
                "The model file could not be loaded. It may be damaged or too new.", "unsupported"
            ) from error
        self._schema = xllamacpp.json_schema_to_grammar
        self._address = str(self._server.listening_address)

    def chat(self, body: Mapping[str, Any], emit: Emit) -> None:
        """Generate a reply, piece by piece: ``progress``, ``text``, ``thinking``, then one ``done``.

        ``body`` is that of a chat completion; its ``schema`` is a JSON schema for the reply, which may begin inside
        an assistant message that stands last.
        """
        request = {
            **body, "stream": True, "return_progress": True, "cache_prompt": True,
            "stream_options": {"include_usage": True}, "timings_per_token": False,
        }  # fmt: skip
        schema = request.pop("schema", None)
        if schema is not None:
            # A reply that goes on from a begun message takes a grammar; response_format is refused there.
            if request["messages"][-1]["role"] == "assistant":
                request["grammar"] = self._schema(schema)
            else:
                request["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
        done: dict[str, Any] = {"type": "done", "finish": None, "usage": {}, "timings": {}}
        failure: list[BackendError] = []

        def receive(chunk: Mapping[str, Any]) -> bool:
            if "error" in chunk:
                failure.append(_refused(chunk["error"]))
                return True
            return _pieces(chunk, done, emit)

        try:
            self._server.handle_chat_completions(request, receive)
        except RuntimeError as error:
            raise BackendError(f"The model could not answer: {error}", "unsupported") from error
        if failure:
            raise failure[0]
        emit(done)

    def count(self, body: Mapping[str, Any]) -> int:
        """Tokens of the prompt that ``body`` leads to."""
        connection = self._connection()
        try:
            if self._socket is not None:
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.settimeout(60)
                connection.sock.connect(str(self._socket))
            data = json.dumps({"messages": body["messages"]})
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            connection.request("POST", "/v1/chat/completions/input_tokens", data, headers)
            answer = json.loads(connection.getresponse().read())
            return int(answer["input_tokens"])
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise BackendError(f"The tokens could not be counted: {error}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Remove what is left on disk. The memory goes with the process."""
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)

    def _connection(self) -> http.client.HTTPConnection:
        address = "localhost" if self._socket is not None else self._address.removeprefix("http://")
        return http.client.HTTPConnection(address, timeout=60)


def _pieces(chunk: Mapping[str, Any], done: dict[str, Any], emit: Emit) -> bool:
    stop = False
    progress = chunk.get("prompt_progress")
    if progress:
        stop |= emit({"type": "progress", "done": progress.get("processed", 0), "total": progress.get("total", 0)})
    for choice in chunk.get("choices") or ():
        delta = choice.get("delta") or {}
        if delta.get("reasoning_content"):
            stop |= emit({"type": "thinking", "text": delta["reasoning_content"]})
        if delta.get("content"):
            stop |= emit({"type": "text", "text": delta["content"]})
        if choice.get("finish_reason"):
            done["finish"] = choice["finish_reason"]
    usage = chunk.get("usage")
    if usage:
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        done["usage"] = {
            "prompt": usage.get("prompt_tokens", 0), "completion": usage.get("completion_tokens", 0), "cached": cached,
        }  # fmt: skip
    if chunk.get("timings"):
        kept = ("prompt_n", "prompt_per_second", "predicted_n", "predicted_per_second", "cache_n")
        done["timings"] = {name: chunk["timings"].get(name) for name in kept}
    return stop


def _refused(error: Mapping[str, Any]) -> BackendError:
    text = str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error":
        tokens, room = error.get("n_prompt_tokens", "?"), error.get("n_ctx", "?")
        return BackendError(
            f"The conversation has {tokens} tokens; this model takes {room}. Start a new session.",
            "context",
        )
    return BackendError(
        f"The model could not answer: {text}", "invalid_request" if error.get("code") == 400 else "unknown"
    )


def default_threads() -> int:
    """All cores but one, at least one: with all of them taken, every other program slows the model down."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, count - 1)
