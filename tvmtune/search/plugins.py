"""Strategies that are not of this package: plug-ins by entry points, and a user's own by reference.

A package offers strategies in the entry-point group ``tvmtune.strategies``::

    [project.entry-points."tvmtune.strategies"]
    my-search = "my_package.my_module:MySearch"

The name is that of the class, a subclass of `tvmtune.search.base.Strategy`, and none of this
package's.  `tvmtune.search.conformance` says whether a class keeps the contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from inspect import isabstract

from tvmtune.errors import SearchError
from tvmtune.references import canonical_reference, is_reference, referenced
from tvmtune.search.base import Strategy
from tvmtune.search.strategies import STRATEGIES, Strategies

GROUP = "tvmtune.strategies"
"""The group of entry points."""


@dataclass(frozen=True, slots=True)
class PlugIn:
    """A strategy that an installed package offers.

    Attributes
    ----------
    name, value
        Of the entry point: what the strategy is called, and ``package.module:Class``.
    distribution
        Name and version of the package.
    """

    name: str
    value: str
    distribution: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value} of {self.distribution}"


class AvailableStrategies(Mapping[str, type[Strategy]]):
    """Strategies by name; those outside this package are imported when they are asked for.

    Parameters
    ----------
    plug_ins
        What packages offer; one with the name of a strategy of this package is passed over.
    own
        References that the user gave (``FILE.py:CLASS`` or ``module:CLASS``), however written.
    built_in
        Those of this package.

    Attributes
    ----------
    refused
        Plug-ins that were passed over.
    """

    def __init__(
        self,
        plug_ins: Iterable[PlugIn] = (),
        own: Iterable[str] = (),
        built_in: Strategies = STRATEGIES,
    ) -> None:
        offered = list(dict.fromkeys(plug_ins))
        self.refused = tuple(one for one in offered if one.name in built_in)
        self._built_in = built_in
        self._plug_ins: dict[str, list[PlugIn]] = {}
        for plug_in in offered:
            if plug_in not in self.refused:
                self._plug_ins.setdefault(plug_in.name, []).append(plug_in)
        self._own = dict.fromkeys(map(canonical_reference, own))
        self._loaded: dict[str, type[Strategy]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter({**self._built_in, **self._plug_ins, **self._own})

    def __len__(self) -> int:
        return len({**self._built_in, **self._plug_ins, **self._own})

    def __contains__(self, name: object) -> bool:
        found = canonical_reference(name) if isinstance(name, str) else name
        return found in self._built_in or found in self._plug_ins or found in self._own

    def __getitem__(self, name: str) -> type[Strategy]:
        """The strategy of a name.

        Raises
        ------
        KeyError
            If there is none.
        SearchError
            If it cannot be imported, or is not what it is said to be.
        """
        name = canonical_reference(name)
        if name not in self:
            raise KeyError(name)
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def origin(self, name: str) -> str:
        """Where a strategy comes from: ``tvmtune``, ``own``, or its package with the version."""
        name = canonical_reference(name)
        if name in self._built_in:
            return "tvmtune"
        offered = self._plug_ins.get(name, ())
        return ", ".join(one.distribution for one in offered) or "own"

    def _load(self, name: str) -> type[Strategy]:
        if name in self._built_in:
            return self._built_in[name]
        return _of_plug_ins(self._plug_ins[name]) if name in self._plug_ins else _of_own(name)


def installed_strategies(own: Iterable[str] = ()) -> AvailableStrategies:
    """The strategies of this package, of installed plug-ins, and some of the user's own.

    Reads the entry points: the command line and the public functions call it once, and pass on
    what it gives.  Nothing is imported before it is asked for.

    Parameters
    ----------
    own
        Names that the user gave; those that are references become strategies, too.
    """
    return AvailableStrategies(_offered(), [name for name in own if is_reference(name)])


def clash(plug_in: PlugIn) -> str:
    """What to say of a plug-in that has the name of a strategy of this package."""
    return (
        f"plug-in {plug_in} is passed over: tvmtune has a strategy {plug_in.name!r} itself; its "
        "author has to choose another name"
    )


def _offered() -> Iterator[PlugIn]:
    for point in metadata.entry_points(group=GROUP):
        package = point.dist
        distribution = f"{package.name} {package.version}" if package else "an unnamed package"
        yield PlugIn(point.name, point.value, distribution)


def _of_plug_ins(offered: Sequence[PlugIn]) -> type[Strategy]:
    """The class of the one plug-in of a name."""
    plug_in, *others = offered
    if others:
        raise SearchError(
            f"plug-in {plug_in}: {others[0]} has the same name; uninstall one of the two"
        )
    place, _, name = plug_in.value.rpartition(":")
    if not place or not name or place.endswith(".py"):
        raise SearchError(f"plug-in {plug_in}: give its class as package.module:Class")
    kind = _checked(plug_in.value, f"plug-in {plug_in}")
    if kind.name != plug_in.name:
        raise SearchError(
            f"plug-in {plug_in}: the class calls itself {kind.name!r}; its author has to give "
            "entry point and class one name"
        )
    return kind


def _of_own(reference: str) -> type[Strategy]:
    return _checked(reference, f"strategy {reference}")


def _checked(reference: str, who: str) -> type[Strategy]:
    """The class of a reference."""
    found = referenced(reference, who, SearchError)
    place, _, name = reference.rpartition(":")
    if found is None:
        raise SearchError(f"{who}: {place} has no {name}")
    if not isinstance(found, type) or not issubclass(found, Strategy):
        what = found.__name__ if isinstance(found, type) else f"of type {type(found).__name__}"
        raise SearchError(f"{who}: {name} is {what}, no subclass of tvmtune's Strategy")
    if isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))
        raise SearchError(f"{who}: {name} does not implement {missing}")
    if not isinstance(getattr(found, "name", None), str):
        raise SearchError(f'{who}: {name} has no name: give the class one, as in name = "mine"')
    return found
