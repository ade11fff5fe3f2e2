"""What compiling produces: artifacts and their manifests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from reprlib import repr as shown
from types import MappingProxyType
from typing import Any

from tvmtune.errors import KernelError, LayoutError, TargetError
from tvmtune.layout import Layout
from tvmtune.target import MAX_THREADS, parse_target

_MAGIC = b"TVMTUNE1"
_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_.$]*", re.ASCII)
_MAX_BYTES = 2**40
_MAX_FLOPS = 2**63 - 1
"""No array and no workspace is that large: a manifest that says so is damaged."""

_ITEMSIZE: Mapping[str, int] = MappingProxyType(
    {"bool": 1, "float16": 2}
    | {f"{kind}{8 * size}": size for kind in ("int", "uint") for size in (1, 2, 4, 8)}
    | {f"float{8 * size}": size for size in (4, 8)}
)
"""Bytes by dtype of all that an array may be of."""


class Role(StrEnum):
    """What an argument of a kernel is to its caller."""

    INPUT = "input"
    CONSTANT = "constant"
    """Given once, when the kernel is bound."""
    PREPARED = "prepared"
    """Computed from constants by the artifact's ``prepare`` function, when the kernel is bound."""
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Argument:
    """One array that a kernel reads or writes.

    ``shape`` is that of the plain array; ``layout`` says how it is stored.  The pointer handed to
    the kernel is aligned to 64 bytes and covers ``layout.size(shape)`` elements.
    """

    name: str
    role: Role
    shape: tuple[int, ...]
    dtype: str
    layout: Layout

    @property
    def storage_elements(self) -> int:
        """Elements of the stored array, rounded-up blocks included."""
        return self.layout.size(self.shape)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "name": self.name,
            "role": self.role.value,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "layout": self.layout.to_json(),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Argument:
        """The argument that :meth:`to_json` wrote; raises `KernelError` on anything else."""
        where = f"argument {shown(value.get('name'))}: "
        _check_fields(value, _ARGUMENT_RULES, where)
        shape = tuple(value["shape"])
        try:
            layout = Layout.from_json(len(shape), value["layout"])
        except LayoutError as error:
            raise KernelError(f"{where}{error}") from error
        found = Argument(value["name"], Role(value["role"]), shape, value["dtype"], layout)
        if found.storage_elements * _ITEMSIZE[found.dtype] > _MAX_BYTES:
            raise KernelError(
                f"{where}shape {shown(found.shape)} in layout {layout} takes more than "
                f"{_MAX_BYTES} bytes"
            )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """How to call an artifact's code, and where it comes from.

    The code exports ``symbol(arg0, ..., argN, workspace)``: pointers in the order of ``arguments``,
    then ``workspace_bytes`` of scratch aligned to 64.  With ``prepare_symbol`` it also exports that
    function over the same pointers: it fills the prepared arguments from the constant ones.

    ``max_rel_error`` is what the algorithm promises: a bound of max|y - y64| / max|y64| on standard
    normal operands, y64 being computed in float64; None in artifacts that do not say.

    ``pack_symbols`` names functions by argument: ``symbol(plain, stored, workspace)`` packs an
    input, ``symbol(stored, plain, workspace)`` unpacks an output.  ``plain`` is contiguous and
    aligned to its elements only.  They leave alone what is rounded up, which must be zero before an
    input is packed.  An argument without one is converted by its layout, if it is not plain.

    ``plain_symbol`` names a function like ``symbol`` whose inputs and output are plain, contiguous
    and aligned to their elements only; it gives the same bits.
    """

    symbol: str
    arguments: tuple[Argument, ...]
    workspace_bytes: int
    target: str
    workload: str = ""
    template: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    prepare_symbol: str | None = None
    pack_symbols: Mapping[str, str] = field(default_factory=dict)
    plain_symbol: str | None = None
    threads: int = 1
    nest_hash: str = ""
    toolchain: str = ""
    max_rel_error: float | None = None
    flops: int = 0
    """Operations on floats that a call executes, what is prepared left out; 0: not counted."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Seconds of each step of the build (``lowering``, ``codegen``); not part of the hash."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        value = {name: getattr(self, name) for name in self.__slots__}
        value["arguments"] = [a.to_json() for a in self.arguments]
        value["config"] = dict(self.config)
        value["pack_symbols"] = dict(self.pack_symbols)
        value["seconds"] = dict(self.seconds)
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Manifest:
        """The manifest that :meth:`to_json` wrote; raises `KernelError` on anything else."""
        try:
            fields = dict(value)
            _check_fields(fields, _MANIFEST_RULES)
            fields["arguments"] = tuple(Argument.from_json(a) for a in fields["arguments"])
            _check_names(fields["arguments"])
            _check_packed(fields["arguments"], fields.get("pack_symbols", {}))
            return Manifest(**fields)
        except KernelError as error:
            raise KernelError(f"manifest of an artifact: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise KernelError(f"manifest of an artifact: {error!r} in {shown(value)}") from error


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a field of a manifest may hold, and how to say so."""

    holds: Callable[[Any], bool]
    wanted: str


