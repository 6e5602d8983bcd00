"""A model process without a model: the real loop, pipes and lock around a backend that does as it is told.

The last message says what to do: ``crash``, ``hang``, ``refuse``, ``slow``; anything else is repeated word by word.
Under a schema it chooses the first tool where the last message has the word ``note``, else to answer.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.models.ondevice.child import child_main
from engine.models.ondevice.llama import BackendError


class FakeBackend:
    def __init__(self, model: Path, *, context: int, threads: int, folder: Path) -> None:
        self.context = context
        if "broken" in model.name:
            raise BackendError("The model file could not be loaded.", "unsupported")
        if "abort" in model.name:
            print("GGML_ASSERT failed", file=sys.stderr, flush=True)
            os._exit(7)

    def chat(self, body: Mapping[str, Any], emit: Callable[[dict[str, Any]], bool]) -> None:
        print("the library says something on standard output", flush=True)
        said = str([m for m in body["messages"] if m["role"] == "user"][-1]["content"])
        words = said.split("\n\n---\n")[0].split()
        emit({"type": "progress", "done": 0, "total": len(words)})
        if words[-1] == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if words[-1] == "hang":
            threading.Event().wait()
        if words[-1] == "refuse":
            raise BackendError("The conversation has 9000 tokens; this model takes 8192.", "context")
        if words[-1] == "environment":
            words = [json.dumps(sorted(os.environ))]
        finish = "stop"
        if "schema" in body and "x-guidance" in body["schema"]:
            words = [self._choose(body, words)]
        elif words[-1] == "slow":
            emit({"type": "text", "text": "going on"})
            while not emit({"type": "progress", "done": 1, "total": 1}):
                threading.Event().wait(0.01)
            return emit({"type": "done", "finish": "cancelled", "usage": {}}) and None
        for number, word in enumerate(words):
            if number >= body["max_tokens"]:
                finish = "length"
                break
            emit({"type": "text", "text": word if number == 0 else f" {word}"})
        usage = {"prompt": 20, "cached": 8, "completion": len(words)}
        emit({"type": "done", "finish": finish, "usage": usage})

    def _choose(self, body: Mapping[str, Any], words: list[str]) -> str:
        parts = body["schema"]["properties"]
        if "tool" not in parts:
            return '{"note": "abc' if "cut" in words else json.dumps({"note": "call Ada"} if "note" in parts else {})
        tools = parts["tool"]["enum"]
        return json.dumps({"tool": tools[0] if "note" in words or "cut" in words else tools[-1]})

    def count(self, body: Mapping[str, Any]) -> int:
        return sum(len(message["content"].split()) for message in body["messages"])

    def close(self) -> None:
        pass


if __name__ == "__main__":
    child_main(FakeBackend)
