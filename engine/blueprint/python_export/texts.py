"""Texts with variables as Python: f-strings, joined loops, and the conditions in between.

Not here: expressions (``expressions``), where texts stand (``tree``, ``steps``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.blueprint.python_export.expressions import Code, Expressions, NotPython, Values, shown
from engine.blueprint.python_export.source import Module, Names, indented, is_conditional, literal, quoted
from engine.blueprint.template import parse

if TYPE_CHECKING:
    from jinja2 import nodes

MARKS = ("{{", "{%", "{#")
LINE = 96
"""The longest line of a text, in characters."""
_NOT_IN_F_STRINGS = re.compile(r'["\\{}\n]|\blambda\b')


@dataclass(frozen=True, slots=True)
class Written:
    """A text as Python.

    Attributes:
        source: An expression; over several lines it needs parentheses or a call around it.
        wordy: Whether it surely has words in it.
        fails: Whether it may raise.
        static: The text itself where nothing is put in.
    """

    source: str
    wordy: bool
    fails: bool = False
    static: str | None = None

    @property
    def grouped(self) -> str:
        """The source where it stands alone, as behind ``return``."""
        if "\n" not in self.source or self.source.startswith("("):
            return self.source
        return f"(\n{indented(self.source)}\n)"


def written(text: str, module: Module, values: Values, names: Names) -> Written:
    """A text property.

    Raises:
        NotPython: Something in it has no form in Python.
        TemplateError: It cannot be understood.
    """
    if not any(mark in text for mark in MARKS):
        return Written(_literals([text]), bool(text.strip()), static=text)
    writer = _Writer(module, values, names)
    pieces = list(writer.body(parse(text).body))
    wordy = any(isinstance(piece, str) and piece.strip() for piece in pieces)
    return Written(_joined(pieces, module), wordy, writer.fails)


def value(given: Any, module: Module, values: Values, names: Names) -> Code:
    """A step's value: one ``{{ … }}`` keeps its type, other text becomes a text, all else stands for itself."""
    if not isinstance(given, str):
        kinds = {bool: "yes_no", int: "int", float: "number", list: "list", dict: "record"}
        return Code(literal(given), kinds.get(type(given), "any"))
    if any(mark in given for mark in MARKS):
        alone = _alone(parse(given))
        if alone is not None:
            return Expressions(module, values).code(alone)
    made = written(given, module, values, names)
    return Code(made.grouped, "text", "\n" not in made.source and " + " not in made.source, made.fails)


def condition(expression: str, module: Module, values: Values) -> Code:
    """A condition, where only whether it holds counts."""
    tree = parse("{{ (" + expression + "\n) }}")
    node = tree.body[0].nodes[0]
    expressions = Expressions(module, values)
    source = expressions.truth(node)
    return Code(
        source, "yes_no", re.fullmatch(r"[\w.]+(\([\w, ]*\))?", source) is not None, expressions.code(node).fails
    )


def _alone(tree: Any) -> Any:
    from jinja2 import nodes

    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    told = [item for item in tree.body[0].nodes if not (isinstance(item, nodes.TemplateData) and not item.data.strip())]
    return told[0] if len(told) == 1 and not isinstance(told[0], nodes.TemplateData) else None


class _Writer:
    """Turns the statements of one text into pieces: plain text, or code that gives text."""

    def __init__(self, module: Module, values: Values, names: Names) -> None:
        self.module = module
        self.values = dict(values)
        self.names = names.inner()
        self.fails = False

    def body(self, body: Iterable[nodes.Node]) -> Iterable[str | Code]:
        from jinja2 import nodes

        for node in body:
            if isinstance(node, nodes.Output):
                for item in node.nodes:
                    if isinstance(item, nodes.TemplateData):
                        yield item.data
                    else:
                        yield self.code(item)
            elif isinstance(node, nodes.If):
                yield Code(self.if_(node), "text", False)
            elif isinstance(node, nodes.For):
                yield Code(self.for_(node), "text")
            else:
                raise NotPython(f"“{type(node).__name__.lower()}” cannot be written in Python.")

    def code(self, node: nodes.Node) -> Code:
        found = Expressions(self.module, self.values, "'").code(node)
        self.fails = self.fails or found.fails
        return found

    def truth(self, node: nodes.Node) -> str:
        return Expressions(self.module, self.values, "'").truth(node)

    def text(self, body: Iterable[nodes.Node]) -> str:
        return _joined(list(self.body(body)), self.module, flat=True)

    def if_(self, node: nodes.If) -> str:
        """Branches as a conditional expression."""
        branches = [(node.test, node.body), *((branch.test, branch.body) for branch in node.elif_)]
        source = self.text(node.else_)
        for test, body in reversed(branches):
            self.code(test)
            source = f"{_operand(self.text(body))} if {self.truth(test)} else {source}"
        return source

    def for_(self, node: nodes.For) -> str:
        """A loop as joined pieces."""
        found = Expressions(self.module, self.values, "'").list_of(node.iter)
        self.fails = self.fails or found.fails
        outer, own = dict(self.values), self.names
        self.names = own.inner()
        targets = [item.name for item in getattr(node.target, "items", [node.target])]
        local = [self.names.fresh(target) for target in targets]
        self.values |= {target: Code(name) for target, name in zip(targets, local, strict=True)}
        item, source = ", ".join(local), found.source
        test = ""
        if node.test is not None:
            self.code(node.test)
            test = f" if {self.truth(node.test)}"
        if _uses_loop(node):
            item, source, test = self.with_place(item, f"{source}{test}" if test else source, bool(test))
        body = self.text(node.body)
        self.values, self.names = outer, own
        written = f"''.join({body} for {item} in {source}{test})"
        if node.else_:
            first = ", ".join(local)
            anything = found.source if node.test is None else f"any(True for {first} in {found.source}{test})"
            written = f"({written} if {anything} else {self.text(node.else_)})"
        return written

    def with_place(self, item: str, source: str, filtered: bool) -> tuple[str, str, str]:
        """A loop whose body asks where in the loop it is: what it goes over, and through."""
        place = self.names.fresh("loop")
        self.values["loop"] = Code(place, "record")
        each = f"({item})" if ", " in item else item
        whole = f"[{each} for {item} in {source}]" if filtered or source.endswith(".items()") else source
        return f"{place}, {each}", f"{self.module.helper('looped')}({whole})", ""


