"""The nest: loops, points and allocations of a schedule whose bounds are inferred.

The last place where a knob may be a symbol.  Indices are those of the plain tensors; storage maps
apply when the nest is lowered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Expr
from tvmtune.ir.printer import print_expr
from tvmtune.ir.traverse import map_indices
from tvmtune.schedule.stage import Annotation, Scope
from tvmtune.symbolic import IntExpr

Action = Literal["value", "init", "update"]


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """``var`` runs through ``[0, var.extent)``."""

    stage: str
    axis: str
    var: Var
    annotation: Annotation
    body: tuple[Node, ...]
    reduce: bool = False

    @property
    def extent(self) -> IntExpr:
        """Number of iterations."""
        return self.var.extent


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One value of a stage, at ``indices`` of its tensor, where every guard is below its limit."""

    stage: str
    action: Action
    indices: tuple[Affine, ...]
    value: Expr
    guards: tuple[tuple[Affine, IntExpr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A stage's storage while ``body`` runs: ``extents`` elements of each axis from ``origin``."""

    stage: str
    origin: tuple[Affine, ...]
    extents: tuple[IntExpr, ...]
    scope: Scope
    body: tuple[Node, ...]


Node = Loop | Point | Region


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """Something a config must satisfy: ``condition`` is not 0.

    ``text`` names ``numbers`` as ``{}`` in order.
    """

    condition: IntExpr
    text: str
    numbers: tuple[IntExpr, ...] = ()

    @property
    def message(self) -> str:
        """What is wrong where the condition is 0, in one line."""
        return self.text.format(*self.numbers)

    def holds_always(self) -> bool:
        """Whether the condition is a number, and not 0."""
        return isinstance(self.condition, int) and self.condition != 0


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """All stages of a schedule.

    ``roots`` runs at every call; ``prepare`` when constants are bound.
    """

    roots: tuple[Node, ...]
    prepare: tuple[Node, ...]
    constraints: tuple[Constraint, ...]


def nodes(body: tuple[Node, ...]) -> Iterator[Node]:
    """Every node, outermost first."""
    for node in body:
        yield node
        if isinstance(node, (Loop, Region)):
            yield from nodes(node.body)


def map_numbers(nest: Nest, change: Callable[[IntExpr], IntExpr]) -> Nest:
    """The nest with every extent, coefficient and condition rewritten (knobs substituted)."""
    variables: dict[Var, Affine | int] = {}

    def index(a: Affine) -> Affine:
        return a.map_coefficients(change).substitute(variables)

    def walk(node: Node) -> Node:
        match node:
            case Loop():
                var = Var(node.var.name, change(node.var.extent))
                variables[node.var] = Affine.of(var)
                body = tuple(map(walk, node.body))
                return Loop(node.stage, node.axis, var, node.annotation, body, node.reduce)
            case Point():
                guards = tuple((index(a), change(n)) for a, n in node.guards)
                indices = tuple(map(index, node.indices))
                value = map_indices(node.value, index)
                return Point(node.stage, node.action, indices, value, guards)
            case Region():
                return Region(
                    node.stage,
                    tuple(map(index, node.origin)),
                    tuple(map(change, node.extents)),
                    node.scope,
                    tuple(map(walk, node.body)),
                )
            case _:
                assert_never(node)

    return Nest(
        tuple(map(walk, nest.roots)),
        tuple(map(walk, nest.prepare)),
        open_constraints(
            Constraint(change(c.condition), c.text, tuple(map(change, c.numbers)))
            for c in nest.constraints
        ),
    )


def open_constraints(constraints: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Constraints that do not hold for every config."""
    return tuple(c for c in constraints if not c.holds_always())


def print_nest(nest: Nest) -> str:
    """The nest as text: equal for nests that are written the same way."""
    lines: list[str] = []
    names: dict[Var, Affine | int] = {}

    def index(a: Affine) -> Affine:
        return a.substitute(names)

    def walk(body: tuple[Node, ...], depth: int) -> None:
        pad = "    " * depth
        for node in body:
            match node:
                case Loop():
                    kind = node.annotation.kind.value
                    limit = f" up to {node.annotation.limit}" if node.annotation.limit else ""
                    limit += f" by {node.annotation.intrinsic}" if node.annotation.intrinsic else ""
                    names[node.var] = Affine.of(Var(f"{node.stage}.{node.axis}", node.extent))
                    lines.append(
                        f"{pad}for {node.stage}.{node.axis} in range({node.extent}):"
                        f"  # {kind}{limit}"
                    )
                    walk(node.body, depth + 1)
                case Region():
                    extents = ", ".join(map(str, node.extents))
                    origin = ", ".join(repr(index(o)) for o in node.origin)
                    lines.append(
                        f"{pad}{node.stage} = {node.scope.value}[{extents}] from [{origin}]"
                    )
                    walk(node.body, depth)
                case Point():
                    at = ", ".join(repr(index(i)) for i in node.indices)
                    value = print_expr(map_indices(node.value, index))
                    tests = " and ".join(f"{index(a)!r} < {n}" for a, n in node.guards)
                    when = f" if {tests}" if tests else ""
                    sign = "=" if node.action != "update" else "<-"
                    lines.append(f"{pad}{node.stage}[{at}] {sign} {value}{when}")
                case _:
                    assert_never(node)

    walk(nest.roots, 0)
    if nest.prepare:
        lines.append("prepare:")
        walk(nest.prepare, 1)
    lines.extend(f"require {c.condition}: {c.message}" for c in nest.constraints)
    return "\n".join(lines)
