"""What compiling and measuring produce: artifacts, their manifests, outcomes of trials."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from tvmtune.errors import KernelError
from tvmtune.layout import Layout

_MAGIC = b"TVMTUNE1"


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
        """The argument that :meth:`to_json` wrote."""
        shape = tuple(int(n) for n in value["shape"])
        layout = Layout.from_json(len(shape), value["layout"])
        return Argument(str(value["name"]), Role(value["role"]), shape, str(value["dtype"]), layout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """How to call an artifact's code, and where it comes from.

    The code exports ``symbol(arg0, ..., argN, workspace)``: pointers in the order of ``arguments``,
    then ``workspace_bytes`` of scratch aligned to 64.  With ``prepare_symbol`` it also exports that
    function over the same pointers: it fills the prepared arguments from the constant ones.
    """

    symbol: str
    arguments: tuple[Argument, ...]
    workspace_bytes: int
    target: str
    workload: str = ""
    template: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    prepare_symbol: str | None = None
    threads: int = 1
    nest_hash: str = ""
    toolchain: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Seconds of each step of the build (``lowering``, ``codegen``); not part of the hash."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        value = {name: getattr(self, name) for name in self.__slots__}
        value["arguments"] = [a.to_json() for a in self.arguments]
        value["config"] = dict(self.config)
        value["seconds"] = dict(self.seconds)
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Manifest:
        """The manifest that :meth:`to_json` wrote; raises `KernelError` on anything else."""
        try:
            fields = dict(value)
            fields["arguments"] = tuple(Argument.from_json(a) for a in fields["arguments"])
            return Manifest(**fields)
        except (KeyError, TypeError, ValueError) as error:
            raise KernelError(
                f"manifest of an artifact: {error!r} in {str(value)[:200]}"
            ) from error


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
        return Artifact(Manifest.from_json(manifest), data[end:])


class Status(StrEnum):
    """How a trial ended."""

    OK = "ok"
    INVALID = "invalid"
    """A constraint refused the config before anything was built."""
    BUILD_ERROR = "build_error"
    BUILD_TIMEOUT = "build_timeout"
    RUN_TIMEOUT = "run_timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASH = "crash"
    WRONG_ANSWER = "wrong_answer"
    INFRASTRUCTURE = "infrastructure"
    """The machinery failed and not the candidate: to be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one trial.

    ``samples_s`` are the raw timings, seconds per call; ``median_s`` their median (None unless
    ok); ``truncated`` says that timing was cut short because the candidate was clearly slower
    than the best.  ``where`` is the process that failed.  ``seconds`` says what each step took:
    ``lowering``, ``codegen``, ``loading``, ``running``, ``checking``.  ``checks`` says what of the
    output was verified.
    """

    status: Status
    detail: str = ""
    where: str | None = None
    samples_s: tuple[float, ...] = ()
    median_s: float | None = None
    truncated: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    checks: Mapping[str, Any] = field(default_factory=dict)
    artifact_digest: str = ""
    nest_hash: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        value = asdict(self)
        value["status"] = self.status.value
        value["samples_s"] = list(self.samples_s)
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Outcome:
        """The outcome that :meth:`to_json` wrote."""
        fields = dict(value)
        fields["status"] = Status(fields["status"])
        fields["samples_s"] = tuple(fields["samples_s"])
        return Outcome(**fields)
