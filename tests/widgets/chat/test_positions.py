"""The arithmetic of a long conversation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.chat.items import ChatItem
from widgets.chat.positions import BOTTOM, TOP, Positions

KINDS = ("person", "agent", "tool", "notice")


def reference(positions: Positions) -> list[int]:
    """The tops, summed the slow way by fresh positions with the same heights."""
    fresh = Positions()
    fresh.has_earlier = positions.has_earlier
    fresh.set_items(positions.items)
    fresh.heights = list(positions.heights)
    fresh.settle()
    return [fresh.top(number) for number in range(len(fresh))] + [fresh.total]


@given(
    st.lists(
        st.tuples(st.sampled_from(["append", "insert", "prepend", "remove", "height", "earlier"]), st.integers(0, 99)),
        max_size=40,
    )
)
def test_sums_stay_right_through_any_changes(changes: list[tuple[str, int]]) -> None:
    positions = Positions()
    for serial, (change, number) in enumerate(changes):
        item = ChatItem(f"i{serial}", KINDS[number % 4], "words " * number)
        if change == "append":
            positions.append(item)
        elif change == "insert":
            positions.insert(number % (len(positions) + 1), item)
        elif change == "prepend":
            positions.prepend([item])
        elif change == "earlier":
            positions.has_earlier = bool(number % 2)
            positions.touch(0)
        elif len(positions):
            place = number % len(positions)
            if change == "remove":
                positions.remove(positions.items[place].id)
            else:
                positions.set_height(place, number)
        if number % 3 == 0:
            positions.settle()
    positions.settle()
    assert [positions.top(number) for number in range(len(positions))] + [positions.total] == reference(positions)
    for number, item in enumerate(positions.items):
        assert positions.find(item.id) == number
        assert positions.heights[number] == 0 or positions.at(positions.top(number)) == number


def test_an_empty_conversation() -> None:
    positions = Positions()
    positions.settle()
    assert positions.total == TOP
    positions.append(ChatItem("a", "tool"))
    positions.settle()
    assert positions.total == TOP + 36 + BOTTOM
