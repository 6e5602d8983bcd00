"""install.sh and uninstall.sh: for one person, into a home of the test's own; afterwards nothing is left."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from app.setup.package import archive


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose name has what names of homes have, and scripts trip over."""
    place = tmp_path / "Ada's $home"
    place.mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    return place


@pytest.fixture
def unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive of a program that only says hello, unpacked."""
    program = tmp_path / "built"
    program.mkdir()
    (program / "bough").write_text('#!/bin/sh\necho "hello $*"\n', encoding="utf-8")
    (program / "bough").chmod(0o755)
    monkeypatch.setattr("app.setup.package.DIST", tmp_path)
    packed = archive(program)
    shutil.unpack_archive(packed, tmp_path / "unpacked", filter="fully_trusted")
    (folder,) = (tmp_path / "unpacked").iterdir()
    return folder


def run(script: Path, *arguments: str) -> str:
    done = subprocess.run([script, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_installs_runs_and_leaves_nothing(home: Path, unpacked: Path) -> None:
    told = run(unpacked / "install.sh")
    assert "Bough is installed" in told
    assert run(home / ".local/bin/bough", "there") == "hello there\n"
    told = run(home / ".local/lib/bough/uninstall.sh")
    assert "Bough is gone" in told
    assert everything(home) == set()


def test_the_desktop_entry_starts_the_installed_program(home: Path, unpacked: Path) -> None:
    run(unpacked / "install.sh")
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(home / ".local/share/applications/bough.desktop", encoding="utf-8")
    command = entry["Desktop Entry"]["Exec"]
    # A desktop undoes the escapes of a string value first, then those of a quoted argument.
    value = re.sub(r"\\(.)", lambda found: {"\\": "\\"}[found[1]], command)
    quoted, rest = re.fullmatch(r'"((?:[^"\\]|\\.)*)" (.*)', value).groups()  # type: ignore[union-attr]
    assert re.sub(r"\\(.)", r"\1", quoted) == str(home / ".local/lib/bough/bough")
    assert rest == "--open %f"
    assert entry["Desktop Entry"]["StartupWMClass"] == "bough"
    kinds = ET.parse(home / ".local/share/mime/packages/bough.xml").getroot()
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kind = kinds.find(f"{space}mime-type")
    assert kind is not None
    assert kind.get("type") in entry["Desktop Entry"]["MimeType"].split(";")
    pattern = kind.find(f"{space}glob")
    assert pattern is not None
    assert pattern.get("pattern") == "*.bough.json"


@pytest.mark.skipif(shutil.which("update-mime-database") is None, reason="shared-mime-info is not installed here")
def test_the_system_knows_the_file_type(home: Path, unpacked: Path) -> None:
    run(unpacked / "install.sh")
    globs = (home / ".local/share/mime/globs2").read_text(encoding="utf-8")
    assert "application/vnd.bough.agent+json:*.bough.json" in globs


def test_a_second_install_takes_the_place_of_the_first(home: Path, unpacked: Path) -> None:
    run(unpacked / "install.sh")
    (home / ".local/lib/bough/old-file").touch()
    run(unpacked / "install.sh")
    assert not (home / ".local/lib/bough/old-file").exists()


def test_what_belongs_to_the_person_stays(home: Path, unpacked: Path) -> None:
    mine = {
        ".local/bin/other": "x",
        ".local/share/applications/other.desktop": "[Desktop Entry]\nType=Application\nName=O\nExec=o\n",
        ".local/share/bough/bough.db": "sessions",
        ".config/bough/settings.json": "{}",
    }
    for name, text in mine.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    before = everything(home)
    run(unpacked / "install.sh")
    told = run(home / ".local/lib/bough/uninstall.sh")
    left = everything(home) - {".local/share/applications/mimeinfo.cache"}
    assert left == before
    assert str(home / ".local/share/bough") in told


def test_another_program_of_that_name_is_left_alone(home: Path, unpacked: Path) -> None:
    other = home / ".local/bin/bough"
    other.parent.mkdir(parents=True)
    other.write_text("mine", encoding="utf-8")
    done = subprocess.run([unpacked / "install.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "left alone" in done.stderr
    assert everything(home) == {".local", ".local/bin", ".local/bin/bough"}
    assert os.access(unpacked / "install.sh", os.X_OK)
