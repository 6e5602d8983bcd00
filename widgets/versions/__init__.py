"""Versions of an agent on screen: their list, and two of them compared as trees."""

from widgets.versions.compare_view import CompareView
from widgets.versions.items import VersionGroup, VersionItem, group_versions
from widgets.versions.list import VersionList, moment
from widgets.versions.page import BEFORE, NOW, VersionsPage

__all__ = [
    "BEFORE",
    "NOW",
    "CompareView",
    "VersionGroup",
    "VersionItem",
    "VersionList",
    "VersionsPage",
    "group_versions",
    "moment",
]
