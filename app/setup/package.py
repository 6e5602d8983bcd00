"""``python -m app.setup.package``: the frozen program and its archive, in ``dist/``. Trying them is tests/package."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from app.setup.words import SetupError, say

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "dist"


def version() -> str:
    """The version that pyproject.toml declares."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def archive_path() -> Path:
    """Where the archive is put; its name says version and machine."""
    return DIST / ("bough-" + version() + "-" + sys.platform + "-" + platform.machine().lower() + ".tar.gz")


def build() -> Path:
    """Runs PyInstaller; returns the folder with the program."""
    if sys.platform.startswith("linux") and not shutil.which("objdump"):
        raise SetupError("PyInstaller needs objdump. On Debian: apt-get install binutils.")
    environment = dict(
        os.environ, PYTHONHASHSEED="1", SOURCE_DATE_EPOCH="1700000000"
    )  # the same input, the same output
    log = ROOT / "build" / "pyinstaller.log"
    log.parent.mkdir(exist_ok=True)
    say("Building the program; this takes a minute or two.")
    options = ["--noconfirm", "--distpath", str(DIST), "--workpath", str(ROOT / "build")]
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            [sys.executable, "-m", "PyInstaller", *options, str(ROOT / "build.spec")],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
        raise SetupError("PyInstaller failed. The end of build/pyinstaller.log:\n    " + "\n    ".join(tail))
    return DIST / "bough"


def archive(program: Path) -> Path:
    """Packs the program with what installs it for one person."""
    target = archive_path()
    top = "bough-" + version()
    linux = ROOT / "resources" / "linux"
    with tarfile.open(target, "w:gz", compresslevel=6) as tar:
        tar.add(program, top + "/program")
        for name in ("install.sh", "uninstall.sh"):
            tar.add(linux / name, top + "/" + name)
        for name in ("bough.desktop", "bough.xml", "bough.svg", "icons"):
            tar.add(linux / name, top + "/share/" + name)
    return target


def size(path: Path) -> int:
    """Bytes of a file, or of everything in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(part.lstat().st_size for part in path.rglob("*") if not part.is_dir())


def main() -> int:
    """Builds and packs; returns the exit status."""
    try:
        program = build()
        packed = archive(program)
    except SetupError as error:
        say(str(error))
        return 1
    for path in (program, packed):
        print("%6.1f MB  %s" % (size(path) / 1e6, path.relative_to(ROOT)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
