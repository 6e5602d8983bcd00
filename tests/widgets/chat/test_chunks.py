"""Where markdown is cut into chunks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.chat.chunks import Chunker, definitions, split


def kinds(text: str) -> list[tuple[str, str]]:
    return [(chunk.kind, chunk.text) for chunk in split(text)]


def test_paragraphs_are_chunks() -> None:
    assert kinds("One\nstill one.\n\nTwo.") == [("prose", "One\nstill one."), ("prose", "Two.")]


def test_a_fence_is_a_chunk_without_its_fences() -> None:
    chunks = split("Look:\n```python\na = 1\n\nb = 2\n```\nDone.")
    assert [(chunk.kind, chunk.text, chunk.language) for chunk in chunks] == [
        ("prose", "Look:", ""),
        ("code", "a = 1\n\nb = 2", "python"),
        ("prose", "Done.", ""),
    ]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    assert kinds("````\n```\ninside\n```\n````") == [("code", "```\ninside\n```")]


def test_tildes_do_not_close_backticks() -> None:
    assert kinds("```\n~~~\n```\n") == [("code", "~~~")]


def test_a_fence_that_never_closes_is_code_to_the_end() -> None:
    assert kinds("```\na\nb") == [("code", "a\nb")]


def test_items_of_one_list_are_chunks_that_join() -> None:
    chunks = split("- one\n- two\n  more\n\n- three\n\n1. other")
    assert [(chunk.text, chunk.joins) for chunk in chunks] == [
        ("- one", False),
        ("- two\n  more", True),
        ("- three", True),
        ("1. other", False),
    ]


def test_a_nested_list_stays_with_its_item() -> None:
    assert kinds("- one\n  - inner\n\n    text of inner\n- two") == [
        ("prose", "- one\n  - inner\n\n    text of inner"),
        ("prose", "- two"),
    ]


def test_a_fence_inside_a_list_item_stays_with_it() -> None:
    assert len(split("- one\n  ```\n  code\n\n  more\n  ```\n- two")) == 2


def test_a_rule_is_no_list() -> None:
    assert [chunk.item for chunk in split("* * *\n\n- item")] == ["", "-"]


def test_a_heading_ends_what_stood_before_it() -> None:
    assert kinds("text\n# Head\nmore") == [("prose", "text"), ("prose", "# Head"), ("prose", "more")]


@pytest.mark.parametrize("partial", ["-", "``", "```py", "#", "1.", "==", "|"])
def test_a_line_that_may_become_something_else_is_not_shown_yet(partial: str) -> None:
    chunker = Chunker()
    chunker.feed("Here:\n" + partial)
    tail = chunker.tail()
    assert tail is not None and tail.text.strip() == "Here:"


def test_link_definitions_are_found() -> None:
    assert definitions("See [a][1].\n\n[1]: https://example.org\n") == "[1]: https://example.org"
    assert definitions("No definition [here]: there is none") == ""


MARKDOWN = st.text(alphabet="ab \n-*`#>1.|[]():/~_", max_size=120)


@given(text=MARKDOWN, cuts=st.lists(st.integers(0, 120), max_size=12))
def test_cuts_depend_on_the_text_alone(text: str, cuts: list[int]) -> None:
    chunker = Chunker()
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    done = [chunk for a, b in itertools.pairwise(places) for chunk in chunker.feed(text[a:b])]
    assert [*done, *chunker.finish()] == split(text)


@given(text=MARKDOWN)
def test_no_word_is_lost(text: str) -> None:
    letters = [letter for letter in text if letter in "ab"]
    kept = [letter for chunk in split(text) for letter in chunk.text + chunk.language if letter in "ab"]
    fence_words = "```" in text or "~~~" in text  # words after a fence's language are dropped, as markdown does
    assert kept == letters or fence_words
