"""A whole application in a folder of its own, with real store and engine and a scripted model."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.paths import Paths
from tests.app.helpers import Room


@pytest.fixture(autouse=True)
def collecting_in_this_thread() -> Iterator[None]:
    """As in the program: Qt objects in dead cycles are destroyed in this thread, never in the store's."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    home = tmp_path / "bough home ü"
    return Paths(data=home, config=home, logs=home / "logs")


@pytest.fixture
def start(paths: Paths) -> Room:
    """``await start(model)``: the running application. Tests that use it are marked ``@at_the_window``."""
    return Room(paths)
