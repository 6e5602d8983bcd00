"""Design tokens: every colour, distance, radius, type size and duration of the interface, for light and dark.

Here: values and the arithmetic of colours (mixing, contrast). Not here: anything of Qt, so that tests and
painters of any kind can read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Hue:
    """A colour for ink and edges, and the quiet tint that goes behind it."""

    ink: str
    tint: str


@dataclass(frozen=True, slots=True)
class Space:
    """Distances in logical pixels."""

    xs: int = 4
    s: int = 8
    m: int = 12
    l: int = 16  # noqa: E741  the usual name of the step
    xl: int = 24
    xxl: int = 32


@dataclass(frozen=True, slots=True)
class TypeSizes:
    """Type sizes in logical pixels."""

    badge: int = 11
    caption: int = 12
    body: int = 13
    emphasis: int = 15
    title: int = 20


@dataclass(frozen=True, slots=True)
class Motion:
    """Durations in milliseconds; the manager gives zeros when the system asks for reduced motion."""

    fast: int = 120
    normal: int = 160
    slow: int = 180


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. Colours are ``#RRGGBB``.

    Attributes:
        window, panel, card, sunk: Surfaces, from the backmost on; ``sunk`` lies behind badges and code.
        hover, pressed: Surfaces of quiet controls under the pointer.
        line: Hairlines between surfaces (decoration); ``outline``: borders that show where a control is (3:1).
        text, dim, faint: Ink in three strengths, each 4.5:1 on every surface.
        accent, accent_hover, accent_pressed, accent_tint, on_accent: What can be acted on.
        hues: Ink and tint per node group.
        bad, bad_tint, on_bad, warn, good: State.
    """

    name: str
    dark: bool
    window: str
    panel: str
    card: str
    sunk: str
    hover: str
    pressed: str
    line: str
    outline: str
    text: str
    dim: str
    faint: str
    accent: str
    accent_hover: str
    accent_pressed: str
    accent_tint: str
    on_accent: str
    hues: dict[str, Hue]
    bad: str
    bad_tint: str
    on_bad: str
    warn: str
    good: str
    space: Space = field(default_factory=Space)
    size: TypeSizes = field(default_factory=TypeSizes)
    motion: Motion = field(default_factory=Motion)
    radius_control: int = 6
    radius_card: int = 10
    edge: int = 3

    def hue(self, group: str) -> Hue:
        """The hue of a node group; the neutral one for a group nobody knows."""
        return self.hues.get(group) or Hue(self.dim, self.sunk)

    def colour(self, role: str) -> str:
        """The ink of a role: an attribute's name (``text``, ``accent`` …) or a node group."""
        if role in self.hues:
            return self.hues[role].ink
        value = getattr(self, role, None)
        return value if isinstance(value, str) and value.startswith("#") else self.text


LIGHT: Final = Tokens(
    name="light",
    dark=False,
    window="#F6F6F3",
    panel="#FFFFFF",
    card="#FFFFFF",
    sunk="#F1F1ED",
    hover="#EEEEEA",
    pressed="#E6E5DF",
    line="#E4E3DD",
    outline="#8E8D85",
    text="#1E1E1A",
    dim="#5C5B55",
    faint="#6B6A63",
    accent="#17694A",
    accent_hover="#125A3F",
    accent_pressed="#0E4A34",
    accent_tint="#E4F1EA",
    on_accent="#FFFFFF",
    hues={
        "root": Hue("#17694A", "#E4F1EA"),
        "instructions": Hue("#2F5FC4", "#E9EFFB"),
        "memory": Hue("#7440C4", "#F1EAFB"),
        "abilities": Hue("#A34D0D", "#FBEEE2"),
        "steps": Hue("#0C6B70", "#E2F2F2"),
        "flow": Hue("#855D00", "#F8F0DA"),
    },
    bad="#B3261E",
    bad_tint="#FBE9E7",
    on_bad="#FFFFFF",
    warn="#855D00",
    good="#17694A",
)

DARK: Final = Tokens(
    name="dark",
    dark=True,
    window="#151613",
    panel="#1B1C19",
    card="#222320",
    sunk="#191A17",
    hover="#282925",
    pressed="#30312C",
    line="#33342F",
    outline="#75746C",
    text="#ECEBE4",
    dim="#A9A89F",
    faint="#9B9A91",
    accent="#5FCB98",
    accent_hover="#74D6A8",
    accent_pressed="#4DB985",
    accent_tint="#1D3328",
    on_accent="#0E1A14",
    hues={
        "root": Hue("#5FCB98", "#1D3328"),
        "instructions": Hue("#8DB0FF", "#202A40"),
        "memory": Hue("#C3A0FF", "#2C2440"),
        "abilities": Hue("#F0A368", "#3A2A1B"),
        "steps": Hue("#6CCFD2", "#182F30"),
        "flow": Hue("#E3C063", "#332C17"),
    },
    bad="#FF8A80",
    bad_tint="#3A1F1D",
    on_bad="#2A0D0A",
    warn="#E3C063",
    good="#5FCB98",
)


def tokens(dark: bool) -> Tokens:
    """The theme for light or dark surroundings."""
    return DARK if dark else LIGHT


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """``colour`` with ``share`` (0 to 1) of ``other`` in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2."""

    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, other: str) -> float:
    """Contrast ratio after WCAG 2, from 1 to 21."""
    bright, low = sorted((luminance(colour), luminance(other)), reverse=True)
    return (bright + 0.05) / (low + 0.05)
