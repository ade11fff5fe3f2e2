from __future__ import annotations

from tvmtune.search_spaces.faults import Faults


def test_a_value_that_only_fails_is_to_blame() -> None:
    faults = Faults()
    for last in range(3):
        assert faults.blamed((5, 1, last)) is None
        faults.add((4, 1, last))
        faults.pass_over((4, 0, last))
    assert faults.blamed((9, 1, 9)) == 1
    assert faults.blamed((4, 0, 9)) is None


def test_a_value_that_came_off_well_once_is_never_to_blame() -> None:
    faults = Faults()
    for last in range(9):
        faults.add((1, last))
    faults.pass_over((1, 9))
    assert faults.blamed((1, 10)) is None
