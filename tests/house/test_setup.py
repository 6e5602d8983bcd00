"""The set-up decides rightly: when there is nothing to do, what to repair, and which sentence ends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.setup import __main__ as command
from app.setup import environment as environments
from app.setup import system
from app.setup.environment import Environment, find_interpreter, reason_of_pip
from app.setup.words import SetupError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def pip_calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Environments are made without pip, and what pip would be asked is noted instead."""
    calls: list[list[str]] = []
    run = subprocess.run

    def quick(arguments: list[str], **options: Any) -> Any:
        if arguments[1:3] == ["-m", "venv"]:
            arguments = [*arguments, "--without-pip"]
        if arguments[1:3] == ["-m", "compileall"]:
            return subprocess.CompletedProcess(arguments, 0)
        if "import sys, pip;" in arguments[-1]:
            arguments = [*arguments[:-1], arguments[-1].replace("sys, pip;", "sys;")]
        return run(arguments, **options)

    monkeypatch.setattr(subprocess, "run", quick)
    monkeypatch.setattr(Environment, "_pip", lambda self, arguments, fetches: calls.append(arguments))
    return calls


def test_made_once_and_then_ready(checkout: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment(checkout, checkout / ".venv", "run")
    assert not environment.ready()
    environment.prepare(sys.executable)
    assert environment.ready()
    assert pip_calls[0][:5] == ["install", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    assert pip_calls[1][-2:] == ["--editable", "."]

    def nothing(*_: Any, **__: Any) -> None:
        raise AssertionError("a second start must not start a process")

    monkeypatch.setattr(subprocess, "run", nothing)
    assert environment.ready()


def test_a_changed_list_is_installed(checkout: Path, pip_calls: list[list[str]]) -> None:
    environment = Environment(checkout, checkout / ".venv", "run")
    environment.prepare(sys.executable)
    (checkout / "requirements.txt").write_text("# other\n", encoding="utf-8")
    assert not environment.ready()
    environment.prepare(sys.executable)
    assert environment.ready()


def test_the_tools_of_development_are_a_level_above(checkout: Path, pip_calls: list[list[str]]) -> None:
    plain, dev = (Environment(checkout, checkout / ".venv", level) for level in ("run", "dev"))
    plain.prepare(sys.executable)
    assert not dev.ready()
    dev.prepare(sys.executable)
    assert dev.ready()
    assert plain.ready()
    assert pip_calls[2][-1] == "requirements-dev.txt"


def test_an_interrupted_set_up_goes_on(checkout: Path, pip_calls: list[list[str]], monkeypatch: Any) -> None:
    environment = Environment(checkout, checkout / ".venv", "run")

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Environment, "_pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            environment.prepare(sys.executable)
    assert not environment.ready()
    environment.prepare(sys.executable)
    assert environment.ready()


def test_a_moved_checkout_gets_a_new_environment(
    checkout: Path, pip_calls: list[list[str]], tmp_path_factory: pytest.TempPathFactory, capsys: Any
) -> None:
    Environment(checkout, checkout / ".venv", "run").prepare(sys.executable)
    moved = tmp_path_factory.mktemp("moved") / "there"
    checkout.rename(moved)
    environment = Environment(moved, moved / ".venv", "run")
    assert not environment.ready()
    environment.prepare(sys.executable)
    assert environment.ready()
    assert "broken or half made" in capsys.readouterr().err


def test_a_broken_environment_is_made_again(checkout: Path, pip_calls: list[list[str]], capsys: Any) -> None:
    environment = Environment(checkout, checkout / ".venv", "run")
    environment.prepare(sys.executable)
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python3")
    assert not environment.ready()
    environment.prepare(sys.executable)
    assert environment.ready()
    assert "broken or half made" in capsys.readouterr().err


def test_a_folder_of_somebody_else_is_left_alone(checkout: Path, pip_calls: list[list[str]]) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "diary.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SetupError, match="in the way"):
        Environment(checkout, checkout / ".venv", "run").prepare(sys.executable)
    assert (checkout / ".venv" / "diary.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        pytest.param(
            "WARNING: connection broken by 'NewConnectionError(...)'\nERROR: No matching", "network", id="refused"
        ),
        pytest.param("... Temporary failure in name resolution\nERROR: Could not find", "network", id="no name"),
        pytest.param("(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "certificate", id="proxy"),
        pytest.param("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "checksum differs", id="tampered"),
        pytest.param("ERROR: Could not install: [Errno 28] No space left", "disk is full", id="full"),
        pytest.param("noise\nERROR: something new", "pip said: ERROR: something new", id="other"),
    ],
)
def test_what_pip_says_becomes_a_sentence(told: str, words: str) -> None:
    reason = reason_of_pip(told, fetches=True)
    assert words in reason
    assert "Traceback" not in reason


def test_finds_a_supported_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert find_interpreter() == sys.executable
    assert find_interpreter("python2.6") is None
    monkeypatch.setattr(environments, "SUPPORTED", ((4, 0),))
    assert find_interpreter() is None


class Machine:
    """A machine with the programs that a test gives it; notes what was run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, programs: set[str], root: bool, answers: list[int]) -> None:
        self.ran: list[list[str]] = []
        self.answers = answers
        monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}" if name in programs else None)
        monkeypatch.setattr(system.os, "geteuid", lambda: 0 if root else 1000)
        monkeypatch.setattr(system, "_run", self.run)
        monkeypatch.setattr(system.subprocess, "run", lambda arguments, **_: self.run(arguments))

    def run(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        self.ran.append(arguments)
        return subprocess.CompletedProcess(arguments, self.answers.pop(0), "", "E: told by apt")


def test_root_installs_after_one_update(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, {"apt-get"}, root=True, answers=[100, 0, 0])
    system.install(["libgl1"])
    assert ["update" in call for call in machine.ran] == [False, True, False]
    assert machine.ran[0][-1] == "libgl1"


def test_sudo_is_used_where_it_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, {"apt-get", "sudo"}, root=False, answers=[0, 0])
    system.install(["libgl1"])
    assert machine.ran[1][:2] == ["sudo", "-n"]


@pytest.mark.parametrize(
    ("programs", "line"),
    [
        ({"apt-get", "sudo"}, "    sudo apt-get install -y --no-install-recommends libgl1 libegl1\n"),
        ({"apt-get"}, '    su -c "apt-get install -y --no-install-recommends libgl1 libegl1"\n'),
    ],
)
def test_without_rights_the_exact_line_is_told(monkeypatch: pytest.MonkeyPatch, programs: set[str], line: str) -> None:
    machine = Machine(monkeypatch, programs, root=False, answers=[1])
    with pytest.raises(SetupError) as caught:
        system.install(["libgl1", "libegl1"])
    assert line in str(caught.value)
    assert not any("apt-get" in part for call in machine.ran for part in call)


def test_without_apt_the_names_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, set(), root=True, answers=[])
    with pytest.raises(SetupError, match="no apt-get"):
        system.install(["libgl1"])


def test_a_failing_apt_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, {"apt-get"}, root=True, answers=[100, 100, 100])
    with pytest.raises(SetupError, match="told by apt"):
        system.install(["libgl1"])


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_loads", lambda library: library != "libxcb-cursor.so.0")
    monkeypatch.setattr(system.shutil, "which", lambda name: None if name == "Xvfb" else name)
    assert system.missing_packages(developer=False) == ["libxcb-cursor0"]
    assert system.missing_packages(developer=True) == ["libxcb-cursor0", "xvfb"]


def test_what_python_steps_are_cut_off_with_comes_along_but_is_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.shutil, "which", lambda name: None if name == "bwrap" else name)
    monkeypatch.setattr(system, "_loads", lambda library: library != "libxcb-cursor.so.0")
    assert system.missing_packages(developer=False) == ["libxcb-cursor0", "bubblewrap"]
    monkeypatch.setattr(system, "_loads", lambda library: True)
    assert system.missing_packages(developer=False) == []
    assert system.missing_packages(developer=True) == ["bubblewrap"]


def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(command, "set_up", lambda *_: Environment(command.ROOT, command.ROOT / ".venv", "run"))
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("the window must not be started"))
    assert command.main(["run"]) == 1
    told = capsys.readouterr().err
    assert "no display" in told
    assert ".venv/bin/bough run resources/templates/notepad.bough.json" in told


def test_with_a_display_the_program_takes_over(monkeypatch: pytest.MonkeyPatch, working_folder: Path) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    environment = Environment(command.ROOT, command.ROOT / ".venv", "run")
    monkeypatch.setattr(command, "set_up", lambda *_: environment)
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: started.append(arguments))
    command.main(["run", "--", "--db", "x.db"])
    assert started == [[str(environment.python), "-m", "app", "--db", "x.db"]]


def test_every_end_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command, "set_up", full)
    assert command.main(["run"]) == 1
    assert "Is the disk full" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(command, "find_interpreter", lambda _: None)
    monkeypatch.setattr(Environment, "ready", lambda self: False)
    monkeypatch.setattr(system, "missing_packages", lambda developer: [])
    assert command.main(["run", "--python", "python3.13"]) == command.NO_PYTHON
    assert "python3.13" in capsys.readouterr().err
