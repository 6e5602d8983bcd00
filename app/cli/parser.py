"""What can be typed after ``bough``. Not here: doing it."""

from __future__ import annotations

import argparse

from app import __version__

EXIT_CODES = """exit codes:
  0  done
  1  the turn or the command failed; the reason is on standard error
  2  the command line is not right
  3  something has to be agreed to or set up first (a download, a key)
  4  the session belongs to another agent, or is in the trash
  130  stopped with Ctrl+C; what had arrived is kept
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser for all commands."""
    parser = argparse.ArgumentParser(
        prog="bough", description="Build an AI agent as a tree and talk to it. With no command, opens the window."
    )
    parser.add_argument("--version", action="version", version=f"Bough {__version__}")
    parser.add_argument("--db", metavar="FILE", help="use this database instead of the usual one")
    parser.add_argument("--self-test", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--open", metavar="FILE", dest="open_file", nargs="?", help="open an agent file in the window")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--db", metavar="FILE", default=argparse.SUPPRESS, help="use this database instead of the usual one"
    )

    run = commands.add_parser(
        "run",
        parents=[common],
        help="talk to an agent; the reply goes to standard output, all else to standard error",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("agent", metavar="FILE|AGENT", help="an agent file, or the name or id of an agent in the library")
    run.add_argument("-m", "--message", metavar="TEXT", required=True, help='what to say; "-" reads standard input')
    run.add_argument(
        "--session", metavar="ID", help="the session to go on with or to start; without it a new one is made"
    )
    run.add_argument("-y", "--yes", action="store_true", help="agree to the download of the on-device model")
    run.add_argument("--connection", metavar="NAME", help="a connection from Settings (name or id)")
    run.add_argument("--model", metavar="MODEL", help="the model's name, an on-device model's id, or a GGUF file")
    run.add_argument("--restore", action="store_true", help="take the session out of the trash first")

    sessions = commands.add_parser("sessions", parents=[common], help="list sessions, newest first")
    sessions.add_argument("--search", metavar="WORDS", help="only those with these words in their messages")
    sessions.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    sessions.add_argument("--json", action="store_true", help="one JSON object per line")

    agents = commands.add_parser("agents", parents=[common], help="list the agents in the library")
    agents.add_argument("--json", action="store_true", help="one JSON object per line")

    models = commands.add_parser("models", help="on-device models: list, download, delete")
    models.add_argument("action", nargs="?", choices=("list", "download", "delete"), default="list")
    models.add_argument("model", nargs="?", help="the model's id, as listed")
    models.add_argument("-y", "--yes", action="store_true", help="agree to the download or the deletion")

    words = "list what agents are allowed to do outside of themselves, or take it back"
    permissions = commands.add_parser("permissions", parents=[common], help=words)
    permissions.add_argument(
        "--revoke", metavar="ID|AGENT|all", nargs="+", help="take these back: by id as listed, all of one agent, or all"
    )
    permissions.add_argument("--json", action="store_true", help="one JSON object per line")

    commands.add_parser("doctor", parents=[common], help="report on this installation, secrets left out")
    return parser


def parse(arguments: list[str]) -> argparse.Namespace:
    """The parsed command line; ends the process with code 2 where it is not right."""
    parser = build_parser()
    if arguments and arguments[0].endswith(".json") and not arguments[0].startswith("-"):
        arguments = ["--open", *arguments]  # what a file manager types for a double click
    options = parser.parse_args(arguments)
    if options.command == "models" and options.action != "list" and not options.model:
        parser.error(f"say which model to {options.action}; see: bough models list")
    return options
