"""Who may import whom, what may not be written in this code base, and how long a file may get: read from the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AREAS = ("engine", "widgets", "app")
HEAVY = ("anthropic", "xllamacpp", "mcp")
QT = ("PySide6", "shiboken6", "qasync")
MAY_NOT_IMPORT = {"engine": (*QT, "app", "widgets", "tests"), "widgets": ("app", "tests"), "app": ("tests",)}


def sources(*areas: str) -> list[Path]:
    return sorted(path for area in areas for path in (ROOT / area).rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute | ast.Name)
            and dotted(node.func).endswith(("import_module", "__import__"))
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for the expression; parts that are no plain names become ``?``."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name(path))


def forbidden_imports(area: str, path: Path, tree: ast.AST) -> list[str]:
    return [
        f"{name(path)}:{line} imports {module}"
        for line, module in imports(tree)
        if module.split(".")[0] in MAY_NOT_IMPORT[area]
    ]


def heavy_at_module_level(path: Path, tree: ast.Module) -> list[str]:
    """Imports of heavy libraries that run when the module is loaded."""
    found: list[str] = []

    def look(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(node, ast.If) and dotted(node.test).endswith("TYPE_CHECKING"):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.extend(
                    f"{name(path)}:{line} imports {module} at module level"
                    for line, module in imports(node)
                    if module.split(".")[0] in HEAVY
                )
            for part in ("body", "orelse", "finalbody"):
                look(getattr(node, part, []))

    look(tree.body)
    return found


STATIC_DIALOGS = {
    *(f"QMessageBox.{kind}" for kind in ("question", "warning", "information", "critical", "about", "aboutQt")),
    *(f"QInputDialog.{kind}" for kind in ("getText", "getItem", "getInt", "getDouble", "getMultiLineText")),
    *(f"QFileDialog.{kind}" for kind in ("getOpenFileName", "getOpenFileNames", "getSaveFileName")),
    *(f"QFileDialog.{kind}" for kind in ("getExistingDirectory", "getOpenFileUrl", "getSaveFileUrl")),
    "QColorDialog.getColor",
    "QFontDialog.getFont",
}
ENDINGS = {
    "exec": "starts a nested event loop, which kills running tasks; use app.tasks.run_dialog, open() or popup()",
    "exec_": "starts a nested event loop",
    "asyncClose": "spins the event loop; use the shutdown of app",
    "asyncSlot": "loses tasks; use a plain slot and app.tasks.spawn",
    "processEvents": "is a nested event loop by another name",
}
EXACT = {
    "time.sleep": "blocks the loop; await, or wait for a condition",
    "qtbot.wait": "waits by the clock; wait for a condition",
    "asyncio.run": "only the entry points start a loop",
}
# (area or file, call): the reason it is right there.
ALLOWED = {
    ("app/main.py", "processEvents"): "one flush of deletions after the loop has ended",
    ("app/cli", "asyncio.run"): "the command line starts its own loop",
    ("engine/testing", "asyncio.run"): "compile_once is a plain call for tests without a loop",
    ("app/tasks.py", "create_task"): "this is the one place that keeps, names and reports tasks",
    ("app/shutdown.py", "processEvents"): "one flush of deletions after the loop has ended",
    ("engine/store/backup.py", "time.sleep"): "in the writer's thread, never in the loop's",
    ("tests/support/blocking.py", "time.sleep"): "the watch that notices it",
    ("tests/engine/core/test_blocking.py", "time.sleep"): "sleeps no time, to be noticed",
    ("tests", "processEvents"): "tests drive Qt by hand",
    ("tests", "asyncio.run"): "tests start loops of their own",
    ("tests", "create_task"): "a task that a test leaves behind fails it",
}


def bans(path: Path, tree: ast.AST) -> list[str]:
    """Calls that must not be written, each with the reason."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        full = dotted(node)
        last = full.rsplit(".", 1)[-1]
        reason = None
        if last in ("asyncClose", "asyncSlot") or (last in ENDINGS and isinstance(node, ast.Attribute)):
            reason, key = ENDINGS[last], last
        elif full in EXACT:
            reason, key = EXACT[full], full
        elif full.rsplit(".", 2)[-2:] and ".".join(full.rsplit(".", 2)[-2:]) in STATIC_DIALOGS:
            reason, key = "is modal by a nested event loop; build the dialog and open() it", full
        elif last in ("create_task", "ensure_future") and full.startswith(("asyncio.", "loop.")):
            reason, key = "loses the task and its error; use app.tasks.spawn", "create_task"
            if name(path).startswith("engine/"):
                continue  # the engine owns its tasks in its own structures
        if reason and not any(name(path).startswith(place) and what == key for place, what in ALLOWED):
            found.append(f"{name(path)}:{node.lineno} {full} {reason}")
    return found


@pytest.mark.parametrize("area", AREAS)
def test_imports_follow_the_rule(area: str) -> None:
    found = [line for path in sources(area) for line in forbidden_imports(area, path, parse(path))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("area", AREAS)
def test_heavy_libraries_wait(area: str) -> None:
    found = [line for path in sources(area) for line in heavy_at_module_level(path, parse(path))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("area", [*AREAS, "tests"])
def test_nothing_banned(area: str) -> None:
    here = Path(__file__)
    found = [line for path in sources(area) if path != here for line in bans(path, parse(path))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "dialog.exec()",
        "from qasync import asyncSlot\n@asyncSlot()\ndef f(): ...",
        "from PySide6.QtWidgets import QMessageBox\nQMessageBox.question(None, '', '')",
        "QtWidgets.QFileDialog.getOpenFileName(None)",
        "import time\ntime.sleep(1)",
        "import asyncio\nasyncio.create_task(f())",
        "qtbot.wait(100)",
    ],
)
def test_the_bans_bite(source: str) -> None:
    assert bans(ROOT / "widgets/example.py", ast.parse(source))


def test_the_import_rule_bites() -> None:
    source = "def f():\n    from PySide6 import QtCore\n"
    assert forbidden_imports("engine", ROOT / "engine/x.py", ast.parse(source))
    assert heavy_at_module_level(ROOT / "engine/x.py", ast.parse("try:\n    import anthropic\nfinally:\n    pass"))
    assert not heavy_at_module_level(ROOT / "engine/x.py", ast.parse("def f():\n    import anthropic"))


def test_files_stay_readable() -> None:
    """At most about 400 lines each, the median under 200."""
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*AREAS)}
    long = {path: lines for path, lines in lengths.items() if lines > 420}
    assert not long, f"split these: {long}"
    assert sorted(lengths.values())[len(lengths) // 2] < 200


def test_the_engine_is_light_and_knows_no_window() -> None:
    """``import engine`` loads no provider, no Qt and no database library."""
    code = "import engine, sys; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {m.split(".")[0] for m in loaded} & {*HEAVY, *QT, "app", "widgets", "httpx2", "keyring"}
    assert not heavy, f"import engine loads {sorted(heavy)}"


def test_the_window_starts_without_a_provider() -> None:
    """What the window's modules load contains no provider's library."""
    code = "import app.main, sys; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {m.split(".")[0] for m in loaded} & set(HEAVY)
    assert not heavy, f"import app.main loads {sorted(heavy)}"
