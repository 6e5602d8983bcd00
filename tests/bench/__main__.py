"""``make bench``: every bench of this folder in a process of its own, one after the other.

``--write`` also puts the tables into docs/benchmarks.md, each between its own markers; what stands outside the markers
is left as it is. Other arguments choose benches by name: ``make bench ARGS="startup engine"``.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
NOISE = "This plugin does not support propagateSizeHints"  # the offscreen platform, at every window
INTRODUCTION = """\
# Benchmarks

Figures of `make bench`, written by `make bench ARGS=--write`. They are for two ordinary shared cores, there to be
compared with each other and with the bars; no build fails because of them. A bar that is missed says so.
"""


def benches() -> list[str]:
    """The names of the benches: ``engine`` for ``engine_bench.py``."""
    return sorted(path.name.removesuffix("_bench.py") for path in HERE.glob("*_bench.py"))


def run(name: str) -> str | None:
    """What the bench printed, or None when it failed."""
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", QT_API="pyside6")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a start that compiles everything anew measures the compiler
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{name}_bench"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    sys.stderr.writelines(line for line in done.stderr.splitlines(keepends=True) if NOISE not in line)
    print(f"== {name}\n{done.stdout}", flush=True)
    return done.stdout if done.returncode == 0 else None


def put(page: str, name: str, table: str, when: str) -> str:
    """The page with the table between its markers; they are added at the end where they are not there yet."""
    begin, end = f"<!-- bench {name} -->", f"<!-- end {name} -->"
    block = f"{begin}\n{when}\n\n```\n{table.rstrip()}\n```\n{end}"
    if begin in page and end in page:
        return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: block, page, flags=re.S)
    return f"{page.rstrip()}\n\n## {name.capitalize()}\n\n{block}\n"


def main() -> int:
    """Returns 1 when a bench could not run; a missed bar is no failure."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", help=f"only these ({', '.join(benches())})")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    unknown = set(options.names) - set(benches())
    if unknown:
        parser.error(f"there is no bench called {', '.join(sorted(unknown))}")
    machine = f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.system()}"
    when = f"{datetime.date.today().isoformat()}, {machine}."
    failed = []
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else INTRODUCTION
    for name in options.names or benches():
        table = run(name)
        if table is None:
            failed.append(name)
        else:
            page = put(page, name, table, when)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")
    if failed:
        print(f"could not run: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
