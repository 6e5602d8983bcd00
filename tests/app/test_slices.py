"""Work in slices: the window has its turn in between, and it can be finished, given up or fail at any point."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.slices import Slices
from engine.blueprint import AgentDocument, make_node
from engine.blueprint.checks import checked, problems
from engine.blueprint.dry import dry_compile, dry_compiled
from engine.stepwise import Stepwise, finish


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[QObject]:
    yield (found := QObject())
    found.deleteLater()


def counting(done: list[int], parts: int = 3) -> Stepwise[None]:
    try:
        for number in range(parts):
            done.append(number)
            yield
    finally:
        done.append(-1)


def test_the_window_has_its_turn_between_two_slices(owner: QObject, qtbot: QtBot) -> None:
    slices, done, seen = Slices(owner, ms=0), list[int](), list[int]()
    slices._timer.timeout.connect(lambda: seen.append(len(done)))
    slices.start(counting(done))
    assert (done, slices.busy) == ([], True)
    qtbot.waitUntil(lambda: not slices.busy)
    assert done == [0, 1, 2, -1]
    assert seen == [1, 2, 3, 4]


def test_short_parts_share_a_slice_and_only_their_own_time_counts(owner: QObject, qtbot: QtBot) -> None:
    ticks = iter(range(100))
    slices, done = Slices(owner, ms=2_000, clock=lambda: float(next(ticks))), list[int]()
    slices.start(counting(done, 5))
    slices._slice()
    assert done == [0, 1]
    slices._slice()
    assert (done, slices.spent) == ([0, 1, 2, 3], 4.0)


def test_what_is_under_way_can_be_finished_or_given_up(owner: QObject) -> None:
    slices, first, second = Slices(owner, ms=0), list[int](), list[int]()
    slices.start(counting(first))
    slices._slice()
    slices.start(counting(second))
    assert first == [0, -1]
    slices.finish()
    assert (second, slices.busy) == ([0, 1, 2, -1], False)
    slices.finish()
    slices.cancel()


def test_work_can_give_itself_up(owner: QObject) -> None:
    slices, done = Slices(owner), list[str]()

    def work() -> Stepwise[None]:
        try:
            slices.finish()  # it is at it already
            slices.cancel()
            yield
            done.append("went on")
        finally:
            done.append("closed")

    slices.start(work())
    slices._slice()
    assert (done, slices.busy) == (["closed"], False)


def test_work_that_fails_is_over(owner: QObject) -> None:
    def work() -> Stepwise[None]:
        yield
        raise ValueError("broken")

    slices = Slices(owner)
    slices.start(work())
    with pytest.raises(ValueError, match="broken"):
        slices.finish()
    assert not slices.busy


def test_context_and_problems_come_in_parts_and_to_the_same_end() -> None:
    texts = [make_node("section", title=f"Part {number}", text="{{ nobody }}") for number in range(5)]
    document = AgentDocument(make_node("agent", *texts, make_node("timeline"), name="Ada"))
    assert sum(1 for _ in checked(document)) > len(texts)
    assert [problem.text for problem in finish(checked(document))] == [problem.text for problem in problems(document)]
    assert sum(1 for _ in dry_compiled(document, draft="Hello")) >= 2
    assert finish(dry_compiled(document, draft="Hello")).messages == dry_compile(document, draft="Hello").messages
    left = dry_compiled(document, draft="Hello")
    next(left)
    left.close()
