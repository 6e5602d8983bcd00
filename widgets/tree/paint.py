"""How a card looks: frame, edge, icon, title, summary, badges, branch line, insertion line.

Here: painting one card at a given frame. Not here: where frames are (``layout``) and which state they are in
(``canvas``).
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from widgets import theme
from widgets.tree.layout import Metrics
from widgets.tree.marks import paint_mark

RADIUS = 10.0
BADGE_HEIGHT = 20.0
BUTTON = 24.0


@dataclass(frozen=True, slots=True)
class CardLook:
    """Everything that a card shows."""

    group: str
    icon: str
    title: str
    summary: str
    badges: tuple[tuple[str, str], ...] = ()
    dimmed: bool = False
    selected: bool = False
    current: bool = False
    hovered: bool = False
    target: bool = False
    container: bool = False
    folded: bool = False
    slot: str = ""
    slot_hovered: bool = False
    hot_button: str = ""
    pulse: float = 0.0
    mark: str = ""
    found: str = ""
    lit: bool = False


class CardPainter:
    """Paints cards with the fonts and colours of the current theme."""

    def __init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Take the theme's fonts and colours anew."""
        self.theme = theme.current()
        self.title_font = theme.font("strong")
        self.text_font = theme.font("caption")
        self.bold_font = theme.font("caption", bold=True)
        self.badge_font = theme.font("badge")
        self.title_metrics = QFontMetricsF(self.title_font)
        self.text_metrics = QFontMetricsF(self.text_font)
        self.bold_metrics = QFontMetricsF(self.bold_font)
        self.badge_metrics = QFontMetricsF(self.badge_font)

    def metrics(self) -> Metrics:
        """Distances that fit the fonts."""
        lines = self.title_metrics.height() + self.text_metrics.height()
        return Metrics(header=round(lines + 3 + 22), slot=round(self.text_metrics.height() + 20), root=38)

    # -- frames -----------------------------------------------------------------------------------------------

    def card(self, painter: QPainter, rect: QRectF, look: CardLook, metrics: Metrics, detail: bool = True) -> None:
        """Paint a whole card without its children."""
        colours = self.theme
        hue = colours.hue(look.group)
        frame = rect.adjusted(0.5, 0.5, -0.5, -0.5)
        fill = QColor(colours.window if look.dimmed else colours.card)
        border = QColor(
            colours.accent if look.target else (colours.outline if look.hovered and not look.selected else colours.line)
        )
        if look.lit and not look.hovered and not look.target:
            border = QColor(theme.mix(colours.line, hue.ink, 0.3))
        if look.found:
            fill, border = QColor(theme.mix(colours.card, colours.hue("flow").tint, 0.7)), QColor(colours.warn)
        if look.pulse:
            fill = QColor(theme.mix(fill.name(), hue.tint, look.pulse))
            border = QColor(theme.mix(border.name(), hue.ink, look.pulse))
        painter.setBrush(fill)
        pen = QPen(border, 1.5 if look.target else 1.0)
        if look.dimmed and not look.target:
            pen.setStyle(Qt.PenStyle.DashLine)
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
        if look.selected or look.current:
            self._ring(painter, rect, look.selected)
        edge = QColor(theme.mix(hue.ink, colours.window, 0.45) if look.dimmed else hue.ink)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(edge)
        painter.drawRoundedRect(QRectF(rect.left(), rect.top() + 10, colours.edge, rect.height() - 20), 1.5, 1.5)
        if not detail:
            return
        header = QRectF(rect.left(), rect.top(), rect.width(), metrics.header)
        self._header(painter, header, look, metrics)
        if look.container and rect.height() > metrics.header:
            painter.setPen(QPen(QColor(colours.line), 1))
            x = rect.left() + metrics.branch + 0.5
            painter.drawLine(QLineF(x, header.bottom(), x, rect.bottom() - metrics.bottom))
        if look.slot:
            self._slot(painter, rect, look, metrics)

    def root(self, painter: QPainter, rect: QRectF, look: CardLook) -> None:
        """Paint the row of the agent itself, which stands above the cards."""
        colours = self.theme
        if look.hovered or look.target:
            painter.setPen(QPen(QColor(colours.accent), 1.5) if look.target else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(rect.adjusted(0, 2, 0, -2), RADIUS, RADIUS)
        if look.selected or look.current:
            self._ring(painter, rect.adjusted(0, 2, 0, -2), look.selected)
        middle = rect.center().y()
        theme.paint_icon(painter, look.icon, colours.hue(look.group).ink, QRectF(rect.left() + 15, middle - 8, 16, 16))
        left, right = rect.left() + 41, rect.right() - 12
        right = self._badges(painter, right, middle - BADGE_HEIGHT / 2, look) - 8
        ascent = self.title_metrics.ascent()
        baseline = middle - self.title_metrics.height() / 2 + ascent
        painter.setFont(self.title_font)
        painter.setPen(QColor(colours.text))
        room = max(0.0, right - left)
        title = self.title_metrics.elidedText(look.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(left, baseline), title)
        used = self.title_metrics.horizontalAdvance(title) + 12
        if room - used > 40:
            self._rich(painter, left + used, baseline, room - used, look.summary, QColor(colours.dim))

    def _ring(self, painter: QPainter, rect: QRectF, selected: bool) -> None:
        pen = QPen(QColor(self.theme.accent), 2)
        if not selected:
            pen.setWidthF(1.5)
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), RADIUS + 2, RADIUS + 2)

    # -- inside -----------------------------------------------------------------------------------------------

    def _header(self, painter: QPainter, rect: QRectF, look: CardLook, metrics: Metrics) -> None:
        colours = self.theme
        hue = colours.hue(look.group)
        top = rect.top() + 11
        icon_ink = theme.mix(hue.ink, colours.window, 0.3) if look.dimmed else hue.ink
        height = self.title_metrics.height()
        theme.paint_icon(
            painter, look.icon, icon_ink, QRectF(rect.left() + metrics.icon_left, top + (height - 16) / 2, 16, 16)
        )
        left, right = rect.left() + metrics.text_left, rect.right() - 12
        wanted = self.title_metrics.horizontalAdvance(look.title) + 8
        room = self._badges(painter, right, top + (height - BADGE_HEIGHT) / 2, look, left + wanted) - 8 - left
        painter.setFont(self.title_font)
        painter.setPen(QColor(colours.faint if look.dimmed else colours.text))
        title = self.title_metrics.elidedText(look.title, Qt.TextElideMode.ElideRight, max(20.0, room))
        self._marker(painter, title, look.found, left, top)
        painter.drawText(QPointF(left, top + self.title_metrics.ascent()), title)
        baseline = top + height + 3 + self.text_metrics.ascent()
        for name, button in self.buttons(rect, look).items():
            right = min(right, button.left() - 4)
            if look.hot_button == name:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colours.pressed))
                painter.drawRoundedRect(button, 5, 5)
            glyph = {"menu": "ellipsis", "fold": "chevron-right" if look.folded else "chevron-down"}[name]
            theme.paint_icon(painter, glyph, colours.dim, button.adjusted(5, 5, -5, -5))
        ink = QColor(colours.faint if look.dimmed else colours.dim)
        self._rich(painter, left, baseline, right - left, look.summary, ink)

    def _marker(self, painter: QPainter, title: str, found: str, left: float, top: float) -> None:
        """A stroke behind the letters of a title that were looked for."""
        at = title.casefold().find(found.casefold()) if found else -1
        if at < 0:
            return
        colour = QColor(self.theme.warn)
        colour.setAlpha(70)
        start = left + self.title_metrics.horizontalAdvance(title[:at])
        width = self.title_metrics.horizontalAdvance(title[at : at + len(found)])
        painter.fillRect(QRectF(start - 1, top, width + 2, self.title_metrics.height()), colour)

    def rubber_band(self, painter: QPainter, rect: QRectF) -> None:
        """The frame that a person draws round cards."""
        tint = QColor(self.theme.accent)
        tint.setAlpha(28)
        painter.setPen(QPen(QColor(self.theme.accent), 1))
        painter.setBrush(tint)
        painter.drawRoundedRect(rect, 4, 4)

    def buttons(self, header: QRectF, look: CardLook) -> dict[str, QRectF]:
        """The small buttons that a card shows under the pointer, at the end of its second line."""
        found: dict[str, QRectF] = {}
        x = header.right() - 8 - BUTTON
        y = header.bottom() - 8 - BUTTON + 2
        if look.hovered:
            found["menu"] = QRectF(x, y, BUTTON, BUTTON)
            x -= BUTTON
        if look.container and (look.hovered or look.folded):
            found["fold"] = QRectF(x, y, BUTTON, BUTTON)
        return found

    def _fitting(self, look: CardLook, room: float) -> list[tuple[str, str, float]]:
        """The badges and their widths. Where they would cut the title, plain numbers go first; they say the least."""
        found = []
        for text, tone in look.badges:
            shown = self.badge_metrics.elidedText(text, Qt.TextElideMode.ElideRight, 160)
            found.append((shown, tone, max(self.badge_metrics.horizontalAdvance(shown) + 16, BADGE_HEIGHT)))
        if sum(width + 6 for _, _, width in found) > room:
            found = [badge for badge in found if badge[1] or not badge[0][:1].isdigit()]
        return found

    def _badges(self, painter: QPainter, right: float, top: float, look: CardLook, least: float = 0.0) -> float:
        """Paint the badges from the right, down to ``least``; the left end of what they took."""
        painter.setFont(self.badge_font)
        for shown, tone, width in reversed(self._fitting(look, right - least)):
            pill = QRectF(right - width, top, width, BADGE_HEIGHT)
            ink, tint = self._tone(tone)
            if look.dimmed:
                ink, tint = self.theme.dim, self.theme.sunk
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tint))
            painter.drawRoundedRect(pill, BADGE_HEIGHT / 2, BADGE_HEIGHT / 2)
            painter.setPen(QColor(ink))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, shown)
            right -= width + 6
        return paint_mark(painter, right, top + BADGE_HEIGHT / 2, look.mark) if look.mark else right

    def _tone(self, tone: str) -> tuple[str, str]:
        if tone == "bad":
            return self.theme.bad, self.theme.bad_tint
        if tone in self.theme.hues:
            hue = self.theme.hues[tone]
            return hue.ink, hue.tint
        return self.theme.dim, self.theme.sunk

    def _rich(self, painter: QPainter, left: float, baseline: float, room: float, text: str, ink: QColor) -> None:
        """One line with ``**bold**`` parts, cut with an ellipsis where it does not fit."""
        painter.setPen(ink)
        for position, piece in enumerate(text.split("**")):
            if not piece or room <= 8:
                continue
            bold = position % 2 == 1
            metrics = self.bold_metrics if bold else self.text_metrics
            width = metrics.horizontalAdvance(piece)
            shown = piece if width <= room else metrics.elidedText(piece, Qt.TextElideMode.ElideRight, room)
            painter.setFont(self.bold_font if bold else self.text_font)
            painter.drawText(QPointF(left, baseline), shown)
            left += width
            room -= width

    def _slot(self, painter: QPainter, rect: QRectF, look: CardLook, metrics: Metrics) -> None:
        colours = self.theme
        left = rect.left() + metrics.indent
        slot = QRectF(
            left, rect.top() + metrics.header, rect.width() - metrics.indent - metrics.inset, metrics.slot
        ).adjusted(0.5, 0.5, -0.5, -0.5)
        hot = look.slot_hovered or look.target
        pen = QPen(QColor(colours.accent if hot else colours.outline), 1)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(QColor(colours.accent_tint) if hot else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(slot, 8, 8)
        ink = colours.accent if hot else colours.dim
        theme.paint_icon(painter, "plus", ink, QRectF(slot.left() + 12, slot.center().y() - 7, 14, 14))
        painter.setFont(self.text_font)
        painter.setPen(QColor(ink))
        text = self.text_metrics.elidedText(look.slot, Qt.TextElideMode.ElideRight, slot.width() - 44)
        painter.drawText(slot.adjusted(32, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, text)

    # -- dragging ---------------------------------------------------------------------------------------------

    def insertion(self, painter: QPainter, left: float, right: float, y: float, legal: bool) -> None:
        """The line that shows where a dragged card would land, starting at the depth it would have."""
        ink = QColor(self.theme.accent if legal else self.theme.bad)
        painter.setPen(QPen(ink, 2))
        painter.setBrush(QColor(self.theme.window))
        painter.drawLine(QLineF(left + 4, y, right, y))
        painter.drawEllipse(QPointF(left, y), 4, 4)

    def hint(self, painter: QPainter, at: QPointF, text: str, legal: bool, bounds: QRectF) -> None:
        """Words beside the pointer while dragging."""
        colours = self.theme
        room = max(80.0, bounds.width() - 48)
        shape = self.text_metrics.boundingRect(
            QRectF(0, 0, min(300.0, room), 400), Qt.TextFlag.TextWordWrap, text
        ).toAlignedRect()
        box = QRectF(at.x() + 14, at.y() + 16, shape.width() + 20, shape.height() + 12)
        if box.right() > bounds.right() - 4:
            box.moveRight(bounds.right() - 4)
        if box.bottom() > bounds.bottom() - 4:
            box.moveBottom(min(at.y() - 12, bounds.bottom() - 4))
        painter.setPen(QPen(QColor(colours.accent if legal else colours.bad), 1))
        painter.setBrush(QColor(colours.accent_tint if legal else colours.bad_tint))
        painter.drawRoundedRect(box, 6, 6)
        painter.setFont(self.text_font)
        painter.setPen(QColor(colours.accent if legal else colours.bad))
        painter.drawText(box.adjusted(10, 6, -10, -6), Qt.TextFlag.TextWordWrap, text)


def slot_text(children: str) -> str:
    """Words in the empty place inside a node that holds nodes or steps."""
    if children == "steps":
        return QCoreApplication.translate("Tree", "Add a step: what happens when it is used")
    return QCoreApplication.translate("Tree", "Add what belongs inside")
