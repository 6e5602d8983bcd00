"""Where things are kept on this machine, and where our own resources are.

Not here: reading or writing any of them. ``BOUGH_HOME`` puts everything into one folder (tests, a stick).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders and files of one installation; none is created before something is written.

    Attributes:
        data: Database, its backups, downloaded models.
        config: The settings file.
        logs: The program's own log.
    """

    data: Path
    config: Path
    logs: Path

    @property
    def database(self) -> Path:
        return self.data / "bough.db"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def settings(self) -> Path:
        return self.config / "settings.json"

    @property
    def log_file(self) -> Path:
        return self.logs / "bough.log"


def find_paths(environment: Mapping[str, str] | None = None) -> Paths:
    """The places for this person on this system, or those under ``BOUGH_HOME``."""
    environment = os.environ if environment is None else environment
    home = environment.get("BOUGH_HOME", "").strip()
    if home:
        root = Path(home).expanduser().absolute()
        return Paths(data=root, config=root, logs=root / "logs")
    import platformdirs

    return Paths(
        data=Path(platformdirs.user_data_dir("bough", appauthor=False)),
        config=Path(platformdirs.user_config_dir("bough", appauthor=False)),
        logs=Path(platformdirs.user_log_dir("bough", appauthor=False)),
    )


def resource_path(*parts: str) -> Path:
    """A file or folder under ``resources/``, from source as well as in a packaged program."""
    bundled = getattr(sys, "_MEIPASS", None)
    root = Path(bundled) if bundled else Path(__file__).resolve().parent.parent
    return root.joinpath("resources", *parts)
