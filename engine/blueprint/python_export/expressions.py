"""Expressions of the template language as Python, with what is known of their types.

Not here: texts (``texts``), conditions in rows, which are turned into an expression first (``conditions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.blueprint.python_export.source import Module, quoted

if TYPE_CHECKING:
    from jinja2 import nodes

SIZED = ("text", "list", "record")
NUMBERS = ("number", "int", "yes_no")


class NotPython(Exception):
    """Something has no form in Python; the message is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Code:
    """Python source of a value.

    Attributes:
        source: The source.
        type: ``text``, ``number``, ``int``, ``yes_no``, ``list``, ``record`` or ``any``.
        atom: Whether it can stand beside an operator without parentheses.
        fails: Whether it may raise, as a missing field does.
    """

    source: str
    type: str = "any"
    atom: bool = True
    fails: bool = False

    @property
    def operand(self) -> str:
        """The source as part of a larger expression."""
        return self.source if self.atom else f"({self.source})"


Values = Mapping[str, Code]
"""What the names in reach are in Python."""


def shown(code: Code, module: Module) -> str:
    """The value as the model reads it."""
    return code.source if code.type == "text" else f"{module.helper('as_text')}({code.source})"


class Expressions:
    """Turns syntax trees of expressions into Python.

    Args:
        module: Gets the helpers that are used.
        values: The names in reach.
        mark: The quotation mark of texts; inside an f-string the other one.
    """

    def __init__(self, module: Module, values: Values, mark: str = '"') -> None:
        self.module = module
        self.mark = mark
        self.values = dict(values)

    def code(self, node: nodes.Node) -> Code:
        """Any expression.

        Raises:
            NotPython: It has no form in Python.
        """
        found = getattr(self, f"_{type(node).__name__.lower()}", None)
        if found is None:
            raise NotPython(f"“{type(node).__name__.lower()}” cannot be written in Python.")
        made: Code = found(node)
        return made

    def truth(self, node: nodes.Node) -> str:
        """An expression where only whether it holds counts."""
        from jinja2 import nodes

        if isinstance(node, nodes.Not):
            inner = node.node
            if isinstance(inner, nodes.Test) and inner.name in ("empty", "yes"):
                value = self.code(inner.node)
                if inner.name == "empty" and value.type in SIZED:
                    return value.source
                if inner.name == "yes":
                    return f"not {value.operand}"
            return f"not {self._grouped(inner)}"
        if isinstance(node, (nodes.And, nodes.Or)):
            word = "and" if isinstance(node, nodes.And) else "or"
            return f"{self._grouped(node.left, word)} {word} {self._grouped(node.right, word)}"
        if isinstance(node, nodes.Test) and node.name == "yes":
            return self.code(node.node).source
        return self.code(node).source

    def _grouped(self, node: nodes.Node, word: str = "") -> str:
        from jinja2 import nodes

        loose = isinstance(node, nodes.CondExpr) or (
            isinstance(node, (nodes.And, nodes.Or)) and type(node).__name__.lower() != word
        )
        return f"({self.truth(node)})" if loose else self.truth(node)

    def list_of(self, node: nodes.Node) -> Code:
        """What a loop goes through."""
        from jinja2 import nodes

        if isinstance(node, nodes.Filter) and node.name == "items" and node.node is not None:
            record = self.code(node.node)
            if record.type == "record":
                return Code(f"{record.operand}.items()", "list", fails=record.fails)
        found = self.code(node)
        if found.type in ("list", "record"):
            return found
        return Code(f"{self.module.helper('each')}({found.source})", "list", fails=True)

    # -- values ----------------------------------------------------------------------------------------------------

    def _const(self, node: Any) -> Code:
        value = node.value
        kind = "text" if isinstance(value, str) else "yes_no" if isinstance(value, bool) else "any"
        if isinstance(value, int) and not isinstance(value, bool):
            kind = "int"
        elif isinstance(value, float):
            kind = "number"
        return Code(quoted(value, self.mark) if isinstance(value, str) else repr(value), kind)

    def _templatedata(self, node: Any) -> Code:
        return Code(quoted(node.data, self.mark), "text")

    def _name(self, node: Any) -> Code:
        if node.name not in self.values:
            raise NotPython(f"There is no variable called “{node.name}” here.")
        return self.values[node.name]

    def _list(self, node: Any) -> Code:
        parts = [self.code(item) for item in node.items]
        return Code(f"[{', '.join(part.source for part in parts)}]", "list", fails=any(part.fails for part in parts))

    _tuple = _list

    def _dict(self, node: Any) -> Code:
        parts = [(self.code(pair.key), self.code(pair.value)) for pair in node.items]
        source = ", ".join(f"{shown(key, self.module)}: {value.source}" for key, value in parts)
        return Code(f"{{{source}}}", "record", fails=any(key.fails or value.fails for key, value in parts))

    def _getattr(self, node: Any) -> Code:
        owner = self.code(node.node)
        return Code(f"{owner.operand}[{quoted(node.attr, self.mark)}]", fails=True)

    def _getitem(self, node: Any) -> Code:
        from jinja2 import nodes

        owner = self.code(node.node)
        if isinstance(node.arg, nodes.Slice):
            parts = (node.arg.start, node.arg.stop, node.arg.step)
            bounds = ["" if part is None else self.code(part).source for part in parts]
            which = ":".join(bounds if bounds[2] else bounds[:2])
            return Code(
                f"{owner.operand}[{which}]", owner.type if owner.type in ("text", "list") else "any", fails=True
            )
        return Code(f"{owner.operand}[{self.code(node.arg).source}]", fails=True)

    # -- operators -------------------------------------------------------------------------------------------------

    def _compare(self, node: Any) -> Code:
        left = self.code(node.expr)
        if len(node.ops) == 1 and node.ops[0].op in ("in", "notin"):
            right = self.code(node.ops[0].expr)
            word = "in" if node.ops[0].op == "in" else "not in"
            fails = left.fails or right.fails
            simple = left.type in ("text", "int", "number", "yes_no")
            if right.type == "list" or (right.type == "record" and simple) or right.type == left.type == "text":
                return Code(f"{left.operand} {word} {right.operand}", "yes_no", False, fails)
            if right.type == "text":
                return Code(f"{shown(left, self.module)} {word} {right.operand}", "yes_no", False, fails)
            test = f"{self.module.helper('inside')}({left.source}, {right.source})"
            return Code(test if word == "in" else f"not {test}", "yes_no", word == "in", True)
        signs = {
            "eq": "==",
            "ne": "!=",
            "lt": "<",
            "lteq": "<=",
            "gt": ">",
            "gteq": ">=",
            "in": "in",
            "notin": "not in",
        }
        pieces, fails = [left.operand], left.fails
        for op in node.ops:
            right = self.code(op.expr)
            pieces.append(f"{signs[op.op]} {right.operand}")
            both = {left.type, right.type}
            fails = fails or right.fails or (op.op not in ("eq", "ne") and not both <= {*NUMBERS} and both != {"text"})
            left = right
        return Code(" ".join(pieces), "yes_no", False, fails)

    def _and(self, node: Any) -> Code:
        return self._either(node, "and")

    def _or(self, node: Any) -> Code:
        return self._either(node, "or")

    def _either(self, node: Any, word: str) -> Code:
        left, right = self.code(node.left), self.code(node.right)
        kind = left.type if left.type == right.type else "any"
        return Code(f"{left.operand} {word} {right.operand}", kind, False, left.fails or right.fails)

    def _not(self, node: Any) -> Code:
        inner = self.code(node.node)
        return Code(f"not {inner.operand}", "yes_no", False, inner.fails)

    def _condexpr(self, node: Any) -> Code:
        yes = self.code(node.expr1)
        no = self.code(node.expr2) if node.expr2 is not None else Code(self.mark * 2, "text")
        kind = yes.type if yes.type == no.type else "any"
        fails = yes.fails or no.fails or self.code(node.test).fails
        return Code(f"{yes.operand} if {self.truth(node.test)} else {no.operand}", kind, False, fails)

    def _concat(self, node: Any) -> Code:
        parts = [self.code(item) for item in node.nodes]
        return Code(" + ".join(self._text(part) for part in parts), "text", False, any(part.fails for part in parts))

    def _text(self, code: Code) -> str:
        return code.operand if code.type == "text" else shown(code, self.module)

    def _add(self, node: Any) -> Code:
        left, right = self.code(node.left), self.code(node.right)
        both = {left.type, right.type}
        if both <= {*NUMBERS}:
            kind = "int" if both <= {"int", "yes_no"} else "number"
        else:
            kind = left.type if left.type == right.type else "any"
        known = both <= {*NUMBERS} or both in ({"text"}, {"list"})
        return Code(f"{left.operand} + {right.operand}", kind, False, not known or left.fails or right.fails)

    def _sub(self, node: Any) -> Code:
        return self._counted(node, "-")

    def _mul(self, node: Any) -> Code:
        return self._counted(node, "*")

    def _div(self, node: Any) -> Code:
        return self._counted(node, "/")

    def _floordiv(self, node: Any) -> Code:
        return self._counted(node, "//")

    def _mod(self, node: Any) -> Code:
        return self._counted(node, "%")

    def _pow(self, node: Any) -> Code:
        return self._counted(node, "**")

    def _counted(self, node: Any, sign: str) -> Code:
        left, right = self.code(node.left), self.code(node.right)
        safe = sign in "-*" and not left.fails and not right.fails and {left.type, right.type} <= {*NUMBERS}
        kind = "int" if {left.type, right.type} <= {"int", "yes_no"} and sign not in ("/", "**") else "number"
        return Code(f"{self._number(left)} {sign} {self._number(right)}", kind, False, not safe)

    def _number(self, code: Code) -> str:
        return code.operand if code.type in NUMBERS else f"{self.module.helper('number')}({code.source})"

    def _neg(self, node: Any) -> Code:
        inner = self.code(node.node)
        kind = inner.type if inner.type in ("int", "number") else "number"
        return Code(f"-{self._number(inner)}", kind, False, inner.fails or inner.type not in NUMBERS)

    def _pos(self, node: Any) -> Code:
        inner = self.code(node.node)
        return Code(f"+{self._number(inner)}", "number", False, inner.fails or inner.type not in NUMBERS)

    # -- filters and tests -----------------------------------------------------------------------------------------

    def _filter(self, node: Any) -> Code:
        value = self.code(node.node)
        given = [self.code(arg).source for arg in node.args]
        given += [f"{pair.key}={self.code(pair.value).source}" for pair in node.kwargs]
        fails = value.fails or any(self.code(arg).fails for arg in node.args)
        if node.name in ("length", "count"):
            known = value.type in SIZED
            source = f"len({value.source})" if known else f"{self.module.helper('size')}({value.source})"
            return Code(source, "int", fails=fails or not known)
        if node.name in _METHODS:
            return Code(f"{self._text(value)}.{_METHODS[node.name]}()", "text", fails=fails)
        if node.name == "string":
            return Code(shown(value, self.module), "text", value.type != "text" or value.atom, fails)
        if node.name in ("default", "d"):
            return self._default(value, given)
        if node.name == "tojson":
            self.module.other("", "json")
            return Code(f"json.dumps({value.source}, ensure_ascii=False)", "text", fails=fails)
        if node.name == "wordcount":
            return Code(f"len({self._text(value)}.split())", "int", fails=fails)
        if node.name in ("max", "min"):
            return Code(
                f"{node.name}({self.module.helper('numbers')}({value.source}), default=0)", "number", fails=True
            )
        if node.name == "sum":
            return Code(f"sum({self.module.helper('numbers')}({value.source}))", "number", fails=True)
        if node.name == "abs":
            return Code(f"abs({self.module.helper('to_number')}({value.source}))", "number", fails=True)
        if node.name == "list" and value.type in ("list", "text"):
            return Code(f"list({value.source})", "list", fails=fails)
        helper, kind = _HELPED[node.name]
        if kind == "same":
            kind = "list" if value.type in ("list", "record") else "text" if value.type == "text" else "any"
        known = value.type == "list" or (value.type == "text" and node.name in ("reverse", "replace", "truncate"))
        source = f"{self.module.helper(helper)}({', '.join([value.source, *given])})"
        return Code(source, kind, fails=fails or not known)

    def _default(self, value: Code, given: list[str]) -> Code:
        if len(given) <= 1 and not value.fails and value.type in SIZED:
            return Code(f"{value.operand} or {given[0] if given else self.mark * 2}", "any", False)
        lazy = f"lambda: {value.source}"
        return Code(f"{self.module.helper('default')}({', '.join([lazy, *given])})")

    def _test(self, node: Any) -> Code:
        if node.name in ("defined", "undefined"):
            return self._defined(node)
        value = self.code(node.node)
        given = [self.code(arg) for arg in node.args]
        fails = value.fails or any(arg.fails for arg in given)
        if node.name == "empty":
            if value.type in SIZED:
                return Code(f"not {value.operand}", "yes_no", False, fails)
            return Code(f"{self.module.helper('is_empty')}({value.source})", "yes_no", fails=fails)
        if node.name == "yes":
            if value.type == "yes_no":
                return value
            return Code(f"bool({value.source})", "yes_no", fails=fails)
        if node.name in ("startingwith", "endingwith"):
            method = node.name.removesuffix("ingwith") + "swith"
            return Code(f"{self._text(value)}.{method}({shown(given[0], self.module)})", "yes_no", fails=fails)
        if node.name in ("even", "odd"):
            number = value.operand
            if value.type not in NUMBERS:
                number = f"{self.module.helper('to_number')}({value.source})"
            return Code(
                f"{number} % 2 == {0 if node.name == 'even' else 1}", "yes_no", False, value.type not in NUMBERS
            )
        if node.name == "none":
            return Code(f"{value.operand} is None", "yes_no", False, fails)
        if node.name == "number":
            test = f"isinstance({value.source}, (int, float)) and not isinstance({value.source}, bool)"
            return Code(test, "yes_no", False, fails)
        return Code(f"isinstance({value.source}, {_TYPES[node.name]})", "yes_no", fails=fails)

    def _defined(self, node: Any) -> Code:
        try:
            value = self.code(node.node)
        except NotPython:
            return Code("False" if node.name == "defined" else "True", "yes_no")
        if not value.fails:
            return Code("True" if node.name == "defined" else "False", "yes_no")
        test = f"{self.module.helper('is_defined')}(lambda: {value.source})"
        return Code(test if node.name == "defined" else f"not {test}", "yes_no", node.name == "defined")


_METHODS = {"upper": "upper", "lower": "lower", "title": "title", "capitalize": "capitalize", "trim": "strip"}
_TYPES = {"string": "str", "mapping": "dict", "sequence": "(list, tuple)"}
_HELPED: dict[str, tuple[str, str]] = {
    "bullets": ("bullets", "text"),
    "first": ("first", "any"),
    "float": ("to_float", "any"),
    "int": ("to_int", "any"),
    "items": ("pairs", "list"),
    "join": ("joined", "text"),
    "last": ("last", "any"),
    "list": ("letters_or_items", "list"),
    "map": ("column", "list"),
    "numbered": ("numbered", "text"),
    "replace": ("replaced", "text"),
    "reverse": ("reversed_", "same"),
    "round": ("rounded", "number"),
    "sort": ("ordered", "list"),
    "truncate": ("truncated", "text"),
    "unique": ("unique", "list"),
}
