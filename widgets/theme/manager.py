"""The theme manager: which theme holds now, and telling the program when that changes.

Follows the system's light or dark scheme unless a mode was chosen. Not here: the style sheet's text
(``stylesheet``) and the values (``tokens``).
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QTemporaryDir, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPalette, Qt
from PySide6.QtWidgets import QApplication, QStyleFactory, QToolTip

from widgets.theme import fonts, icons
from widgets.theme.stylesheet import style_sheet
from widgets.theme.tokens import Motion, Tokens, tokens

Mode = Literal["system", "light", "dark"]


class ThemeManager(QObject):
    """Owns the theme of the running program.

    Signals:
        changed: The theme or the font is another one now; painters repaint, kept pixmaps are renewed.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode: Mode = "system"
        self._app: QApplication | None = None
        self._reduced: bool | None = None
        self._tokens = tokens(dark=False)
        self._files: QTemporaryDir | None = None

    @property
    def mode(self) -> Mode:
        """What was asked for: follow the system, or one of the two."""
        return self._mode

    @property
    def tokens(self) -> Tokens:
        """The tokens of the theme that holds now."""
        return self._tokens

    def set_mode(self, mode: Mode) -> None:
        """Follow the system, or hold to light or dark."""
        if mode not in ("system", "light", "dark"):
            raise ValueError(f"no such theme mode: {mode}")
        self._mode = mode
        self._refresh()

    def set_system_font(self, on: bool) -> None:
        """Take the system's interface font instead of the bundled one."""
        fonts.use_system_font(on)
        self._refresh(force=True)

    def set_reduced_motion(self, on: bool | None) -> None:
        """Switch motion off or on; None asks the system."""
        self._reduced = on

    @property
    def reduced_motion(self) -> bool:
        """Whether changes are shown without motion."""
        if self._reduced is not None:
            return self._reduced
        return system_prefers_stillness()

    @property
    def motion(self) -> Motion:
        """Durations to use now; all zero with reduced motion."""
        return Motion(0, 0, 0) if self.reduced_motion else self._tokens.motion

    def apply(self, app: QApplication) -> None:
        """Give the program its fonts, palette and style sheet, and follow the system from here on."""
        if self._app is None:
            fonts.load_fonts()
            app.setStyle(QStyleFactory.create("Fusion"))
            app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._app = app
        self._refresh(force=True)

    @Slot()
    def _system_changed(self) -> None:
        if self._mode == "system":
            self._refresh()

    def _dark(self) -> bool:
        if self._mode != "system":
            return self._mode == "dark"
        if not isinstance(QGuiApplication.instance(), QGuiApplication):
            return False
        return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _refresh(self, force: bool = False) -> None:
        found = tokens(self._dark())
        if found is self._tokens and not force:
            return
        self._tokens = found
        if self._app is not None:
            if self._files is None:
                self._files = QTemporaryDir()
            self._app.setFont(fonts.font("body"))
            _tell_widgets()
            palette = make_palette(found)
            self._app.setPalette(palette)
            QToolTip.setPalette(palette)
            self._app.setStyleSheet(style_sheet(found, self._files.path(), fonts.family(), fonts.family(mono=True)))
        self.changed.emit()


def _tell_widgets() -> None:
    """Give the new font to the widgets that are there already.

    Qt does this by itself only while its event loop runs; a widget made before that would keep the system's font.
    """
    for widget in QApplication.topLevelWidgets():
        QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.ApplicationFontChange))


@cache
def system_prefers_stillness() -> bool:
    """Whether the system was asked for less motion.

    Qt has no question for it in this version. Windows and macOS switch Qt's own effects off; on Linux the two
    common desktops keep it in their settings files.
    """
    if QGuiApplication.platformName() in ("windows", "cocoa"):
        return not QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    for name, key, still in (
        ("gtk-4.0/settings.ini", "Settings/gtk-enable-animations", ("0", "false")),
        ("gtk-3.0/settings.ini", "Settings/gtk-enable-animations", ("0", "false")),
        ("kdeglobals", "KDE/AnimationDurationFactor", ("0", "0.0")),
    ):
        path = Path(settings, name)
        if path.is_file():
            value = QSettings(str(path), QSettings.Format.IniFormat).value(key)
            if value is not None:
                return str(value).lower() in still
    return False


def make_palette(theme: Tokens) -> QPalette:
    """A palette for everything that the style sheet does not reach (text documents, native parts)."""
    result = QPalette()
    group, role = QPalette.ColorGroup, QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.sunk,
        role.Text: theme.text,
        role.Button: theme.card,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.ToolTipBase: theme.card,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.PlaceholderText: theme.faint,
        role.Light: theme.card,
        role.Midlight: theme.hover,
        role.Mid: theme.line,
        role.Dark: theme.outline,
        role.Shadow: theme.line,
        role.Accent: theme.accent,
    }
    for key, colour in colours.items():
        result.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(group.Disabled, key, QColor(theme.faint))
    return result


_manager: ThemeManager | None = None


def manager() -> ThemeManager:
    """The one theme manager of the program."""
    global _manager
    if _manager is None:
        _manager = ThemeManager()
        icons.set_token_source(current)
    return _manager


def current() -> Tokens:
    """The tokens of the theme that holds now."""
    return manager().tokens
