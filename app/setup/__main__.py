"""``python3 -m app.setup run|dev|check`` from the checkout: what `make` calls before anything else.

``run`` sets up and starts the program; ``dev`` sets up with the tools of development; ``check`` only says what is
missing.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import List, Optional

if sys.version_info < (3, 7):
    sys.stderr.write("This Python is too old to set up Bough; it needs Python 3.11, 3.12 or 3.13.\n")
    sys.exit(1)

from app.setup import system
from app.setup.environment import Environment, find_interpreter
from app.setup.words import NoPythonError, SetupError, say

NO_PYTHON = 3  # the exit status that `make test-all` leaves a version out for
ROOT = Path(__file__).resolve().parent.parent.parent


def set_up(level: str, folder: Path, python: Optional[str]) -> Environment:
    """Makes system and environment ready; returns at once when they are."""
    environment = Environment(ROOT, folder, level)
    missing = system.missing_packages(developer=level == "dev")
    if not missing and environment.ready():
        return environment
    interpreter = find_interpreter(python)
    if interpreter is None:
        wanted = python or "Python 3.11, 3.12 or 3.13"
        raise NoPythonError(
            "Bough needs "
            + wanted
            + ", and this machine has none on its path (this is Python "
            + ".".join(str(part) for part in sys.version_info[:3])
            + "). On Debian 12: apt-get install python3."
        )
    if interpreter == sys.executable and not environment.ready():
        missing += system.venv_package()
    system.install(missing)
    if not environment.ready():
        environment.prepare(interpreter)
    return environment


def has_display() -> bool:
    """Whether a window can be seen, or somebody chose a Qt platform that needs no screen."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


NO_DISPLAY = """\
Bough is set up, but its window cannot open: this session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set). \
Start it from a desktop, or use it without a window:
    .venv/bin/bough run resources/templates/notepad.bough.json --session demo -m "My name is Ryan."
    .venv/bin/bough --help
To start the window on a screen that exists in memory only (for tests):
    QT_QPA_PLATFORM=offscreen make run"""


def main(argv: Optional[List[str]] = None) -> int:
    """Returns the exit status; ``run`` does not return, the program takes this process over."""
    parser = argparse.ArgumentParser(prog="python3 -m app.setup", description="Set Bough up in this folder.")
    parser.add_argument("command", choices=("run", "dev", "check"))
    parser.add_argument("--venv", default=".venv", help="the environment's folder (default: .venv)")
    parser.add_argument("--python", help="the Python to make the environment with, for instance python3.12")
    parser.add_argument("arguments", nargs="*", help="passed on to the program by `run`")
    options = parser.parse_args(argv)
    folder = ROOT / options.venv
    try:
        if options.command == "check":
            return _check(folder)
        environment = set_up("dev" if options.command == "dev" else "run", folder, options.python)
    except NoPythonError as error:
        say(str(error))
        return NO_PYTHON
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Stopped. Type the same command again to go on.")
        return 130
    except OSError as error:
        say("The set-up could not go on: " + str(error) + ". Is the disk full, or the folder not yours?")
        return 1
    if options.command == "dev":
        return 0
    if not has_display():
        say(NO_DISPLAY)
        return 1
    os.chdir(str(ROOT))
    python = str(environment.python)
    os.execv(python, [python, "-m", "app", *options.arguments])


def _check(folder: Path) -> int:
    missing = system.missing_packages(developer=False) + system.venv_package()
    ready = Environment(ROOT, folder, "run").ready()
    if missing:
        say("System packages that are missing:\n    " + system.line_to_type(missing))
    say("The environment in " + folder.name + (" is ready." if ready else " is not ready; `make run` makes it."))
    return 0 if ready and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
