"""Tokens, style sheet, icons and the manager: contrast in both themes, every control in every state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontInfo, QIcon, QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton, QToolButton, QWidget

from engine.blueprint import KINDS
from widgets import theme
from widgets.common import text_label
from widgets.forms.simple import ICONS
from widgets.theme.manager import ThemeManager, system_prefers_stillness
from widgets.theme.resources import resource_path
from widgets.theme.stylesheet import style_sheet
from widgets.theme.tokens import DARK, LIGHT, Tokens, contrast, mix

BOTH = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda tokens: tokens.name)


@pytest.fixture
def themed(qapp: QApplication) -> ThemeManager:
    manager = theme.manager()
    manager.apply(qapp)
    manager.set_mode("light")
    return manager


@BOTH
def test_text_can_be_read_on_every_surface(tokens: Tokens) -> None:
    surfaces = (tokens.window, tokens.panel, tokens.card, tokens.sunk, tokens.hover, tokens.accent_tint)
    for surface in surfaces:
        for ink in (tokens.text, tokens.dim):
            assert contrast(ink, surface) >= 4.5, (ink, surface)
    for surface in (tokens.window, tokens.panel, tokens.card, tokens.sunk):
        for ink in (tokens.faint, tokens.accent, tokens.bad, tokens.warn, tokens.good):
            assert contrast(ink, surface) >= 4.5, (ink, surface)


@BOTH
def test_text_on_coloured_buttons_can_be_read_in_each_state(tokens: Tokens) -> None:
    for surface in (tokens.accent, tokens.accent_hover, tokens.accent_pressed):
        assert contrast(tokens.on_accent, surface) >= 4.5
    assert contrast(tokens.on_bad, tokens.bad) >= 4.5
    assert contrast(tokens.dim, tokens.pressed) >= 4.5
    assert contrast(tokens.text, tokens.pressed) >= 4.5


@BOTH
def test_each_group_can_be_read_on_its_tint_even_when_lit(tokens: Tokens) -> None:
    for group, hue in tokens.hues.items():
        assert contrast(hue.ink, hue.tint) >= 4.5, group
        for surface in (tokens.card, tokens.panel, tokens.window, tokens.sunk):  # program text, differences
            assert contrast(hue.ink, surface) >= 4.5, group
        assert contrast(tokens.text, mix(hue.tint, hue.ink, 0.14)) >= 4.5, group
    for ink in (tokens.bad, tokens.text, tokens.dim):
        assert contrast(ink, tokens.bad_tint) >= 4.5, ink
    for surface in (tokens.hover, tokens.accent_tint):  # a part that is not up to date, under the mouse and chosen
        assert contrast(tokens.warn, surface) >= 4.5, surface


@BOTH
def test_borders_of_inputs_and_focus_rings_can_be_seen(tokens: Tokens) -> None:
    for surface in (tokens.window, tokens.panel, tokens.card):
        assert contrast(tokens.outline, surface) >= 3, surface
        assert contrast(tokens.accent, surface) >= 3, surface


@BOTH
def test_the_style_sheet_covers_every_control_in_every_state(tokens: Tokens, tmp_path) -> None:  # type: ignore[no-untyped-def]
    sheet = style_sheet(tokens, str(tmp_path), "Inter", "JetBrains Mono")
    for control in ("QPushButton", "QToolButton"):
        for state in ("hover", "pressed", "focus", "disabled", "checked"):
            assert re.search(rf"{control}:{state}\b", sheet), f"{control}:{state}"
    for control in ("QLineEdit", "QTextEdit", "QPlainTextEdit", "QAbstractSpinBox", "QComboBox"):
        for state in ("hover", "focus", "disabled"):
            assert re.search(rf"{control}:{state}\b", sheet), f"{control}:{state}"
    for role in ("primary", "quiet", "danger", "link", "tab", "nav", "chip", "inline"):
        for state in ("hover", "pressed", "focus", "disabled"):
            assert f'QPushButton[role="{role}"]:{state}' in sheet, f"{role}:{state}"
    for control in (
        "QMenu",
        "QToolTip",
        "QScrollBar",
        "QCheckBox",
        "QRadioButton",
        "QSlider",
        "QProgressBar",
        "QTabBar",
    ):
        assert control in sheet, control
    assert sheet.count("{") == sheet.count("}")


def test_controls_are_large_enough_to_hit(themed: ThemeManager, qtbot) -> None:  # type: ignore[no-untyped-def]
    for widget in (QPushButton("Text"), QToolButton(), QLineEdit(), QComboBox(), QCheckBox("Text")):
        qtbot.addWidget(widget)
        if isinstance(widget, QToolButton):
            widget.setIcon(theme.icon("plus"))
        widget.ensurePolished()
        assert widget.sizeHint().height() >= 24, type(widget).__name__


def test_an_icon_follows_the_theme_without_being_set_again(themed: ThemeManager, qtbot) -> None:  # type: ignore[no-untyped-def]
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(theme.icon("wrench", "abilities"))

    def ink() -> set[str]:
        image = button.icon().pixmap(QSize(32, 32)).toImage()
        pixels = (image.pixelColor(x, y) for x in range(32) for y in range(32))
        return {pixel.name().upper() for pixel in pixels if pixel.alpha() == 255}

    assert LIGHT.hues["abilities"].ink in ink()
    themed.set_mode("dark")
    assert DARK.hues["abilities"].ink in ink()
    themed.set_mode("light")


def test_icons_are_sharp_at_any_scale(themed: ThemeManager) -> None:
    icon = theme.icon("scroll-text", "text")
    for ratio in (1.0, 1.25, 1.5, 2.0):
        pixmap = icon.pixmap(QSize(16, 16), ratio)
        assert pixmap.width() == round(16 * ratio)
        assert pixmap.devicePixelRatio() == ratio


def test_an_icon_survives_being_copied_and_changed(themed: ThemeManager) -> None:
    copy = QIcon(theme.icon("wrench", "text"))
    copy.addPixmap(theme.pixmap("plus"))
    assert not copy.pixmap(QSize(16, 16)).toImage().isNull()
    assert not theme.icon("wrench", "text").isNull()


def test_every_icon_that_is_named_is_bundled() -> None:
    missing = sorted({kind.icon for kind in KINDS.values() if not theme.has_icon(kind.icon)})
    assert missing == []
    assert [name for name in ICONS if not theme.has_icon(name)] == []
    assert resource_path("icons", "LICENSE").is_file()
    assert resource_path("fonts", "OFL.txt").is_file()


def test_widgets_that_were_made_before_the_theme_get_its_font(qapp: QApplication) -> None:
    qapp.setStyleSheet("")
    qapp.setFont(QFont("DejaVu Sans"))
    button, holder = QPushButton("Agents"), QWidget()
    label = text_label("Bough", "heading")
    label.setParent(holder)
    theme.manager().apply(qapp)
    assert {button.font().family(), holder.font().family(), label.font().family()} == {"Inter"}
    assert QFontInfo(label.font()).family() == "Inter"


def test_the_bundled_fonts_are_in_use(themed: ThemeManager, qapp: QApplication) -> None:
    assert qapp.font().family() == "Inter"
    assert theme.font("mono").family() == "JetBrains Mono"
    themed.set_system_font(True)
    try:
        assert qapp.font().family() != "Inter"
    finally:
        themed.set_system_font(False)


def test_the_manager_tells_of_a_change_once_and_only_when_there_is_one(themed: ThemeManager) -> None:
    seen: list[str] = []

    def note() -> None:
        seen.append(theme.current().name)

    themed.changed.connect(note)
    themed.set_mode("dark")
    themed.set_mode("dark")
    themed.set_mode("light")
    themed.changed.disconnect(note)
    assert seen == ["dark", "light"]
    with pytest.raises(ValueError, match="no such theme"):
        themed.set_mode("blue")  # type: ignore[arg-type]


def test_reduced_motion_stops_all_durations(themed: ThemeManager) -> None:
    themed.set_reduced_motion(True)
    assert themed.motion.normal == 0
    themed.set_reduced_motion(False)
    assert 120 <= themed.motion.normal <= 180
    themed.set_reduced_motion(None)


def test_unknown_names_give_something_to_look_at(themed: ThemeManager) -> None:
    image = QImage(theme.pixmap("no-such-icon", "text", 16).toImage())
    assert any(image.pixelColor(x, 8).alpha() for x in range(16))
    assert theme.current().hue("nobody").ink == theme.current().dim


@pytest.mark.parametrize(("value", "still"), [("0", True), ("1", False)])
def test_a_desktop_without_animations_is_believed(
    value: str, still: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    (tmp_path / "gtk-4.0").mkdir()
    (tmp_path / "gtk-4.0" / "settings.ini").write_text(f"[Settings]\ngtk-enable-animations={value}\n", encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    system_prefers_stillness.cache_clear()
    try:
        assert system_prefers_stillness() is still
    finally:
        system_prefers_stillness.cache_clear()


def _literals() -> set[str]:
    """Every short quoted word of our own source and templates: whatever might name an icon."""
    root = resource_path().parent
    files = [*root.glob("widgets/**/*.py"), *root.glob("app/**/*.py"), *root.glob("engine/blueprint/**/*.py")]
    files += root.glob("resources/templates/*.json")
    words: set[str] = set(ICONS)
    for file in files:
        words |= set(re.findall(r"[\"']([a-z0-9][a-z0-9-]*)[\"']", file.read_text(encoding="utf-8")))
    return words


def test_only_icons_that_are_used_are_bundled() -> None:
    bundled = {path.stem for path in resource_path("icons").glob("*.svg")}
    assert sorted(bundled - _literals()) == []


def test_icons_that_the_source_asks_for_by_name_are_there() -> None:
    root = resource_path().parent
    asked: set[str] = set()
    for file in [*root.glob("widgets/**/*.py"), *root.glob("app/**/*.py")]:
        source = file.read_text(encoding="utf-8")
        asked |= set(
            re.findall(r"\b(?:theme\.icon|theme\.pixmap|icon_button|small_button)\(\s*\"([a-z0-9-]+)\"", source)
        )
        asked |= set(re.findall(r"paint_icon\(\s*\w+,\s*\"([a-z0-9-]+)\"", source))
    assert sorted(name for name in asked if not theme.has_icon(name)) == []
