"""What a strategy may know of the run that it searches for, and its options as users write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from tvmtune.errors import SearchError
from tvmtune.search.prior import Prior
from tvmtune.search.score_model import ScoreModel
from tvmtune.search_spaces.space import Domain

OptionsT = TypeVar("OptionsT")


def _no_models(name: str) -> ScoreModel:
    raise SearchError(f"a cost model ({name}) is needed here, and no maker of models was given")


def _no_strategies(name: str, domain: Domain, setup: Setup) -> Any:
    raise SearchError(f"a strategy ({name}) is needed here: make this one by make_strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a strategy is made with, beside its domain.

    Attributes
    ----------
    seed
        Seeds whatever is random; at least 0.
    budget
        Proposals that will be asked for in all; None where it is not known.
    plan_size
        Proposals after which a model is to be refitted; None: the strategy's own.
    models
        Makes the cost model of a name, new and seeded.
    options
        The strategy's own, by name; those not given have their defaults.
    prior
        What other tasks teach about the domain; strategies without a model do without.
    strategy
        Makes the strategy of a name, for one that consists of others.
    """

    seed: int = 0
    budget: int | None = None
    plan_size: int | None = None
    models: Callable[[str], ScoreModel] = _no_models
    options: Mapping[str, Any] = field(default_factory=dict)
    prior: Prior | None = None
    strategy: Callable[[str, Domain, Setup], Any] = _no_strategies


def parsed_options(kind: type[OptionsT], given: Mapping[str, Any], owner: str) -> OptionsT:
    """Options from what a user wrote.

    Parameters
    ----------
    kind
        A dataclass of numbers, texts, tuples of numbers, and dataclasses of such.
    given
        Values by name; those of a dataclass within it are a mapping again.
    owner
        Whose they are, for errors.

    Raises
    ------
    SearchError
        If there is no option of a name, or a value is of another type.
    """
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind)]  # type: ignore[arg-type]  # a dataclass
    for name in given:
        if name not in names:
            known = ", ".join(names) or "none"
            raise SearchError(f"{owner} has no option {name!r}: it has {known}")
    values = {name: _value(hints[name], v, f"{owner}: {name}") for name, v in given.items()}
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        return parsed_options(hint, value, where)
    if _fits(hint, value):
        return tuple(value) if isinstance(value, list) else value
    shown = getattr(hint, "__name__", None) or str(hint)
    wanted = str(hint) if get_args(hint) else shown
    raise SearchError(f"{where} is {wanted}, got {value!r}")


def _fits(hint: Any, value: Any) -> bool:
    """Whether a value that was read from a text has a type."""
    if get_origin(hint) in (Union, UnionType):
        return any(_fits(one, value) for one in get_args(hint))
    if get_origin(hint) is tuple:
        return _fits_tuple(get_args(hint), value)
    if hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is hint


def _fits_tuple(inner: tuple[Any, ...], value: Any) -> bool:
    if not isinstance(value, (list, tuple)):
        return False
    if len(inner) == 2 and inner[1] is Ellipsis:
        return all(_fits(inner[0], item) for item in value)
    return len(inner) == len(value) and all(map(_fits, inner, value))
