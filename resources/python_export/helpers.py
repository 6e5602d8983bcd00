"""Small functions that exported agents carry along where they need them: how texts show values, and how steps fail.

The exporter copies single functions out of this file, each with those it calls. They are plain Python over the
engine's public names, and do what the texts and steps of Bough do.
"""

import copy
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from engine import ToolContext, ToolError


def as_text(value: Any, depth: int = 0) -> str:
    """A value as the model reads it: yes or no, whole numbers without a point, lists as lines with a dash."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
    if depth >= 6:
        return "…"
    indent, lines = "  " * depth, []
    if isinstance(value, dict):
        for name, item in value.items():
            gap = "\n" if isinstance(item, (list, tuple, dict)) and item else " "
            lines.append(f"{indent}{name}:{gap}{as_text(item, depth + 1)}".rstrip())
        return "\n".join(lines)
    for item in value:
        nested = isinstance(item, (list, tuple, dict)) and bool(item)
        written = as_text(item, depth + 1)
        lines.append(f"{indent}- {written.lstrip() if nested else written}")
    return "\n".join(lines)


def short(value: Any) -> str:
    """A value in a few words, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        text = " ".join(value.split())
        return f"“{text if len(text) <= 60 else text[:59] + '…'}”"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value):,} item{'' if len(value) == 1 else 's'}" if value else "an empty list"
    if isinstance(value, dict):
        return f"a record of {len(value):,} field{'' if len(value) == 1 else 's'}" if value else "an empty record"
    return as_text(value)


def each(value: Any) -> list[Any]:
    """What a loop goes through: the items of a list, the names in a record, nothing for nothing."""
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple, dict)):
        return list(value)
    raise ValueError(f"Only a list can be repeated, and this is {short(value)}.")


def rows(value: Any) -> list[Any]:
    """The items of a list; for a record one ``{name, value}`` for each of its fields."""
    if isinstance(value, dict):
        return [{"name": name, "value": item} for name, item in value.items()]
    return list(value)


def looped(items: list[Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each item with where it stands in the loop."""
    count = len(items)
    for index, item in enumerate(items):
        place = {"index": index + 1, "index0": index, "first": index == 0, "last": index == count - 1, "length": count}
        yield place, item


def keyed(items: list[Any]) -> list[tuple[str, Any]]:
    """Each item with a key that stays with it when others come and go: from its ``id``, else from its content."""
    seen: dict[str, int] = {}
    found = []
    for item in items:
        told = item.get("id", item) if isinstance(item, dict) else item
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]
        seen[digest] = seen.get(digest, 0) + 1
        found.append((digest if seen[digest] == 1 else f"{digest}-{seen[digest]}", item))
    return found


def with_words(element: Callable[..., Any], text: str, **props: Any) -> Any:
    """An element, or nothing where there are no words to put into it."""
    return element(text, **props) if text.strip() else None


def size(value: Any) -> int:
    """How many items or letters there are."""
    return 0 if value is None else len(value)


def is_empty(value: Any) -> bool:
    """Whether there is nothing in it. Numbers are never empty."""
    return value is None or (isinstance(value, (str, list, tuple, dict)) and len(value) == 0)


def inside(left: Any, right: Any) -> bool:
    """Whether a text, a list or a record holds something."""
    if isinstance(right, str):
        return as_text(left) in right
    return left in right if not isinstance(left, (list, dict)) or not isinstance(right, dict) else False


def default(value: Callable[[], Any], otherwise: Any = "", empty_too: bool = True) -> Any:
    """A value, or another where it is missing or empty."""
    try:
        found = value()
    except (LookupError, TypeError, ValueError, ArithmeticError):
        found = None
    return otherwise if found is None or (empty_too and found in ("", [], {})) else found


def is_defined(value: Callable[[], Any]) -> bool:
    """Whether there is such a value."""
    try:
        value()
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return False
    return True


def holds(test: Callable[[], Any]) -> bool:
    """Whether a condition holds; one that cannot be worked out does not."""
    try:
        return bool(test())
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return False


def to_number(value: Any) -> int | float:
    """A value as a number."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and len(value) <= 40:
        text = value.strip().replace(" ", "")
        for convert in (int, float):
            try:
                number = convert(text)
            except ValueError:
                continue
            if number == number and number not in (float("inf"), float("-inf")):
                return number
    raise ValueError(f"{short(value)} is not a number")


def number(value: Any) -> int | float:
    """A number; nothing else counts as one."""
    if isinstance(value, (int, float)):
        return value
    raise ValueError(f"{short(value)} is not a number.")


def to_yes_no(value: Any) -> bool:
    """A value as yes or no."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("yes", "true", "on", "1", "y"):
            return True
        if word in ("no", "false", "off", "0", "n", ""):
            return False
    raise ValueError(f"{short(value)} is neither yes nor no")


def to_list(value: Any) -> list[Any]:
    """A value as a list; a text gives one item for each line that is not blank."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        parsed = from_json(value, list)
        return parsed if parsed is not None else [line.strip() for line in value.splitlines() if line.strip()]
    return [value]


def to_record(value: Any) -> dict[str, Any]:
    """A value as a record; a text may be a JSON object."""
    if isinstance(value, dict):
        return dict(value)
    if value is None or value == "":
        return {}
    parsed = from_json(value, dict) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError(f"{short(value)} is not a record")
    return parsed


def from_json(text: str, kind: type) -> Any:
    """The list or record that a text is in JSON, or None."""
    if len(text) > 100_000 or not text.lstrip().startswith("[" if kind is list else "{"):
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, kind) else None


def items(value: Any) -> list[Any]:
    """The items of a list or the names in a record."""
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple, dict)):
        return list(value)
    raise TypeError(f"{short(value)} is no list")


