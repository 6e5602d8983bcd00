"""Python source as text: names that are free, literals that read well, and the module that is being written.

Not here: what is written into it (``tree``, ``steps``, ``texts``).
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.errors import ValidationFailed

HELPERS = Path(__file__).resolve().parents[3] / "resources" / "python_export" / "helpers.py"
"""Beside the packages, in a checkout, an installation and a packaged program alike."""
WIDTH = 116
_INDENT = "    "


class ExportError(ValidationFailed):
    """A part of the agent has no form in Python. Nothing was written.

    Attributes:
        node_id: The part.
        reason: Why, as one plain sentence.
    """

    def __init__(self, node: Node, reason: str) -> None:
        self.node_id = node.id
        self.reason = reason
        super().__init__(f"{kind_of(node).title_of(node)}: {reason}", place=node.id)


@cache
def helpers() -> dict[str, tuple[str, frozenset[str]]]:
    """The functions that a module may carry: their source, and the names that each uses."""
    text = HELPERS.read_text(encoding="utf-8")
    found = {}
    for item in ast.parse(text).body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            start = min([item.lineno, *(each.lineno for each in item.decorator_list)])
            source = "\n".join(text.splitlines()[start - 1 : item.end_lineno])
            used = frozenset(each.id for each in ast.walk(item) if isinstance(each, ast.Name))
            found[item.name] = (source, used)
    return found


@cache
def _imports() -> dict[str, str]:
    """Where the helpers import each name from."""
    found: dict[str, str] = {}
    for item in ast.parse(HELPERS.read_text(encoding="utf-8")).body:
        if isinstance(item, ast.ImportFrom):
            found |= {alias.name: str(item.module) for alias in item.names}
        elif isinstance(item, ast.Import):
            found |= {alias.name: "" for alias in item.names}
    return found


@cache
def reserved() -> frozenset[str]:
    """Names that mean something in every exported module, helpers left out."""
    import engine

    own = {
        "world",
        "call",
        "key",
        "draft",
        "reply",
        "replies",
        "value",
        "self",
        "engine",
        "result",
        "inputs",
        "outside",
    }
    return frozenset({*dir(builtins), *keyword.kwlist, *engine.__all__, *_imports(), *own})


class Names:
    """Hands out names that are free.

    Args:
        helpers: The helpers that the module has.
    """

    def __init__(self, helpers: Iterable[str] = ()) -> None:
        self._reserved = {*reserved(), *helpers}
        self.taken = set(self._reserved)

    def fresh(self, wanted: str) -> str:
        """The wanted name, or with the first free number behind it."""
        base = re.sub(r"\W", "_", wanted) or "value"
        if base[0].isdigit():
            base = f"n{base}"
        name, number = base, 2
        if name in self._reserved:
            name = f"{base}_"
        while name in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.taken.add(name)
        return name

    def inner(self) -> Names:
        """Names for a function inside."""
        made = Names()
        made._reserved, made.taken = self._reserved, set(self.taken)
        return made


def quoted(text: str, mark: str = '"') -> str:
    """A text as a literal, letters of other languages as they are."""
    body = text.replace("\\", "\\\\").replace(mark, f"\\{mark}").replace("\n", "\\n").replace("\r", "\\r")
    body = "".join(letter if letter.isprintable() else _escaped(letter) for letter in body.replace("\t", "\\t"))
    return f"{mark}{body}{mark}"


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"


def one_line(text: str) -> str:
    """A text on one line, for comments and docstrings, without what cannot be seen: it could hide what is code."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def literal(value: Any) -> str:
    """A JSON value as Python."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{quoted(str(name))}: {literal(item)}' for name, item in value.items())}}}"
    return repr(value)


def laid_out(value: Any, indent: int = 0) -> str:
    """A JSON value as Python over several lines where one is too long."""
    flat = literal(value)
    if len(flat) + indent <= 88 or not isinstance(value, (list, tuple, dict)) or not value:
        return flat
    pad, inner = " " * indent, " " * (indent + 4)
    if isinstance(value, dict):
        lines = [f"{inner}{quoted(str(name))}: {laid_out(item, indent + 4)},\n" for name, item in value.items()]
        return f"{{\n{''.join(lines)}{pad}}}"
    lines = [f"{inner}{laid_out(item, indent + 4)},\n" for item in value]
    return f"[\n{''.join(lines)}{pad}]"


def indented(source: str, levels: int = 1) -> str:
    """Every line that is not blank moved to the right."""
    pad = _INDENT * levels
    return "\n".join(f"{pad}{line}" if line.strip() else line for line in source.splitlines())


def call(function: str, arguments: Iterable[str]) -> str:
    """A call, over several lines where one is too long."""
    given = [argument for argument in arguments if argument]
    flat = f"{function}({', '.join(given)})"
    if len(flat) <= 96 and "\n" not in flat:
        return flat
    lines = "".join(f"{indented(argument)},\n" for argument in given)
    return f"{function}(\n{lines})"


def is_conditional(source: str) -> bool:
    """Whether an expression needs parentheses inside another one."""
    return isinstance(ast.parse(f"({source}\n)", mode="eval").body, (ast.IfExp, ast.BoolOp, ast.Lambda))


def loose(source: str) -> str:
    """An expression as part of another one, in parentheses where it needs them."""
    return f"({source})" if is_conditional(source) else source


def names_read(source: str) -> frozenset[str]:
    """The names that a piece of source reads."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # an element over several lines, or behind a comment
        tree = ast.parse(f"(\n{source}\n)")
    return frozenset(
        item.id for item in ast.walk(tree) if isinstance(item, ast.Name) and not isinstance(item.ctx, ast.Store)
    )