def _uses_loop(node: nodes.For) -> bool:
    from jinja2 import nodes

    return any(name.name == "loop" for item in node.body for name in [*item.find_all(nodes.Name)])


def _operand(source: str) -> str:
    return f"({source})" if is_conditional(source) else source


def _joined(pieces: list[str | Code], module: Module, *, flat: bool = False) -> str:
    """The pieces as one expression. Flat ones stand inside another text: on one line, with the other quotes."""
    pieces = [piece for piece in pieces if piece != ""]
    if len(pieces) == 1 and isinstance(pieces[0], Code):
        only = pieces[0]
        if flat:
            return only.operand if only.type == "text" else shown(only, module)
        source = shown(only, module)
        source = f'""{source[2:]}' if source.startswith("''.join(") else source
        return source if len(source) <= LINE else _broken(source)
    terms: list[str] = []
    run: list[str | Code] = []
    for piece in pieces:
        if isinstance(piece, Code) and _NOT_IN_F_STRINGS.search(_placed(piece, module)):
            if run:
                terms.append(_literals(run, module, flat))
            terms.append(piece.source if piece.type == "text" else shown(piece, module))
            run = []
        else:
            run.append(piece)
    if run or not terms:
        terms.append(_literals(run, module, flat))
    if len(terms) == 1:
        return terms[0]
    if flat:
        return " + ".join(f"({term})" if is_conditional(term) else term for term in terms)
    placed = [_term(term) for term in terms]
    flat_source = " + ".join(placed)
    if "\n" not in flat_source and len(flat_source) <= LINE:
        return flat_source
    return "(\n" + indented("\n+ ".join(placed)) + "\n)"


def _broken(source: str) -> str:
    """A conditional expression, or joined pieces, over several lines."""
    whole = ast.parse(source, mode="eval").body
    if isinstance(whole, ast.Call) and len(whole.args) == 1 and isinstance(whole.args[0], ast.GeneratorExp):
        piece = ast.get_source_segment(source, whole.args[0].elt) or ""
        function = ast.get_source_segment(source, whole.func)
        inside = source[len(f"{function}(") : -1]
        rest = inside.removeprefix(piece).strip()
        return f"{function}(\n{indented(piece)}\n{indented(rest)}\n)" if rest.startswith("for ") else source
    if not isinstance(whole, ast.IfExp):
        return source
    lines: list[str] = []
    part: ast.expr = whole
    start = ""
    while isinstance(part, ast.IfExp):
        lines.append(f"{start}{ast.get_source_segment(source, part.body)}")
        lines.append(f"if {ast.get_source_segment(source, part.test)}")
        start, part = "else ", part.orelse
    lines.append(f"{start}{ast.get_source_segment(source, part)}")
    return "(\n" + indented("\n".join(lines)) + "\n)"


def _term(term: str) -> str:
    if "\n" in term:
        return f"(\n{indented(term)}\n)"
    return f"({term})" if is_conditional(term) else term


def _placed(code: Code, module: Module) -> str:
    return code.source if code.type in ("text", "int") else shown(code, module)


def _literals(run: list[Any], module: Module | None = None, flat: bool = False) -> str:
    """Plain text and simple code as one literal, or as one a line."""
    lines: list[list[Any]] = [[]]
    for piece in run:
        if isinstance(piece, Code) or flat:
            lines[-1].append(piece)
            continue
        rows = piece.split("\n")
        for number, row in enumerate(rows):
            if number:
                lines[-1].append("\n")
                lines.append([])
            if row:
                lines[-1].append(row)
    lines = [line for line in lines if line]
    whole = [piece for line in lines for piece in line]
    one = _literal(whole, module, flat)
    if flat or len(one) <= LINE - 20 or not lines:
        return one
    return "\n".join(_literal(part, module, False) for line in lines for part in _wrapped(line))


def _wrapped(line: list[Any]) -> Iterable[list[Any]]:
    """A line cut between words where it is too long."""
    part: list[Any] = []
    length = 0
    for piece in line:
        words = re.findall(r"\S*\s*", piece) if isinstance(piece, str) and piece != "\n" else [piece]
        for word in words:
            size = len(word.source) + 2 if isinstance(word, Code) else len(word)
            if part and length + size > LINE and word != "\n":
                yield part
                part, length = [], 0
            part.append(word)
            length += size
    if part:
        yield part


def _literal(pieces: list[Any], module: Module | None, flat: bool) -> str:
    coded = any(isinstance(piece, Code) for piece in pieces)
    body = ""
    for piece in pieces:
        if isinstance(piece, Code):
            assert module is not None
            body += f"{{{_placed(piece, module)}}}"
        else:
            plain = quoted(piece)[1:-1]
            body += plain.replace("{", "{{").replace("}", "}}") if coded else plain
    if flat and '"' not in body and "'" not in body and not coded:
        return f"'{body}'"
    return f'{"f" if coded else ""}"{body}"'