def _whole(least: int, most: int) -> _Rule:
    return _Rule(
        lambda value: type(value) is int and least <= value <= most,
        f"a whole number from {least} to {most}",
    )


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and 0 < n <= _MAX_BYTES for n in value)


def _is_symbol(value: Any) -> bool:
    return isinstance(value, str) and _SYMBOL.fullmatch(value) is not None


def _is_target(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(parse_target(value))
    except TargetError:
        return False


def _is_seconds(value: Any) -> bool:
    return isinstance(value, Mapping) and all(type(s) in (int, float) for s in value.values())


def _is_error(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value < 1)


_TEXT = _Rule(lambda value: isinstance(value, str), "a text")
_MANIFEST_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "symbol": _Rule(_is_symbol, "the name of a function"),
        "arguments": _Rule(
            lambda value: isinstance(value, list) and all(isinstance(a, Mapping) for a in value),
            "a list of arguments",
        ),
        "workspace_bytes": _whole(0, _MAX_BYTES),
        "target": _Rule(_is_target, "the text of a target"),
        "workload": _TEXT,
        "template": _TEXT,
        "config": _Rule(lambda value: isinstance(value, Mapping), "values by name"),
        "plain_symbol": _Rule(
            lambda value: value is None or _is_symbol(value), "the name of a function, or nothing"
        ),
        "prepare_symbol": _Rule(
            lambda value: value is None or _is_symbol(value), "the name of a function, or nothing"
        ),
        "pack_symbols": _Rule(
            lambda value: isinstance(value, Mapping) and all(map(_is_symbol, value.values())),
            "names of functions by argument",
        ),
        "threads": _whole(1, MAX_THREADS),
        "nest_hash": _TEXT,
        "toolchain": _TEXT,
        "max_rel_error": _Rule(_is_error, "a number of at least 0 and below 1, or nothing"),
        "flops": _whole(0, _MAX_FLOPS),
        "seconds": _Rule(_is_seconds, "numbers by name"),
    }
)
_ARGUMENT_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "name": _Rule(lambda value: isinstance(value, str) and value != "", "a name"),
        "role": _Rule(lambda value: value in list(Role), f"one of {', '.join(Role)}"),
        "shape": _Rule(_is_shape, f"a list of whole numbers from 1 to {_MAX_BYTES}"),
        "dtype": _Rule(
            lambda value: isinstance(value, str) and value in _ITEMSIZE,
            f"one of {', '.join(_ITEMSIZE)}",
        ),
    }
)


def _check_names(arguments: Sequence[Argument]) -> None:
    names = [argument.name for argument in arguments]
    if len(set(names)) < len(names):
        raise KernelError(f"arguments are {', '.join(names)}; expected names that differ")


def _check_packed(arguments: Sequence[Argument], symbols: Mapping[str, str]) -> None:
    known = [a.name for a in arguments if a.role in (Role.INPUT, Role.OUTPUT)]
    unknown = sorted(set(symbols) - set(known))
    if unknown:
        raise KernelError(
            f"pack_symbols has {', '.join(map(shown, unknown))}; inputs and outputs are "
            f"{', '.join(known)}"
        )


def _check_fields(value: Mapping[str, Any], rules: Mapping[str, _Rule], where: str = "") -> None:
    """Refuse the first field that holds what it may not; one that is not there passes."""
    for name, rule in rules.items():
        if name in value and not rule.holds(value[name]):
            raise KernelError(f"{where}{name} is {shown(value[name])}; expected {rule.wanted}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """Object code and its manifest."""

    manifest: Manifest
    code: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the code."""
        return hashlib.sha256(self.code).hexdigest()

    def to_bytes(self) -> bytes:
        """Magic, length of the manifest (8 bytes, little endian), manifest as JSON, code."""
        head = json.dumps(self.manifest.to_json()).encode()
        return _MAGIC + len(head).to_bytes(8, "little") + head + self.code

    @staticmethod
    def from_bytes(data: bytes) -> Artifact:
        """The artifact that :meth:`to_bytes` wrote; raises `KernelError` on anything else."""
        if data[:8] != _MAGIC:
            raise KernelError("not an artifact of this version of tvmtune: its first bytes differ")
        end = 16 + int.from_bytes(data[8:16], "little")
        try:
            manifest = json.loads(data[16:end])
        except ValueError as error:
            raise KernelError(f"artifact with a broken manifest: {error}") from error
        except RecursionError as error:
            raise KernelError("artifact with a broken manifest: it is nested too deeply") from error
        return Artifact(Manifest.from_json(manifest), data[end:])
