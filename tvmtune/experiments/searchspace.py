"""What algorithms written for Kernel Tuner see of a recorded space."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SearchError
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.records.foreign_space import foreign_value, occurring

NEIGHBOURS = (
    "strictly-adjacent",
    "adjacent",
    "Hamming",
    "Hamming-adjacent",
    "closest-param-indices",
)

ParamConfig = tuple[Any, ...]


class RecordedSearchspace:
    """The configs of a recorded space in the interface of Kernel Tuner's ``Searchspace``.

    Parameters
    ----------
    domain
        The recorded space.
    rng
        Decides samples and random neighbours.

    Attributes
    ----------
    tune_params
        Values by name, those that a config has; tuples as texts.
    param_names, params_values, num_params
        The same in parts.
    list
        The configs, as tuples of values in the order of the names.
    size
        How many.

    References
    ----------
    Kernel Tuner 1.5.0, ``searchspace.Searchspace``.
    """

    def __init__(self, domain: RecordedDomain, rng: np.random.Generator) -> None:
        self._rng = rng
        used = occurring(domain.space)
        self.tune_params: dict[str, list[Any]] = {
            name: [*map(foreign_value, values)] for name, values in used.items()
        }
        self.param_names = list(self.tune_params)
        self.params_values = tuple(map(tuple, self.tune_params.values()))
        self.num_params = len(self.param_names)
        columns = [np.unique(column, return_inverse=True)[1] for column in domain.space.points.T]
        self._digits = np.stack(columns, axis=1)
        self.list: list[ParamConfig] = [
            tuple(v[d] for v, d in zip(self.params_values, digits, strict=True))
            for digits in self._digits.tolist()
        ]
        self.size = len(self.list)
        self.indices = np.arange(self.size)
        self._rows = {config: row for row, config in enumerate(self.list)}

    def is_param_config_valid(self, param_config: ParamConfig) -> bool:
        """Whether a config was measured."""
        return tuple(param_config) in self._rows

    def get_param_config_index(self, param_config: ParamConfig) -> int | None:
        """Its place in the list; None if it was not measured."""
        return self._rows.get(tuple(param_config))

    def get_param_configs_at_indices(self, indices: Iterable[int]) -> list[ParamConfig]:
        """The configs at some places."""
        return [self.list[index] for index in indices]

    def get_param_indices(self, param_config: ParamConfig) -> tuple[int, ...]:
        """The place of each value among those of its parameter."""
        pairs = zip(self.params_values, param_config, strict=True)
        try:
            return tuple(values.index(value) for values, value in pairs)
        except ValueError as error:
            raise SearchError(f"{param_config} has a value that no config has") from error

    def get_param_config_from_param_indices(self, param_indices: Sequence[int]) -> ParamConfig:
        """The values at some places, measured or not."""
        pairs = zip(self.params_values, param_indices, strict=True)
        return tuple(values[place] for values, place in pairs)

    def get_list_param_indices_numpy(self) -> NDArray[np.int64]:
        """Shape ``(size, num_params)``: the places of the values of each config."""
        return self._digits

    def get_true_tunable_params(self) -> dict[str, list[Any]]:
        """The parameters that have more than one value."""
        return {name: values for name, values in self.tune_params.items() if len(values) > 1}

    def get_random_sample_indices(self, num_samples: int) -> NDArray[np.int64]:
        """Places of different configs, drawn uniformly; all, where more are wanted."""
        return self._rng.choice(self.size, size=min(num_samples, self.size), replace=False)

    def get_random_sample(self, num_samples: int) -> list[ParamConfig]:
        """Different configs, drawn uniformly; all, where more are wanted."""
        return self.get_param_configs_at_indices(self.get_random_sample_indices(num_samples))

    def get_distributed_random_sample(
        self, num_samples: int, sampling_factor: int = 10
    ) -> list[ParamConfig]:
        """Configs far from each other among `sampling_factor` times as many random ones."""
        pool = self.get_random_sample_indices(num_samples * sampling_factor)
        chosen, nearest = [int(pool[0])], np.full(len(pool), np.inf)
        while len(chosen) < min(num_samples, len(pool)):
            nearest = np.minimum(nearest, self._distances(self._digits[chosen[-1]])[pool])
            chosen.append(int(pool[nearest.argmax()]))
        return self.get_param_configs_at_indices(chosen)

    def get_LHS_sample(self, num_samples: int) -> list[ParamConfig]:  # noqa: N802 (Kernel Tuner's)
        """Different configs nearest to those of a Latin hypercube."""
        wanted, counts = min(num_samples, self.size), [len(v) for v in self.params_values]
        strata = [self._rng.permutation(wanted) for _ in counts]
        targets = [(s + 0.5) * count // wanted for s, count in zip(strata, counts, strict=True)]
        chosen: dict[int, None] = {}
        for target in np.stack(targets, axis=1):
            distances = self._distances(target)
            distances[[*chosen]] = np.inf
            chosen[int(distances.argmin())] = None
        return self.get_param_configs_at_indices([*chosen])

    def get_neighbors_indices(
        self, param_config: ParamConfig, neighbor_method: str | None = None
    ) -> list[int]:
        """Places of the neighbours of a config, which need not have been measured itself.

        Parameters
        ----------
        param_config
            Values in the order of the names.
        neighbor_method
            ``Hamming``: one value differs.  ``strictly-adjacent``: all values are at most one
            place away.  ``adjacent``: all are at most as far as the nearest other value there is
            in that direction.  ``Hamming-adjacent``: one value differs, and is the nearest such in
            its direction.  ``closest-param-indices``: the least sum of places in between.

        Raises
        ------
        SearchError
            If there is no such method, or a value does not exist.
        """
        if neighbor_method not in NEIGHBOURS:
            raise SearchError(
                f"no neighbours {neighbor_method!r}; there are {', '.join(NEIGHBOURS)}"
            )
        steps = self._digits - np.array(self.get_param_indices(param_config))
        differing = (steps != 0).sum(axis=1)
        match neighbor_method:
            case "Hamming":
                found = differing == 1
            case "strictly-adjacent":
                found = (np.abs(steps) <= 1).all(axis=1) & (differing > 0)
            case "adjacent":
                found = _within_nearest(steps, steps) & (differing > 0)
            case "Hamming-adjacent":
                found = _within_nearest(steps, steps[differing == 1]) & (differing == 1)
            case _:
                sums = np.abs(steps).sum(axis=1).astype(np.float64)
                sums[differing == 0] = np.inf
                found = sums == sums.min()
        return [int(row) for row in np.flatnonzero(found)]

    def get_neighbors(
        self, param_config: ParamConfig, neighbor_method: str | None = None
    ) -> list[ParamConfig]:
        """The neighbours of a config; see :meth:`get_neighbors_indices`."""
        return self.get_param_configs_at_indices(
            self.get_neighbors_indices(param_config, neighbor_method)
        )

    get_neighbors_no_cache = get_neighbors

    def get_random_neighbor(
        self, param_config: ParamConfig, neighbor_method: str | None = None
    ) -> ParamConfig | None:
        """One of the neighbours; None if there are none."""
        rows = self.get_neighbors_indices(param_config, neighbor_method)
        return self.list[rows[int(self._rng.integers(len(rows)))]] if rows else None

    def _distances(self, places: NDArray[Any]) -> NDArray[np.float64]:
        """Sums of the places between each config and another."""
        found: NDArray[np.float64] = np.abs(self._digits - places).sum(axis=1).astype(np.float64)
        return found


def _within_nearest(steps: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which steps go in no parameter farther than the nearest other value among some."""
    most = np.iinfo(np.int64).max
    up = np.where(among > 0, among, most).min(axis=0, initial=most)
    down = np.where(among < 0, among, -most).max(axis=0, initial=-most)
    found: NDArray[np.bool_] = ((steps <= up) & (steps >= down)).all(axis=1)
    return found
