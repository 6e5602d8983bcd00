"""What every test gets: a room of its own, no network, no real keychain, and a watch over what it leaves behind.

The pieces live in ``tests/support``; this file switches them on. Qt is offscreen unless a test is marked ``xvfb``.
"""

from __future__ import annotations

import os
import tempfile

# Before anything imports Qt or qasync: both read these once.
os.environ["QT_API"] = "pyside6"
if os.environ.get("BOUGH_XVFB_CHILD") != "1":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    for _name in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(_name, None)
for _name in ("QT_SCALE_FACTOR", "QT_STYLE_OVERRIDE", "QT_QPA_PLATFORMTHEME", "DBUS_SESSION_BUS_ADDRESS"):
    os.environ.pop(_name, None)
for _name in [n for n in os.environ if n.startswith(("ANTHROPIC_", "BOUGH_KEY", "BOUGH_HOME", "CLAUDE_"))]:
    del os.environ[_name]  # a key of the person who runs the tests must never reach a test
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
os.environ["TZ"] = "UTC"
os.environ["HOME"] = tempfile.mkdtemp(prefix="bough-test-home-")

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.network",
    "tests.support.logs",
    "tests.support.leaks",
    "tests.support.loops",
    "tests.support.keychain",
    "tests.support.xvfb",
    "tests.support.coverage_lines",
    "tests.support.blocking",
]

settings.register_profile(
    "ci", max_examples=50, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long", max_examples=1000, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="full counts, and the tests marked slow and model")


def pytest_configure(config: pytest.Config) -> None:
    long = config.getoption("--long")
    settings.load_profile("long" if long else "ci")
    if long:
        os.environ["BOUGH_TEST_LONG"] = "1"


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["HOME"], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for; run what needs no Qt first, because it fails fastest."""
    asked = config.getoption("markexpr") or ""
    wanted = {
        "slow": config.getoption("--long"),
        "model": config.getoption("--long"),
        "package": "package" in asked,
        "bench": "bench" in asked,
    }
    left_out = [item for item in items if any(item.get_closest_marker(m) and not on for m, on in wanted.items())]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
    order = {"house": 0, "engine": 1, "servers": 1, "widgets": 2, "app": 3, "e2e": 4}
    items.sort(key=lambda item: order.get(item.path.relative_to(ROOT / "tests").parts[0], 2))


@pytest.fixture(autouse=True)
def own_room(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own, so that nothing of the machine is read and nothing is left in it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name, folder in {
        "XDG_DATA_HOME": ".local/share",
        "XDG_CONFIG_HOME": ".config",
        "XDG_CACHE_HOME": ".cache",
        "XDG_STATE_HOME": ".local/state",
        "XDG_RUNTIME_DIR": "run",
    }.items():
        (home / folder).mkdir(parents=True, mode=0o700)
        monkeypatch.setenv(name, str(home / folder))
    return home


@pytest.fixture(scope="session")
def long_run(pytestconfig: pytest.Config) -> bool:
    """Whether ``--long`` was given."""
    return bool(pytestconfig.getoption("--long"))


@pytest.fixture(scope="session")
def count(long_run: bool) -> Callable[[int, int], int]:
    """``count(20, 200)``: the reduced number in an ordinary run, the full one with ``--long``."""
    return lambda reduced, full: full if long_run else reduced


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, for code that takes relative paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
