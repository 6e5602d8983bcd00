"""The ``.venv`` of the checkout: made, checked, repaired, filled from the hash-checked lists. No system packages."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from app.setup.words import SetupError, say

STAMP = "bough-setup.json"
LOG = "bough-setup.log"
LISTS = {"run": "requirements.txt", "dev": "requirements-dev.txt"}
SUPPORTED = ((3, 11), (3, 12), (3, 13))


class Environment:
    """One virtual environment for one checkout.

    Args:
        root: The checkout.
        folder: Where the environment is.
        level: ``run``: what the program needs; ``dev``: the tools of development as well.
    """

    def __init__(self, root: Path, folder: Path, level: str) -> None:
        self.root = root
        self.folder = folder
        self.level = level
        self.python = folder / "bin" / "python"

    # -- is it ready? --------------------------------------------------------------------------------------

    def fingerprint(self, level: str) -> str:
        """Changes whenever the environment has to be filled anew."""
        content = hashlib.sha256()
        for name in (LISTS[level], "pyproject.toml"):
            content.update((self.root / name).read_bytes())
        return content.hexdigest()

    def ready(self) -> bool:
        """Whether nothing has to be done. Fast: reads two small files and starts no process."""
        stamp = self._stamp()
        if stamp is None or stamp.get("folder") != str(self.folder) or stamp.get("root") != str(self.root):
            return False
        if stamp.get("interpreter") != os.path.realpath(self.python) or not self.python.exists():
            return False
        return stamp.get(self.level) == self.fingerprint(self.level)

    def _stamp(self) -> Optional[Dict[str, Any]]:
        try:
            stamp = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return stamp if isinstance(stamp, dict) else None

    # -- making it so --------------------------------------------------------------------------------------

    def prepare(self, interpreter: str) -> None:
        """Brings the environment to the state that the lists describe; safe to call again at any time."""
        handle = os.open(self.root, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Another set-up is running in this folder; waiting for it.")
                fcntl.flock(handle, fcntl.LOCK_EX)
            if not self.ready():
                self._prepare(interpreter)
        finally:
            os.close(handle)

    def _prepare(self, interpreter: str) -> None:
        kept = self._usable(interpreter)
        if not kept:
            self._make(interpreter)
        stamp = (self._stamp() or {}) if kept else {}
        if (self.folder / STAMP).exists():
            (self.folder / STAMP).unlink()  # from here until the end the environment is not ready
        say(
            "Installing the Python packages that Bough needs into " + self.folder.name + "; this takes a minute or two."
        )
        # The lists are whole. Without --no-deps an older pip looks `coverage[toml]` up again, and refuses a newer one.
        pinned = ["install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", LISTS[self.level]]
        self._pip(pinned, fetches=True)
        self._pip(["install", "--no-deps", "--no-build-isolation", "--no-index", "--editable", "."], fetches=False)
        self._compile()
        fresh = {
            "folder": str(self.folder),
            "root": str(self.root),
            "interpreter": os.path.realpath(self.python),
            "run": self.fingerprint("run"),
            "dev": self.fingerprint("dev") if self.level == "dev" else None,
        }
        if self.level == "run" and stamp.get("run") == fresh["run"]:
            fresh["dev"] = stamp.get("dev")
        partial = self.folder / (STAMP + ".part")
        partial.write_text(json.dumps(fresh, indent=1) + "\n", encoding="utf-8")
        os.replace(partial, self.folder / STAMP)
        say("Bough is set up.")

    def _usable(self, interpreter: str) -> bool:
        """Whether what is there can be filled up, instead of being made again."""
        if not self.folder.exists() and not self.folder.is_symlink():
            return False
        code = "import sys, pip; print('%d.%d' % sys.version_info[:2]); print(sys.prefix)"
        try:
            asked = subprocess.run(
                [str(self.python), "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                universal_newlines=True,
                env=clean_environment(),
                check=False,
            )
        except OSError:
            asked = None
        if asked is not None and asked.returncode == 0:
            version, prefix = asked.stdout.splitlines()[:2]
            stamp = self._stamp()
            moved = stamp is not None and stamp.get("folder") != str(self.folder)
            numbers = tuple(int(part) for part in version.split("."))
            if numbers in SUPPORTED and os.path.realpath(prefix) == os.path.realpath(self.folder) and not moved:
                return True
        if not (self.folder / "pyvenv.cfg").exists() and self.folder.is_dir() and any(self.folder.iterdir()):
            raise SetupError(
                "The folder " + str(self.folder) + " is in the way: it is not a Python environment, so it was left "
                "alone. Move it away, then type the same command again."
            )
        say("The environment in " + self.folder.name + " is broken or half made; making it again.")
        return False

    def _make(self, interpreter: str) -> None:
        if self.folder.is_symlink() or self.folder.is_file():
            self.folder.unlink()
        elif self.folder.exists():
            shutil.rmtree(self.folder)
        say("Making an environment of Bough's own in " + self.folder.name + ".")
        made = subprocess.run(
            [interpreter, "-m", "venv", str(self.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            env=clean_environment(),
            check=False,
        )
        if made.returncode != 0:
            raise SetupError(
                "Python could not make an environment in "
                + str(self.folder)
                + ". It said:\n    "
                + "\n    ".join(made.stdout.strip().splitlines()[-4:])
                + "\nIs the disk full, or the folder not yours? Type the same command again when that is mended."
            )

    def _pip(self, arguments: List[str], fetches: bool) -> None:
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
        log = self.folder / LOG
        with log.open("a", encoding="utf-8") as output:
            output.write("\n$ " + " ".join(command) + "\n")
            output.flush()
            done = subprocess.run(
                command,
                cwd=str(self.root),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=clean_environment(),
                check=False,
            )
        if done.returncode == 0:
            return
        told = log.read_text(encoding="utf-8", errors="replace")
        told = told[told.rfind("\n$ ") :]
        raise SetupError(reason_of_pip(told, fetches) + " The whole of what pip said is in " + str(log) + ".")

    def _compile(self) -> None:
        """Byte code once, now: with PYTHONDONTWRITEBYTECODE set every start would compile everything anew."""
        for folder in (self.folder / "lib", *(self.root / name for name in ("app", "engine", "widgets"))):
            subprocess.run(
                [str(self.python), "-m", "compileall", "-q", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=clean_environment(),
                check=False,  # packages bring files for other Pythons; one that cannot be compiled is not used
            )


def clean_environment() -> Dict[str, str]:
    """This process's environment without what would lead pip and Python astray."""
    environment = dict(os.environ)
    for name in (
        "PYTHONPATH",
        "PYTHONHOME",
        "PIP_USER",
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_TARGET",
        "PIP_PREFIX",
        "VIRTUAL_ENV",
    ):
        environment.pop(name, None)
    return environment


