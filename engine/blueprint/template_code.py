"""From Jinja2's syntax tree to plain functions, for the part of the language that is allowed; all else is refused.

Every operation is charged to a budget, texts and lists have a largest size: no template can take long or grow large,
whatever stands in it or in the values. Not here: the filters and tests (``template_filters``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import nodes

from engine.blueprint.values import as_text, short
from engine.errors import ValidationFailed

MAX_OUTPUT = 400_000
"""The longest text a template may write, and the longest text inside it."""
MAX_ITEMS = 50_000
BUDGET = 400_000
"""Operations of one rendering; long texts and lists count more."""
MAX_LOOPS = 5
_LARGEST = 10**15

Code = Callable[["Frame"], Any]


class TemplateError(ValidationFailed):
    """A text or condition does not work; the message is a plain sentence.

    Attributes:
        reason: The sentence without the line.
        line: Line of the text, from 1, where it is known.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        self.reason = reason
        self.line = line
        super().__init__(reason if line is None else f"Line {line}: {reason}", place=f"line {line}" if line else "")


class Frame:
    """One rendering: the values in scope, what was written, and what may still be spent."""

    __slots__ = ("left", "locals", "output", "size", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.locals: dict[str, Any] = {}
        self.output: list[str] = []
        self.size = 0
        self.left = BUDGET

    def charge(self, cost: int = 1) -> None:
        """Count operations."""
        self.left -= cost
        if self.left < 0:
            raise TemplateError("This would take too long to work out.")

    def write(self, text: str) -> None:
        """Add to the output."""
        self.size += len(text)
        if self.size > MAX_OUTPUT:
            raise TemplateError(f"The text would become longer than {MAX_OUTPUT:,} characters.")
        self.output.append(text)

    def sized(self, value: Any) -> Any:
        """The value, charged by its size and refused where it is too large."""
        if isinstance(value, str):
            if len(value) > MAX_OUTPUT:
                raise TemplateError(f"A text would become longer than {MAX_OUTPUT:,} characters.")
            self.charge(1 + len(value) // 64)
        elif isinstance(value, (list, tuple, dict)):
            if len(value) > MAX_ITEMS:
                raise TemplateError(f"A list would become longer than {MAX_ITEMS:,} items.")
            self.charge(1 + len(value))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if abs(value) > _LARGEST or value != value:
                raise TemplateError("A number becomes too large.")
            self.charge()
        else:
            self.charge()
        return value


class _Compiler:
    """Turns nodes into functions; collects the free names."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.bound: list[set[str]] = []

    # -- statements ----------------------------------------------------------------------------------------------

    def body(self, body: Iterable[nodes.Node]) -> Callable[[Frame], None]:
        parts = [self.statement(node) for node in body]
        if len(parts) == 1:
            return parts[0]

        def run(frame: Frame) -> None:
            for part in parts:
                part(frame)

        return run

    def statement(self, node: nodes.Node) -> Callable[[Frame], None]:
        if isinstance(node, nodes.Output):
            return self.output(node)
        if isinstance(node, nodes.If):
            return self.if_(node)
        if isinstance(node, nodes.For):
            return self.for_(node)
        name = type(node).__name__.lower()
        raise TemplateError(f"“{name}” cannot be used here; texts know only if and for.", node.lineno)

    def output(self, node: nodes.Output) -> Callable[[Frame], None]:
        parts: list[Callable[[Frame], None]] = []
        for item in node.nodes:
            if isinstance(item, nodes.TemplateData):
                parts.append(_writes(item.data))
            else:
                parts.append(_shows(self.expression(item)))

        def run(frame: Frame) -> None:
            for part in parts:
                part(frame)

        return run

    def if_(self, node: nodes.If) -> Callable[[Frame], None]:
        branches = [(self.expression(node.test), self.body(node.body))]
        branches += [(self.expression(branch.test), self.body(branch.body)) for branch in node.elif_]
        otherwise = self.body(node.else_)

        def run(frame: Frame) -> None:
            for test, body in branches:
                if test(frame):
                    body(frame)
                    return
            otherwise(frame)

        return run

    def for_(self, node: nodes.For) -> Callable[[Frame], None]:
        if node.recursive:
            raise TemplateError("A loop cannot be recursive here.", node.lineno)
        if len(self.bound) >= MAX_LOOPS:
            raise TemplateError(f"Loops can stand at most {MAX_LOOPS} deep inside each other.", node.lineno)
        targets = self.targets(node.target)
        items = self.expression(node.iter)
        self.bound.append({*targets, "loop"})
        test = self.expression(node.test) if node.test is not None else None
        body = self.body(node.body)
        self.bound.pop()
        otherwise = self.body(node.else_)
        line = node.lineno

        def run(frame: Frame) -> None:
            found = _each(frame, items(frame), line)
            outer = frame.locals
            kept = []
            for item in found:
                frame.locals = {**outer, **_unpack(targets, item, line)}
                frame.charge()
                if test is None or test(frame):
                    kept.append(item)
            for index, item in enumerate(kept):
                frame.charge(2)
                loop = {
                    "index": index + 1,
                    "index0": index,
                    "first": index == 0,
                    "last": index == len(kept) - 1,
                    "length": len(kept),
                }
                frame.locals = {**outer, **_unpack(targets, item, line), "loop": loop}
                body(frame)
            frame.locals = outer
            if not kept:
                otherwise(frame)

        return run

    def targets(self, node: nodes.Node) -> list[str]:
        if isinstance(node, nodes.Name):
            return [node.name]
        if isinstance(node, nodes.Tuple) and all(isinstance(item, nodes.Name) for item in node.items):
            return [item.name for item in node.items if isinstance(item, nodes.Name)]
        raise TemplateError("A loop needs a plain name for its items.", node.lineno)

    # -- expressions ---------------------------------------------------------------------------------------------

    def expression(self, node: nodes.Node) -> Code:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise TemplateError(_refusal(node), node.lineno)
        return handler(self, node)

    def const(self, node: nodes.Const) -> Code:
        value = node.value
        return lambda frame: frame.sized(value)

    def name(self, node: nodes.Name) -> Code:
        name, line = node.name, node.lineno
        if not any(name in bound for bound in self.bound):
            self.names.add(name)

        def run(frame: Frame) -> Any:
            frame.charge()
            if name in frame.locals:
                return frame.locals[name]
            if name in frame.values:
                return frame.values[name]
            raise TemplateError(f"There is no variable called “{name}” here.", line)

        return run

    def sequence(self, node: nodes.List | nodes.Tuple) -> Code:
        parts = [self.expression(item) for item in node.items]
        return lambda frame: frame.sized([part(frame) for part in parts])

    def record(self, node: nodes.Dict) -> Code:
        pairs = [(self.expression(pair.key), self.expression(pair.value)) for pair in node.items]
        return lambda frame: frame.sized({as_text(key(frame)): item(frame) for key, item in pairs})

    def field(self, node: nodes.Getattr | nodes.Getitem) -> Code:
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
            return self.slice(node, node.arg)
        owner, line = self.expression(node.node), node.lineno
        if isinstance(node, nodes.Getattr):
            name = node.attr
            return lambda frame: _field(frame, owner(frame), name, line)
        which = self.expression(node.arg)
        return lambda frame: _field(frame, owner(frame), which(frame), line)

    def slice(self, node: nodes.Getitem, which: nodes.Slice) -> Code:
        owner, line = self.expression(node.node), node.lineno
        parts = [None if part is None else self.expression(part) for part in (which.start, which.stop, which.step)]

        def run(frame: Frame) -> Any:
            value = owner(frame)
            if not isinstance(value, (str, list, tuple)):
                raise TemplateError("Only a part of a text or a list can be taken.", line)
            return frame.sized(value[slice(*(None if part is None else part(frame) for part in parts))])

        return run

    def compare(self, node: nodes.Compare) -> Code:
        first = self.expression(node.expr)
        rest = [(op.op, self.expression(op.expr)) for op in node.ops]
        line = node.lineno

        def run(frame: Frame) -> bool:
            left = first(frame)
            for name, code in rest:
                right = code(frame)
                frame.charge(1 + _weight(left) + _weight(right))
                if not _compare(name, left, right, line):
                    return False
                left = right
            return True

        return run

    def both(self, node: nodes.And) -> Code:
        left, right = self.expression(node.left), self.expression(node.right)
        return lambda frame: left(frame) and right(frame)

    def either(self, node: nodes.Or) -> Code:
        left, right = self.expression(node.left), self.expression(node.right)
        return lambda frame: left(frame) or right(frame)

    def not_(self, node: nodes.Not) -> Code:
        inner = self.expression(node.node)
        return lambda frame: not inner(frame)

    def choose(self, node: nodes.CondExpr) -> Code:
        test, yes = self.expression(node.test), self.expression(node.expr1)
        no = self.expression(node.expr2) if node.expr2 is not None else _writes_nothing
        return lambda frame: yes(frame) if test(frame) else no(frame)

    def arithmetic(self, node: nodes.BinExpr) -> Code:
        left, right, line = self.expression(node.left), self.expression(node.right), node.lineno
        name = type(node).__name__

        def run(frame: Frame) -> Any:
            return frame.sized(_arithmetic(name, left(frame), right(frame), line))

        return run

    def sign(self, node: nodes.Neg | nodes.Pos) -> Code:
        inner, line, factor = self.expression(node.node), node.lineno, -1 if isinstance(node, nodes.Neg) else 1
        return lambda frame: factor * _number(inner(frame), line)

    def concat(self, node: nodes.Concat) -> Code:
        parts = [self.expression(item) for item in node.nodes]

        def run(frame: Frame) -> str:
            found = ""
            for part in parts:
                found = frame.sized(found + as_text(part(frame)))
            return found

        return run

    def filter(self, node: nodes.Filter) -> Code:
        from engine.blueprint.template_filters import FILTERS

        function = FILTERS.get(node.name)
        if function is None:
            raise TemplateError(f"There is no filter called “{node.name}”.", node.lineno)
        if node.node is None:
            raise TemplateError("A filter needs something to work on.", node.lineno)
        inner, args, named = self.arguments(node)
        forgiving = node.name in ("default", "d")
        line = node.lineno

        def run(frame: Frame) -> Any:
            try:
                value = inner(frame)
            except TemplateError:
                if not forgiving:
                    raise
                value = None
            frame.charge(1 + _weight(value))
            given = [arg(frame) for arg in args]
            try:
                found = function(frame, value, *given, **{key: code(frame) for key, code in named.items()})
            except TypeError:
                raise TemplateError(f"“{short(value)}” does not go with the filter “{node.name}”.", line) from None
            return frame.sized(found)

        return run

    def test(self, node: nodes.Test) -> Code:
        from engine.blueprint.template_filters import TESTS

        if node.name in ("defined", "undefined"):
            inner, wanted = self.expression(node.node), node.name == "defined"
            return lambda frame: _is_defined(frame, inner) == wanted
        function = TESTS.get(node.name)
        if function is None:
            raise TemplateError(f"There is no test called “{node.name}”.", node.lineno)
        inner, args, named = self.arguments(node)
        if named:
            raise TemplateError(f"The test “{node.name}” takes no named values.", node.lineno)
        line = node.lineno

        def run(frame: Frame) -> bool:
            value = inner(frame)
            frame.charge(1 + _weight(value))
            try:
                return function(value, *(arg(frame) for arg in args))
            except TypeError:
                raise TemplateError(f"The test “{node.name}” does not go with {short(value)}.", line) from None

        return run

    def arguments(self, node: nodes.Filter | nodes.Test) -> tuple[Code, list[Code], dict[str, Code]]:
        if node.dyn_args is not None or node.dyn_kwargs is not None or node.node is None:
            raise TemplateError("Values cannot be handed over with a star here.", node.lineno)
        named = {str(pair.key): self.expression(pair.value) for pair in node.kwargs}
        return self.expression(node.node), [self.expression(arg) for arg in node.args], named


_HANDLERS: dict[type[nodes.Node], Callable[[_Compiler, Any], Code]] = {
    nodes.Const: _Compiler.const,
    nodes.TemplateData: lambda _, node: lambda frame: node.data,
    nodes.Name: _Compiler.name,
    nodes.List: _Compiler.sequence,
    nodes.Tuple: _Compiler.sequence,
    nodes.Dict: _Compiler.record,
    nodes.Getattr: _Compiler.field,
    nodes.Getitem: _Compiler.field,
    nodes.Compare: _Compiler.compare,
    nodes.And: _Compiler.both,
    nodes.Or: _Compiler.either,
    nodes.Not: _Compiler.not_,
    nodes.CondExpr: _Compiler.choose,
    nodes.Concat: _Compiler.concat,
    nodes.Filter: _Compiler.filter,
    nodes.Test: _Compiler.test,
    nodes.Neg: _Compiler.sign,
    nodes.Pos: _Compiler.sign,
    **dict.fromkeys(
        (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow), _Compiler.arithmetic
    ),
}

_ARITHMETIC: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "Sub": (operator.sub, "subtracted"),
    "Mul": (operator.mul, "multiplied"),
    "Div": (operator.truediv, "divided"),
    "FloorDiv": (operator.floordiv, "divided"),
    "Mod": (operator.mod, "divided"),
    "Pow": (operator.pow, "raised"),
}


def compile_body(tree: nodes.Template) -> tuple[Callable[[Frame], None], frozenset[str], Code | None]:
    """A whole text: what writes it, the names it reads, and its value where it is one ``{{ … }}`` alone."""
    compiler = _Compiler()
    run = compiler.body(tree.body)
    alone = None
    if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output):
        shown = [
            item for item in tree.body[0].nodes if not (isinstance(item, nodes.TemplateData) and not item.data.strip())
        ]
        if len(shown) == 1 and not isinstance(shown[0], nodes.TemplateData):
            alone = compiler.expression(shown[0])
    return run, frozenset(compiler.names), alone


def compile_expression(tree: nodes.Template) -> tuple[Code, frozenset[str]]:
    """The one expression of ``{{ … }}``, and the names it reads."""
    compiler = _Compiler()
    output = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(output, nodes.Output) or len(output.nodes) != 1:
        raise TemplateError("A condition is one expression.")
    return compiler.expression(output.nodes[0]), frozenset(compiler.names)


def _writes(text: str) -> Callable[[Frame], None]:
    return lambda frame: frame.write(text)


def _shows(code: Code) -> Callable[[Frame], None]:
    return lambda frame: frame.write(frame.sized(as_text(code(frame))))


def _writes_nothing(frame: Frame) -> str:
    return ""


def _weight(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // 64
    return len(value) if isinstance(value, (list, tuple, dict)) else 0


def _each(frame: Frame, value: Any, line: int) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple, dict)):
        frame.sized(value)
        return list(value)
    raise TemplateError(f"Only a list can be repeated, and this is {short(value)}.", line)


def _unpack(targets: list[str], item: Any, line: int) -> dict[str, Any]:
    if len(targets) == 1:
        return {targets[0]: item}
    if isinstance(item, (list, tuple)) and len(item) == len(targets):
        return dict(zip(targets, item, strict=True))
    raise TemplateError(f"The items of this list are not made of {len(targets)} values.", line)


def _field(frame: Frame, owner: Any, name: Any, line: int) -> Any:
    frame.charge()
    if isinstance(owner, dict):
        if isinstance(name, str) and name in owner:
            return owner[name]
        raise TemplateError(f"There is no field “{name}” in this record.", line)
    if isinstance(owner, (list, tuple, str)) and isinstance(name, int) and not isinstance(name, bool):
        if -len(owner) <= name < len(owner):
            return owner[name]
        raise TemplateError(f"There is no item {name} in this list.", line)
    raise TemplateError(f"{short(owner)} has no field “{name}”.", line)


def _is_defined(frame: Frame, code: Code) -> bool:
    try:
        code(frame)
    except TemplateError:
        return False
    return True


def _compare(name: str, left: Any, right: Any, line: int) -> bool:
    if name == "eq":
        return bool(left == right)
    if name == "ne":
        return bool(left != right)
    if name in ("in", "notin"):
        if isinstance(right, str):
            inside = as_text(left) in right
        elif isinstance(right, (list, tuple, dict)):
            inside = left in right if not isinstance(left, (list, dict)) or not isinstance(right, dict) else False
        else:
            raise TemplateError(f"Nothing can be inside {short(right)}.", line)
        return inside == (name == "in")
    comparable = all(isinstance(value, (int, float)) for value in (left, right)) or (
        isinstance(left, str) and isinstance(right, str)
    )
    if not comparable:
        raise TemplateError(f"{short(left)} and {short(right)} cannot be compared in size.", line)
    order: Callable[[Any, Any], bool] = {
        "lt": operator.lt,
        "lteq": operator.le,
        "gt": operator.gt,
        "gteq": operator.ge,
    }[name]
    return order(left, right)


def _number(value: Any, line: int) -> int | float:
    if isinstance(value, (int, float)):
        return value
    raise TemplateError(f"{short(value)} is not a number.", line)


def _arithmetic(name: str, left: Any, right: Any, line: int) -> Any:
    if name == "Add":
        if isinstance(left, str) and isinstance(right, str):
            return left + right if len(left) + len(right) <= MAX_OUTPUT else _too_long(line)
        if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            return [*left, *right]
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return left + right
        raise TemplateError(f"{short(left)} and {short(right)} cannot be added; join texts with ~.", line)
    function, word = _ARITHMETIC[name]
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise TemplateError(f"Only numbers can be {word}.", line)
    if name == "Pow" and (abs(right) > 50 or abs(left) > 1_000_000):
        raise TemplateError("A number becomes too large.", line)
    try:
        found = function(left, right)
    except ZeroDivisionError:
        raise TemplateError("A number cannot be divided by 0.", line) from None
    except OverflowError:
        raise TemplateError("A number becomes too large.", line) from None
    if isinstance(found, complex):
        raise TemplateError("This has no result.", line)
    return found


def _too_long(line: int) -> Any:
    raise TemplateError(f"A text would become longer than {MAX_OUTPUT:,} characters.", line)


def _refusal(node: nodes.Node) -> str:
    if isinstance(node, nodes.Call):
        return "Functions cannot be called here; use a filter, such as {{ notes|length }}."
    return f"“{type(node).__name__.lower()}” cannot be used here."
