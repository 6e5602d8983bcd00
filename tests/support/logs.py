"""A log line of level WARNING or above fails the test that caused it, unless the test said that it expects it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest


class _Recorder(logging.Handler):
    """Keeps what was logged while one test ran."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class LogExpectations:
    """The patterns that a test expects; made by the ``expect_log`` fixture."""

    def __init__(self) -> None:
        self.patterns: list[re.Pattern[str]] = []

    def judge(self, lines: list[str]) -> list[str]:
        """The complaints: lines nobody expected, and expectations that were not met."""
        unexpected = [line for line in lines if not any(p.search(line) for p in self.patterns)]
        unmet = [p.pattern for p in self.patterns if not any(p.search(line) for line in lines)]
        return [f"unexpected log line: {line}" for line in unexpected] + [
            f"expected a log line matching {pattern!r}; there was none" for pattern in unmet
        ]


@pytest.fixture
def log_expectations() -> LogExpectations:
    return LogExpectations()


@pytest.fixture
def expect_log(log_expectations: LogExpectations) -> Callable[[str], None]:
    """``expect_log(r"could not reach")``: such a line must be logged, and does not fail the test."""
    return lambda pattern: log_expectations.patterns.append(re.compile(pattern))


@pytest.fixture(autouse=True)
def no_unexpected_logs(log_expectations: LogExpectations) -> Iterator[None]:
    recorder = _Recorder()
    logging.getLogger().addHandler(recorder)
    yield
    logging.getLogger().removeHandler(recorder)
    lines = [f"{r.levelname} {r.name}: {r.getMessage()}" for r in recorder.records]
    complaints = log_expectations.judge(lines)
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