def letters_or_items(value: Any) -> list[Any]:
    """The letters of a text, or the items of a list."""
    return list(value) if isinstance(value, str) else items(value)


def joined(value: Any, between: Any = ", ") -> str:
    """The items as one text."""
    return as_text(between).join(as_text(item) for item in items(value))


def bullets(value: Any) -> str:
    """The items as lines with a dash."""
    return "\n".join(f"- {as_text(item)}" for item in items(value))


def numbered(value: Any) -> str:
    """The items as numbered lines."""
    return "\n".join(f"{number}. {as_text(item)}" for number, item in enumerate(items(value), 1))


def first(value: Any, count: Any = None) -> Any:
    """The first item, or the first few."""
    found = value if isinstance(value, str) else items(value)
    if count is not None:
        return found[: max(0, int(to_number(count)))]
    return found[0] if found else ""


def last(value: Any, count: Any = None) -> Any:
    """The last item, or the last few."""
    found = value if isinstance(value, str) else items(value)
    if count is not None:
        wanted = max(0, int(to_number(count)))
        return found[-wanted:] if wanted else found[:0]
    return found[-1] if found else ""


def ordered(value: Any, reverse: Any = False) -> list[Any]:
    """The items in order: numbers first, then texts without regard to capitals."""

    def rank(item: Any) -> Any:
        return (0, item, "") if isinstance(item, (int, float)) else (1, 0, as_text(item).casefold())

    return sorted(items(value), key=rank, reverse=bool(reverse))


def reversed_(value: Any) -> Any:
    """A text or a list from its end to its beginning."""
    return value[::-1] if isinstance(value, str) else items(value)[::-1]


def unique(value: Any) -> list[Any]:
    """The items, each once."""
    found: dict[str, Any] = {}
    for item in items(value):
        found.setdefault(f"{type(item).__name__}:{as_text(item)}", item)
    return list(found.values())


def replaced(value: Any, old: Any, new: Any = "") -> str:
    """A text with some words exchanged."""
    text, before = as_text(value), as_text(old)
    return text.replace(before, as_text(new)) if before else text


def truncated(value: Any, length: Any = 100, end: Any = "…") -> str:
    """The beginning of a text."""
    text, limit = as_text(value), max(0, int(to_number(length)))
    return text if len(text) <= limit else text[:limit].rstrip() + as_text(end)[:20]


def rounded(value: Any, digits: Any = 0) -> Any:
    """A number with so many digits behind the point."""
    places = max(0, min(10, int(to_number(digits))))
    found = round(to_number(value), places)
    return int(found) if places == 0 else found


def to_int(value: Any, otherwise: Any = 0) -> Any:
    """A whole number, or another value where it is none."""
    try:
        return int(to_number(value))
    except ValueError:
        return otherwise


def to_float(value: Any, otherwise: Any = 0.0) -> Any:
    """A number with a point, or another value where it is none."""
    try:
        return float(to_number(value))
    except ValueError:
        return otherwise


def numbers(value: Any) -> list[Any]:
    """The items as numbers."""
    return [to_number(item) for item in items(value)]


