"""Running Python for an agent: what it is given, what it gives back, what it cannot do, and that it ends."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from engine.effects import python, python_child, sandbox
from engine.effects.python import CHILD_ARGUMENT, Outcome, interpreter, run_python
from engine.effects.python_child import limit_process, run
from engine.effects.sandbox import Sandbox
from engine.errors import ToolError

ROOT = Path(__file__).resolve().parents[3]
ROOM = sandbox.sandbox()
needs_room = pytest.mark.skipif(ROOM is None, reason="bubblewrap is not here, or cannot make a room")
ROOMS = [pytest.param(None, id="open"), pytest.param(ROOM, id="room", marks=needs_room)]
either = pytest.mark.parametrize("room", ROOMS)


async def go(code: str, inputs: Any = None, room: Sandbox | None = None, **more: Any) -> Outcome:
    settings = {"seconds": 20.0, "megabytes": 256, **more}
    return await run_python(textwrap.dedent(code), inputs, room=room, **settings)


# -- what goes in and comes out ----------------------------------------------------------------------------------


@either
async def test_inputs_go_in_as_values_and_the_result_comes_back(room: Sandbox | None) -> None:
    hostile = '"); import os; os._exit(7) #{{ x }}'
    found = await go("result = {'n': sum(inputs['n']), 'text': inputs['text']}", {"n": [1, 2.5], "text": hostile}, room)
    assert found.value == {"n": 3.5, "text": hostile}


@either
async def test_what_it_printed_is_the_answer_where_there_is_no_result(room: Sandbox | None) -> None:
    assert (await go("print('é', inputs)\nimport sys\nprint(2, file=sys.stderr)", "x", room)).value == "é x\n2"
    assert (await go("print('seen'); result = None", None, room)) == Outcome(None, "seen\n")


@either
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1\n\n1 / 0", r"failed \(line 3\): ZeroDivisionError: division by zero"),
        ("def f(:", r"failed \(line 1\): SyntaxError"),
        ("print('half')\nraise ValueError", r"line 2\): ValueError Before that it printed: half"),
        ("result = {1, 2}", r"The result \(set\) cannot be given back"),
        ("result = float('nan')", r"The result \(float\) cannot be given back"),
        ("result = []\nresult.append(result)", r"The result \(list\) cannot be given back: it holds itself"),
        ("raise SystemExit('no')", "It ended itself with no"),
        ("import os\nos._exit(5)", r"Python ended unexpectedly \(code 5\)"),
        ("def f(): f()\nf()", "RecursionError"),
        ("print('x' * 300_000)", "It printed more than 200,000 characters"),
        ("result = 'x' * 3_000_000", "The result is larger than 2,000,000 bytes"),
    ],
)
async def test_what_goes_wrong_is_said_with_its_line(room: Sandbox | None, code: str, words: str) -> None:
    with pytest.raises(ToolError, match=words):
        await go(code, None, room)


@either
@pytest.mark.parametrize("said", ["12345", "[" * 100_000, '{"error": 1}', '{"value": 1}', '{"printed": 7, "value": 1}'])
async def test_code_that_answers_in_its_own_words_is_not_believed(room: Sandbox | None, said: str) -> None:
    code = """
        import os
        data = inputs.encode()
        for place in range(3, 12):
            try:
                os.write(place, len(data).to_bytes(8, "big") + data)
            except OSError:
                pass
        os._exit(0)
    """
    with pytest.raises(ToolError, match="cannot be read"):
        await go(code, said, room)


async def test_an_end_by_itself_is_no_failure() -> None:
    assert (await go("print('a')\nraise SystemExit")).value == "a"


async def test_inputs_have_a_size() -> None:
    with pytest.raises(ToolError, match="larger than 4,000,000 bytes"):
        await go("", "x" * 4_000_001)


# -- what it is cut off from -------------------------------------------------------------------------------------


@either
async def test_it_has_no_environment_no_input_and_a_folder_of_its_own(
    room: Sandbox | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("A_SECRET_OF_MINE", "s3cr3t")
    code = """
        import os, sys
        open("note.txt", "w").write("x")
        foreign = [path for path in sys.path if "site-" in path]
        result = [dict(os.environ), sys.stdin.read(), os.listdir("."), os.getcwd(), foreign]
    """
    found = (await go(code, None, room, data=tmp_path / "steps")).value
    assert found[:3] == [{}, "", ["note.txt"]] and not found[4]
    assert not Path(found[3]).exists()
    if room is None:
        assert Path(found[3]).parent == tmp_path / "steps" and not list((tmp_path / "steps").iterdir())


@needs_room
@pytest.mark.parametrize(
    "code",
    [
        "open(inputs['file']).read()",
        "open('/etc/passwd').read()",
        "open('/proc/self/environ').read()",
        "import os; os.listdir(inputs['folder'])",
        "open('/x', 'w')",
        "open('/dev/x', 'w')",
        "import socket; socket.create_connection(('127.0.0.1', inputs['port']), 2)",
        "import socket; socket.create_connection(('1.1.1.1', 53), 2)",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import os; os.kill(inputs['pid'], 0)",
        "import os; os.chroot('.')",
        "import ctypes; x = ctypes.CDLL(None, use_errno=True).mount(b'a', b'/room', b'tmpfs', 0, None); assert x == 0",
        "for i in range(9): open(str(i), 'wb').write(b'x' * 30_000_000)",
    ],
)
async def test_in_a_room_there_is_neither_network_nor_any_file_of_the_person(code: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    inputs = {
        "file": str(tmp_path / "mine.txt"), "folder": str(Path.home()), "pid": os.getpid(),
        "port": server.sockets[0].getsockname()[1],
    }  # fmt: skip
    async with server:
        with pytest.raises(ToolError, match="rror"):
            await go(code, inputs, ROOM)
        if "inputs" in code and "pid" not in code:
            await go(code, inputs)  # outside of a room all of that works


@either
async def test_the_limits_of_the_system_bind_it(room: Sandbox | None) -> None:
    code = """
        import resource as r
        result = [r.getrlimit(number)[1] for number in (r.RLIMIT_NPROC, r.RLIMIT_CORE, r.RLIMIT_NOFILE)]
    """
    assert (await go(code, None, room)).value == [0, 0, 64]
    with pytest.raises(ToolError, match="more memory"):
        await go("x = bytearray(10 ** 9)", None, room)
    with pytest.raises(ToolError, match="File too large"):
        await go("open('big', 'wb').write(b'x' * 40_000_000)", None, room)
    with pytest.raises(ToolError, match="Too many open files"):
        await go("kept = [open('f', 'w') for _ in range(100)]", None, room)


@either
@pytest.mark.parametrize(
    "code", ["while True: pass", "import time\ntime.sleep(60)", "import os\nos.read(0, 1)\nos.kill(os.getpid(), 19)"]
)
async def test_it_is_ended_when_its_time_is_over(room: Sandbox | None, code: str) -> None:
    with pytest.raises(ToolError, match=r"took longer than 0\.5 seconds"):
        await go(code, None, room, seconds=0.5)


async def test_the_system_ends_what_uses_the_processor_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ToolError, match="used too much time or memory"):
        await go("import os\nos.kill(os.getpid(), 24)")


# -- ending ------------------------------------------------------------------------------------------------------


def gone(descriptor: int) -> bool:
    """Whether a process ends, within a generous time."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(20_000))


