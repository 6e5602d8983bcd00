"""Pieces that every page uses: banners, toasts, empty states, progress, side bar, dialogs, menus, cards, labels."""

from widgets.common.banner import Banner, EmptyState, ProgressRow, icon_button
from widgets.common.card import CardButton
from widgets.common.dialogs import ConfirmDialog, ErrorDialog, answer_row
from widgets.common.file_dialog import FileDialog
from widgets.common.labels import ElidedLabel, IconLabel, WrappedLabel, text_label
from widgets.common.menu import ItemMenu
from widgets.common.page import PageHeader, PageTitle
from widgets.common.sidebar import NavItem, NavRow, Sidebar
from widgets.common.tabs import TabCard
from widgets.common.toast import Toast, ToastRecord, Toasts

__all__ = [
    "Banner",
    "CardButton",
    "ConfirmDialog",
    "ElidedLabel",
    "EmptyState",
    "ErrorDialog",
    "FileDialog",
    "IconLabel",
    "ItemMenu",
    "NavItem",
    "NavRow",
    "PageHeader",
    "PageTitle",
    "ProgressRow",
    "Sidebar",
    "TabCard",
    "Toast",
    "ToastRecord",
    "Toasts",
    "WrappedLabel",
    "answer_row",
    "icon_button",
    "text_label",
]
