"""Icons: Lucide's SVG files, recoloured from the tokens at the moment they are painted.

Here: the icon engine and the lookups ``icon`` and ``pixmap``. Because the engine asks for the current theme each
time, an icon that was set once follows every theme change. Not here: which icon stands for what.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from widgets.theme.resources import resource_path
from widgets.theme.tokens import LIGHT, Tokens

_source: Callable[[], Tokens] = lambda: LIGHT  # noqa: E731  replaced by the manager, which imports this module
_FALLBACK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="7" {}/></svg>'


def set_token_source(source: Callable[[], Tokens]) -> None:
    """Tell the icons where the current tokens come from."""
    global _source
    _source = source


@lru_cache(maxsize=512)
def svg_source(name: str) -> str:
    """The SVG text of an icon, with ``currentColor`` in it; a plain ring if there is no such file."""
    try:
        return resource_path("icons", f"{name}.svg").read_text(encoding="utf-8")
    except OSError:
        return _FALLBACK.format('fill="none" stroke="currentColor" stroke-width="2"')


def has_icon(name: str) -> bool:
    """Whether an icon of that name is bundled."""
    return resource_path("icons", f"{name}.svg").is_file()


@lru_cache(maxsize=1024)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg_source(name).replace("currentColor", colour).encode()))


@lru_cache(maxsize=2048)
def _rendered(name: str, colour: str, width: int, height: int) -> QPixmap:
    """A pixmap of exactly that many device pixels; a button that is squeezed to nothing may ask for none."""
    result = QPixmap(max(1, width), max(1, height))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    side = min(width, height)
    _renderer(name, colour).render(painter, QRectF((width - side) / 2, (height - side) / 2, side, side))
    painter.end()
    return result


def paint_icon(painter: QPainter, name: str, colour: str | QColor, rect: QRect | QRectF) -> None:
    """Paint an icon with a painter that may be scaled (canvas, delegates); sharp at every zoom."""
    ink = colour if isinstance(colour, str) else colour.name()
    transform = painter.deviceTransform()
    scale = max(0.1, transform.m11())
    side = max(1, round(rect.width() * scale))
    pixmap_ = _rendered(name, ink, side, side)
    painter.drawPixmap(QRectF(rect), pixmap_, QRectF(pixmap_.rect()))


def _device(size: QSize, scale: float) -> tuple[int, int]:
    return round(size.width() * scale), round(size.height() * scale)


class _Engine(QIconEngine):
    """Paints one Lucide icon in the ink of a role, dimmer where the control is disabled."""

    def __init__(self, name: str, role: str, on_role: str | None) -> None:
        super().__init__()
        self._name = name
        self._role = role
        self._on_role = on_role

    def _ink(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        theme = _source()
        if mode == QIcon.Mode.Disabled:
            return theme.outline
        role = self._on_role if self._on_role and state == QIcon.State.On else self._role
        return theme.colour(role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRectF(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, side, side)
        paint_icon(painter, self._name, self._ink(mode, state), square)

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        del mode, state
        side = min(size.width(), size.height())
        return QSize(side, side)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _rendered(self._name, self._ink(mode, state), size.width(), size.height())

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # The size is in device-independent pixels (Qt 6.8 and later).
        result = QPixmap(_rendered(self._name, self._ink(mode, state), *_device(size, scale)))
        result.setDevicePixelRatio(scale)
        return result

    def clone(self) -> QIconEngine:
        copy = _Engine(self._name, self._role, self._on_role)
        _alive.append(copy)
        return copy

    def isNull(self) -> bool:
        return False

    def key(self) -> str:
        return "bough-lucide"


_alive: list[QIconEngine] = []
"""Engines that Qt cloned by itself; Python must not collect them while an icon still points there."""


@lru_cache(maxsize=512)
def icon(name: str, role: str = "text", size: int = 16, on_role: str | None = None) -> QIcon:
    """An icon by its Lucide name.

    Args:
        name: Lucide's name, for instance ``wrench``.
        role: Ink: ``text``, ``dim``, ``faint``, ``accent``, ``on_accent``, ``bad``, ``warn``, or a node group.
        size: The size the caller has in mind; every other size is rendered as sharply.
        on_role: Ink while the control is checked.
    """
    del size
    return QIcon(_Engine(name, role, on_role))


def pixmap(name: str, role: str = "text", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """A pixmap in the current theme; whoever keeps it renews it on ``ThemeManager.changed``."""
    side = round(size * ratio)
    result = QPixmap(_rendered(name, _source().colour(role), side, side))
    result.setDevicePixelRatio(ratio)
    return result
