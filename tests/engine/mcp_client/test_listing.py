"""What servers offer: schemas checked, names made legal, kept in files; and what they return as blocks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import ToolError
from engine.mcp_client.listing import MAX_TOOLS, Listing, Listings, legal_names, make_listing
from engine.mcp_client.results import MAX_IMAGE, MAX_TEXT, blocks_of

OBJECT: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("name", "schema", "reason"),
    [
        ("", OBJECT, "no name"),
        ("t", [], "not described"),
        ("t", {"type": "array"}, "must be of type object"),
        ("t", {"type": "object", "properties": {"a": {"type": 3}}}, "not a JSON schema"),
        ("t", {"type": "object", "properties": {"a": {"$ref": "https://example.org/x"}}}, "points to another place"),
        ("t", {"type": "object", "description": "x" * 100_001}, "too long"),
    ],
)
def test_a_tool_that_cannot_be_used_is_left_out_with_the_reason(name: str, schema: Any, reason: str) -> None:
    listing = make_listing("s", "1", [(name, "", "", schema), ("good", "", "", OBJECT)])
    assert [tool.name for tool in listing.tools] == ["good"]
    assert reason in listing.left_out[0][1]


def test_doubles_and_too_many_are_left_out_and_long_words_cut() -> None:
    listing = make_listing("s", "1", [("a", "", "x" * 20_000, OBJECT), ("a", "", "", OBJECT)])
    assert listing.left_out == (("a", "the server has two tools of this name"),)
    assert len(listing.tools[0].description) == 10_001 and listing.tools[0].title == "a"
    many = make_listing("s", "1", [(f"t{n}", "", "", OBJECT) for n in range(MAX_TOOLS + 2)])
    assert len(many.tools) == MAX_TOOLS and len(many.left_out) == 2
    nested = {"type": "object", "anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "object"}}}
    assert make_listing("s", "1", [("t", "", "", nested)]).tools


def test_names_become_legal_and_stay_different() -> None:
    names = legal_names(["get/user", "get user", "größe", "x" * 80, "x" * 81, "/"], "my files")
    assert names["get/user"] == "my_files_get_user" and names["get user"] == "my_files_get_user_2"
    assert names["/"] == "my_files_tool" and names["größe"] == "my_files_gr_e"
    assert len(set(names.values())) == 6 and all(len(made) <= 64 for made in names.values())
    assert legal_names(["add"], "") == {"add": "add"}


async def test_what_was_offered_outlives_the_program_and_bad_files_are_passed_over(tmp_path: Path) -> None:
    listing = make_listing("s", "1", [("a", "A", "d", OBJECT)], [("b", "why")])
    first = Listings()
    await first.use_folder(tmp_path / "mcp")
    heard: list[str] = []
    leave = first.listen(heard.append)
    await first.put("key", listing)
    await first.put("key", listing)
    leave()
    await first.put("key", make_listing("s", "2", []))
    await first.put("key", listing)
    assert heard == ["key"]
    (tmp_path / "mcp" / "bad.json").write_text("{}", encoding="utf-8")
    (tmp_path / "mcp" / "worse.json").write_text("{", encoding="utf-8")
    second = Listings()
    await second.use_folder(tmp_path / "mcp")
    assert second.get("key") == listing and second.get("bad") is None
    with pytest.raises(ValueError, match="not a list of tools"):
        Listing.from_json({"server": ""})


async def test_a_folder_that_cannot_be_written_loses_nothing_else(tmp_path: Path, expect_log: Any) -> None:
    expect_log("The tools of a server could not be kept")
    (tmp_path / "file").write_text("", encoding="utf-8")
    listings = Listings()
    await listings.use_folder(tmp_path / "file" / "mcp")
    await listings.put("key", make_listing("s", "1", []))
    assert listings.get("key") is not None


def result(*content: Any, structured: Any = None, is_error: bool = False) -> Any:
    return SimpleNamespace(content=list(content), structured_content=structured, is_error=is_error)


def part(kind: str, **more: Any) -> Any:
    return SimpleNamespace(type=kind, **more)


def resource(**more: Any) -> Any:
    return part("resource", resource=SimpleNamespace(**more))


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (result(part("text", text="hello")), ["hello"]),
        (result(), ["Done."]),
        (result(part("text", text="")), ["Done."]),
        (result(structured={"a": 1}), ['{"a": 1}']),
        (result(part("audio", data="x", mime_type="audio/wav")), ["[audio that cannot be shown here]"]),
        (result(part("resource_link", title=None, name="Doc", uri="file:///x")), ["[Doc: file:///x]"]),
        (result(resource(text="inside", uri="a")), ["inside"]),
        (result(resource(blob="x", mime_type="application/zip", uri="a")), ["[a file of application/zip at a]"]),
        (
            result(part("image", data="x", mime_type="image/tiff")),
            ["[an image of image/tiff, which models cannot see]"],
        ),
        (
            result(part("image", data="x" * (MAX_IMAGE + 4), mime_type="image/png")),
            ["[an image of 5,250,003 bytes, which is too large to be sent]"],
        ),
        (
            result(*[part("text", text=str(n)) for n in range(102)]),
            [*map(str, range(100)), "[2 parts more were left out]"],
        ),
    ],
)
def test_what_a_tool_returns_becomes_blocks(returned: Any, words: list[str]) -> None:
    assert [block["text"] for block in blocks_of(returned)] == words


def test_images_and_pdfs_stay_what_they_are_and_long_text_is_cut_over_all_parts() -> None:
    (image,) = blocks_of(result(part("image", data="aGk=", mime_type="image/png")))
    assert image["source"] == {"type": "base64", "media_type": "image/png", "data": "aGk="}
    (image,) = blocks_of(result(resource(blob="aGk=", mime_type="image/gif", uri="a")))
    assert image["type"] == "image"
    (pdf,) = blocks_of(result(resource(blob="aGk=", mime_type="application/pdf", uri="a.pdf")))
    assert (pdf["type"], pdf["title"]) == ("document", "a.pdf")
    long = blocks_of(result(part("text", text="x" * MAX_TEXT), part("text", text="yy")))
    assert long[1]["text"] == "\n[cut: 2 characters more]"


def test_a_failure_keeps_the_words_of_the_server() -> None:
    with pytest.raises(ToolError, match="no such file"):
        blocks_of(result(part("text", text="no such file"), is_error=True))
    with pytest.raises(ToolError, match="not why"):
        blocks_of(result(is_error=True))
