"""The built program, tried as a person would: it starts, takes one turn, and says nothing that is not expected."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.setup.package import DIST, ROOT, archive_path, size
from tests.app.test_step_process import asked_for

PROGRAM = DIST / "bough" / "bough"
EXPECTED = (
    re.compile(r"^bough self-test ok\b"),
    # The offscreen platform has no window manager to tell about sizes.
    re.compile(r"This plugin does not support propagateSizeHints"),
)
TURN_SECONDS = 60


def tried(program: Path, arguments: list[str], environment: dict[str, str]) -> list[str]:
    """Runs the program with a bare environment; returns what it printed, both streams together."""
    bare = {name: os.environ[name] for name in ("HOME", "XDG_RUNTIME_DIR") if name in os.environ}
    bare |= {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [program, *arguments],
        cwd="/",
        env=bare | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TURN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def judge(lines: list[str]) -> None:
    unexpected = [line for line in lines if line.strip() and not any(pattern.search(line) for pattern in EXPECTED)]
    assert not unexpected, "\n".join(unexpected)
    assert any(line.startswith("bough self-test ok") for line in lines)


@pytest.mark.package
def test_one_turn_offscreen() -> None:
    judge(tried(PROGRAM, ["--self-test"], {"QT_QPA_PLATFORM": "offscreen"}))


@pytest.mark.package
def test_one_turn_on_a_screen(virtual_screen: str) -> None:
    judge(tried(PROGRAM, ["--self-test"], {"QT_QPA_PLATFORM": "xcb", "DISPLAY": virtual_screen}))


@pytest.mark.package
def test_the_command_line_works() -> None:
    told = "\n".join(tried(PROGRAM, ["doctor"], {}))
    assert "PROBLEM" not in told
    assert re.search(r"Packaged: +yes", told)


@pytest.mark.package
def test_the_archive_installs_and_the_installed_program_takes_a_turn(
    tmp_path: Path, own_room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(own_room)
    own_room.mkdir()
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name)
    shutil.unpack_archive(archive_path(), tmp_path, filter="fully_trusted")
    (folder,) = tmp_path.iterdir()
    subprocess.run([folder / "install.sh"], check=True, capture_output=True)
    command = own_room / ".local/bin/bough"
    data = {"XDG_DATA_HOME": str(tmp_path / "data"), "QT_QPA_PLATFORM": "offscreen"}
    data |= {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "CACHE", "STATE")}
    judge(tried(command, ["--self-test"], data))
    subprocess.run([own_room / ".local/lib/bough/uninstall.sh"], check=True, capture_output=True)
    assert list(own_room.rglob("*")) == []


@pytest.mark.package
def test_every_library_that_is_packed_finds_its_own() -> None:
    """No packed library misses another that the machine is not expected to bring."""
    from app.setup.system import WINDOW_LIBRARIES

    missing = set()
    for library in [*(PROGRAM.parent).rglob("*.so"), *(PROGRAM.parent).rglob("*.so.*")]:
        told = subprocess.run(["ldd", library], capture_output=True, text=True, check=False).stdout
        missing |= {line.split()[0] for line in told.splitlines() if "not found" in line}
    assert missing <= set(WINDOW_LIBRARIES)


@pytest.mark.package
def test_the_size_stays_in_bounds() -> None:
    assert size(PROGRAM.parent) < 260e6
    assert size(archive_path()) < 110e6


def test_no_import_of_ours_is_left_out_of_the_build() -> None:
    spec = (ROOT / "build.spec").read_text(encoding="utf-8")
    left_out = set(re.findall(r'"(Qt[A-Z]\w+)"', spec))
    assert {"QtQml", "QtNetwork"} <= left_out
    used = set()
    for area in ("app", "widgets"):
        for path in (ROOT / area).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("PySide6"):
                    used |= {part for part in (node.module or "").split(".") if part.startswith("Qt")}
                    used |= {alias.name for alias in node.names if node.module == "PySide6"}
    assert not used & left_out


@pytest.mark.package
def test_it_is_the_process_of_a_python_step_with_the_standard_library_that_steps_want() -> None:
    code = """
import calendar, csv, datetime, decimal, difflib, fractions, hashlib, html.parser, json, math, os, random, re
import statistics, string, textwrap, unicodedata, urllib.parse, xml.etree.ElementTree, zoneinfo
result = [statistics.mean(inputs), dict(os.environ)]
"""
    request = {"code": code, "inputs": [1, 3], "printed": 1000, "parent": 0, "limits": {"CORE": 0}}
    done = subprocess.run(
        [PROGRAM, "--python-step"],
        input=asked_for(request),
        capture_output=True,
        env={},
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout[9:]) == {"printed": "", "value": [2, {}]}
    assert done.stderr == b""
