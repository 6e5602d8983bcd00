"""What is in a file: recognised by its bytes, refused in plain words."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from engine.effects import content
from engine.effects.content import attached, content_of, media_type_of, table_of
from engine.errors import ToolError

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
GIF = b"GIF89a" + b"\x00" * 20
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
PDF = b"%PDF-1.7\n..."


@pytest.mark.parametrize(
    ("data", "kind"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp"), (PDF, "application/pdf"),
     (b"hello", "text/plain"), (b"RIFFxxxxWAVE", "text/plain")],
)  # fmt: skip
def test_files_are_recognised_by_what_is_in_them(data: bytes, kind: str) -> None:
    assert media_type_of(data) == kind


def test_each_part_takes_what_it_can_show() -> None:
    assert content_of(PNG, "a", "image") == {"media_type": "image/png", "data": base64.b64encode(PNG).decode()}
    assert content_of(PDF, "a", "document")["media_type"] == "application/pdf"
    assert content_of(b"hi\r\n", "a", "document") == content_of(b"hi\n", "a", "data") == {"text": "hi\n"}


@pytest.mark.parametrize(
    ("data", "wanted", "words"),
    [
        (b"", "document", "is empty"), (b"hi", "image", "no image that models can see"), (PDF, "image", "no image"),
        (PNG, "document", "Use an Image part"), (PNG, "data", "Use an Image part"), (PDF, "data", "Use a Document"),
        (b"\xff\x00\xfe", "document", "is not a text"), (PNG * 9, "image", "at most 100 can be sent"),
        (PDF * 20, "document", "at most 100 can be sent"), (b"a" * 101, "data", "a text may have 100"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(data: bytes, wanted: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_PDF", "MAX_IMAGE", "MAX_TEXT"):
        monkeypatch.setattr(content, name, 100)
    with pytest.raises(ToolError, match=words):
        content_of(data, "a.bin", wanted)


def test_an_attached_file_is_what_its_bytes_are_not_what_it_says() -> None:
    said = {"name": "x.txt", "media_type": "text/plain", "data": base64.b64encode(PNG).decode()}
    assert attached(said, "image")["media_type"] == "image/png"
    for damaged in ("###", "YQ", "é"):
        with pytest.raises(ToolError, match="is damaged"):
            attached({"name": "x", "data": damaged}, "document")
    with pytest.raises(ToolError, match="“The file” is empty"):
        attached({}, "document")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('a,b\n1,"2,3"\n\n', [["a", "b"], ["1", "2,3"]]),
        ("a;b\n1,5;2", [["a", "b"], ["1,5", "2"]]),
        ("a\tb\n1\t2", [["a", "b"], ["1", "2"]]),
        ("alone", [["alone"]]),
        (' {"a": [1]}', {"a": [1]}),
        ("[1, 2]", [1, 2]),
        ("", []),
    ],
)
def test_data_is_a_table_or_json(text: str, value: Any) -> None:
    assert table_of(text, "x") == value


@pytest.mark.parametrize(
    ("text", "words"),
    [('{\n"a":', "not JSON: look at line 2"), ("[" * 100_000, "nested too deeply"),
     ("a," * 300, "more than 200 columns"), ("a\n" + "x" * 200_000, "no table")],
)  # fmt: skip
def test_what_is_no_table_is_refused(text: str, words: str) -> None:
    with pytest.raises(ToolError, match=words):
        table_of(text, "x")
