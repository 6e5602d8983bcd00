"""From Jinja2's syntax tree to plain functions, for the part of the language that is allowed; all else is refused.

Not here: what the operations do and their bounds (``template_ops``), filters and tests (``template_filters``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import nodes

from engine.blueprint.template_ops import (
    MAX_LOOPS,
    Code,
    Frame,
    TemplateError,
    arithmetic,
    compare,
    each,
    field_of,
    is_defined,
    number,
    unpack,
    weight,
)
from engine.blueprint.values import as_text, short


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
            found = each(frame, items(frame), line)
            outer = frame.locals
            kept = []
            for item in found:
                frame.locals = {**outer, **unpack(targets, item, line)}
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
                frame.locals = {**outer, **unpack(targets, item, line), "loop": loop}
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
            return lambda frame: field_of(frame, owner(frame), name, line)
        which = self.expression(node.arg)
        return lambda frame: field_of(frame, owner(frame), which(frame), line)

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
                frame.charge(1 + weight(left) + weight(right))
                if not compare(name, left, right, line):
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
            return frame.sized(arithmetic(name, left(frame), right(frame), line))

        return run

    def sign(self, node: nodes.Neg | nodes.Pos) -> Code:
        inner, line, factor = self.expression(node.node), node.lineno, -1 if isinstance(node, nodes.Neg) else 1
        return lambda frame: factor * number(inner(frame), line)

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
            frame.charge(1 + weight(value))
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
            return lambda frame: is_defined(frame, inner) == wanted
        function = TESTS.get(node.name)
        if function is None:
            raise TemplateError(f"There is no test called “{node.name}”.", node.lineno)
        inner, args, named = self.arguments(node)
        if named:
            raise TemplateError(f"The test “{node.name}” takes no named values.", node.lineno)
        line = node.lineno

        def run(frame: Frame) -> bool:
            value = inner(frame)
            frame.charge(1 + weight(value))
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


def _refusal(node: nodes.Node) -> str:
    if isinstance(node, nodes.Call):
        return "Functions cannot be called here; use a filter, such as {{ notes|length }}."
    return f"“{type(node).__name__.lower()}” cannot be used here."
