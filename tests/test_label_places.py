from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvmtune.label_places import Box, place_labels

PAGE = Box(0, 0, 400, 300)
SIZE = (20.0, 10.0)


def _boxes(points: list[tuple[float, float]], taken: list[Box]) -> list[Box]:
    middles = place_labels(points, [SIZE] * len(points), PAGE, taken)
    return [Box.around(x, y, *SIZE) for x, y in middles]


def test_a_label_alone_stands_on_the_right() -> None:
    assert place_labels([(100, 100)], [SIZE], PAGE) == [(114, 100)]


def test_at_the_edge_it_stands_inside() -> None:
    (box,) = _boxes([(395, 100)], [])
    assert box.right <= 400


def test_what_is_taken_is_left_alone() -> None:
    taken = Box(101, 90, 140, 110)
    (box,) = _boxes([(100, 100)], [taken])
    assert box.overlap(taken) == 0


@given(
    st.lists(st.tuples(st.integers(3, 12), st.integers(3, 9)), min_size=1, max_size=20, unique=True)
)
def test_labels_do_not_cover_each_other_where_there_is_room(
    cells: list[tuple[int, int]],
) -> None:
    boxes = _boxes([(25.0 * x, 25.0 * y) for x, y in cells], [])
    for i, box in enumerate(boxes):
        assert sum(box.overlap(other) for other in boxes[:i]) == 0


def test_without_room_every_label_has_a_place() -> None:
    assert len(_boxes([(10.0, 10.0)] * 200, [])) == 200
