"""Whether the loops that an intrinsic is to replace do what it is declared to do.

Here the stage's body and loops are compared with the declaration; extents, guards and strides are
known when the nest is lowered, and compared there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tvmtune.ir.affine import Var
from tvmtune.ir.expr import Binary, Cast, Const, Expr, Read, Unary
from tvmtune.ir.printer import print_expr
from tvmtune.ir.traverse import children
from tvmtune.schedule.stage import At, Fuse, Kind, Split, Stage
from tvmtune.te import Reduction
from tvmtune.te.intrinsics import INTRINSICS, Intrinsic

_ANY_EXTENT = 2


def unmatched(stages: Mapping[str, Stage]) -> str | None:
    """Which intrinsic does not do what the loops do that it replaces, in one line; None if none."""
    for stage in stages.values():
        for leaf, annotation in stage.annotations.items():
            if annotation.intrinsic is not None:
                intrinsic = INTRINSICS[annotation.intrinsic]
                wrong = _loops(stages, stage, leaf, intrinsic) or _body(stage, leaf, intrinsic)
                if wrong is not None:
                    return f"{stage.name}.{leaf} by {intrinsic.name}: {wrong}"
    return None


def _loops(
    stages: Mapping[str, Stage], stage: Stage, leaf: str, intrinsic: Intrinsic
) -> str | None:
    """What is wrong with the loops from a leaf inwards."""
    leaves = stage.leaves[stage.leaves.index(leaf) :]
    if len(leaves) != intrinsic.rank:
        return f"it replaces {intrinsic.rank} loops, and here are {', '.join(leaves)}"
    for inner in leaves:
        annotation = stage.annotation(inner)
        if annotation.kind is not Kind.SERIAL or (annotation.intrinsic and inner != leaf):
            what = annotation.intrinsic or annotation.kind.value
            return f"loop {inner} is {what}; it replaces plain loops"
        inside = [s.name for s in stages.values() if s.place == At(stage.name, inner)]
        if inside:
            return f"{inside[0]} is computed at {inner}, inside of what it replaces"
    return None


def _body(stage: Stage, leaf: str, intrinsic: Intrinsic) -> str | None:
    """What is wrong with the body of a stage."""
    if isinstance(stage.body, Reduction):
        return "the stage is a reduction, and the intrinsic is none"
    if stage.dtype not in intrinsic.dtypes:
        return f"the stage is {stage.dtype}; it takes {', '.join(sorted(intrinsic.dtypes))}"
    _, declared = intrinsic.compute([_ANY_EXTENT] * intrinsic.rank, stage.dtype)
    assert not isinstance(declared.body, Reduction)
    leaves = stage.leaves[stage.leaves.index(leaf) :]
    if any(len(list(_roots(stage, a))) != 1 for a in leaves):
        return "it replaces parts of single axes, and a loop of several is among them"
    roots = {next(_roots(stage, a)): axis for a, axis in zip(leaves, declared.axes, strict=True)}
    if len(roots) != len(leaves):
        return f"loops {', '.join(leaves)} are parts of one axis"
    if not _same(stage.value, declared.body, roots, {}):
        return (
            f"it computes {print_expr(declared.body)}, and the stage {print_expr(stage.value)} "
            f"over {', '.join(leaves)}"
        )
    return None


def _roots(stage: Stage, axis: str) -> Iterator[str]:
    """Root axes of which a loop is a part."""
    for r in reversed(stage.relations):
        if isinstance(r, Split) and axis in (r.outer, r.inner):
            axis = r.axis
        elif isinstance(r, Fuse) and axis == r.fused:
            yield from _roots(stage, r.outer)
            axis = r.inner
    yield axis


def _same(value: Expr, declared: Expr, roots: Mapping[str, Var], names: dict[str, str]) -> bool:
    """Whether a value is the declared one, its tensors named as they are in the stage."""
    if isinstance(declared, Read) and isinstance(value, Read):
        if value.dtype != declared.dtype:
            return False
        if names.setdefault(declared.tensor, value.tensor) != value.tensor:
            return False
        moving = {roots[v.name] for i in value.indices for v in i.variables() if v.name in roots}
        return moving == {v for i in declared.indices for v in i.variables()}
    if type(value) is not type(declared) or value.dtype != declared.dtype:
        return False
    match declared:
        case Const():
            alike = isinstance(value, Const) and value.value == declared.value
        case Binary() | Unary():
            alike = isinstance(value, Binary | Unary) and value.op == declared.op
        case Cast():
            alike = True
        case _:
            alike = False
    parts = zip(children(value), children(declared), strict=True)
    return alike and all(_same(a, b, roots, names) for a, b in parts)