def in_list(elements: Iterable[str]) -> str:
    """A list of elements, one a line."""
    given = list(elements)
    flat = f"[{', '.join(given)}]"
    if len(given) <= 1 and len(flat) <= 96 and "\n" not in flat:
        return flat
    return "[\n" + "".join(f"{indented(element)},\n" for element in given) + "]"


@dataclass
class Module:
    """What has been written so far.

    Attributes:
        names: Names at the level of the module.
        world: Whether something of it reaches the world.
    """

    names: Names = field(default_factory=lambda: Names(helpers()))
    world: bool = False
    _engine: set[str] = field(default_factory=set)
    _from: dict[str, set[str]] = field(default_factory=dict)
    _helpers: set[str] = field(default_factory=set)
    _constants: list[str] = field(default_factory=list)
    _components: list[str] = field(default_factory=list)

    def engine(self, name: str) -> str:
        """Use a public name of the engine."""
        self._engine.add(name)
        return name

    def other(self, module: str, name: str) -> str:
        """Use a name of another module."""
        self._from.setdefault(module, set()).add(name)
        return name

    def helper(self, name: str) -> str:
        """Use a helper, with all that it needs."""
        if name not in self._helpers:
            self._helpers.add(name)
            for used in sorted(helpers()[name][1]):
                if used in helpers():
                    self.helper(used)
                elif used in _imports():
                    self.other(_imports()[used], used)
        return name

    @property
    def helpers_used(self) -> frozenset[str]:
        """The helpers that the module carries."""
        return frozenset(self._helpers)

    def constant(self, wanted: str, value: str) -> str:
        """Keep a value at the level of the module; its name."""
        name = self.names.fresh(wanted.upper())
        self._constants.append(f"{name} = {value}")
        return name

    def component(self, source: str) -> None:
        """Add a component; those it uses were added before."""
        self._components.append(source)

    def text(self, docstring: str) -> str:
        """The whole module."""
        own = helpers()
        parts = [f'"""{docstring}"""', self._import_lines()]
        if self._constants:
            parts.append("\n\n".join(self._constants))
        parts += ["\n" + source for source in self._components]
        carried = [own[name][0] for name in own if name in self._helpers]
        if carried:
            parts.append("\n# What the agent above needs: how values are shown, and what its steps do.")
            parts += [carried[0], *("\n" + source for source in carried[1:])]
        return "\n\n".join(parts) + "\n"

    def _import_lines(self) -> str:
        plain = sorted(self._from.get("", ()))
        from_engine = self._engine | self._from.get("engine", set())
        lines = [f"import {name}" for name in plain]
        ours: list[str] = []
        standard: list[str] = []
        for module, names in sorted({**self._from, "engine": from_engine}.items()):
            if module:
                made = call("", sorted(names, key=lambda name: (not name[:1].isupper(), name)))
                line = f"from {module} import {made[1:-1]}" if "\n" not in made else f"from {module} import {made}"
                (ours if module.split(".")[0] == "engine" else standard).append(line)
        lines += standard
        return "\n".join(lines) + ("\n\n" if lines else "") + "\n".join(ours)
