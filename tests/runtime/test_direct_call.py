from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tvmtune.artifact import Argument, Role
from tvmtune.layout import Layout
from tvmtune.runtime.direct_call import DirectCall

X, W, Y = (
    Argument(name, role, (3, 4), "float32", Layout.plain(2))
    for name, role in (("x", Role.INPUT), ("w", Role.CONSTANT), ("y", Role.OUTPUT))
)


class _Code:
    """What was called, and with what."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, ...]] = []
        local = SimpleNamespace(workspace=64)
        self.direct = DirectCall(self, (X, W, Y), (X,), Y, {"w": 128}, local)

    def __call__(self, *addresses: int) -> None:
        self.calls.append(addresses)


def _array() -> Any:
    return np.zeros((3, 4), np.float32)


def test_addresses_come_in_the_order_of_the_arguments() -> None:
    code, x, y = _Code(), _array(), _array()
    assert code.direct([x], y)
    assert code.calls == [(x.ctypes.data, 128, y.ctypes.data, 64)]
    x.flags.writeable = False
    assert code.direct([x], y)
    assert code.calls[1] == code.calls[0]


def test_neighbours_in_one_buffer_share_nothing() -> None:
    code, both = _Code(), np.zeros((2, 3, 4), np.float32)
    assert code.direct([both[0]], both[1])
    assert code.direct([both[1]], both[0])


def _read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


_SAME = _array()
_ROOM = np.zeros(16, np.float32)


@pytest.mark.parametrize(
    ("inputs", "out"),
    [
        ([_SAME], _SAME),
        ([_ROOM[:12].reshape(3, 4)], _ROOM[1:13].reshape(3, 4)),
        ([_ROOM[4:].reshape(3, 4)], _ROOM[:12].reshape(3, 4)),
        ([_array().astype(">f4")], _array()),
        ([_array().astype(np.float64)], _array()),
        ([np.zeros((4, 3), np.float32)], _array()),
        ([np.zeros((3, 8), np.float32)[:, ::2]], _array()),
        ([np.zeros(49, np.uint8)[1:].view(np.float32).reshape(3, 4)], _array()),
        ([_array().tolist()], _array()),
        ([], _array()),
        ([_array(), _array()], _array()),
        ([_array()], _read_only(_array())),
        ([_array()], _array().T),
        ([_array()], None),
    ],
)
def test_what_the_code_cannot_use_is_left_alone(inputs: list[Any], out: Any) -> None:
    code = _Code()
    assert not code.direct(inputs, out)
    assert code.calls == []


def test_a_constant_without_an_address_is_an_error_at_once() -> None:
    with pytest.raises(KeyError):
        DirectCall(print, (X, W, Y), (X,), Y, {}, SimpleNamespace(workspace=0))
