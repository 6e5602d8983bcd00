"""Words for times, and the hits of a search."""

from __future__ import annotations

from datetime import datetime

import pytest

from widgets.sessions.delegate import mark_hits
from widgets.sessions.when import full_time, group_of, short_time

NOW = datetime(2026, 11, 18, 15, 0).timestamp()  # a Wednesday


@pytest.mark.parametrize(
    ("then", "group", "short"),
    [
        (datetime(2026, 11, 18, 9, 41), "Today", "09:41"),
        (datetime(2026, 11, 17, 23, 59), "Yesterday", "Tue"),
        (datetime(2026, 11, 16, 8, 0), "This week", "Mon"),
        (datetime(2026, 11, 12, 8, 0), "Last week", "Thu"),
        (datetime(2026, 11, 2, 8, 0), "This month", "2 Nov"),
        (datetime(2026, 10, 3, 8, 0), "October", "3 Oct"),
        (datetime(2025, 10, 3, 8, 0), "October 2025", "3 Oct 2025"),
        (datetime(2026, 11, 19, 8, 0), "Today", "08:00"),
    ],
)
def test_times_in_words(then: datetime, group: str, short: str) -> None:
    assert group_of(then.timestamp(), NOW) == group
    assert short_time(then.timestamp(), NOW) == short


def test_a_time_in_full() -> None:
    assert full_time(datetime(2026, 11, 18, 9, 41).timestamp()).endswith("2026, 09:41")


def test_hits_are_words_that_begin_with_what_was_typed() -> None:
    assert mark_hits("Please call Ada, recall nothing", "call ada") == [
        ("Please ", False),
        ("call", True),
        (" ", False),
        ("Ada", True),
        (", recall nothing", False),
    ]
    assert mark_hits("One letter finds nothing", "o") == [("One letter finds nothing", False)]
    assert mark_hits("Größe", "grö") == [("Größe", True)]
