"""One stage at one place: what its loops run through there.

The same arithmetic serves the symbolic nest (one copy of every loop) and lowering with integers (a
loop whose factor does not divide becomes several): only the *pieces* of a split differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, Quotient, Remainder, Var
from tvmtune.schedule.stage import At, Fuse, Split, Stage, Tail
from tvmtune.symbolic import IntExpr, as_int, at_most, ceildiv, floordiv, minimum, same


@dataclass(frozen=True, slots=True)
class Piece:
    """``count`` iterations of an outer loop, ``size`` wide each, starting at ``base``."""

    base: IntExpr
    size: IntExpr
    count: IntExpr


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """What is read of one axis: ``extent`` elements from ``origin``.

    ``guarded`` where they may lie beyond the axis, ``guarded_below`` where before its start.
    """

    origin: Affine
    extent: IntExpr
    guarded: bool = False
    guarded_below: bool = False


@dataclass(slots=True, eq=False)
class Placed:
    """A stage whose root axes span ``boxes``, with some of its leaves opened.

    ``values`` maps opened leaves to their index, ``pieces`` opened outer loops of splits to what
    they run through.  ``overrun`` is for what is computed inside of leaves that are not opened:
    guards hold back the stage's own points only, so that is computed for all iterations.
    """

    stage: Stage
    boxes: Mapping[str, Box]
    values: Mapping[str, Affine] = field(default_factory=dict)
    pieces: Mapping[str, Piece] = field(default_factory=dict)
    _split: Mapping[str, Split] = field(default_factory=dict)
    _outer: Mapping[str, Split] = field(default_factory=dict)
    _inner: Mapping[str, Split] = field(default_factory=dict)
    _fused: Mapping[str, Fuse] = field(default_factory=dict)
    _part: Mapping[str, Fuse] = field(default_factory=dict)
    overrun: bool = False
    _extents: dict[str, IntExpr] = field(default_factory=dict)
    _spans: dict[str, IntExpr | None] = field(default_factory=dict)
    _indices: dict[str, Affine] = field(default_factory=dict)

    @staticmethod
    def at(stage: Stage, boxes: Mapping[str, Box]) -> Placed:
        """The stage with no leaf opened."""
        splits = [r for r in stage.relations if isinstance(r, Split)]
        fuses = [r for r in stage.relations if isinstance(r, Fuse)]
        return Placed(
            stage,
            boxes,
            _split={s.axis: s for s in splits},
            _outer={s.outer: s for s in splits},
            _inner={s.inner: s for s in splits},
            _fused={f.fused: f for f in fuses},
            _part={part: f for f in fuses for part in (f.outer, f.inner)},
        )

    def opened(self, leaf: str, value: Affine, piece: Piece | None) -> Placed:
        """The same stage inside an iteration of ``leaf``."""
        pieces = self.pieces if piece is None else {**self.pieces, leaf: piece}
        return Placed(
            self.stage, self.boxes, {**self.values, leaf: value}, pieces,
            self._split, self._outer, self._inner, self._fused, self._part, self.overrun,
        )  # fmt: skip

    def overrunning(self) -> Placed:
        """The same stage, as seen by what is computed inside of its leaves."""
        return replace(self, overrun=True, _spans={})

    def extent(self, axis: str) -> IntExpr:
        """How many values an axis takes here (the largest copy's, where copies differ)."""
        if axis not in self._extents:
            self._extents[axis] = self._extent(axis)
        return self._extents[axis]

    def _extent(self, axis: str) -> IntExpr:
        if axis in self._inner:
            split = self._inner[axis]
            piece = self.pieces.get(split.outer)
            return self._inner_extent(split) if piece is None else piece.size
        if axis in self._outer:
            split = self._outer[axis]
            return ceildiv(self.extent(split.axis), split.factor)
        if axis in self._fused:
            fuse = self._fused[axis]
            return self.extent(fuse.outer) * self.extent(fuse.inner)
        return self.boxes[axis].extent

    def _inner_extent(self, split: Split) -> IntExpr:
        whole = self.extent(split.axis)
        if split.tail is Tail.EVEN:
            return ceildiv(whole, ceildiv(whole, split.factor))
        return split.factor if split.tail is Tail.PAD else minimum(split.factor, whole)

    def covered(self, axis: str) -> IntExpr:
        """Extent of an axis with padded tails counted in."""
        if self.is_padded(axis):
            split = self._split[axis]
            return self.covered(split.outer) * self._inner_extent(split)
        return self._overrun(axis) if self.overrun else self.extent(axis)

    def _overrun(self, axis: str) -> IntExpr:
        """How far the iterations of an axis reach, whether guards hold them back or not."""
        if axis in self._part and axis == self._part[axis].outer:
            fuse = self._part[axis]
            return ceildiv(self.covered(fuse.fused), self.extent(fuse.inner))
        if not any(s.tail is Tail.GUARD for s in self._split.values()) or axis not in self._split:
            return self.extent(axis)
        split = self._split[axis]
        inner, size = self.covered(split.inner), self.extent(split.inner)
        if split.tail is Tail.GUARD:
            return (self.covered(split.outer) - 1) * size + inner
        return self.extent(axis) + (inner - size)

    def is_padded(self, axis: str) -> bool:
        """Whether a padded tail may run beyond the extent of an axis, and no guard stops it."""
        split = self._split.get(axis)
        if split is None or split.tail is Tail.GUARD:
            return False
        return split.tail is Tail.PAD or self.is_padded(split.outer)

    def whole_piece(self, leaf: str) -> Piece | None:
        """The one piece of a split's outer loop in a nest; None for other leaves."""
        split = self._outer.get(leaf)
        if split is None:
            return None
        return Piece(0, self._inner_extent(split), self.extent(leaf))

    def widest_piece(self, leaf: str) -> Piece | None:
        """Like `whole_piece`, but no copy's iterations are wider.

        An even tail makes 3 of 3 and 2 + 2 of 4 by a factor of 3: the copy of a shorter axis may
        have the wider iterations.
        """
        piece = self.whole_piece(leaf)
        split = self._outer.get(leaf)
        if piece is None or split is None or split.tail is not Tail.EVEN:
            return piece
        if not isinstance(self.stage.place, At) and split.axis in self.boxes:
            return piece
        return Piece(0, minimum(split.factor, self.extent(split.axis)), piece.count)

    def tail_pieces(self, leaf: str) -> list[Piece | None]:
        """The copies into which a loop falls, by the tail of its split (integers only)."""
        split = self._outer.get(leaf)
        if split is None:
            return [None]
        whole, factor = as_int(self.extent(split.axis)), as_int(split.factor)
        if split.tail is not Tail.PAD:
            factor = min(factor, whole)
        steps = -(-whole // factor)
        if whole % factor == 0 or split.tail in (Tail.GUARD, Tail.PAD):
            return [Piece(0, factor, steps)]
        if not self.is_closed(split.inner):
            raise LoweringError(
                f"{self.stage.name}: loop {split.inner} runs outside {leaf}, and {factor} does not "
                f"divide {whole}: use a guarded tail"
            )
        if split.tail is Tail.PEEL:
            full = whole // factor
            return [Piece(0, factor, full), Piece(full * factor, whole - full * factor, 1)]
        size = -(-whole // steps)
        large = whole - steps * (size - 1)
        rest = [Piece(large * size, size - 1, steps - large)] if steps > large else []
        return [Piece(0, size, large), *rest]

    def possible_pieces(self, leaf: str) -> list[Piece | None]:
        """What `tail_pieces` gives, for symbols too: a piece that is not there has count 0."""
        split = self._outer.get(leaf)
        if split is None:
            return [None]
        whole = self.extent(split.axis)
        factor = split.factor if split.tail is Tail.PAD else minimum(split.factor, whole)
        steps = ceildiv(whole, factor)
        if split.tail in (Tail.GUARD, Tail.PAD) or not self.is_closed(split.inner):
            return [Piece(0, factor, steps)]
        if split.tail is Tail.PEEL:
            full = floordiv(whole, factor)
            rest = whole - full * factor
            return [Piece(0, factor, full), Piece(full * factor, rest, minimum(1, rest))]
        size = ceildiv(whole, steps)
        large = whole - steps * (size - 1)
        return [Piece(0, size, large), Piece(large * size, size - 1, steps - large)]

    def is_open(self, axis: str) -> bool:
        """Whether every leaf of an axis is opened."""
        return all(leaf in self.values for leaf in self.leaves_of(axis))

    def is_closed(self, axis: str) -> bool:
        """Whether no leaf of an axis is opened."""
        return not any(leaf in self.values for leaf in self.leaves_of(axis))

    def leaves_of(self, axis: str) -> list[str]:
        """Loops that an axis was made into, from the outer to the inner part of every split."""
        if axis in self._split:
            split = self._split[axis]
            return self.leaves_of(split.outer) + self.leaves_of(split.inner)
        if axis in self._part:
            return self.leaves_of(self._part[axis].fused)
        return [axis]

    def parts_of(self, axis: str) -> list[str]:
        """An axis and what splits made of it, down to loops and parts of fused loops."""
        if axis not in self._split:
            return [axis]
        split = self._split[axis]
        return [axis, *self.parts_of(split.outer), *self.parts_of(split.inner)]

    def value(self, axis: str) -> Affine:
        """Index of an axis within its box; leaves not opened count as 0."""
        if axis in self._split:
            split = self._split[axis]
            piece = self.pieces.get(split.outer)
            size, base = (
                (self._inner_extent(split), 0) if piece is None else (piece.size, piece.base)
            )
            return self.value(split.outer) * size + base + self.value(split.inner)
        if axis in self._part:
            fuse = self._part[axis]
            quotient, rest = self.value(fuse.fused).divmod(self.extent(fuse.inner))
            return quotient if axis == fuse.outer else rest
        return self.values.get(axis, _ZERO)

    def span(self, axis: str) -> IntExpr | None:
        """How many consecutive values the leaves not opened run through; None: not consecutive."""
        if axis not in self._spans:
            self._spans[axis] = self._span(axis)
        return self._spans[axis]

    def _span(self, axis: str) -> IntExpr | None:
        if self.is_closed(axis):
            return self.covered(axis)
        if axis in self._split:
            split = self._split[axis]
            outer, inner = self.span(split.outer), self.span(split.inner)
            if outer is None or inner is None:
                return None
            piece = self.pieces.get(split.outer)
            size = self._inner_extent(split) if piece is None else piece.size
            return (outer - 1) * size + inner
        if axis in self._part:
            return 1 if self.is_open(axis) else None
        return 1

    def index(self, root: str) -> Affine:
        """Index of a root axis in its tensor."""
        if root not in self._indices:
            self._indices[root] = self.boxes[root].origin + self.value(root)
        return self._indices[root]

    def guarded(self, root: str) -> bool:
        """Whether an index of a root axis may lie beyond its extent and must be tested."""
        return self.boxes[root].guarded or any(True for _ in self._guarded_axes(root))

    def guards(self, roots: Iterable[str]) -> Iterator[tuple[Affine, IntExpr]]:
        """Indices of root axes or of parts of them, each with the limit that it must be below.

        Every guarded split tests its own axis: what runs beyond an inner axis is still inside the
        root's extent, and would be computed twice.
        """
        tested: set[str] = set()
        for root in roots:
            if self.boxes[root].guarded:
                whole = next(a.extent for a in self.stage.roots if a.name == root)
                yield self.index(root), whole
            if self.boxes[root].guarded_below:
                yield -self.index(root), 1
            for axis in self._guarded_axes(root):
                if axis not in tested:
                    tested.add(axis)
                    yield self.value(axis), self.extent(axis)

    def _ends(self, root: str) -> tuple[bool, bool]:
        """Whether an index of a root axis may lie beyond it, or before it, and must be tested."""
        return self.guarded(root), self.boxes[root].guarded_below

    def _ends_of_part(self, atom: Quotient | Remainder, part: str) -> tuple[bool, bool]:
        """Likewise of an atom that is a part of a split root axis."""
        runs_on = any(True for _ in self._guarded_axes(part))
        if isinstance(atom, Remainder):
            return runs_on, False
        (root,) = atom.index.variables()
        box = self.boxes[root.name]
        held_back = self.is_padded(part) and not self.is_padded(root.name)
        return runs_on or held_back or box.guarded, box.guarded_below

    def _guarded_axes(self, axis: str) -> Iterator[str]:
        """Axes from ``axis`` downwards that a split with a guarded tail divides."""
        if axis in self._split:
            split = self._split[axis]
            if split.tail is Tail.GUARD:
                yield axis
            yield from self._guarded_axes(split.outer)
            yield from self._guarded_axes(split.inner)
        elif axis in self._part:
            yield from self._guarded_axes(self._part[axis].fused)

    def substitution(self) -> dict[Var, Affine | int]:
        """Indices of the root axes, to be put into the stage's body."""
        return {a: self.index(a.name) for a in self.stage.roots}

    def box_of(self, index: Affine, whole: IntExpr) -> Box:
        """What the leaves not opened read through ``index``, an index over root axes.

        A choice between values may read beyond the axis: where it then takes the other one.
        """
        origin, extent = Affine(index.const), _ONE
        beyond, before = _may_reach(index.high(), whole), index.low() < 0
        for atom, c in index.terms.items():
            if isinstance(atom, Var):
                axis, value, ends = atom.name, self.index(atom.name), self._ends(atom.name)
            else:
                part = self._split_part(atom)
                if part is None:
                    if not all(self.is_open(v.name) for v in atom.index.variables()):
                        return Box(_ZERO, whole)
                    origin = origin + Affine(0, {atom: c}).substitute(self.substitution())
                    if any(any(self._ends(v.name)) for v in atom.index.variables()):
                        beyond = before = True
                    continue
                axis, base = part
                value, ends = base + self.value(axis), self._ends_of_part(atom, axis)
            span = self.span(axis)
            if span is None:
                return Box(_ZERO, whole)
            origin, reach = origin + value * c, (span - 1) * c
            if isinstance(c, int) and c < 0:
                origin, reach, ends = origin + reach, reach * -1, ends[::-1]
            beyond, before = beyond or ends[0], before or ends[1]
            extent = extent + reach
        return Box(origin, extent, beyond, before)

    def _split_part(self, atom: Quotient | Remainder) -> tuple[str, Affine] | None:
        """The outer or inner part of a root axis split by an atom's divisor, and what to add."""
        index = atom.index
        if len(index.terms) != 1 or not same(index.const, 0):
            return None
        ((root, c),) = index.terms.items()
        if not isinstance(root, Var) or not same(c, 1) or root.name not in self._split:
            return None
        split, box = self._split[root.name], self.boxes[root.name]
        exact = split.tail in (Tail.GUARD, Tail.PAD) and same(split.factor, atom.divisor)
        if not exact or not same(self._inner_extent(split), split.factor):
            return None
        base, rest = box.origin.divmod(atom.divisor)
        if rest.terms or not same(rest.const, 0):
            return None
        return (split.outer, base) if isinstance(atom, Quotient) else (split.inner, _ZERO)


def _may_reach(index: int, end: IntExpr) -> bool:
    """Whether an index is at an end or beyond it, or may be, depending on knobs."""
    inside = at_most(index + 1, end)
    return not isinstance(inside, int) or not inside


_ZERO = Affine()
_ONE: IntExpr = 1
