"""Technical names made from titles: snake_case, plain letters, unique. Not here: rewriting references (``rename``)."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

MAX_NAME = 64

# Letters that Unicode does not decompose into a plain letter with a mark.
_SPELLED = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ŋ": "ng",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "і": "i", "ї": "yi", "є": "ye", "ґ": "g",
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
    "&": " and ", "@": " at ", "%": " percent ", "+": " plus ", "€": " euro ",
}  # fmt: skip

RESERVED = frozenset(
    {
        "loop",
        "true",
        "false",
        "none",
        "self",
        "range",
        "item",
        "in",
        "is",
        "not",
        "and",
        "or",
        "if",
        "else",
        "for",
        "set",
    }
)
"""Words of the template language that cannot name a variable (``item`` belongs to Repeat and to lines of a list)."""


@lru_cache(maxsize=4096)
def slug(title: str, fallback: str = "unnamed") -> str:
    """``"Add note"`` becomes ``"add_note"``. Never empty, never starts with a digit.

    Example:
        >>> slug("Größe der Datei"), slug("Заметки"), slug("2 figs"), slug("メモ", "variable")
        ('grosse_der_datei', 'zametki', 'n2_figs', 'u30e1_u30e2')
    """
    letters = unicodedata.normalize("NFKD", _spell(title.strip().lower()))
    pieces: list[str] = []
    for letter in _spell("".join(letter for letter in letters if not unicodedata.combining(letter))):
        if letter.isascii():
            pieces.append(letter if letter.isalnum() else " ")
        elif letter.isalnum():
            pieces.append(f" u{ord(letter):x} ")
        else:
            pieces.append(" ")
    name = "_".join("".join(pieces).split())[:MAX_NAME].strip("_")
    if not name:
        return fallback
    if name[0].isdigit():
        name = f"n{name}"[:MAX_NAME]
    if name in RESERVED or keyword.iskeyword(name):
        name = f"{name}_"
    return name


def _spell(text: str) -> str:
    return "".join(_SPELLED.get(letter, letter) for letter in text)


def is_name(text: str) -> bool:
    """Whether it may be used as a technical name as it is."""
    return re.fullmatch(r"[a-z_][a-z0-9_]{0,63}", text) is not None and text not in RESERVED


def unique(name: str, taken: Collection[str]) -> str:
    """The name itself, or with the first free number behind it (``notes_2``)."""
    if name not in taken:
        return name
    number = 2
    while f"{name[: MAX_NAME - 6]}_{number}" in taken:
        number += 1
    return f"{name[: MAX_NAME - 6]}_{number}"


def unique_title(title: str, taken: Collection[str]) -> str:
    """The title itself, or with the first free number behind it (``Notes 2``)."""
    if title not in taken:
        return title
    number = 2
    while f"{title} {number}" in taken:
        number += 1
    return f"{title} {number}"
