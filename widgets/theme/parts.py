"""Parts of the style sheet: lists, trees, tables, tabs, scroll bars, menus, dialogs, and the ``role`` properties."""

from __future__ import annotations

from collections.abc import Callable

from widgets.theme.tokens import Tokens, mix

IconUrl = Callable[[str, str], str]


def lists(t: Tokens, icon: IconUrl) -> str:
    """Item views, headers, tabs and scroll bars."""
    closed, opened = icon("chevron-right", t.dim), icon("chevron-down", t.dim)
    r = t.radius_control
    return f"""
QAbstractItemView {{ background: transparent; border: none; outline: none; alternate-background-color: {t.sunk};
    selection-background-color: {t.accent_tint}; selection-color: {t.text}; }}
QListView::item, QTreeView::item {{ min-height: 28px; border-radius: {r}px; padding: 0 4px; color: {t.text};
    border: 1px solid transparent; }}
QListView::item:hover, QTreeView::item:hover {{ background: {t.hover}; }}
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {{ background: {t.accent_tint};
    color: {t.text}; }}
QListView::item:focus, QTreeView::item:focus {{ border: 1px solid {t.accent}; }}
QListView::item:disabled, QTreeView::item:disabled {{ color: {t.faint}; }}
QTreeView {{ show-decoration-selected: 0; }}
QTreeView[role="painted"] {{ selection-background-color: transparent; padding: 6px 4px 6px 8px; }}
QTreeView[role="painted"]::item, QTreeView[role="painted"]::item:selected, QTreeView[role="painted"]::item:hover,
QTreeView[role="painted"]::item:focus {{ background: transparent; border: none; }}
QTreeView::branch, QTreeView::branch:selected, QTreeView::branch:hover {{ background: transparent; }}
QTreeView::branch:has-children:!has-siblings:closed, QTreeView::branch:closed:has-children:has-siblings {{
    image: {closed}; }}
QTreeView::branch:open:has-children:!has-siblings, QTreeView::branch:open:has-children:has-siblings {{
    image: {opened}; }}
QAbstractItemView[role="completions"] {{ background: {t.card}; border: 1px solid {t.outline}; border-radius: 0;
    padding: 2px; }}
QAbstractItemView[role="completions"]::item, QAbstractItemView[role="completions"]::item:focus {{
    border: none; min-height: 26px; padding: 0 6px; border-radius: 4px; }}
QAbstractItemView:focus[role="outlined"] {{ border: 2px solid {t.accent}; border-radius: {r}px; }}
QTableView {{ gridline-color: {t.line}; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: {t.panel}; color: {t.dim}; border: none; border-bottom: 1px solid {t.line};
    padding: 6px 8px; font-size: {t.size.caption}px; font-weight: 500; }}
QTableCornerButton::section {{ background: {t.panel}; border: none; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.line}; }}
QTabBar {{ background: transparent; qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {t.dim}; padding: 5px 10px; margin: 4px 2px; border-radius: {r}px;
    border: 1px solid transparent; }}
QTabBar::tab:hover {{ background: {t.hover}; color: {t.text}; }}
QTabBar::tab:selected {{ background: {t.hover}; color: {t.text}; }}
QTabBar::tab:focus {{ border: 2px solid {t.accent}; padding: 4px 9px; }}
QTabBar::tab:disabled {{ color: {t.faint}; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; border: none; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; border: none; }}
QScrollBar::handle {{ background: {mix(t.line, t.outline, 0.45)}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {t.dim}; }}
QScrollBar::handle:disabled {{ background: transparent; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractScrollArea::corner {{ background: transparent; }}
"""


def dialogs(t: Tokens, icon: IconUrl) -> str:
    """Menus, tool bars, the status bar, group boxes and dialogs."""
    r = t.radius_control
    return f"""
QMenu {{ background: {t.card}; border: 1px solid {t.line}; border-radius: {r}px; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 10px; border-radius: 4px; color: {t.text}; }}
QMenu::item:selected {{ background: {t.accent_tint}; color: {t.text}; }}
QMenu::item:pressed {{ background: {t.pressed}; }}
QMenu::item:disabled {{ color: {t.faint}; background: transparent; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 6px; }}
QMenu::indicator {{ width: 14px; height: 14px; margin-left: 6px; }}
QMenu::indicator:checked {{ image: {icon("check", t.accent)}; }}
QMenu::right-arrow {{ image: {icon("chevron-right", t.dim)}; width: 14px; height: 14px; }}
QMenuBar {{ background: {t.panel}; border-bottom: 1px solid {t.line}; padding: 2px; }}
QMenuBar::item {{ background: transparent; padding: 4px 10px; border-radius: 4px; color: {t.text}; }}
QMenuBar::item:selected {{ background: {t.hover}; }}
QMenuBar::item:pressed {{ background: {t.pressed}; }}
QMenuBar::item:disabled {{ color: {t.faint}; }}
QToolBar {{ background: {t.panel}; border: none; border-bottom: 1px solid {t.line}; spacing: 4px; padding: 4px 8px; }}
QToolBar::separator {{ width: 1px; background: {t.line}; margin: 4px; }}
QStatusBar {{ background: {t.panel}; border-top: 1px solid {t.line}; color: {t.dim}; }}
QStatusBar::item {{ border: none; }}
QGroupBox {{ border: 1px solid {t.line}; border-radius: {t.radius_card}px; margin-top: 10px; padding: 12px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 12px; padding: 0 4px; color: {t.dim}; }}
QDockWidget {{ color: {t.text}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QDialog QLabel#qt_msgbox_label {{ font-size: {t.size.emphasis}px; font-weight: 600; }}
"""


