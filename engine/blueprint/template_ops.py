"""What the operations of the template language do, and their bounds.

Every operation is charged to a budget, texts and lists have a largest size: no template can take long or grow large,
whatever stands in it or in the values. Not here: reading texts (``template``, ``template_code``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

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


_ARITHMETIC: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "Sub": (operator.sub, "subtracted"),
    "Mul": (operator.mul, "multiplied"),
    "Div": (operator.truediv, "divided"),
    "FloorDiv": (operator.floordiv, "divided"),
    "Mod": (operator.mod, "divided"),
    "Pow": (operator.pow, "raised"),
}


def weight(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // 64
    return len(value) if isinstance(value, (list, tuple, dict)) else 0


def each(frame: Frame, value: Any, line: int) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple, dict)):
        frame.sized(value)
        return list(value)
    raise TemplateError(f"Only a list can be repeated, and this is {short(value)}.", line)


def unpack(targets: list[str], item: Any, line: int) -> dict[str, Any]:
    if len(targets) == 1:
        return {targets[0]: item}
    if isinstance(item, (list, tuple)) and len(item) == len(targets):
        return dict(zip(targets, item, strict=True))
    raise TemplateError(f"The items of this list are not made of {len(targets)} values.", line)


def field_of(frame: Frame, owner: Any, name: Any, line: int) -> Any:
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


def is_defined(frame: Frame, code: Code) -> bool:
    try:
        code(frame)
    except TemplateError:
        return False
    return True


def compare(name: str, left: Any, right: Any, line: int) -> bool:
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


def number(value: Any, line: int) -> int | float:
    if isinstance(value, (int, float)):
        return value
    raise TemplateError(f"{short(value)} is not a number.", line)


def arithmetic(name: str, left: Any, right: Any, line: int) -> Any:
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