def reason_of_pip(told: str, fetches: bool) -> str:
    """One or two sentences for what pip printed before it gave up."""
    if "No space left" in told or "Errno 28" in told:
        return "The disk is full. Make room (Bough needs about 700 MB), then type the same command again."
    if "DO NOT MATCH THE HASHES" in told:
        return (
            "A package that arrived is not the one that Bough was tested with (its checksum differs), so nothing of "
            "it was installed. Try again later; if it stays so, tell the makers of Bough."
        )
    if fetches and "CERTIFICATE_VERIFY_FAILED" in told:
        return (
            "The Python packages could not be fetched: this machine does not trust the certificate of the server that "
            "answered. Behind a company's proxy its certificate has to be installed first (pip's setting is called "
            "PIP_CERT). Then type the same command again."
        )
    network = r"NameResolutionError|Temporary failure in name resolution|NewConnectionError|ConnectTimeout|ReadTimeout|"
    network += r"ProxyError|Network is unreachable|Connection refused|SSLError|Could not fetch URL|ProtocolError"
    if fetches and re.search(network, told):
        return (
            "The Python packages could not be fetched: the network did not answer. Nothing is broken. Check the "
            "connection, then type the same command again; it goes on where it stopped."
        )
    lines = [line for line in told.strip().splitlines() if line.strip()]
    errors = [line for line in lines if line.lstrip().startswith(("ERROR", "error"))] or lines
    return "The Python packages could not be installed. pip said: " + " ".join(errors[-2:])


def find_interpreter(wanted: Optional[str] = None) -> Optional[str]:
    """A supported Python: the one that runs this, or the first that the machine has."""
    if wanted is None and sys.version_info[:2] in SUPPORTED:
        return sys.executable
    names = [wanted] if wanted else ["python%d.%d" % version for version in SUPPORTED]
    places = [shutil.which(name) for name in names]
    pyenv = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"
    for name in names:
        number = name.replace("python", "")
        places += sorted(str(path) for path in pyenv.glob(number + ".*/bin/python" + number))
    for place in places:
        if place and _version(place) in SUPPORTED:
            return place
    return None


def _version(interpreter: str) -> Optional[Any]:
    try:
        asked = subprocess.run(
            [interpreter, "-c", "import sys; print(sys.version_info[0], sys.version_info[1])"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            check=False,
        )
    except OSError:
        return None
    if asked.returncode != 0:
        return None
    return tuple(int(part) for part in asked.stdout.split())
