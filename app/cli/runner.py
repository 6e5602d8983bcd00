"""Runs one command: sets up what commands share, turns errors into sentences and exit codes, and Ctrl+C into an end."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO

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

    @property
    def can_ask(self) -> bool:
        """Whether somebody sits at a terminal."""
        return sys.stdin.isatty() and self.err.isatty()

    def ask(self, question: str) -> bool:
        """Yes or no on a terminal; no where nobody can answer."""
        if not self.can_ask:
            return False
        self.say(f"{question} [y/N] ", end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def permit(self, what: str, detail: str = "") -> Literal["once", "always", "no"]:
        """Whether an agent may do something; no where nobody can answer, and then how it could be allowed.

        Args:
            what: "Read files in /home/ada/notes".
            detail: What to look at before agreeing, such as code.
        """
        if not self.can_ask:
            self.say(f"  Not allowed: {what}. Run this in a terminal to be asked, or allow it in the window.")
            return "no"
        for line in detail.splitlines():
            self.say(f"    {_printable(line)}")
        self.say(f"The agent wants to: {_printable(what)}. Allow it? [y = once, a = always, N = no] ", end="")
        said = sys.stdin.readline().strip().lower()
        return "always" if said in ("a", "always") else "once" if said in ("y", "yes", "once") else "no"

    def answer(self, question: str, choices: Sequence[str] = ()) -> str | None:
        """An answer in words, or one of the choices by number or word; None where nobody can or will answer."""
        if not self.can_ask:
            self.say(f"  Nobody could be asked: {question}")
            return None
        self.say(_printable(question))
        for number, choice in enumerate(choices, 1):
            self.say(f"  {number}  {_printable(choice)}")
        self.say("> ", end="")
        said = sys.stdin.readline().strip()
        if not choices:
            return said or None
        if said.isdigit() and 1 <= int(said) <= len(choices):
            return choices[int(said) - 1]
        return next((choice for choice in choices if choice.lower() == said.lower()), None)


def _printable(text: str) -> str:
    """A text of an agent, which cannot move the cursor or clear what was asked."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


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
