"""The one style sheet of the program, generated from the tokens.

Here: how each standard control looks in each state. Not here: colours and sizes themselves (``tokens``), nor
what painters draw by hand (canvas, delegates), which read the same tokens.
"""

from __future__ import annotations

from pathlib import Path

from widgets.theme.icons import svg_source
from widgets.theme.parts import dialogs, lists, roles
from widgets.theme.tokens import Tokens


class Files:
    """Small recoloured images for the style sheet, which can only name files."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def icon(self, name: str, colour: str) -> str:
        """``url(…)`` of an icon in one colour."""
        return self._write(f"{name}-{colour[1:]}.svg", svg_source(name).replace("currentColor", colour))

    def switch(self, track: str, border: str, knob: str, on: bool) -> str:
        """``url(…)`` of a toggle switch."""
        x = 25 if on else 11
        text = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="36" height="22" viewBox="0 0 36 22">'
            f'<rect x="1" y="1" width="34" height="20" rx="10" fill="{track}" stroke="{border}" stroke-width="1.5"/>'
            f'<circle cx="{x}" cy="11" r="6.5" fill="{knob}"/></svg>'
        )
        return self._write(f"switch-{int(on)}-{track[1:]}-{border[1:]}-{knob[1:]}.svg", text)

    def radio(self, ring: str, fill: str, dot: str) -> str:
        """``url(…)`` of a radio button."""
        text = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="18" height="18" viewBox="0 0 18 18">'
            f'<circle cx="9" cy="9" r="7.5" fill="{fill}" stroke="{ring}" stroke-width="1.5"/>'
            f'<circle cx="9" cy="9" r="3.2" fill="{dot}"/></svg>'
        )
        return self._write(f"radio-{ring[1:]}-{fill[1:]}-{dot[1:]}.svg", text)

    def _write(self, name: str, text: str) -> str:
        path = self._folder / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        return f'url("{path.as_posix()}")'


def style_sheet(theme: Tokens, folder: str, family: str, mono: str) -> str:
    """The style sheet of a theme.

    Args:
        theme: Its tokens.
        folder: Where the small images may be written.
        family: The interface font.
        mono: The font of code.
    """
    files = Files(folder)
    return "\n".join(
        (
            _base(theme),
            _buttons(theme),
            _inputs(theme, files),
            _checks(theme, files),
            lists(theme, files.icon),
            dialogs(theme, files.icon),
            roles(theme, family, mono),
        )
    )


def _base(t: Tokens) -> str:
    return f"""