def column(value: Any, name: str) -> list[Any]:
    """One field of each record in a list."""
    return [item.get(name, "") if isinstance(item, dict) else "" for item in items(value)]


def pairs(value: Any) -> list[list[Any]]:
    """The fields of a record with their values."""
    if not isinstance(value, dict):
        raise TypeError(f"{short(value)} is no record")
    return [[name, item] for name, item in value.items()]


def without(items: Any, value: Any) -> Any:
    """A list without the items that are equal to a value, or a record without a field."""
    if isinstance(items, dict):
        if as_text(value) not in items:
            raise ValueError(f"there is no field “{as_text(value)}”")
        return {name: item for name, item in items.items() if name != as_text(value)}
    wanted = as_text(value).strip().casefold()
    kept = [item for item in items if item != value and as_text(item).strip().casefold() != wanted]
    return some_taken(items, kept, value)


def without_containing(items: Any, value: Any) -> Any:
    """A list without the items that contain a text, or a record without a field."""
    if isinstance(items, dict):
        return without(items, value)
    wanted = as_text(value).strip().casefold()
    kept = [item for item in items if not wanted or wanted not in as_text(item).casefold()]
    return some_taken(items, kept, value)


def without_position(items: Any, value: Any) -> Any:
    """A list without the item at a position (the first is 1), or a record without a field."""
    if isinstance(items, dict):
        return without(items, value)
    if not items:
        raise ValueError("the list is empty")
    position = to_number(value)
    if position != int(position) or not 1 <= position <= len(items):
        raise ValueError(f"there is no item {as_text(value)}: the list has {len(items)}")
    return [item for index, item in enumerate(items, 1) if index != position]


def without_end(items: Any, end: str) -> Any:
    """A list without its first or last item."""
    if isinstance(items, dict):
        return without(items, "")
    if not items:
        raise ValueError("the list is empty")
    return items[1:] if end == "first" else items[:-1]


def some_taken(items: list[Any], kept: list[Any], value: Any) -> list[Any]:
    """What is left, where something was taken out."""
    if not items:
        raise ValueError("the list is empty")
    if len(kept) == len(items):
        raise ValueError(f"no item matches “{as_text(value)[:200]}”")
    return kept


def with_line(text: str, line: str) -> str:
    """A text with one more line."""
    return f"{text}\n{line}" if text else line


def allowed(definition: Any, value: Any) -> Any:
    """A value that a knob may have."""
    problem = definition.problem(value)
    if problem:
        raise ValueError(problem)
    return value


def not_now(value: Any) -> str:
    """Why a knob that is not shown cannot be set."""
    return "it cannot be set at the moment"


def hidden(definition: Any) -> Any:
    """A knob while it is not shown: it keeps its value, and the model neither sees nor sets it."""
    return replace(definition, inline=True, validate=not_now)


def now(setter: Callable[[Any], None]) -> Any:
    """The value at this very moment; another tool may have changed it since the last render."""
    found: list[Any] = []

    def look(value: Any) -> Any:
        found.append(value)
        return copy.copy(value)  # equal, so nothing changes

    setter(look)
    return found[0]


@contextmanager
def step(title: str) -> Iterator[None]:
    """A step that may not work: the model is told why, and no variable is changed."""
    try:
        yield
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise ToolError(f"{title}: {error}. Nothing was changed.".replace("..", ".")) from None


@contextmanager
def quietly(title: str) -> Iterator[None]:
    """Steps that run by themselves: what goes wrong is logged and never ends the turn."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, the turn goes on
        logging.getLogger(__name__).warning("%s: %s", title, error)


class Draft:
    """Changes of variables that count only when all steps of a tool have worked, over what others did meanwhile."""

    def __init__(self) -> None:
        self.changes: list[tuple[Callable[[Any], None], Callable[[Any], Any]]] = []

    def change(self, setter: Callable[[Any], None], value: Any, how: Callable[[Any], Any]) -> Any:
        """Plan a change; what the value would be then."""
        self.changes.append((setter, how))
        return how(value)

    def keep(self) -> None:
        """Make the changes."""
        for setter, how in self.changes:
            setter(how)


async def answer_of(call: ToolContext, question: str, choices: list[str]) -> str:
    """The answer of the person in the chat."""
    if not question.strip():
        raise ToolError("There is nothing to ask: the question is empty.")
    answer = await call.ask(question.strip()[:5_000], choices)
    if answer is None:
        raise ToolError(f"The person did not answer: {question.strip()[:5_000]}")
    return answer
