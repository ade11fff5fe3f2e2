"""Kernels that one can call: arrays in and out, constants bound once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.errors import KernelError
from tvmtune.runtime.arrays import Allocate, aligned, element_address, usable_address
from tvmtune.runtime.direct_call import DirectCall
from tvmtune.runtime.loader import LoadedCode, describe, load


class Kernel:
    """A compiled operator, before its constant operands are known.

    Parameters
    ----------
    artifact
        Code and manifest.
    match
        How the tuning log was matched, from whoever looked it up.
    sources
        What the code was generated from, by kind; empty unless kept by the build.
    """

    def __init__(
        self,
        artifact: Artifact,
        *,
        match: object = None,
        sources: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.artifact = artifact
        self.match = match
        self._sources = dict(sources)

    @property
    def manifest(self) -> Manifest:
        """How the code is called, and where it comes from."""
        return self.artifact.manifest

    def __repr__(self) -> str:
        return f"<{describe(self.manifest)} for {self.manifest.target}, match {self.match}>"

    def __call__(self, *_operands: object, **_options: object) -> NoReturn:
        """Refuse: constants are bound first.

        Raises
        ------
        KernelError
            Always; it says how to call the kernel.
        """
        constants = [a.name for a in self.manifest.arguments if a.role is Role.CONSTANT]
        given = ", ".join(f"{name}=..." for name in constants)
        raise KernelError(f"{describe(self.manifest)}: bind it first: kernel.bind({given})(...)")

    def source(self, kind: str) -> str:
        """Return what the code was generated from.

        Parameters
        ----------
        kind
            ``"schedule"``, ``"loops"``, ``"llvm"`` or ``"asm"``.

        Raises
        ------
        KernelError
            The build did not keep it.
        """
        if kind not in self._sources:
            kept = f"kept are {', '.join(self._sources)}" if self._sources else "none was kept"
            raise KernelError(
                f"{describe(self.manifest)} has no source {kind!r}: {kept}; "
                "build(..., keep_sources=True) keeps schedule, loops, llvm and asm"
            )
        return self._sources[kind]

    def bind(self, **constants: NDArray[Any]) -> BoundKernel:
        """Load the code and pack the constant operands, once.

        Parameters
        ----------
        constants
            Plain arrays by operand name; they are copied.

        Raises
        ------
        KernelError
            A constant is missing, unknown, or of another shape or dtype; or the code does not load.
        """
        return BoundKernel(load(self.artifact), constants)


class Packed:
    """Inputs and output of one call, stored as the kernel wants them.

    One object serves one thread at a time.

    Parameters
    ----------
    kernel
        The kernel it belongs to.
    arrays
        Flat arrays by argument name, all arguments.
    """

    __slots__ = ("arrays", "kernel", "pointers")

    def __init__(self, kernel: BoundKernel, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.kernel = kernel
        self.arrays = arrays
        self.pointers = tuple(a.ctypes.data for a in arrays.values())


class BoundKernel:
    """A kernel with its constants packed: call it, from any thread.

    Parameters
    ----------
    code
        Loaded code.
    constants
        Plain arrays of the constant operands, by name.
    allocate
        Makes the flat arrays that the kernel sees.

    Raises
    ------
    KernelError
        A constant is missing, unknown, or of another shape or dtype.
    """

    def __init__(
        self,
        code: LoadedCode,
        constants: Mapping[str, NDArray[Any]],
        allocate: Allocate = aligned,
    ) -> None:
        self.manifest = code.manifest
        self._code = code
        self._allocate = allocate
        self._inputs = self._arguments(Role.INPUT)
        self._output = self._only_output()
        self._plain = frozenset(a.name for a in self.manifest.arguments if a.layout.keeps(a.shape))
        self._function = code.function(self.manifest.symbol)
        self._conversions = {
            name: code.function(symbol) for name, symbol in self.manifest.pack_symbols.items()
        }
        self._local = _PerThread(allocate, self.manifest.workspace_bytes)
        self._names = tuple(a.name for a in self.manifest.arguments)
        self._fixed = self._pack_constants(constants)
        self._pointers: dict[str, int] = {n: a.ctypes.data for n, a in self._fixed.items()}
        self._direct = self._direct_call(code)
        if self.manifest.prepare_symbol is not None:
            pointers = self._packed().pointers
            code.function(self.manifest.prepare_symbol)(*pointers, self._local.workspace)

    def __call__(self, *inputs: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Run the kernel on plain arrays.

        Parameters
        ----------
        inputs
            Plain arrays in the order of the manifest, of any strides.
        out
            Where to write the output: C-contiguous; made where it is not given.

        Returns
        -------
        out
            The output as a plain array.

        Raises
        ------
        KernelError
            A shape or dtype differs from what the kernel was built for.
        """
        if out is not None and self._direct is not None and self._direct(inputs, out):
            return out
        self._check_inputs(inputs)
        result = self._new_output() if out is None else self._checked_output(out)
        if out is None and self._direct is not None and self._direct(inputs, result):
            return result
        pointers = dict(self._pointers)
        for argument, array in zip(self._inputs, inputs, strict=True):
            pointers[argument.name] = self._place(argument, array)
        direct = self._direct_output(result, inputs)
        if direct is not None:
            self._call(pointers, direct)
        else:
            scratch = self._scratch(self._output)
            self._call(pointers, scratch.pointer)
            self._unpack(scratch, result)
        return result

    def pack(self, *inputs: NDArray[Any]) -> Packed:
        """Store plain inputs as the kernel wants them, with room for the output.

        Raises
        ------
        KernelError
            A shape or dtype differs from what the kernel was built for.
        """
        self._check_inputs(inputs)
        packed = self._packed()
        for argument, array in zip(self._inputs, inputs, strict=True):
            self._pack(argument, array, _Stored.of(packed.arrays[argument.name]))
        return packed

    def run(self, packed: Packed) -> Packed:
        """Run the kernel on packed arrays and return them, the output now filled in."""
        self._check_packed(packed)
        self._function(*packed.pointers, self._local.workspace)
        return packed

    def unpack(self, packed: Packed, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the output of the last run as a plain array.

        Raises
        ------
        KernelError
            ``out`` has another shape or dtype, or the arrays are not those of `run`.
        """
        self._check_packed(packed)
        result = self._new_output() if out is None else self._checked_output(out)
        self._unpack(_Stored.of(packed.arrays[self._output.name]), result)
        return result

    def _check_packed(self, packed: Packed) -> None:
        if getattr(packed, "kernel", None) is not self:
            raise KernelError(
                f"{describe(self.manifest)}: these arrays were not packed by this kernel; "
                "use pack() of this one"
            )

    def _arguments(self, *roles: Role) -> tuple[Argument, ...]:
        return tuple(a for a in self.manifest.arguments if a.role in roles)

    def _only_output(self) -> Argument:
        outputs = self._arguments(Role.OUTPUT)
        if len(outputs) != 1:
            raise KernelError(f"{describe(self.manifest)} has {len(outputs)} outputs, not one")
        return outputs[0]

    def _pack_constants(self, constants: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Packed constants, and room for what is prepared from them."""
        wanted = self._arguments(Role.CONSTANT)
        names = [a.name for a in wanted]
        if set(constants) != set(names):
            raise KernelError(
                f"{describe(self.manifest)} binds {_listed(names)}, got {_listed(constants)}"
            )
        fixed = self._allocated(self._arguments(Role.CONSTANT, Role.PREPARED))
        for argument in wanted:
            array = constants[argument.name]
            self._check(argument, array)
            argument.layout.pack(array, fixed[argument.name])
        return fixed

    def _packed(self) -> Packed:
        fresh = self._allocated(self._arguments(Role.INPUT, Role.OUTPUT))
        merged = {**self._fixed, **fresh}
        return Packed(self, {a.name: merged[a.name] for a in self.manifest.arguments})

    def _allocated(self, arguments: Iterable[Argument]) -> dict[str, NDArray[Any]]:
        return {a.name: self._storage(a) for a in arguments}

    def _storage(self, argument: Argument) -> NDArray[Any]:
        """An array for an argument; zero where a conversion leaves rounded-up places alone."""
        array = self._allocate(argument.storage_elements, argument.dtype)
        packed = argument.role is Role.INPUT and argument.name in self._conversions
        if packed and argument.storage_elements > prod(argument.shape):
            array.fill(0)
        return array

    def _pack(self, argument: Argument, array: NDArray[Any], stored: _Stored) -> None:
        """Store a plain input: by generated code, or by NumPy where there is none for it."""
        convert = self._conversions.get(argument.name)
        plain = None if convert is None else element_address(array)
        if convert is None or plain is None or np.may_share_memory(array, stored.array):
            argument.layout.pack(array, stored.array)
        else:
            convert(plain, stored.pointer, self._local.workspace)

    def _unpack(self, stored: _Stored, result: NDArray[Any]) -> None:
        """Write the stored output to a plain array, likewise."""
        convert = self._conversions.get(self._output.name)
        plain = None if convert is None else element_address(result)
        if convert is None or plain is None or np.may_share_memory(result, stored.array):
            self._output.layout.unpack(stored.array, result)
        else:
            convert(stored.pointer, plain, self._local.workspace)

    def _new_output(self) -> NDArray[Any]:
        shape = self._output.shape
        return aligned(int(np.prod(shape)), self._output.dtype).reshape(shape)

    def _checked_output(self, out: NDArray[Any]) -> NDArray[Any]:
        self._check(self._output, out)
        if not (out.flags.c_contiguous and out.flags.writeable):
            raise KernelError(
                f"{describe(self.manifest)}: out must be C-contiguous and writeable; "
                "np.empty(shape, dtype) is"
            )
        return out

    def _check_inputs(self, inputs: Sequence[NDArray[Any]]) -> None:
        if len(inputs) != len(self._inputs):
            names = [a.name for a in self._inputs]
            raise KernelError(
                f"{describe(self.manifest)} takes {_listed(names)}, got {len(inputs)} arrays"
            )
        for argument, array in zip(self._inputs, inputs, strict=True):
            self._check(argument, array)

    def _check(self, argument: Argument, array: NDArray[Any]) -> None:
        if not isinstance(array, np.ndarray):
            raise KernelError(
                f"{describe(self.manifest)}: {argument.name} must be a NumPy array, got "
                f"{type(array).__name__}"
            )
        if array.shape != argument.shape or array.dtype != argument.dtype:
            raise KernelError(
                f"{describe(self.manifest)}: {argument.name} must be {argument.dtype} of shape "
                f"{argument.shape}, got {array.dtype} of shape {array.shape}"
            )

    def _call(self, pointers: dict[str, int], output: int) -> None:
        pointers[self._output.name] = output
        self._function(*[pointers[n] for n in self._names], self._local.workspace)

    def _direct_call(self, code: LoadedCode) -> DirectCall | None:
        """Return what runs on plain arrays as they lie, if there is code for it."""
        symbol = self.manifest.plain_symbol
        if symbol is None:
            return None
        function, arguments = code.function(symbol), self.manifest.arguments
        output, constants = self._output, self._pointers
        return DirectCall(function, arguments, self._inputs, output, constants, self._local)

    def _place(self, argument: Argument, array: NDArray[Any]) -> int:
        """Return where the kernel finds an input: where it lies, if it lies as is wanted."""
        address = usable_address(array) if argument.name in self._plain else None
        if address is not None:
            return address
        scratch = self._scratch(argument)
        self._pack(argument, array, scratch)
        return scratch.pointer

    def _direct_output(self, result: NDArray[Any], inputs: Sequence[NDArray[Any]]) -> int | None:
        """Return where the kernel may write its output, unless that shares an input's memory."""
        if self._output.name not in self._plain:
            return None
        if any(np.may_share_memory(result, array) for array in inputs):
            return None
        return usable_address(result)

    def _scratch(self, argument: Argument) -> _Stored:
        """Return this thread's array for an argument in own layout."""
        arrays = self._local.arrays
        if argument.name not in arrays:
            arrays[argument.name] = _Stored.of(self._storage(argument))
        return arrays[argument.name]


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """An argument in its own layout, and where it lies."""

    array: NDArray[Any]
    pointer: int

    @staticmethod
    def of(array: NDArray[Any]) -> _Stored:
        return _Stored(array, array.ctypes.data)


class _PerThread(threading.local):
    """Workspace of a thread, and its arrays in own layout for calls on plain arrays."""

    def __init__(self, allocate: Allocate, workspace_bytes: int) -> None:
        self._memory = allocate(max(workspace_bytes, 1), np.uint8)
        self.workspace: int = self._memory.ctypes.data
        self.arrays: dict[str, _Stored] = {}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
