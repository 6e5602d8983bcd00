"""The editor for numbers: typed, counted up and down with the arrow keys, or moved between two ends with a slider."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSlider, QWidget

from engine.blueprint.form_fields import Field
from widgets.forms.base import FieldEditor
from widgets.forms.text import show_text

_STOPS = 1_000
"""A slider has at most so many places."""


def number_words(value: float) -> str:
    """A number as a person writes it: ``5``, ``0.25``, ``1200000``.

    Example:
        >>> number_words(5.0), number_words(0.25), number_words(1234567)
        ('5', '0.25', '1234567')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


class NumberEdit(QLineEdit):
    """A number; arrow keys count up and down."""

    def __init__(self, parent: QWidget | None = None, field: Field | None = None) -> None:
        super().__init__(parent)
        self._field = field or Field("", "")

    def number(self) -> int | float | None:
        """What stands there, or None where it is no number."""
        text = self.text().strip().replace("\u2212", "-").replace(" ", "").replace("\u00a0", "")
        try:
            return int(text)
        except ValueError:
            pass
        try:
            found = float(text.replace(",", "."))
        except ValueError:
            return None
        return found if found == found and abs(found) != float("inf") else None

    def show_number(self, value: Any) -> None:
        """Show a number without announcing it; what the person types in another spelling stays."""
        if value is None or isinstance(value, bool):
            show_text(self, "")
        elif self.number() != value:
            show_text(self, number_words(value))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        count = steps.get(Qt.Key(event.key()))
        if count is not None:
            step = float(self._field.settings.get("step") or 1)
            first = self._field.minimum if self._field.minimum is not None else 0.0
            now = self.number()
            wanted = first if now is None else round(now + count * step, 12)
            low, high = self._field.minimum, self._field.maximum
            wanted = wanted if low is None else max(low, wanted)
            self.setText(number_words(float(wanted if high is None else min(high, wanted))))
            self.textEdited.emit(self.text())
            return
        super().keyPressEvent(event)


class _Slider(QSlider):
    """A slider that the mouse wheel moves only once it has the keyboard: forms are scrolled with the wheel."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberEditor(FieldEditor):
    """A number with its unit and range."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._edit = NumberEdit(self, field)
        self._edit.setPlaceholderText(field.placeholder)
        self._edit.setMaximumWidth(140)
        self._slider: QSlider | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        if field.settings.get("slider") and self._span() > 0:
            self._slider = self._make_slider()
            self._edit.setMaximumWidth(84)
            layout.addWidget(self._slider, 1)
        layout.addWidget(self._edit, 0 if self._slider is not None else 1)
        unit = QLabel(field.unit or self._range_words(), self)
        unit.setProperty("role", "dim")
        layout.addWidget(unit)
        if self._slider is None:
            layout.addStretch(1)
        self._edit.textEdited.connect(self._changed)
        self.watch(self._edit)

    # -- the slider -------------------------------------------------------------------------------------------

    def _span(self) -> float:
        low, high = self.field.minimum, self.field.maximum
        return high - low if low is not None and high is not None else 0.0

    def _step(self) -> float:
        """How far the slider moves at once."""
        return max(float(self.field.settings.get("step") or 0) or self._fitting_step(), self._span() / _STOPS)

    def _fitting_step(self) -> float:
        return 1.0 if self._span() >= 10 else self._span() / 100

    def _range_words(self) -> str:
        if self._slider is not None or self.field.minimum is None or self.field.maximum is None:
            return ""
        if self._span() > 10_000:
            return ""
        words = self.tr("%1 to %2").replace("%1", number_words(self.field.minimum))
        return words.replace("%2", number_words(self.field.maximum))

    def _make_slider(self) -> QSlider:
        slider = _Slider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, max(1, round(self._span() / self._step())))
        slider.setPageStep(max(1, slider.maximum() // 10))
        slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        slider.setAccessibleName(self.tr("Slider: %1").replace("%1", self.field.label))
        slider.valueChanged.connect(self._slid)
        slider.sliderReleased.connect(self.left)
        self.watch(slider)
        return slider

    @Slot(int)
    def _slid(self, place: int) -> None:
        low, high = float(self.field.minimum or 0), float(self.field.maximum or 0)
        value = min(high, round(low + place * self._step(), 12))
        self._edit.setText(number_words(value))
        self.edited.emit(self._edit.number())

    def _follow(self) -> None:
        if self._slider is not None:
            number = self._edit.number()
            low = float(self.field.minimum or 0)
            blocked = self._slider.blockSignals(True)
            self._slider.setValue(0 if number is None else round((number - low) / self._step()))
            self._slider.blockSignals(blocked)

    # -- the number -------------------------------------------------------------------------------------------

    @Slot()
    def _changed(self) -> None:
        self._follow()
        if not self._edit.text().strip():
            self.edited.emit(None if self.field.optional else self.field.default)
        elif self.own_error() is None:
            self.edited.emit(self._edit.number())

    def own_error(self) -> str | None:
        if not self._edit.text().strip():
            return None if self.field.optional else self.tr("Give a number.")
        number = self._edit.number()
        if number is None:
            return self.tr("This is not a number.")
        if self.field.minimum is not None and number < self.field.minimum:
            return self.tr("This must be at least %1.").replace("%1", f"{self.field.minimum:,g}")
        if self.field.maximum is not None and number > self.field.maximum:
            return self.tr("This must be at most %1.").replace("%1", f"{self.field.maximum:,g}")
        return None

    def set_value(self, value: Any) -> None:
        self._edit.show_number(value)
        self._follow()

    def draft(self) -> str | None:
        return self._edit.text() if self.own_error() is not None and self._edit.text().strip() else None

    def restore(self, draft: str) -> None:
        self._edit.setText(draft)

    def tab_widgets(self) -> list[QWidget]:
        return [self._slider, self._edit] if self._slider is not None else [self._edit]

    def focus_target(self) -> QWidget:
        return self._edit
