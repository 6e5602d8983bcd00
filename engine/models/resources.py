"""Where the data files of this package lie. Not here: what is in them (``catalogue``, ``prices``)."""

from __future__ import annotations

from pathlib import Path

MODEL_RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "models"
"""``resources/models`` of the checkout; in a packaged program the same folder beside the engine."""