QMainWindow, QDialog {{ background: {t.window}; }}
QWidget {{ color: {t.text}; }}
QLabel {{ background: transparent; }}
QFrame[frameShape="4"], QFrame[frameShape="5"] {{ background: {t.line}; border: none; }}
QSplitter::handle {{ background: {t.line}; }}
QSplitter::handle:hover {{ background: {t.accent}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QScrollArea, QAbstractScrollArea {{ border: none; background: transparent; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QToolTip {{ background: {t.card}; color: {t.text}; border: 1px solid {t.line}; padding: 4px 8px;
            font-size: {t.size.caption}px; }}
"""


def _buttons(t: Tokens) -> str:
    r = t.radius_control
    return f"""
QPushButton {{ background: {t.card}; color: {t.text}; border: 1px solid {t.line}; border-radius: {r}px;
               padding: 5px 12px; min-height: 18px; font-weight: 500; outline: none; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed, QPushButton:checked {{ background: {t.pressed}; }}
QPushButton:focus {{ border: 2px solid {t.accent}; padding: 4px 11px; }}
QPushButton:disabled {{ color: {t.faint}; background: {t.sunk}; border-color: {t.line}; }}
QPushButton::menu-indicator {{ width: 0; }}

QPushButton[role="primary"] {{ background: {t.accent}; color: {t.on_accent}; border: 1px solid {t.accent};
                               font-weight: 600; }}
QPushButton[role="primary"]:hover {{ background: {t.accent_hover}; border-color: {t.accent_hover}; }}
QPushButton[role="primary"]:pressed {{ background: {t.accent_pressed}; border-color: {t.accent_pressed}; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[role="primary"]:disabled {{ background: {t.pressed}; color: {t.dim}; border-color: {t.pressed}; }}

QPushButton[role="danger"] {{ color: {t.bad}; border-color: {t.bad}; background: transparent; }}
QPushButton[role="danger"]:hover {{ background: {t.bad_tint}; }}
QPushButton[role="danger"]:pressed {{ background: {t.bad}; color: {t.on_bad}; }}
QPushButton[role="danger"]:focus {{ border: 2px solid {t.bad}; background: {t.bad_tint}; }}
QPushButton[role="danger"]:disabled {{ color: {t.faint}; border-color: {t.line}; }}

QPushButton[role="quiet"] {{ background: transparent; border: 1px solid transparent; color: {t.dim}; }}
QPushButton[role="quiet"]:hover {{ background: {t.hover}; color: {t.text}; }}
QPushButton[role="quiet"]:pressed, QPushButton[role="quiet"]:checked {{ background: {t.pressed}; color: {t.text}; }}
QPushButton[role="quiet"]:focus {{ border: 2px solid {t.accent}; color: {t.text}; }}
QPushButton[role="quiet"]:disabled {{ color: {t.faint}; background: transparent; }}

QPushButton[role="link"] {{ background: transparent; border: 1px solid transparent; color: {t.accent};
                            padding: 2px 4px; }}
QPushButton[role="link"][small="true"] {{ font-size: {t.size.caption}px; }}
QPushButton[role="link"]:hover {{ text-decoration: underline; color: {t.accent_hover}; }}
QPushButton[role="link"]:pressed {{ color: {t.accent_pressed}; }}
QPushButton[role="link"]:focus {{ border: 2px solid {t.accent}; padding: 1px 3px; }}
QPushButton[role="link"]:disabled {{ color: {t.faint}; }}

QPushButton[role="inline"] {{ background: transparent; border: 1px solid transparent; color: {t.dim};
    padding: 3px 6px 3px 3px; text-align: left; }}
QPushButton[role="inline"]:hover {{ color: {t.accent}; }}
QPushButton[role="inline"]:pressed {{ color: {t.accent_pressed}; }}
QPushButton[role="inline"]:focus {{ border: 2px solid {t.accent}; padding: 2px 5px 2px 2px; color: {t.text}; }}
QPushButton[role="inline"]:disabled {{ color: {t.faint}; }}

QPushButton[role="chip"] {{ background: {t.hues["memory"].tint}; color: {t.hues["memory"].ink};
    border: 1px solid transparent; border-radius: 9px; padding: 2px 8px 2px 6px; min-height: 14px;
    font-size: {t.size.badge}px; font-weight: 500; }}
QPushButton[role="chip"]:hover {{ border-color: {t.hues["memory"].ink}; }}
QPushButton[role="chip"]:pressed {{ background: {t.pressed}; }}
QPushButton[role="chip"]:focus {{ border: 2px solid {t.accent}; padding: 1px 7px 1px 5px; }}
QPushButton[role="chip"]:disabled {{ color: {t.faint}; background: {t.sunk}; }}

QPushButton[role="tab"], QToolButton[role="tab"] {{ background: transparent; border: 1px solid transparent;
    color: {t.dim}; padding: 4px 10px; border-radius: {r}px; font-weight: 400; }}
QPushButton[role="tab"]:hover, QToolButton[role="tab"]:hover {{ background: {t.hover}; color: {t.text}; }}
QPushButton[role="tab"]:pressed, QToolButton[role="tab"]:pressed {{ background: {t.pressed}; }}
QPushButton[role="tab"]:checked, QToolButton[role="tab"]:checked {{ background: {t.hover}; color: {t.text};
    font-weight: 500; }}
QPushButton[role="tab"]:focus, QToolButton[role="tab"]:focus {{ border: 2px solid {t.accent}; padding: 3px 9px; }}
QPushButton[role="tab"]:disabled, QToolButton[role="tab"]:disabled {{ color: {t.faint}; }}

QPushButton[role="nav"], QToolButton[role="nav"] {{ background: transparent; border: 1px solid transparent;
    color: {t.dim}; text-align: left; padding: 6px 8px; border-radius: {r}px; font-weight: 400; }}
QPushButton[role="nav"]:hover, QToolButton[role="nav"]:hover {{ background: {t.hover}; color: {t.text}; }}
QPushButton[role="nav"]:pressed, QToolButton[role="nav"]:pressed {{ background: {t.pressed}; }}
QPushButton[role="nav"]:checked, QToolButton[role="nav"]:checked {{ background: {t.accent_tint}; color: {t.accent};
    font-weight: 500; }}
QPushButton[role="nav"]:focus, QToolButton[role="nav"]:focus {{ border: 2px solid {t.accent}; padding: 5px 7px; }}
QPushButton[role="nav"]:disabled, QToolButton[role="nav"]:disabled {{ color: {t.faint}; }}

QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: {r}px; padding: 5px;
               color: {t.dim}; }}
QToolButton:hover {{ background: {t.hover}; color: {t.text}; }}
QToolButton:pressed, QToolButton:checked {{ background: {t.pressed}; color: {t.text}; }}
QToolButton:focus {{ border: 2px solid {t.accent}; padding: 4px; color: {t.text}; }}
QToolButton:disabled {{ color: {t.faint}; background: transparent; }}
QToolButton::menu-indicator {{ width: 0; image: none; }}
QToolButton[role="primary"] {{ background: {t.accent}; color: {t.on_accent}; }}
QToolButton[role="primary"]:hover {{ background: {t.accent_hover}; }}
QToolButton[role="primary"]:pressed {{ background: {t.accent_pressed}; }}
QToolButton[role="primary"]:focus {{ border: 2px solid {t.text}; }}
QToolButton[role="primary"]:disabled {{ background: {t.pressed}; color: {t.dim}; }}
"""


def _inputs(t: Tokens, files: Files) -> str:
    r = t.radius_control
    kinds = ("QLineEdit", "QTextEdit", "QPlainTextEdit", "QAbstractSpinBox", "QComboBox", "QKeySequenceEdit")

    def every(state: str = "") -> str:
        return ", ".join(kind + state for kind in kinds)

    down, up = files.icon("chevron-down", t.dim), files.icon("chevron-up", t.dim)
    return f"""
{every()} {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.outline}; border-radius: {r}px;
    padding: 5px 8px; selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QTextEdit, QPlainTextEdit {{ padding: 4px 6px; }}
{every(":hover")} {{ border-color: {t.dim}; }}
{every(":focus")} {{ border: 2px solid {t.accent}; padding: 4px 7px; }}
QTextEdit:focus, QPlainTextEdit:focus {{ padding: 3px 5px; }}
{every(":disabled")} {{ background: {t.sunk}; color: {t.faint}; border-color: {t.line}; }}
{every(":read-only")} {{ background: {t.sunk}; }}
{every('[invalid="true"]')} {{ border: 2px solid {t.bad}; padding: 4px 7px; }}
QTextEdit[invalid="true"], QPlainTextEdit[invalid="true"] {{ padding: 3px 5px; }}
QComboBox:read-only {{ background: {t.panel}; }}
QComboBox:on {{ border-color: {t.accent}; }}
QComboBox {{ padding-right: 24px; min-height: 18px; combobox-popup: 0; }}
QComboBox::drop-down {{ border: none; width: 22px; subcontrol-position: center right; }}
QComboBox::down-arrow {{ image: {down}; width: 14px; height: 14px; }}
QComboBox QAbstractItemView {{ background: {t.card}; border: 1px solid {t.outline}; border-radius: 0; padding: 3px;
    outline: none; selection-background-color: {t.accent_tint}; selection-color: {t.text}; }}
QComboBox QAbstractItemView::item, QComboBox QAbstractItemView::item:focus {{ min-height: 26px; padding: 0 5px;
    border: none; border-radius: 4px; color: {t.text}; }}
QComboBox QAbstractItemView::item:selected, QComboBox QAbstractItemView::item:hover {{
    background: {t.accent_tint}; color: {t.text}; }}
QComboBoxPrivateContainer {{ background: {t.card}; border: none; }}
QAbstractSpinBox {{ padding-right: 22px; min-height: 18px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; background: transparent; width: 20px;
    subcontrol-origin: border; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin: 2px 2px 0 0; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 2px 2px 0; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {t.hover}; border-radius: 3px; }}
QAbstractSpinBox::up-arrow {{ image: {up}; width: 12px; height: 12px; }}
QAbstractSpinBox::down-arrow {{ image: {down}; width: 12px; height: 12px; }}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit, QAbstractSpinBox QLineEdit:focus, QComboBox QLineEdit:focus {{
    border: none; padding: 0; background: transparent; }}
QLineEdit {{ lineedit-clear-button-icon: {files.icon("x", t.dim)}; }}
QLineEdit[role="title"] {{ background: transparent; border: 1px solid transparent; padding: 3px 5px;
    font-size: {t.size.emphasis}px; font-weight: 600; }}
QLineEdit[role="title"]:hover {{ background: {t.hover}; }}
QLineEdit[role="title"]:focus {{ background: {t.panel}; border: 2px solid {t.accent}; padding: 2px 4px; }}
QLineEdit[role="bare"], QTextEdit[role="bare"], QPlainTextEdit[role="bare"] {{ background: transparent;
    border: none; padding: 0; }}
QPlainTextEdit[frame="none"], QPlainTextEdit[frame="none"]:focus {{ border: none; border-radius: 0;
    background: {t.panel}; padding: 4px 12px; }}
QLineEdit[role="bare"]:focus, QTextEdit[role="bare"]:focus, QPlainTextEdit[role="bare"]:focus {{
    background: transparent; border: none; padding: 0; }}
"""


def _checks(t: Tokens, files: Files) -> str:
    switch_off = files.switch(t.pressed, t.outline, t.outline, on=False)
    switch_hover = files.switch(t.pressed, t.dim, t.dim, on=False)
    switch_on = files.switch(t.accent, t.accent, t.on_accent, on=True)
    switch_gone = files.switch(t.sunk, t.line, t.line, on=False)
    switch_on_gone = files.switch(t.pressed, t.pressed, t.outline, on=True)
    check = files.icon("check", t.on_accent)
    dash = files.icon("minus", t.on_accent)
    return f"""
QCheckBox, QRadioButton {{ spacing: 8px; min-height: 20px; background: transparent; border-radius: 4px; padding: 2px;
    border: 1px solid transparent; }}
QCheckBox:focus, QRadioButton:focus {{ border: 2px solid {t.accent}; padding: 1px; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {t.faint}; }}
QCheckBox::indicator, QTreeView::indicator, QListView::indicator, QGroupBox::indicator {{ width: 14px; height: 14px;
    border: 1px solid {t.outline}; border-radius: 4px; background: {t.panel}; }}
QCheckBox::indicator:hover {{ border-color: {t.text}; background: {t.hover}; }}
QCheckBox::indicator:pressed {{ background: {t.pressed}; }}
QCheckBox::indicator:checked, QTreeView::indicator:checked, QListView::indicator:checked,
QGroupBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; image: {check}; }}
QCheckBox::indicator:indeterminate {{ background: {t.accent}; border-color: {t.accent}; image: {dash}; }}
QCheckBox::indicator:disabled {{ border-color: {t.line}; background: {t.sunk}; }}
QRadioButton::indicator {{ width: 18px; height: 18px; image: {files.radio(t.outline, t.panel, t.panel)}; }}
QRadioButton::indicator:hover {{ image: {files.radio(t.text, t.hover, t.hover)}; }}
QRadioButton::indicator:checked {{ image: {files.radio(t.accent, t.accent, t.on_accent)}; }}
QRadioButton::indicator:disabled {{ image: {files.radio(t.line, t.sunk, t.sunk)}; }}
QCheckBox[role="switch"]::indicator {{ width: 34px; height: 20px; border: none; background: transparent;
    image: {switch_off}; }}
QCheckBox[role="switch"]::indicator:hover {{ image: {switch_hover}; }}
QCheckBox[role="switch"]::indicator:checked {{ image: {switch_on}; }}
QCheckBox[role="switch"]::indicator:disabled {{ image: {switch_gone}; }}
QCheckBox[role="switch"]::indicator:checked:disabled {{ image: {switch_on_gone}; }}
QSlider:horizontal {{ min-height: 20px; }}
QSlider::groove:horizontal {{ height: 4px; background: {t.pressed}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: {t.panel};
    border: 2px solid {t.accent}; }}
QSlider::handle:horizontal:hover {{ background: {t.accent_tint}; }}
QSlider::handle:horizontal:pressed, QSlider::handle:horizontal:focus {{ background: {t.accent}; }}
QProgressBar {{ background: {t.sunk}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
    color: transparent; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
"""
