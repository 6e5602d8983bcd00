"""Markdown on screen: streamed as when whole, no raw HTML, no images, only safe links."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication

from tests.widgets.themed import wear
from widgets.chat.formats import CODE_BLOCK, QuietDocument, safe_link
from widgets.chat.render import MarkdownWriter

BLOCKS = (
    "# Heading",
    "Some **bold**, *italic*, `code` and ~~gone~~ words.",
    "A line\nand another  \nwith a hard break.",
    "- one\n- two\n  - nested\n- three",
    "1. first\n2. second\n\n3. third",
    "> a quote\n> of two lines",
    "```python\ndef f():\n\n    return 1\n\n```",
    "~~~\nplain\n~~~",
    "| a | b |\n|:--|--:|\n| 1 | **2** |",
    "[link](https://example.org/a?b=c) and <https://example.org>",
    "<b>raw</b> <script>alert(1)</script> &amp; &lt;",
    "![alt](https://example.org/x.png)",
    "* * *",
    "Text right\n- under a list\n```\nand code\n```\nand text.",
    "[ref][1] and [1]\n\n[1]: https://example.org/ref",
    "- [ ] open\n- [x] done",
    "   indented\n\n    four",
)


@pytest.fixture(autouse=True)
def _theme(qapp: QApplication) -> None:
    wear(qapp)


def picture(document: QTextDocument) -> list[tuple[object, ...]]:
    """All that can be seen of a document."""
    result: list[tuple[object, ...]] = []
    block = document.begin()
    while block.isValid():
        form = block.blockFormat()
        text_list = block.textList()
        listed = None
        if text_list is not None:
            style = text_list.format()
            listed = (style.style(), style.indent(), text_list.itemNumber(block), text_list.itemText(block))
        table = QTextCursor(block).currentTable()
        fragments = []
        walk = block.begin()
        while not walk.atEnd():
            fragment, char = walk.fragment(), walk.fragment().charFormat()
            fragments.append(
                (fragment.text(), char.fontWeight(), char.fontItalic(), char.fontFamilies(), char.anchorHref())
            )
            walk += 1
        margins = (form.topMargin(), form.leftMargin(), form.indent(), form.headingLevel())
        code = form.property(CODE_BLOCK) if form.hasProperty(CODE_BLOCK) else None
        result.append((block.text(), margins, code, listed, table is not None, tuple(fragments)))
        block = block.next()
    return result


def whole(text: str) -> MarkdownWriter:
    writer = MarkdownWriter(QuietDocument())
    writer.feed(text)
    writer.finish()
    return writer


@settings(max_examples=120)
@given(
    parts=st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=7),
    gaps=st.lists(st.sampled_from(["\n", "\n\n", "\n\n\n"]), min_size=7, max_size=7),
    sizes=st.lists(st.integers(1, 23), min_size=1, max_size=40),
)
def test_streamed_in_any_pieces_equals_the_final_text(parts: list[str], gaps: list[str], sizes: list[int]) -> None:
    text = "".join(part + gap for part, gap in zip(parts, gaps, strict=False))
    writer = MarkdownWriter(QuietDocument())
    place = turn = 0
    while place < len(text):
        size = sizes[turn % len(sizes)]
        writer.feed(text[place : place + size])
        place, turn = place + size, turn + 1
    writer.finish()
    assert picture(writer.document) == picture(whole(text).document)
    assert writer.text == text


@given(st.text(alphabet="ab1 \n-*`#>.|[]():/~_!<&", max_size=80), st.integers(1, 7))
def test_any_text_streams_to_the_same_end(text: str, size: int) -> None:
    writer = MarkdownWriter(QuietDocument())
    for place in range(0, len(text), size):
        writer.feed(text[place : place + size])
    writer.finish()
    assert picture(writer.document) == picture(whole(text).document)


def test_another_final_text_replaces_what_was_streamed() -> None:
    writer = MarkdownWriter(QuietDocument())
    writer.feed("Half a sent")
    writer.finish("Another **answer**.")
    assert picture(writer.document) == picture(whole("Another **answer**.").document)


def test_html_is_shown_as_written() -> None:
    shown = whole("<b>raw</b> <script>alert(1)</script>\n\n<div>block</div>").document.toPlainText()
    for piece in ("<b>", "<script>alert(1)</script>", "<div>block</div>"):
        assert piece in shown


def hrefs(document: QTextDocument) -> list[str]:
    return [str(part[4]) for line in picture(document) for part in line[5] if part[4]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ftp://example.org", "/etc/passwd", "http:///x"],
)
def test_other_links_are_plain_words(address: str) -> None:
    document = whole(f"[words]({address})").document
    assert hrefs(document) == []
    assert "words" in document.toPlainText()
    assert safe_link(address) == ""


@pytest.mark.parametrize("address", ["https://example.org/a?b=c", "http://example.org", "mailto:ada@example.org"])
def test_safe_links_are_links(address: str) -> None:
    assert hrefs(whole(f"[words]({address})").document) == [address]


def test_a_reference_link_is_resolved_when_the_text_is_complete() -> None:
    assert hrefs(whole("See [this][1].\n\n[1]: https://example.org/ref").document) == ["https://example.org/ref"]


def test_an_image_is_its_description_and_nothing_is_loaded() -> None:
    document = whole("![a cat](https://example.org/cat.png) ![secret](file:///etc/passwd)").document
    assert document.toPlainText() == "Image: a cat Image: secret"
    assert hrefs(document) == ["https://example.org/cat.png"]
    assert document.resource(QTextDocument.ResourceType.ImageResource, QUrl("file:///etc/passwd")) is None


def test_list_numbers_go_on_across_blank_lines() -> None:
    numbers = [line[3][3] for line in picture(whole("1. a\n\n1. b\n\n1. c").document)]  # type: ignore[index]
    assert numbers == ["1.", "2.", "3."]
