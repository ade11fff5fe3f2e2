"""Constraints of a space: what a config must satisfy before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tvmtune.errors import SpaceError, SymbolError
from tvmtune.search_spaces.config import Config
from tvmtune.symbolic import IntExpr, Tape, as_int, compile_tape, key_of


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition on a config, and what to say where it fails.

    Parameters
    ----------
    message
        What must hold, in terms of the knobs: ``"lanes divide tile"``.
    condition
        A pure function of a config: nonzero where it holds.  It is called with integers and with
        symbols for the numeric knobs, so it is written with the constructors of `tvmtune.symbolic`
        (`at_most`, `divides`, `both`, ...); it may branch on structural knobs.
    """

    message: str
    condition: Callable[[Config], IntExpr]

    def holds(self, config: Config) -> bool:
        """Whether a config in integers satisfies it."""
        return as_int(self._value(config)) != 0

    def expression(self, config: Config) -> IntExpr:
        """The condition for a symbolic config."""
        return self._value(config)

    def _value(self, config: Config) -> IntExpr:
        try:
            return self.condition(config)
        except SymbolError as error:
            raise SpaceError(
                f"the constraint {self.message!r} of {config.template} cannot be evaluated for all "
                f"configs at once: {error}"
            ) from error


class ConstraintTapes:
    """The constraints of a space, compiled once a structure.

    Structures for which the conditions come out the same share one tape, so that their points can
    be evaluated together.

    Parameters
    ----------
    constraints
        At least one.
    """

    def __init__(self, constraints: Sequence[Constraint]) -> None:
        self._constraints = tuple(constraints)
        self._by_structure: dict[tuple[int, ...], Tape] = {}
        self._by_conditions: dict[tuple[int | bytes, ...], Tape] = {}

    def tape(self, structure: tuple[int, ...], symbolic: Callable[[], Config]) -> Tape:
        """The tape of a structure: one column a constraint, nonzero where it holds.

        Parameters
        ----------
        structure
            The structural digits.
        symbolic
            Makes the structure's symbolic config; called when the structure is new.
        """
        tape = self._by_structure.get(structure)
        if tape is None:
            config = symbolic()
            conditions = [constraint.expression(config) for constraint in self._constraints]
            key = tuple(key_of(condition) for condition in conditions)
            if key not in self._by_conditions:
                self._by_conditions[key] = compile_tape(conditions)
            tape = self._by_structure[structure] = self._by_conditions[key]
        return tape
