"""The guards of the test suite do guard: each is broken on purpose in a run of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

BROKEN = {
    "socket": ("import socket\ndef test_it():\n    socket.create_connection(('192.0.2.1', 9))\n", "tried to reach"),
    "lookup": ("import socket\ndef test_it():\n    socket.getaddrinfo('example.org', 80)\n", "tried to reach"),
    "log": ("import logging\ndef test_it():\n    logging.getLogger('x').warning('odd')\n", "unexpected log line"),
    "unmet": ("def test_it(expect_log):\n    expect_log('never')\n", "there was none"),
    "thread": (
        "import threading\nstop = threading.Event()\n"
        "def test_it():\n    threading.Thread(target=stop.wait, daemon=True, name='stray').start()\n",
        "thread 'stray', started at tests/engine/test_broken.py:4",
    ),
    "task": (
        "import asyncio\nasync def test_it():\n"
        "    asyncio.get_running_loop().create_task(asyncio.sleep(60), name='t')\n",
        "task 't' (sleep), made at tests/engine/test_broken.py:3",
    ),
    "warning": ("import warnings\ndef test_it():\n    warnings.warn('odd', UserWarning)\n", "UserWarning: odd"),
    "keychain": ("import keyring\ndef test_it():\n    keyring.set_password('a', 'b', 'c')\n", "NoKeyringError"),
}
BROKEN_QT = {
    "window": (
        "from PySide6.QtWidgets import QWidget\nkeep = []\n"
        "def test_it(qapp):\n    w = QWidget(); w.setWindowTitle('stray'); w.show(); keep.append(w)\n",
        "window QWidget 'stray'",
    ),
    "timer": (
        "from PySide6.QtCore import QTimer\nkeep = []\n"
        "def test_it(qapp):\n    t = QTimer(); t.start(1000); keep.append(t)\n",
        "timer started at tests/widgets/test_broken.py:4",
    ),
    "qloop": (
        "import asyncio\ndef test_it(qloop):\n    qloop.create_task(asyncio.sleep(60), name='t')\n",
        "still running: task 't'",
    ),
    "qt warning": ("from PySide6.QtCore import qWarning\ndef test_it():\n    qWarning('odd')\n", "odd"),
}


@pytest.fixture
def suite(pytester: pytest.Pytester, root: Path) -> pytest.Pytester:
    """A project with our test support and nothing else."""
    pytester.makefile(".toml", pyproject=(root / "pyproject.toml").read_text(encoding="utf-8"))
    for name in ("__init__.py", "conftest.py", "support"):
        copy = shutil.copytree if (root / "tests" / name).is_dir() else shutil.copy
        copy(root / "tests" / name, _made(pytester.path / "tests") / name)
    return pytester


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("area", "source", "words"),
    [pytest.param("engine", *case, id=name) for name, case in BROKEN.items()]
    + [pytest.param("widgets", *case, id=name) for name, case in BROKEN_QT.items()],
)
def test_a_broken_test_fails(suite: pytest.Pytester, area: str, source: str, words: str) -> None:
    _made(suite.path / "tests" / area).joinpath("test_broken.py").write_text(source, encoding="utf-8")
    result = suite.runpytest_subprocess("-q", "-p", "no:cacheprovider", "tests")
    assert result.ret == 1, result.stdout.str()
    assert words in result.stdout.str()


def test_both_lanes_work(suite: pytest.Pytester) -> None:
    _made(suite.path / "tests" / "engine").joinpath("test_lane.py").write_text(
        "import asyncio\nasync def test_plain():\n"
        "    assert type(asyncio.get_running_loop()).__module__.startswith('asyncio')\n",
        encoding="utf-8",
    )
    _made(suite.path / "tests" / "widgets").joinpath("test_lane.py").write_text(
        "import asyncio\n"
        "async def test_qasync():\n"
        "    assert type(asyncio.get_running_loop()).__module__ == 'qasync'\n"
        "    await asyncio.sleep(0)\n"
        "def test_sync(qtbot, qloop):\n"
        "    seen = []\n"
        "    async def work():\n        await asyncio.sleep(0)\n        seen.append(1)\n"
        "    task = qloop.create_task(work())\n"
        "    qtbot.waitUntil(lambda: task.done())\n"
        "    assert seen == [1]\n",
        encoding="utf-8",
    )
    suite.runpytest_subprocess("-q", "-p", "no:cacheprovider", "tests").assert_outcomes(passed=3)
