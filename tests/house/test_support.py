"""The guards of the test suite do guard: each is broken on purpose, in one run apart from this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

PLAIN = {
    "socket": ("import socket\ndef test_it():\n    socket.create_connection(('192.0.2.1', 9))\n", "tried to reach"),
    "lookup": ("import socket\ndef test_it():\n    socket.getaddrinfo('example.org', 80)\n", "tried to reach"),
    "log": ("import logging\ndef test_it():\n    logging.getLogger('x').warning('odd')\n", "unexpected log line"),
    "unmet": ("def test_it(expect_log):\n    expect_log('never')\n", "there was none"),
    "thread": (
        "import threading\nstop = threading.Event()\n"
        "def test_it():\n    threading.Thread(target=stop.wait, daemon=True, name='stray').start()\n",
        "thread 'stray', started at tests/engine/test_{name}.py:4",
    ),
    "task": (
        "import asyncio\nasync def test_it():\n"
        "    asyncio.get_running_loop().create_task(asyncio.sleep(60), name='t')\n",
        "task 't' (sleep), made at tests/engine/test_{name}.py:3",
    ),
    "warning": ("import warnings\ndef test_it():\n    warnings.warn('odd', UserWarning)\n", "UserWarning: odd"),
    "keychain": ("import keyring\ndef test_it():\n    keyring.set_password('a', 'b', 'c')\n", "NoKeyringError"),
}
QT = {
    "noscreen": (
        "import pytest\n@pytest.mark.xvfb\ndef test_it(qapp):\n    assert qapp.platformName() == 'offscreen'\n",
        "on the virtual screen (exit status 1)",
    ),
    "window": (
        "from PySide6.QtWidgets import QWidget\nkeep = []\n"
        "def test_it(qapp):\n    w = QWidget(); w.setWindowTitle('stray'); w.show(); keep.append(w)\n",
        "window QWidget 'stray'",
    ),
    "timer": (
        "from PySide6.QtCore import QTimer\nkeep = []\n"
        "def test_it(qapp):\n    t = QTimer(); t.start(1000); keep.append(t)\n",
        "timer started at tests/widgets/test_{name}.py:4",
    ),
    "qloop": (
        "import asyncio\ndef test_it(qloop):\n    qloop.create_task(asyncio.sleep(60), name='t')\n",
        "still running: task 't'",
    ),
    "qtwarning": ("from PySide6.QtCore import qWarning\ndef test_it():\n    qWarning('odd')\n", "odd"),
}


SOUND = {
    "plain": "import asyncio\nasync def test_it():\n"
    "    assert type(asyncio.get_running_loop()).__module__.startswith('asyncio')\n",
    "expected": "import logging\ndef test_it(expect_log):\n"
    "    expect_log('odd')\n    logging.getLogger('x').warning('odd')\n",
}
SOUND_QT = {
    "qasync": "import asyncio\nasync def test_it():\n"
    "    assert type(asyncio.get_running_loop()).__module__ == 'qasync'\n    await asyncio.sleep(0)\n",
    "screen": "import pytest\n@pytest.mark.xvfb\ndef test_it(qapp):\n    assert qapp.platformName() == 'xcb'\n",
    "sync": "import asyncio\ndef test_it(qtbot, qloop):\n    seen = []\n"
    "    async def work():\n        await asyncio.sleep(0)\n        seen.append(1)\n"
    "    task = qloop.create_task(work())\n    qtbot.waitUntil(lambda: task.done())\n    assert seen == [1]\n",
}


@pytest.fixture(scope="module")
def outcomes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Runs all of the tests above with our support and nothing else; each one's name and what its failure said."""
    place = tmp_path_factory.mktemp("suite")
    shutil.copy(root / "pyproject.toml", place)
    shutil.copytree(root / "tests/support", place / "tests/support")
    for name in ("__init__.py", "conftest.py"):
        shutil.copy(root / "tests" / name, place / "tests")
    broken = {name: source for name, (source, _) in PLAIN.items()}
    broken_qt = {name: source for name, (source, _) in QT.items()}
    for area, sources in {"engine": broken | SOUND, "widgets": broken_qt | SOUND_QT}.items():
        (place / "tests" / area).mkdir()
        for name, source in sources.items():
            (place / "tests" / area / f"test_{name}.py").write_text(source, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=out.xml", "tests"],
        cwd=place,
        env={
            name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_", "PYTEST_"))
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    told: dict[str, str] = {}
    for case in ET.parse(place / "out.xml").getroot().iter("testcase"):
        name = (case.get("classname") or "").rsplit("test_", 1)[-1]
        told[name] = told.get(name, "") + "".join(f"{part.get('message')} {part.text}" for part in case)
    return told


@pytest.mark.parametrize(("name", "words"), [(name, case[1]) for name, case in (PLAIN | QT).items()])
def test_a_broken_test_fails(outcomes: dict[str, str], name: str, words: str) -> None:
    assert words.format(name=name) in outcomes[name]


@pytest.mark.parametrize("name", [*SOUND, *SOUND_QT])
def test_a_sound_test_passes(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == ""
