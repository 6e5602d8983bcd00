"""The person's library on screen: parts with where they are used, and small trees to look at."""

from widgets.library.items import PartItem, UseItem
from widgets.library.page import LibraryPage
from widgets.library.small_tree import SmallTree

__all__ = ["LibraryPage", "PartItem", "SmallTree", "UseItem"]
