"""Fuzzy matching of what is typed against titles. Nothing of Qt."""

from __future__ import annotations


def match(typed: str, title: str) -> tuple[int, list[int]] | None:
    """How well a title fits what was typed, and which of its letters were used; None where it does not.

    Every letter must occur in order. Beginnings of words and letters in a row count more; a shorter title wins.

    Example:
        >>> match("ns", "New session")[1]
        [0, 4]
        >>> match("xyz", "New session") is None
        True
    """
    wanted = [letter for letter in typed.casefold() if not letter.isspace()]
    if not wanted:
        return 0, []
    text = title.casefold()
    if len(text) != len(title):  # folding changed the length ("ß"): places would not fit any more
        text = title.lower() if len(title.lower()) == len(title) else title
    whole = text.find("".join(typed.casefold().split()) if " " not in typed.strip() else typed.strip().casefold())
    best: tuple[int, list[int]] | None = None
    if whole >= 0:
        length = len(typed.strip())
        starts = whole == 0 or not text[whole - 1].isalnum()
        best = (60 * length + 200 if starts else 30 * length) - whole, list(range(whole, whole + length))
    starts_only = _greedy(wanted, text, words_first=True)
    plain = _greedy(wanted, text, words_first=False)
    for found in (starts_only, plain):
        if found is None:
            continue
        score = _score(found, text)
        if best is None or score > best[0]:
            best = score, found
    if best is None:
        return None
    return best[0] - len(title), best[1]


def _greedy(wanted: list[str], text: str, *, words_first: bool) -> list[int] | None:
    found: list[int] = []
    place = 0
    for number, letter in enumerate(wanted):
        here = text.find(letter, place)
        if words_first:
            start = _word_start(letter, text, place)
            follows = bool(found) and here == found[-1] + 1
            if start >= 0 and not follows and _fits(wanted[number + 1 :], text, start + 1):
                here = start
        if here < 0:
            return None
        found.append(here)
        place = here + 1
    return found


def _word_start(letter: str, text: str, place: int) -> int:
    for number in range(place, len(text)):
        if text[number] == letter and (number == 0 or not text[number - 1].isalnum()):
            return number
    return -1


def _fits(wanted: list[str], text: str, place: int) -> bool:
    for letter in wanted:
        place = text.find(letter, place) + 1
        if place == 0:
            return False
    return True


def _score(found: list[int], text: str) -> int:
    score = 0
    for number, place in enumerate(found):
        if place == 0 or not text[place - 1].isalnum():
            score += 40
        if number and place == found[number - 1] + 1:
            score += 25
        score += 5
    return score - found[0]
