"""System libraries that Qt and the on-device model need, and how a Debian machine gets them. No Python packages."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from typing import Dict, List

from app.setup.words import SetupError, say

# What is loaded at run time, and the Debian package that brings it. Found by trying Qt on a bare Debian 12; Qt names
# "xcb-cursor0" whichever of the xcb ones is missing, so all of them are looked at.
WINDOW_LIBRARIES: Dict[str, str] = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libstdc++.so.6": "libstdc++6",
    "libgomp.so.1": "libgomp1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
# Programs that only the tests and the packaging need.
DEVELOPER_PROGRAMS: Dict[str, str] = {"Xvfb": "xvfb", "objdump": "binutils", "git": "git", "bwrap": "bubblewrap"}
# Cuts Python steps off from files and network. Brought along where something is installed anyway, and no reason to
# ask anybody for anything: without it the question before such a step says that it is not cut off.
BROUGHT_ALONG: Dict[str, str] = {"bwrap": "bubblewrap"}


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_packages(developer: bool) -> List[str]:
    """The Debian packages whose content is not on this machine, in the order of the lists above."""
    if not sys.platform.startswith("linux"):
        return []
    missing = [package for library, package in WINDOW_LIBRARIES.items() if not _loads(library)]
    programs = DEVELOPER_PROGRAMS if developer else BROUGHT_ALONG if missing else {}
    return missing + [package for program, package in programs.items() if not shutil.which(program)]


def venv_package() -> List[str]:
    """What Debian keeps out of its Python and `python3 -m venv` needs."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return []
    return ["python3-venv"]


def _prefix() -> "List[str] | None":
    """What goes before apt-get so that it may install: nothing, sudo, or None where neither will do."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(
            ["sudo", "-n", "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def line_to_type(packages: List[str]) -> str:
    """The exact command by which a person installs the packages."""
    command = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if os.geteuid() == 0:
        return command
    if shutil.which("sudo"):
        return "sudo " + command
    return 'su -c "' + command + '"'


def install(packages: List[str]) -> None:
    """Installs system packages, or ends with the line that the person has to type."""
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise SetupError(
            "Some system libraries are missing, and this machine has no apt-get to install them with. On Debian "
            "they are called: " + " ".join(packages) + ". Install what your system calls them, then type the "
            "same command again."
        )
    prefix = _prefix()
    by_hand = "\n    " + line_to_type(packages) + "\nThen type the same command again."
    if prefix is None:
        raise SetupError(
            "Some system packages are missing, and installing them needs an administrator. Nothing was changed. "
            "Type this line:" + by_hand
        )
    say("Installing system packages with apt: " + " ".join(packages) + ".")
    quiet = ["-qq", "-o", "Dpkg::Use-Pty=0"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    steps = [
        prefix + environment + ["apt-get", "install", "-y", "--no-install-recommends"] + quiet + packages,
        prefix + environment + ["apt-get", "update"] + quiet,
    ]
    # Fresh machines have no package lists yet; old lists name files that are gone. One update mends both.
    first = _run(steps[0])
    if first.returncode == 0:
        return
    _run(steps[1])
    second = _run(steps[0])
    if second.returncode != 0:
        told = (second.stderr or second.stdout).strip().splitlines()[-3:]
        raise SetupError(
            "apt could not install the system packages. Most often the network is down or another program is "
            "installing something. It said:\n    " + "\n    ".join(told) + "\nTo do it by hand:" + by_hand
        )


def _run(command: List[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=False,
    )
