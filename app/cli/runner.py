"""Runs one command: sets up what commands share, turns errors into sentences and exit codes, and Ctrl+C into an end."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from app.log import logging_to
from app.paths import find_paths
from app.services import Services

OK, FAILED, USAGE, NOT_READY, NOT_YOURS, STOPPED = 0, 1, 2, 3, 4, 130


class Refusal(Exception):
    """A command cannot go on. ``str(error)`` is the sentence; ``code`` the exit code."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(slots=True)
class Terminal:
    """Standard output for results alone, standard error for everything else."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def result(self, text: str, end: str = "\n") -> None:
        self.out.write(text + end)
        self.out.flush()

    def say(self, text: str, end: str = "\n") -> None:
        self.err.write(text + end)
        self.err.flush()

    def progress(self, text: str) -> None:
        """A line that replaces the one before, on a terminal; nothing elsewhere."""
        if self.err.isatty():
            self.say(f"\r\033[K{text}", end="")

    def end_progress(self) -> None:
        if self.err.isatty():
            self.say("")

    def ask(self, question: str) -> bool:
        """Yes or no on a terminal; no where nobody can answer."""
        if not (sys.stdin.isatty() and self.err.isatty()):
            return False
        self.say(f"{question} [y/N] ", end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def run_command(options: argparse.Namespace) -> int:
    """Run the command that was parsed; returns the exit code."""
    terminal = Terminal()
    paths = find_paths()
    with logging_to(paths.log_file):
        try:
            return asyncio.run(_run(options, terminal, paths.data))
        except KeyboardInterrupt:
            terminal.say("Stopped.")
            return STOPPED
        except BrokenPipeError:
            return FAILED


async def _run(options: argparse.Namespace, terminal: Terminal, _data: Path) -> int:
    from app.errors import explain

    module = importlib.import_module(f"app.cli.{options.command}")
    database = Path(options.db).expanduser().absolute() if getattr(options, "db", None) else None
    services = Services(find_paths(), database=database)
    _end_like_ctrl_c(signal.SIGTERM)
    try:
        code: int = await module.run(options, services, terminal)
        return code
    except Refusal as refusal:
        terminal.say(str(refusal))
        return refusal.code
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise
    except Exception as error:
        explanation = explain(error)
        logging.getLogger(__name__).error("Command %s failed", options.command, exc_info=error)
        terminal.say(explanation.sentence)
        terminal.say(_last_line(explanation.details))
        return FAILED
    finally:
        await services.aclose()


def _end_like_ctrl_c(number: int) -> None:
    task = asyncio.current_task()
    if task is None:
        return
    with suppress(NotImplementedError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _last_line(details: str) -> str:
    return details.splitlines()[-1] if details else ""