@pytest.mark.parametrize("how", ["end", "time", "cancel"])
async def test_what_it_started_ends_with_it(how: str, tmp_path: Path) -> None:
    """A child that holds the pipe open is killed with the group; root is not bound by the limit on processes."""
    os.mkfifo(tmp_path / "pid")
    reading = os.open(tmp_path / "pid", os.O_RDWR | os.O_NONBLOCK)
    code = """
        import os, time
        try:
            child = os.fork()
        except BlockingIOError:
            child = None  # the limit on processes
        if child == 0:
            time.sleep(600)
        with open(inputs["pipe"], "w") as pipe:
            pipe.write(f"{child}\\n")
        if inputs["how"] != "end":
            time.sleep(600)
        result = "done"
    """
    inputs = {"pipe": str(tmp_path / "pid"), "how": how}
    task = asyncio.ensure_future(go(code, inputs, seconds=4.0 if how == "time" else 60.0))
    loop = asyncio.get_running_loop()
    told: asyncio.Future[bytes] = loop.create_future()
    loop.add_reader(reading, lambda: told.done() or told.set_result(os.read(reading, 100)))
    said = (await told).decode().strip()
    loop.remove_reader(reading)
    os.close(reading)
    child = None
    if said != "None":
        try:
            child = os.pidfd_open(int(said))
        except ProcessLookupError:
            child = None
    if how == "cancel":
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    elif how == "time":
        with pytest.raises(ToolError, match="took longer"):
            await task
    else:
        assert (await task).value == "done"
    if child is not None:
        assert gone(child)
        os.close(child)


