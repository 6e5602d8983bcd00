"""The program as the process of a Run Python step, as the packaged one starts itself again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from app.__main__ import CHILD_ARGUMENT, STEP_ARGUMENT
from engine.effects import python
from engine.models.ondevice import process


def test_the_arguments_are_those_that_the_engine_uses() -> None:
    assert STEP_ARGUMENT == python.CHILD_ARGUMENT
    assert CHILD_ARGUMENT == process.CHILD_ARGUMENT


def test_the_program_runs_a_step_and_holds_nothing_of_itself(root: Path) -> None:
    code = "import sys\nresult = sorted({name.split('.')[0] for name in sys.modules} & set(inputs))"
    ours = ["PySide6", "widgets", "qasync", "keyring", "pydantic", "sqlite3"]
    request = {"code": code, "inputs": ours, "printed": 100, "parent": 0, "limits": {"CORE": 0}}
    ended = subprocess.run(
        [sys.executable, "-m", "app", STEP_ARGUMENT],
        input=json.dumps(request).encode(), capture_output=True, check=True, cwd=root,
    )  # fmt: skip
    size = int.from_bytes(ended.stdout[:8], "big")
    assert len(ended.stdout) == size + 8
    assert json.loads(ended.stdout[8:]) == {"printed": "", "value": []}