def roles(t: Tokens, family: str, mono: str) -> str:
    """What the ``role`` and ``tone`` properties mean for labels and frames."""
    s = t.size
    tones = "\n".join(
        f'QLabel[role="badge"][tone="{name}"] {{ background: {hue.tint}; color: {hue.ink}; }}\n'
        f'QFrame[role="card"][edge="{name}"] {{ border-left: {t.edge}px solid {hue.ink}; }}'
        for name, hue in t.hues.items()
    )
    return f"""
QLabel[role="display"] {{ font-size: {s.title + 4}px; font-weight: 700; }}
QLabel[role="title"] {{ font-size: {s.title}px; font-weight: 700; }}
QLabel[role="heading"] {{ font-size: {s.emphasis}px; font-weight: 600; }}
QLabel[role="strong"] {{ font-size: {s.body}px; font-weight: 600; }}
QLabel[role="label"] {{ font-size: {s.caption}px; font-weight: 500; color: {t.text}; }}
QLabel[role="dim"] {{ color: {t.dim}; }}
QLabel[role="caption"] {{ font-size: {s.caption}px; color: {t.dim}; }}
QLabel[role="faint"] {{ font-size: {s.caption}px; color: {t.faint}; }}
QLabel[role="overline"] {{ font-size: {s.badge}px; font-weight: 600; color: {t.dim}; letter-spacing: 0.5px; }}
QLabel[role="badge"] {{ font-size: {s.badge}px; font-weight: 500; color: {t.dim}; background: {t.sunk};
    border-radius: 9px; padding: 2px 8px; }}
QLabel[role="error"] {{ font-size: {s.caption}px; color: {t.bad}; }}
QLabel[role="warning"] {{ font-size: {s.caption}px; color: {t.warn}; }}
QLabel[role="good"] {{ font-size: {s.caption}px; color: {t.good}; }}
QLabel[role="mono"], QTextEdit[role="mono"], QPlainTextEdit[role="mono"], QTextBrowser[role="mono"],
QLineEdit[role="mono"] {{ font-family: "{mono}"; font-size: {s.caption}px; }}
QLabel:disabled {{ color: {t.faint}; }}
QFrame[role="card"] {{ background: {t.card}; border: 1px solid {t.line}; border-radius: {t.radius_card}px; }}
QFrame[role="card"][interactive="true"]:hover {{ border-color: {t.outline}; }}
QFrame[role="card"][interactive="true"]:focus, QFrame[role="card"][selected="true"] {{
    border: 2px solid {t.accent}; }}
QFrame[role="card"]:disabled {{ background: {t.sunk}; }}
QFrame[role="panel"], QWidget[role="panel"] {{ background: {t.panel}; }}
QFrame[role="window"], QWidget[role="window"] {{ background: {t.window}; }}
QFrame[role="sunk"], QWidget[role="sunk"] {{ background: {t.sunk}; border-radius: {t.radius_control}px; }}
QFrame[role="sidebar"], QWidget[role="sidebar"] {{ background: {t.window}; border-right: 1px solid {t.line}; }}
QFrame[role="header"], QWidget[role="header"] {{ background: {t.panel}; border-bottom: 1px solid {t.line}; }}
QFrame[role="footer"], QWidget[role="footer"] {{ background: {t.panel}; border-top: 1px solid {t.line}; }}
QFrame[role="popup"], QWidget[role="popup"] {{ background: {t.card}; border: 1px solid {t.line};
    border-radius: {t.radius_card}px; }}
QFrame[role="line"] {{ background: {t.line}; border: none; min-height: 1px; max-height: 1px; }}
QFrame[role="banner"] {{ background: {t.accent_tint}; border-radius: {t.radius_control}px; }}
QFrame[role="banner"][tone="warn"] {{ background: {t.hues["flow"].tint}; }}
QFrame[role="banner"][tone="bad"] {{ background: {t.bad_tint}; }}
QFrame[role="bubble"] {{ background: {t.accent_tint}; border-radius: {t.radius_card}px; }}
QLabel[role="badge"][tone="accent"] {{ background: {t.accent_tint}; color: {t.accent}; }}
QLabel[role="badge"][tone="bad"] {{ background: {t.bad_tint}; color: {t.bad}; }}
QLabel[role="badge"][tone="warn"] {{ background: {t.hues["flow"].tint}; color: {t.warn}; }}
{tones}
"""
