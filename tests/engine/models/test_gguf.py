"""Reading model files: what they say, and broken ones refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.models.ondevice.gguf import GgufError, available_memory, fitting_context, inspect_gguf
from tests.engine.models.builders import CHAT, gguf


def test_what_a_file_says(tmp_path: Path) -> None:
    info = inspect_gguf(gguf(tmp_path / "m.gguf"))
    assert (info.name, info.architecture, info.context_length, info.chat) == ("Tiny", "tiny", 4096, True)
    assert info.cache_bytes_per_token == 2 * 2 * 16 * 2 * 2
    assert info.metadata["tiny.small"] == [1, 2, 3] and "tokenizer.ggml.scores" not in info.metadata


def test_a_file_without_names(tmp_path: Path) -> None:
    info = inspect_gguf(gguf(tmp_path / "Bare.gguf", {}))
    assert (info.name, info.context_length, info.cache_bytes_per_token, info.chat) == ("Bare", None, None, False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not a GGUF"),
        (b"PK\x03\x04" + b"x" * 100, "is not a GGUF"),
        (b"GGUF\x01\x00\x00\x00" + b"\0" * 100, "version 1"),
        (b"GGUF\x03\x00\x00\x00", "damaged"),
        (b"GGUF\x03\x00\x00\x00" + b"\xff" * 16, "damaged"),
        (b"GGUF\x03\x00\x00\x00" + b"\0" * 16, "no weights"),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufError, match=reason):
        inspect_gguf(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(GgufError, match="cannot be read"):
        inspect_gguf(tmp_path / "none.gguf")


@given(st.data())
def test_a_damaged_header_never_does_harm(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = gguf(tmp_path_factory.mktemp("g") / "m.gguf")
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.integers(4, len(raw)))])
    with contextlib.suppress(GgufError):
        inspect_gguf(path)


def test_context_follows_model_and_memory(tmp_path: Path) -> None:
    info = inspect_gguf(gguf(tmp_path / "m.gguf"))
    assert fitting_context(info, 8192, None) == 4096
    assert fitting_context(info, 1024, None) == 1024
    assert fitting_context(info, 8192, 100 << 30) == 4096
    assert fitting_context(info, 8192, 1 << 20) == 2048
    small = inspect_gguf(gguf(tmp_path / "s.gguf", {**CHAT, "tiny.context_length": 512}))
    assert fitting_context(small, 8192, 1) == 512


def test_memory_of_this_machine() -> None:
    assert (available_memory() or 1 << 30) > 1 << 20
