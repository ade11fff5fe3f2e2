"""Calls on plain arrays, where they lie: short, for some kernels take a few microseconds only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tvmtune.artifact import Argument
from tvmtune.runtime.arrays import address_of

_C_CONTIGUOUS, _ALIGNED, _WRITEABLE = 0x1, 0x100, 0x400
"""As in ``ndarray.flags.num``."""


class HasWorkspace(Protocol):
    """Has the address of memory that the calling thread alone may write to."""

    workspace: int


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """An array that code can use where it lies, and the place of its address in a call."""

    place: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    flags: int
    size_bytes: int

    @staticmethod
    def of(argument: Argument, place: int, flags: int) -> _Wanted:
        dtype = np.dtype(argument.dtype)
        size_bytes = int(np.prod(argument.shape)) * dtype.itemsize
        return _Wanted(place, argument.shape, dtype, flags, size_bytes)

    def address(self, array: NDArray[Any]) -> int | None:
        if (
            isinstance(array, np.ndarray)
            and array.shape == self.shape
            and array.dtype == self.dtype
            and array.flags.num & self.flags == self.flags
        ):
            return address_of(array)
        return None


class DirectCall:
    """Code for plain arrays with its constants in place.

    Parameters
    ----------
    function
        Takes the address of each argument, and that of the workspace.
    arguments
        All arguments, in order.
    inputs, output
        Those of them that a call gives.
    constants
        Addresses of the others, by name.
    local
        Where the workspace of each thread is.
    """

    def __init__(
        self,
        function: Callable[..., object],
        arguments: Sequence[Argument],
        inputs: Sequence[Argument],
        output: Argument,
        constants: Mapping[str, int],
        local: HasWorkspace,
    ) -> None:
        places = {argument.name: place for place, argument in enumerate(arguments)}
        usable = _C_CONTIGUOUS | _ALIGNED
        self._function = function
        given = {argument.name for argument in (*inputs, output)}
        self._addresses = [0 if a.name in given else constants[a.name] for a in arguments]
        self._inputs = [_Wanted.of(a, places[a.name], usable) for a in inputs]
        self._output = _Wanted.of(output, places[output.name], usable | _WRITEABLE)
        self._local = local

    def __call__(self, inputs: Sequence[NDArray[Any]], out: NDArray[Any]) -> bool:
        """Run if the arrays are what the code wants and `out` shares no memory with the inputs.

        Returns
        -------
        bool
            Whether it ran.
        """
        begin = self._output.address(out)
        if begin is None or len(inputs) != len(self._inputs):
            return False
        end = begin + self._output.size_bytes
        addresses = self._addresses.copy()
        addresses[self._output.place] = begin
        for array, wanted in zip(inputs, self._inputs, strict=True):
            address = wanted.address(array)
            if address is None or begin - wanted.size_bytes < address < end:
                return False
            addresses[wanted.place] = address
        self._function(*addresses, self._local.workspace)
        return True
