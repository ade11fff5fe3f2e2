"""The contract of a cost model, its checks, and how it is kept on disk."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.cost_models.files import write_whole
from tvmtune.cost_models.quality import Quality, held_out_split, judge
from tvmtune.errors import CostModelError

HEADER = "cost_model.json"
FORMAT = 1


_HEADER_TYPES = {
    "format": int,
    "name": str,
    "version": int,
    "seed": int,
    "width": int,
    "state": dict,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What `CostModel.save` keeps beside the model library's own files."""

    format: int
    name: str
    version: int
    seed: int
    width: int
    state: Mapping[str, Any]


class CostModel(ABC):
    """Predicts how good candidates are from their features.

    A *score* says how good a candidate is; higher is better. Strategies give throughput relative
    to the best of the same task, time of the best divided by time of the candidate, which lies in
    (0, 1]. A candidate that failed has no time and gets the score 0, below every one that ran.
    Predictions are on the same scale where the model learns it; only their order is relied on.

    A model is deterministic: the same seed, rows and order of rows give the same predictions. It
    keeps nothing of earlier fits.

    Parameters
    ----------
    seed
        Seeds whatever is random in the model.

    Attributes
    ----------
    name
        The name in `COST_MODELS`, kept in saved models.
    version
        Rises when a saved model of an older one can no longer be loaded.
    minimum_rows
        `fit` refuses fewer rows.
    held_out_share
        Share of the rows that `assess` judges on.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    minimum_rows: ClassVar[int] = 1
    held_out_share: ClassVar[float] = 0.25

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._width: int | None = None

    @property
    def width(self) -> int | None:
        """Number of feature columns it was fitted on; None before the first fit."""
        return self._width

    def fit(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64] | None = None,
    ) -> None:
        """Forget earlier fits and learn from these rows.

        Parameters
        ----------
        features
            Shape (n, d), float32, finite; n at least `minimum_rows`.
        scores
            Shape (n,), float64, finite; higher is better, 0 for candidates that failed.
        groups
            Shape (n,), int64: rows of different groups (tasks) cannot be compared with each
            other. By default all rows are of one group.

        Raises
        ------
        CostModelError
            If shapes disagree, a value is not finite, or there are too few rows.
        """
        features, scores, groups = _checked_rows(features, scores, groups)
        if len(features) < self.minimum_rows:
            raise CostModelError(
                f"cost model {self.name} cannot be fitted on {len(features)} rows, "
                f"it needs at least {self.minimum_rows}"
            )
        self._fit(features, scores, groups)
        self._width = features.shape[1]

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Predict scores.

        Parameters
        ----------
        features
            Shape (n, d), float32, with the columns the model was fitted on; n may be 0.

        Returns
        -------
        NDArray[np.float64]
            Shape (n,), finite; higher is better.

        Raises
        ------
        CostModelError
            If the model was not fitted or the columns are not as many as then.
        """
        features = self._to_predict(features)
        return self._predict(features) if len(features) else np.zeros(0)

    def spread(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """How sure predictions are.

        Parameters
        ----------
        features
            As for `predict`.

        Returns
        -------
        NDArray[np.float64]
            Shape (n,): standard deviations, on the scale of `predict`; zeros of a model that does
            not know.

        Raises
        ------
        CostModelError
            As `predict`.
        """
        features = self._to_predict(features)
        return self._spread(features) if len(features) else np.zeros(0)

    def _to_predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._width is None:
            raise CostModelError(f"cost model {self.name} predicts only after fit or load")
        features = _checked_features(features)
        if features.shape[1] != self._width:
            raise CostModelError(
                f"cost model {self.name} was fitted on {self._width} feature columns, "
                f"got {features.shape[1]}"
            )
        return features

    def assess(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64] | None = None,
        *,
        k: int | None = None,
    ) -> Quality:
        """Fit on a random part of the rows and judge the predictions of the others.

        Leaves the model fitted on that part; call `fit` to use all rows.

        Parameters
        ----------
        features, scores, groups
            As for `fit`.
        k
            How many rows recall looks at; a quarter of the held-out rows by default.

        Returns
        -------
        Quality
            On the held-out rows only.

        Raises
        ------
        CostModelError
            As `fit`, for the rows that are not held out.
        """
        features, scores, groups = _checked_rows(features, scores, groups)
        if len(features) < 2:
            raise CostModelError("a cost model is assessed on at least 2 rows")
        rng = np.random.default_rng([self.seed, len(features)])
        fitted, held = held_out_split(len(features), self.held_out_share, rng)
        self.fit(features[fitted], scores[fitted], groups[fitted])
        return judge(scores[held], self.predict(features[held]), groups[held], k)

    def save(self, path: Path) -> None:
        """Write the fitted model to a directory, which is made if need be.

        JSON and the model library's own format; loading executes nothing. The header is written
        last, so that a model half written is refused.

        Parameters
        ----------
        path
            The directory.

        Raises
        ------
        CostModelError
            If the model was not fitted or the directory cannot be written.
        """
        if self._width is None:
            raise CostModelError(f"cost model {self.name} has nothing to save before fit")
        try:
            path.mkdir(parents=True, exist_ok=True)
            (path / HEADER).unlink(missing_ok=True)
            header = Header(
                format=FORMAT,
                name=self.name,
                version=self.version,
                seed=self.seed,
                width=self._width,
                state=self._save_state(path),
            )
            text = json.dumps(asdict(header), indent=1)
            write_whole(path / HEADER, f"{text}\n".encode())
        except OSError as err:
            raise CostModelError(f"cost model cannot be saved to {path}: {err}") from err

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that `save` wrote.

        Parameters
        ----------
        path
            The directory.

        Raises
        ------
        CostModelError
            If there is no such model, or it is of another class or version.
        """
        header = read_header(path)
        if (header.name, header.version) != (cls.name, cls.version):
            raise CostModelError(
                f"{path} holds cost model {header.name} version {header.version}, "
                f"not {cls.name} version {cls.version}"
            )
        model = cls._load_state(path, header.seed, header.state)
        model._width = header.width
        return model

    @abstractmethod
    def _fit(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64],
    ) -> None:
        """Learn from checked rows."""

    @abstractmethod
    def _predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Predict for at least one checked row."""

    def _spread(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Standard deviations for at least one checked row."""
        return np.zeros(len(features))

    @abstractmethod
    def _save_state(self, path: Path) -> Mapping[str, Any]:
        """Write files beside the header; return what the header shall hold, as JSON."""

    @classmethod
    @abstractmethod
    def _load_state(cls, path: Path, seed: int, state: Mapping[str, Any]) -> Self:
        """Undo `_save_state`."""


def read_header(path: Path) -> Header:
    """Read and check the header of a saved model.

    Parameters
    ----------
    path
        The directory given to `CostModel.save`.

    Raises
    ------
    CostModelError
        If it cannot be read, is no such header, or is of another format.
    """
    try:
        found = json.loads((path / HEADER).read_text(encoding="utf-8"))
        header = Header(**found)
    except (OSError, ValueError, TypeError) as err:
        raise CostModelError(f"{path} holds no saved cost model: {err}") from err
    except RecursionError as err:
        raise CostModelError(
            f"{path} holds no saved cost model: {HEADER} is nested too deeply"
        ) from err
    wrong = [
        field
        for field, kind in _HEADER_TYPES.items()
        if not isinstance(getattr(header, field), kind) or isinstance(getattr(header, field), bool)
    ]
    if wrong or header.format != FORMAT:
        reason = f"format {header.format}, expected {FORMAT}" if not wrong else f"bad {wrong[0]}"
        raise CostModelError(f"{path / HEADER} cannot be used: {reason}")
    return header


def _checked_features(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features as a contiguous float32 array, once checked."""
    if features.ndim != 2 or not features.shape[1]:
        raise CostModelError(f"features have the shape (rows, columns), got {features.shape}")
    array = np.ascontiguousarray(features, dtype=np.float32)
    if not np.isfinite(array).all():
        column = int(np.flatnonzero(~np.isfinite(array).all(axis=0))[0])
        raise CostModelError(f"features are finite numbers, column {column} is not")
    return array


def _checked_rows(
    features: NDArray[np.float32],
    scores: NDArray[np.float64],
    groups: NDArray[np.int64] | None,
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.int64]]:
    """Features, scores and groups, once checked."""
    features = _checked_features(features)
    scores = np.asarray(scores, dtype=np.float64)
    labels = np.zeros(len(features), np.int64) if groups is None else np.asarray(groups, np.int64)
    for what, array in (("scores", scores), ("groups", labels)):
        if array.shape != (len(features),):
            raise CostModelError(
                f"{what} have the shape ({len(features)},) as there are that many rows of "
                f"features, got {array.shape}"
            )
    if not np.isfinite(scores).all():
        raise CostModelError("scores are finite numbers; a failed candidate has the score 0")
    return features, scores, labels
