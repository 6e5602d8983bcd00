"""Files inside a granted folder: what can be done there, and that nothing leads out of it."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.effects import files
from engine.effects.file_words import as_text, parts_of
from engine.effects.files import Folder, file_stamp, open_folder, read_file
from engine.errors import ToolError

BIG = 1_000_000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A granted folder, with something outside that must never be reached."""
    inside, outside = tmp_path / "granted", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("SECRET", encoding="utf-8")
    (inside / "notes").mkdir()
    (inside / "notes" / "a.txt").write_text("alpha", encoding="utf-8")
    return inside


@contextmanager
def granted(place: Path, private: tuple[Path, ...] = ()) -> Iterator[Folder]:
    with open_folder(str(place), private) as folder:
        yield folder


def nothing_left(place: Path) -> bool:
    return not [path for path in place.rglob("*") if path.name.endswith(".bough")]


# -- reading and writing -----------------------------------------------------------------------------------------


def test_files_are_read_written_and_listed(place: Path) -> None:
    with granted(place) as folder:
        assert folder.read("notes/a.txt", BIG) == b"alpha"
        folder.write("notes/b.txt", b"beta")
        folder.write("notes/b.txt", b"gamma", "replace")
        folder.write("notes/b.txt", b"!", "append")
        folder.write("new.txt", b"", "append")
        folder.write("x/y/z.txt", b"deep", make_folders=True)
        folder.write("x/y/w.txt", b"deep", make_folders=True)
        assert (place / "notes" / "b.txt").read_bytes() == b"gamma!"
        assert [item.path for item in folder.entries()] == ["new.txt", "notes", "x"]
        everything = folder.entries(inside=True)
        assert [(item.path, item.kind, item.size) for item in everything if item.kind == "file"] == [
            ("new.txt", "file", 0), ("notes/a.txt", "file", 5), ("notes/b.txt", "file", 6),
            ("x/y/w.txt", "file", 4), ("x/y/z.txt", "file", 4),
        ]  # fmt: skip
        assert [item.name for item in folder.entries("x", "Z.*", inside=True)] == ["z.txt"]
        assert folder.entries("notes/")[0].changed > 0
    assert nothing_left(place)


def test_a_file_that_is_there_is_not_created_again_and_keeps_its_mode(place: Path) -> None:
    target = place / "notes" / "a.txt"
    target.chmod(0o640)
    with granted(place) as folder:
        with pytest.raises(ToolError, match="is there already"):
            folder.write("notes/a.txt", b"new")
        assert target.read_bytes() == b"alpha"
        folder.write("notes/a.txt", b"new", "replace")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640 and target.read_bytes() == b"new"
    assert nothing_left(place)


