"""Words for times: group titles ("Yesterday") and short times ("09:41", "Tue", "3 Oct"). Not here: widgets."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication, QDate, QLocale


def _tr(text: str) -> str:
    return QCoreApplication.translate("SessionList", text)


def group_of(updated: float, now: float) -> str:
    """The title of the group that a time belongs to."""
    then, today = datetime.fromtimestamp(updated).date(), datetime.fromtimestamp(now).date()
    days = (today - then).days
    if days <= 0:
        return _tr("Today")
    if days == 1:
        return _tr("Yesterday")
    monday = today - timedelta(days=today.weekday())
    if then >= monday:
        return _tr("This week")
    if then >= monday - timedelta(days=7):
        return _tr("Last week")
    if (then.year, then.month) == (today.year, today.month):
        return _tr("This month")
    name = QLocale().standaloneMonthName(then.month)
    return name if then.year == today.year else f"{name} {then.year}"


def short_time(updated: float, now: float) -> str:
    """A time in a few letters."""
    then, today = datetime.fromtimestamp(updated), datetime.fromtimestamp(now).date()
    days = (today - then.date()).days
    locale = QLocale()
    if days <= 0:
        return f"{then:%H:%M}"
    if days < 7:
        return locale.dayName(then.isoweekday(), QLocale.FormatType.ShortFormat)
    date = QDate(then.year, then.month, then.day)
    return locale.toString(date, "d MMM" if then.year == today.year else "d MMM yyyy")


def full_time(updated: float) -> str:
    """A time in full, for tool tips and screen readers."""
    then = datetime.fromtimestamp(updated)
    date = QDate(then.year, then.month, then.day)
    return f"{QLocale().toString(date, QLocale.FormatType.LongFormat)}, {then:%H:%M}"
