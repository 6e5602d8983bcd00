"""The command line: ``bough`` opens the window, every subcommand works without one and without Qt."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run what they ask for; returns the exit code."""
    from app.cli.parser import parse

    arguments = sys.argv[1:] if argv is None else argv
    options = parse(arguments)
    if options.command is None:
        from app.main import run_gui

        return run_gui(options)
    from app.cli.runner import run_command

    return run_command(options)
