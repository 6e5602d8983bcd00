"""An expression back into rows, where rows can say it. The other way is ``conditions.to_expression``."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.blueprint.conditions import OPERATORS, Condition, Operator, as_condition

_NAME = r"(?P<v>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
_LITERAL = r"(?P<x>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?\d+(?:\.\d+)?|\(\s*-\d+(?:\.\d+)?\s*\)|true|false|none)"
_TRUTHS = {"yes_no": ("is_yes", "is_no")}
_FILLED = ("is_not_empty", "is_empty")
_WORDS = {"true": True, "false": False, "none": None}
_PIECE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[()]|\b(?:and|or)\b|.", re.DOTALL)


def rows_of(expression: str, types: Mapping[str, str] | None = None) -> Condition | None:
    """The rows that say the same as an expression; None where rows cannot say it.

    Args:
        expression: The expression.
        types: Types of variables by name: a name alone asks for yes where the variable is a yes or no.

    Example:
        >>> found = rows_of("notes is not empty and (mood == 'glad' or mood == 'calm')")
        >>> [row.operator for row in found.rows], found.rows[1].match
        (['is_not_empty', 'is_not_empty'], 'any')
    """
    if not expression.strip():
        return as_condition({})
    match, pieces = _joined(expression)
    rows: list[dict[str, Any]] = []
    for piece in pieces:
        inner = _unwrapped(piece)
        inner_match, inner_pieces = _joined(inner)
        if len(inner_pieces) == 1:
            row = _row(inner, types or {})
            if row is None:
                return None
            rows.append(row)
            continue
        found = [_row(_unwrapped(one), types or {}) for one in inner_pieces]
        if None in found:
            return None
        rows.append({"rows": found, "match": inner_match})
    if len(rows) == 1 and rows[0].get("rows"):  # brackets around everything
        return as_condition(rows[0])
    return as_condition({"rows": rows, "match": match})


def _joined(text: str) -> tuple[str, list[str]]:
    """An expression at its outermost ``or``, else at its outermost ``and``."""
    for word, match in (("or", "any"), ("and", "all")):
        pieces = _split(text, word)
        if len(pieces) > 1:
            return match, pieces
    return "all", [text]


def _split(text: str, word: str) -> list[str]:
    pieces, depth = [""], 0
    for found in _PIECE.finditer(text):
        part = found.group()
        depth += (part == "(") - (part == ")")
        if part == word and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += part
    return pieces if all(piece.strip() for piece in pieces) else [text]


def _unwrapped(text: str) -> str:
    """Without brackets around the whole of it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for number, found in enumerate(_PIECE.finditer(text)):
            depth += (found.group() == "(") - (found.group() == ")")
            if depth == 0 and number and found.end() < len(text):
                return text
        if depth:
            return text
        text = text[1:-1].strip()
    return text


@cache
def _patterns() -> list[tuple[re.Pattern[str], Operator]]:
    """How each operator reads, the longest first."""
    found = []
    for operator in sorted(OPERATORS.values(), key=lambda one: -len(one.pattern)):
        pieces = [re.escape(piece).replace(r"\ ", r"\s+") for piece in re.split(r"(\{v\}|\{x\})", operator.pattern)]
        text = "".join({r"\{v\}": _NAME, r"\{x\}": _LITERAL}.get(piece, piece) for piece in pieces)
        text = re.sub(r"\\s\+(==|!=|>=|<=|>|<)\\s\+", r"\\s*\1\\s*", text)
        found.append((re.compile(rf"\s*{text}\s*"), operator))
    return found


def _row(text: str, types: Mapping[str, str]) -> dict[str, Any] | None:
    for pattern, operator in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            value = _value(found["x"]) if "x" in pattern.groupindex else None
            return {"variable": found["v"], "operator": operator.name, "value": value}
    alone = re.fullmatch(rf"(?P<no>not\s+)?{_NAME}", text.strip())
    kind = types.get(alone["v"], "") if alone is not None else ""
    if alone is None or kind not in ("yes_no", "list", "text", "record"):
        return None
    yes, no = _TRUTHS.get(kind, _FILLED)
    return {"variable": alone["v"], "operator": no if alone["no"] else yes, "value": None}


def _value(text: str) -> Any:
    text = text.strip("() ") if text.startswith("(") else text
    return _WORDS[text] if text in _WORDS else ast.literal_eval(text)


__all__ = ["rows_of"]
