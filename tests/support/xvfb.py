"""Tests marked ``xvfb`` run one by one in a process of their own, with real X11 windows on a virtual screen.

So that `pytest` needs no wrapper, one run has one closing line, and a crash of Qt costs one test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--import-mode=importlib")
CHILD = os.environ.get("BOUGH_XVFB_CHILD") == "1"


@pytest.fixture(scope="session")
def virtual_screen() -> Iterator[str]:
    """The name of a virtual X11 screen (such as ``:101``) that lives as long as the run."""
    if CHILD:
        yield os.environ["DISPLAY"]
        return
    program = shutil.which("Xvfb")
    if program is None:
        pytest.fail("Xvfb is missing; `make test` installs it, by hand: apt-get install xvfb", pytrace=False)
    reading, writing = os.pipe()
    with subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(writing,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        try:
            if not number:
                pytest.fail("Xvfb did not start", pytrace=False)
            yield f":{number}"
        finally:
            server.terminate()


def _in_a_child(item: pytest.Item, screen: str) -> None:
    environment = dict(os.environ, BOUGH_XVFB_CHILD="1", DISPLAY=screen, QT_QPA_PLATFORM="xcb")
    options = ["--long"] if item.config.getoption("--long") else []
    done = subprocess.run(
        [*PYTEST, *options, item.nodeid],
        cwd=item.config.rootpath,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=170,
        check=False,
    )
    last = done.stdout.strip().rsplit("\n", 1)[-1]
    if done.returncode != 0 or "passed" not in last:
        pytest.fail(f"on the virtual screen (exit status {done.returncode}):\n{done.stdout}", pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the main process a marked test's body is replaced by a run of that one test in a child."""
    if CHILD:
        return
    for item in items:
        if item.get_closest_marker("xvfb") and isinstance(item, pytest.Function):
            _send_to_child(item)


def _send_to_child(item: pytest.Function) -> None:
    def body() -> None:
        _in_a_child(item, item._request.getfixturevalue("virtual_screen"))

    item.fixturenames[:] = ["virtual_screen"]
    item.setup = lambda: item._request.getfixturevalue("virtual_screen")  # type: ignore[method-assign]
    item.runtest = body  # type: ignore[method-assign]