@either
async def test_it_dies_with_the_program(room: Sandbox | None) -> None:
    script = f"""
        import asyncio, sys
        from engine.effects import python
        from engine.effects.sandbox import Sandbox
        start = asyncio.create_subprocess_exec
        async def told(*command, **options):
            process = await start(*command, **options)
            print(process.pid, flush=True)
            return process
        asyncio.create_subprocess_exec = told
        room = {f"Sandbox({room.program!r}, {room.sized!r})" if room else "None"}
        asyncio.run(python.run_python("import time; time.sleep(600)", None, seconds=600, megabytes=256, room=room))
    """
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(script), stdout=subprocess.PIPE, cwd=ROOT
    )
    assert program.stdout is not None
    descriptor = os.pidfd_open(int(await program.stdout.readline()))
    program.send_signal(signal.SIGKILL)
    assert await asyncio.to_thread(gone, descriptor)
    os.close(descriptor)
    program._transport.close()  # type: ignore[attr-defined]
    await program.wait()


# -- finding a room ----------------------------------------------------------------------------------------------


def test_where_there_is_no_way_to_make_a_room_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sandbox, "_known", [])
    monkeypatch.setattr(sandbox, "_SEARCHED", str(tmp_path))
    assert sandbox.sandbox() is None
    fake = tmp_path / "bwrap"
    for script, expected in [
        ("#!/bin/sh\nexit 1\n", None),
        ('#!/bin/sh\ncase "$*" in *--size*) exit 1;; esac\nexit 0\n', Sandbox(str(fake), sized=False)),
        ("no program", None),
    ]:
        fake.write_text(script, encoding="utf-8")
        fake.chmod(0o755)
        monkeypatch.setattr(sandbox, "_known", [])
        assert sandbox.sandbox() == expected
        fake.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        assert sandbox.sandbox() == expected  # found out once


async def test_a_room_that_cannot_be_made_any_more_is_no_reason_to_go_without(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    with pytest.raises(ToolError, match="could not be started"):
        await go("result = 1", None, Sandbox(str(broken)))
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    with pytest.raises(ToolError, match="Python broke down"):
        await go("result = 1", None, Sandbox(str(broken)))


def test_the_packaged_program_is_its_own_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter.cache_clear()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    try:
        command, readable = interpreter()
        made = Sandbox("bwrap").command(command, readable)
    finally:
        interpreter.cache_clear()
    assert list(command) == [sys.executable, CHILD_ARGUMENT]
    assert readable == (str(Path(sys.executable).resolve().parent),)
    assert "--proc" in made and made[-2:] == list(command)


def _refuse(*_: object) -> None:
    raise ValueError("not here")


# -- the process's own side, in this one -------------------------------------------------------------------------


def test_the_childs_side_runs_code_and_tells_what_came_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("result = inputs + 1", 1, 100) == {"printed": "", "value": 2}
    assert run("print('abc')", None, 3)["error"].startswith("It printed more than 3")
    assert run("raise SystemExit(0)", None, 9) == {"printed": ""}
    assert run("raise SystemExit(3)", None, 9)["error"] == "It ended itself with 3."
    assert run("raise MemoryError", None, 9)["error"] == "It needs more memory than it may use."
    assert run("(", None, 9)["line"] == 1
    assert run("result = object()", None, 9)["error"].startswith("The result (object)")
    assert run("raise KeyError", None, 9) == {"printed": "", "error": "KeyError", "line": 1}
    assert run("import sys; sys.stdout.writable() and sys.stdout.write('x')", None, 9)["printed"] == "x"
    limit_process({"NO_SUCH_LIMIT": 1})
    with monkeypatch.context() as patch:
        patch.setattr("resource.setrlimit", _refuse)
        limit_process({"CORE": 0})  # this system knows the limit by name only
    monkeypatch.setitem(sys.modules, "resource", None)
    limit_process({"CORE": 0})
    monkeypatch.setattr(sys, "platform", "darwin")
    assert python_child.die_with(1)


@pytest.mark.parametrize(
    ("code", "words"),
    [(-24, "too much time"), (137, "too much time"), (-25, "wrote a file"), (139, "more than 64"), (3, "code 3")],
)  # fmt: skip
def test_an_end_without_a_word_is_explained(code: int, words: str) -> None:
    assert words in python._ending(code, 64)
