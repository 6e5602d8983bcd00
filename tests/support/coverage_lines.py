"""Two lines of coverage before pytest's closing line: the engine and the rest, each beside its bar."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AREAS = (("engine", ["engine/*"], 95), ("app and widgets", ["app/*", "widgets/*"], 85))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not (config.pluginmanager.hasplugin("_cov") and (ROOT / ".coverage").exists()):
        return
    import coverage

    measured = coverage.Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    for name, patterns, bar in AREAS:
        try:
            share = measured.report(include=patterns, file=io.StringIO())
        except coverage.exceptions.NoDataError:
            continue
        verdict = "met" if share >= bar else "missed"
        terminalreporter.write_line(f"coverage with branches, {name}: {share:.1f} % (bar {bar} %, {verdict})")
