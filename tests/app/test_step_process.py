"""The program as the process of a Run Python step, as the packaged one starts itself again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.__main__ import CHILD_ARGUMENT, STEP_ARGUMENT
from engine.effects import python
from engine.effects.python_child import GO, HEAD, READY
from engine.models.ondevice import process


def asked_for(request: dict[str, Any]) -> bytes:
    """A request as the program sends it, with the word to begin."""
    sent = json.dumps(request).encode()
    return len(sent).to_bytes(HEAD, "big") + sent + GO


def test_the_arguments_are_those_that_the_engine_uses() -> None:
    assert STEP_ARGUMENT == python.CHILD_ARGUMENT
    assert CHILD_ARGUMENT == process.CHILD_ARGUMENT


def test_without_a_request_it_ends_at_once(root: Path) -> None:
    """That is how the packaged program finds out whether it can run in a room."""
    command = [sys.executable, "-m", "app", STEP_ARGUMENT]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, cwd=root)
    assert (ended.stdout, ended.stderr) == (b"", b"")


def test_the_program_runs_a_step_and_holds_nothing_of_itself(root: Path) -> None:
    code = "import sys\nresult = sorted({name.split('.')[0] for name in sys.modules} & set(inputs))"
    ours = ["PySide6", "widgets", "qasync", "keyring", "pydantic", "sqlite3"]
    request = {"code": code, "inputs": ours, "printed": 100, "parent": 0, "limits": {"CORE": 0}}
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    ended = subprocess.run(
        [sys.executable, "-m", "app", STEP_ARGUMENT],
        input=asked_for(request), capture_output=True, check=True, cwd=root, env=unmeasured,
    )  # fmt: skip
    assert ended.stdout[:1] == READY and int.from_bytes(ended.stdout[1:9], "big") == len(ended.stdout) - 9
    assert json.loads(ended.stdout[9:]) == {"printed": "", "value": []}


def test_it_runs_nothing_before_the_program_says_so(root: Path, tmp_path: Path) -> None:
    """The program may have ended since it sent the request; then nobody would end what was begun."""
    request = {"code": f"open({str(tmp_path / 'ran')!r}, 'w')", "inputs": 0, "printed": 9, "parent": 0, "limits": {}}
    command = [sys.executable, "-m", "app", STEP_ARGUMENT]
    ended = subprocess.run(command, input=asked_for(request)[:-1], capture_output=True, check=False, cwd=root)
    assert (ended.returncode, ended.stdout) == (3, READY) and not (tmp_path / "ran").exists()
    subprocess.run(command, input=asked_for(request), capture_output=True, check=True, cwd=root)
    assert (tmp_path / "ran").exists()
