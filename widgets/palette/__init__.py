"""The command palette. Use :class:`CommandPalette` with :class:`PaletteItem` records."""

from widgets.palette.palette import CommandPalette, PaletteItem

__all__ = ["CommandPalette", "PaletteItem"]
