"""The command palette. Use :class:`CommandPalette` with :class:`PaletteItem` records."""

from widgets.palette.palette import CommandPalette
from widgets.palette.rows import PaletteItem

__all__ = ["CommandPalette", "PaletteItem"]