def test_a_file_system_without_hard_links_creates_all_the_same(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with granted(place) as folder:
        folder.write("a.txt", b"x")
        with pytest.raises(ToolError, match="is there already"):
            folder.write("a.txt", b"y")
        assert folder.read("a.txt", BIG) == b"x"
    assert nothing_left(place)


def test_a_name_that_is_taken_in_between_is_not_overwritten(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def taken(descriptor: int) -> None:
        (place / "a.txt").write_bytes(b"theirs")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", taken)
    with granted(place) as folder, pytest.raises(ToolError, match="is there already"):
        folder.write("a.txt", b"ours")
    assert (place / "a.txt").read_bytes() == b"theirs" and nothing_left(place)


def test_a_write_that_fails_leaves_the_old_file_whole(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with granted(place) as folder, pytest.raises(ToolError, match="the disk is full"):
        folder.write("notes/a.txt", b"new", "replace")
    monkeypatch.setattr(os, "write", real)
    assert (place / "notes" / "a.txt").read_bytes() == b"alpha" and nothing_left(place)


# -- nothing leads out -------------------------------------------------------------------------------------------

WAYS_OUT = [
    "..", "../outside/secret.txt", "notes/../../outside/secret.txt", "./../outside/secret.txt", "notes/..",
    "/etc/passwd", "//etc/passwd", "~/x", "~root/x", "..\\outside", "C:\\x", "c:x", "a\x00b", "a\nb", "a" * 1_001,
    "/".join(["a"] * 31), " /etc/passwd", "\\\\server\\x",
]  # fmt: skip


@pytest.mark.parametrize("path", WAYS_OUT)
@pytest.mark.parametrize("use", ["read", "write", "list"])
def test_no_path_leads_out(place: Path, path: str, use: str) -> None:
    with granted(place) as folder, pytest.raises(ToolError):
        _use(folder, use, path)
    assert sorted(item.name for item in place.parent.iterdir()) == ["granted", "outside"]


def _use(folder: Folder, use: str, path: str) -> object:
    if use == "read":
        return folder.read(path, BIG)
    if use == "list":
        return folder.entries(path, inside=True)
    return folder.write(path, b"HACKED", "replace", make_folders=True)


@pytest.mark.parametrize("path", ["", ".", "notes/", "notes"])
def test_a_folder_is_no_file(place: Path, path: str) -> None:
    with granted(place) as folder:
        for use in ("read", "write"):
            with pytest.raises(ToolError, match=r"no file|not a file|a folder"):
                _use(folder, use, path)


@pytest.mark.parametrize("target", ["outside/secret.txt", "outside", "granted/notes/a.txt", "nowhere"])
def test_links_are_not_followed_wherever_they_lead(place: Path, target: str) -> None:
    (place / "link").symlink_to(place.parent / target)
    (place / "notes" / "up").symlink_to("..")
    outside = (place.parent / "outside" / "secret.txt").read_bytes()
    with granted(place) as folder:
        for use, path in [
            ("read", "link"), ("read", "link/secret.txt"), ("list", "link"), ("write", "link"),
            ("write", "link/new.txt"), ("read", "notes/up/notes/a.txt"), ("list", "notes/up"),
        ]:  # fmt: skip
            with pytest.raises(ToolError, match="link"):
                _use(folder, use, path)
        with pytest.raises(ToolError, match="is a link"):
            folder.write("link", b"HACKED", "append")
        with pytest.raises(ToolError, match="is there already"):
            folder.write("link", b"HACKED")
        kinds = {item.path: item.kind for item in folder.entries(inside=True)}
        assert kinds == {"link": "link", "notes": "folder", "notes/a.txt": "file", "notes/up": "link"}
    assert (place / "link").is_symlink() and outside == b"SECRET"
    assert sorted(path.name for path in (place.parent / "outside").iterdir()) == ["secret.txt"]


def test_adding_to_a_file_with_a_second_name_is_refused(place: Path) -> None:
    os.link(place.parent / "outside" / "secret.txt", place / "hard.txt")
    with granted(place) as folder:
        with pytest.raises(ToolError, match="second name"):
            folder.write("hard.txt", b"HACKED", "append")
        folder.write("hard.txt", b"mine", "replace")
    assert (place.parent / "outside" / "secret.txt").read_bytes() == b"SECRET"


def test_what_is_no_plain_file_is_left_alone(place: Path) -> None:
    os.mkfifo(place / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        before = os.getcwd()
        os.chdir(place)  # the path of a socket is short
        server.bind("socket")
        os.chdir(before)
        with granted(place) as folder:
            for name in ("pipe", "socket"):
                for act in (lambda n=name: folder.read(n, BIG), lambda n=name: folder.write(n, b"x", "append"),
                            lambda n=name: folder.write(n, b"x", "replace")):  # fmt: skip
                    with pytest.raises(ToolError, match="not a file"):
                        act()
            assert {item.kind for item in folder.entries("", "*e*")} == {"other", "folder"}


PIECES = [
    "..",
    ".",
    "/",
    "//",
    "\\",
    "notes",
    "link",
    "up",
    "outside",
    "secret.txt",
    "a.txt",
    "~",
    "C:",
    "\x00",
    " ",
    "%2e",
]


@given(st.lists(st.sampled_from(PIECES), max_size=7), st.sampled_from(["read", "write", "append", "list"]))
def test_no_path_leads_out_whatever_it_is_made_of(pieces: list[str], use: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        top = Path(made)
        inside, outside = top / "granted", top / "outside"
        (inside / "notes").mkdir(parents=True)
        (inside / "notes" / "a.txt").write_bytes(b"alpha")
        outside.mkdir()
        (outside / "secret.txt").write_bytes(b"SECRET")
        (inside / "link").symlink_to(outside)
        (inside / "notes" / "up").symlink_to("../..")
        path = "".join(pieces)
        found: object = None
        with suppress(ToolError), granted(inside) as folder:
            found = folder.write(path, b"HACKED", "append") if use == "append" else _use(folder, use, path)
        assert b"SECRET" not in repr(found).encode() and "secret" not in str(found)
        left = sorted(str(item.relative_to(top)) for item in top.rglob("*") if not item.is_relative_to(inside))
        assert left == ["granted", "outside", "outside/secret.txt"] or left == ["outside", "outside/secret.txt"]
        assert (outside / "secret.txt").read_bytes() == b"SECRET"


def _race(stop: threading.Event, swap: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        while not stop.is_set():
            with suppress(OSError):
                swap()

    thread = threading.Thread(target=run, name="swapping")
    thread.start()
    return thread


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_link_that_is_swapped_in_while_steps_run_never_leads_out(
    place: Path, what: str, count: Callable[[int, int], int]
) -> None:
    """Another program exchanges a folder, or a file, for a link to the outside, again and again."""
    outside = place.parent / "outside"
    spot, honest, link = place / "spot", place / "honest", place / "link"
    path = "spot/secret.txt" if what == "folder" else "spot"
    if what == "folder":
        honest.mkdir()
        (honest / "secret.txt").write_bytes(b"mine")
        link.symlink_to(outside)

    def swap() -> None:
        if what == "folder":
            for one in (honest, link):
                one.rename(spot)
                spot.rename(one)
            return
        link.symlink_to(outside / "secret.txt")
        link.replace(spot)
        honest.write_bytes(b"mine")
        honest.replace(spot)

    stop = threading.Event()
    thread = _race(stop, swap)
    seen: set[bytes] = set()
    refused = 0
    try:
        for turn in range(count(1_500, 20_000)):
            try:
                with granted(place) as folder:
                    seen.add(folder.read(path, BIG))
                    if turn % 3 == 0:
                        folder.write(path, b"mine", "append" if turn % 2 else "replace")
                    folder.entries("", inside=True)
            except ToolError:
                refused += 1
    finally:
        stop.set()
        thread.join()
    assert b"SECRET" not in seen and refused
    assert [(found.name, found.read_bytes()) for found in outside.iterdir()] == [("secret.txt", b"SECRET")]


# -- the folder itself -------------------------------------------------------------------------------------------


def test_the_folder_must_be_there_and_be_no_link(place: Path) -> None:
    (place.parent / "alias").symlink_to(place)
    for path, words in [
        (str(place.parent / "alias"), "is a link. Choose"), (str(place / "gone"), "is not there any more"),
        (str(place / "notes" / "a.txt"), "cannot be opened"), ("", "No folder was chosen"), ("notes", "No folder"),
    ]:  # fmt: skip
        with pytest.raises(ToolError, match=words), open_folder(path):
            pass


def test_no_step_enters_the_folders_of_bough_itself(place: Path) -> None:
    own = place / "share" / "bough"
    own.mkdir(parents=True)
    (own / "bough.db").write_bytes(b"grants")
    with granted(place, (own, place / "nowhere")) as folder:
        for use, path in [("read", "share/bough/bough.db"), ("write", "share/bough/bough.db"), ("list", "share/bough")]:
            with pytest.raises(ToolError, match="keeps its own data"):
                _use(folder, use, path)
        with pytest.raises(ToolError, match="keeps its own data"):
            folder.entries(inside=True)
    for inner in (own, own / "inner"):
        inner.mkdir(exist_ok=True)
        with pytest.raises(ToolError, match="keeps its own data"), granted(inner, (own,)):
            pass


def test_a_system_that_cannot_keep_to_a_folder_runs_no_file_step(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SUPPORTED", False)
    with pytest.raises(ToolError, match="does not run"), granted(place):
        pass


# -- sizes and texts ---------------------------------------------------------------------------------------------


def test_sizes_are_capped_also_while_a_file_grows(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with granted(place) as folder:
        with pytest.raises(ToolError, match="has 5 bytes; at most 4 are read"):
            folder.read("notes/a.txt", 4)
        real = os.fstat
        monkeypatch.setattr(os, "fstat", lambda descriptor: _small(real(descriptor)))
        with pytest.raises(ToolError, match="has grown over 4 bytes"):
            folder.read("notes/a.txt", 4)


def _small(found: os.stat_result) -> os.stat_result:
    fields = list(found)
    fields[stat.ST_SIZE] = 0
    return os.stat_result(fields)


def test_listings_have_an_end(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        (place / f"{number}.txt").touch()
    with granted(place) as folder:
        monkeypatch.setattr(files, "MAX_LISTED", 10)
        with pytest.raises(ToolError, match="more than 10 such files"):
            folder.entries()
        assert len(folder.entries("", "1*")) == 3
        monkeypatch.setattr(files, "MAX_LOOKED_AT", 5)
        with pytest.raises(ToolError, match="holds more than 5 files"):
            folder.entries("", "1*")
        monkeypatch.setattr(files, "MAX_LOOKED_AT", 10**6)
        monkeypatch.setattr(files, "MAX_LISTED", 10**6)
        monkeypatch.setattr(files, "MAX_DEPTH", 2)
        folder.write("a/b/c/d.txt", b"", make_folders=True)
        assert [i.path for i in folder.entries("a", inside=True)] == ["a/b", "a/b/c"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain", "plain"), ("é\r\nb".encode(), "é\nb"), ("é".encode("utf-8-sig"), "é"), ("é".encode("utf-16"), "é"),
        (b"", ""),
    ],
)  # fmt: skip
def test_texts_are_read_as_utf8(content: bytes, text: str) -> None:
    assert as_text(content, "a.txt") == text


@pytest.mark.parametrize("content", ["é".encode("latin-1"), b"\x89PNG\r\n\x1a\n", b"a\x00b", b"\xff\xfea"])
def test_what_is_no_text_is_refused_politely(content: bytes) -> None:
    with pytest.raises(ToolError, match=r"“a\.txt” is not a text"):
        as_text(content, "a.txt")


def test_what_the_system_says_is_said_in_words(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with granted(place) as folder:
        for path, words in [("gone.txt", "is not there"), ("notes/a.txt/b", "not a folder"), ("b" * 300, "too long")]:
            with pytest.raises(ToolError, match=words):
                folder.read(path, BIG)
        with pytest.raises(ToolError, match="The folder “gone” is not there"):
            folder.write("gone/a.txt", b"")

        def refuse(*_: object, **__: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(ToolError, match="this account may not"):
            folder.read("notes/a.txt", BIG)


def test_names_that_are_no_utf8_are_told_as_far_as_they_can_be(place: Path) -> None:
    os.close(os.open(os.fsencode(place) + b"/b\xffd", os.O_CREAT | os.O_WRONLY))
    with granted(place) as folder:
        assert "b\ufffdd" in [item.name for item in folder.entries()]


def test_one_file_is_read_by_its_whole_path(place: Path) -> None:
    path = place / "notes" / "a.txt"
    assert read_file(str(path), BIG) == b"alpha"
    before = file_stamp(str(path))
    path.write_bytes(b"other!")
    assert before and file_stamp(str(path)) != before and file_stamp(str(place / "gone")) == ""
    (place / "link").symlink_to(place.parent / "outside" / "secret.txt")
    for wrong, words in [("notes/a.txt", "No file was chosen"), ("", "No file"), (str(place / "link"), "is a link")]:
        with pytest.raises(ToolError, match=words):
            read_file(wrong, BIG)
    assert file_stamp("a\x00b") == "" and parts_of("a//b/./c") == ["a", "b", "c"]


def test_what_cannot_be_a_path_is_refused_in_plain_words(place: Path) -> None:
    (place / "round").symlink_to(place / "round")
    for use in (lambda: read_file("/a\x00b/c", 10), lambda: read_file(str(place / "round" / "a.txt"), 10)):
        with pytest.raises(ToolError):
            use()
    with pytest.raises(ToolError), open_folder("/a\x00b"):
        pass
