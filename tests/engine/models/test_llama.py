"""How the inference library is set up and asked, with a stand-in for it; the real one is in ``test_real_models``."""

from __future__ import annotations

import http.server
import json
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from engine.models.ondevice.llama import BackendError, LlamaBackend


class Library(ModuleType):
    """What of ``xllamacpp`` is used."""

    def __init__(self) -> None:
        super().__init__("xllamacpp")
        self.params: Any = None
        self.asked: list[dict[str, Any]] = []
        self.chunks: list[dict[str, Any]] = [{"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}]
        self.failure: Exception | None = None

    def CommonParams(self) -> Any:
        threads = lambda: SimpleNamespace(n_threads=0)  # noqa: E731
        self.params = SimpleNamespace(model=SimpleNamespace(path=""), cpuparams=threads(), cpuparams_batch=threads())
        return self.params

    def Server(self, params: Any) -> Any:
        if "broken" in params.model.path:
            raise RuntimeError("Failed to init server")
        return SimpleNamespace(listening_address=f"unix://{params.hostnames[0]}", handle_chat_completions=self._chat)

    def _chat(self, request: dict[str, Any], receive: Callable[[dict[str, Any]], bool]) -> None:
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure
        for chunk in self.chunks:
            if receive(chunk):
                return

    def json_schema_to_grammar(self, schema: dict[str, Any]) -> str:
        return f"grammar of {sorted(schema)}"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    monkeypatch.setitem(sys.modules, "xllamacpp", made)
    return made


@pytest.fixture
def backend(library: Library, tmp_path: Path) -> Iterator[LlamaBackend]:
    made = LlamaBackend(tmp_path / "m.gguf", context=2048, threads=3, folder=tmp_path)
    yield made
    made.close()


def heard(backend: LlamaBackend, body: dict[str, Any]) -> list[dict[str, Any]]:
    pieces: list[dict[str, Any]] = []
    backend.chat(body, lambda piece: pieces.append(piece) or False)
    return pieces


def test_closed_to_the_outside(library: Library, backend: LlamaBackend, tmp_path: Path) -> None:
    params = library.params
    assert params.hostnames == [str(tmp_path / "model.sock")]
    assert len(params.api_keys[0]) > 30 and not params.ui
    assert not (params.endpoint_slots or params.endpoint_props or params.endpoint_metrics) and params.offline
    assert (params.n_ctx, params.n_parallel, params.cpuparams.n_threads, params.use_jinja) == (2048, 1, 3, True)


def test_a_file_that_does_not_load(library: Library, tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        LlamaBackend(tmp_path / "broken.gguf", context=8, threads=1, folder=tmp_path)
    assert caught.value.kind == "unsupported"


def test_a_reply(library: Library, backend: LlamaBackend) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    pieces = heard(backend, {"messages": messages, "max_tokens": 5})
    assert [piece["type"] for piece in pieces] == ["text", "done"] and pieces[1]["finish"] == "stop"
    request = library.asked[0]
    assert request["stream"] and request["cache_prompt"] and request["max_tokens"] == 5 and "schema" not in request


def test_a_schema_is_a_response_format_or_a_grammar(library: Library, backend: LlamaBackend) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    heard(backend, {"messages": messages, "schema": {"type": "object"}})
    heard(backend, {"messages": [*messages, {"role": "assistant", "content": "So: "}], "schema": {"type": "object"}})
    assert library.asked[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert library.asked[1]["grammar"] == "grammar of ['type']" and "response_format" not in library.asked[1]


def test_refusals(library: Library, backend: LlamaBackend) -> None:
    library.chunks = [{"error": {"code": 400, "message": "no"}}]
    with pytest.raises(BackendError, match="no"):
        heard(backend, {"messages": []})
    library.failure = RuntimeError("template")
    with pytest.raises(BackendError, match="template"):
        heard(backend, {"messages": []})


class Counter(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"].startswith("Bearer ")
        body = json.dumps({"input_tokens": len(asked["messages"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass

    def address_string(self) -> str:
        return "socket"


def test_counting_over_the_socket(backend: LlamaBackend, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="could not be counted"):
        backend.count({"messages": []})
    with socketserver.UnixStreamServer(str(tmp_path / "model.sock"), Counter) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert backend.count({"messages": [1, 2, 3]}) == 3
        thread.join()
