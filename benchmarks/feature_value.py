"""``feature-value``: how well models rank configs by which feature columns, on recorded spaces."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.markdown import table
from tvmtune.analysis.features import FEATURE_NAMES
from tvmtune.analysis.relations import CURVES
from tvmtune.cost_models.models import make_cost_model
from tvmtune.cost_models.quality import recall_at_k, spearman
from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.records.recorded_space import read_space

FITTED_ON = (64, 128, 256)
"""Rows of the same space that a model is fitted on."""

LOOKED_AT = (1, 8, 64)
"""How many of those ranked first are measured."""

ROWS_OF_A_SPACE = 1000
"""Rows of each other space that a model is fitted on at most."""

_SUFFIX = ".space.gz"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The configs of a recorded space, as models see them.

    Parameters
    ----------
    name
        Of the space.
    algorithm
        Its template, without what distinguishes templates of one algorithm: ``conv2d.winograd``.
    features
        Shape ``(n, d)``: columns of the nest, of knobs, and what else its domain has.
    nest
        Shape ``(n, len(FEATURE_NAMES))``: those of the nest alone.
    relations
        Shape ``(n, r)``.
    scores
        Shape ``(n,)``: speed relative to the fastest config, 0 for those that failed.
    """

    name: str
    algorithm: str
    features: NDArray[np.float32]
    nest: NDArray[np.float32]
    relations: NDArray[np.float32]
    scores: NDArray[np.float64]

    @staticmethod
    def of(name: str, domain: RecordedDomain) -> Rows:
        """The rows of a recorded domain."""
        features = domain.features(domain.points)
        places = [domain.feature_names.index(column) for column in FEATURE_NAMES]
        times_s = domain.space.times_s
        return Rows(
            name=name,
            algorithm=domain.space.template.name.rstrip("0123456789"),
            features=features,
            nest=features[:, places],
            relations=domain.relations(domain.points),
            scores=np.where(np.isnan(times_s), 0.0, domain.space.best_s / times_s),
        )


Columns: TypeAlias = Callable[[Rows], NDArray[np.float32]]

_CURVES = sum(len(curve.names) for curve in CURVES)

WITHIN: Mapping[str, Columns] = {
    "features": lambda rows: rows.features,
    "relations": lambda rows: rows.relations,
    "both": lambda rows: np.concatenate([rows.features, rows.relations], axis=1),
}
"""What models of one space may see."""

ACROSS: Mapping[str, Columns] = {
    "nest": lambda rows: rows.nest,
    "relations": lambda rows: rows.relations,
    "curves alone": lambda rows: rows.relations[:, :_CURVES],
    "without curves": lambda rows: rows.relations[:, _CURVES:],
    "both": lambda rows: np.concatenate([rows.nest, rows.relations], axis=1),
}
"""What models of several spaces may see."""


class Ranking(NamedTuple):
    """How well predictions order configs.

    Attributes
    ----------
    spearman
        Rank correlation.
    recall
        Share of the fastest tenth that is in the tenth ranked first.
    found
        For each of `LOOKED_AT` the best score among as many ranked first.
    """

    spearman: float
    recall: float
    found: tuple[float, ...]

    @staticmethod
    def of(scores: NDArray[np.float64], predicted: NDArray[np.float64]) -> Ranking:
        """That of predictions of shape ``(n,)``."""
        first = np.argsort(-predicted, kind="stable")
        return Ranking(
            spearman(scores, predicted),
            recall_at_k(scores, predicted, max(1, len(scores) // 10)),
            tuple(float(scores[first[:n]].max()) for n in LOOKED_AT),
        )

    @staticmethod
    def median(rankings: Sequence[Ranking]) -> Ranking:
        """The median of each figure."""
        return Ranking(
            float(np.median([r.spearman for r in rankings])),
            float(np.median([r.recall for r in rankings])),
            tuple(np.median([r.found for r in rankings], axis=0).tolist()),
        )


def ranked_within(rows: Rows, columns: Columns, fitted: int, seeds: int) -> Ranking:
    """How a model that was fitted on some rows of a space orders the others."""
    features, rankings = columns(rows), []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(features))
        known, others = order[:fitted], order[fitted:]
        model = make_cost_model("xgb", seed)
        model.fit(features[known], rows.scores[known] / rows.scores[known].max())
        rankings.append(Ranking.of(rows.scores[others], model.predict(features[others])))
    return Ranking.median(rankings)


def ranked_across(left_out: Rows, others: Sequence[Rows], columns: Columns, seeds: int) -> Ranking:
    """How a model that was fitted on other spaces orders one that it never saw."""
    features, seen, rankings = columns(left_out), [columns(rows) for rows in others], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        drawn = [rng.permutation(len(rows.scores))[:ROWS_OF_A_SPACE] for rows in others]
        model = make_cost_model("xgb", seed)
        model.fit(
            np.concatenate([known[some] for known, some in zip(seen, drawn, strict=True)]),
            np.concatenate([r.scores[some] for r, some in zip(others, drawn, strict=True)]),
        )
        rankings.append(Ranking.of(left_out.scores, model.predict(features)))
    return Ranking.median(rankings)


def within_table(spaces: Sequence[Rows], seeds: int) -> Iterable[str]:
    """A line for each set of columns and number of rows: rank correlations and recalls."""
    found = {
        (name, fitted): [ranked_within(rows, columns, fitted, seeds) for rows in spaces]
        for fitted in FITTED_ON
        for name, columns in WITHIN.items()
    }
    head = ["fitted on", "columns", *(rows.name for rows in spaces), "mean"]
    lines = [
        [str(fitted), name, *(f"{r.spearman:.2f} {r.recall:.2f}" for r in ranked), _means(ranked)]
        for (name, fitted), ranked in found.items()
    ]
    return table(head, lines, "rl" + "r" * (len(spaces) + 1))


def across_table(
    spaces: Sequence[Rows], seeds: int, *, other_algorithms: bool = False
) -> Iterable[str]:
    """A line for each space that is left out and set of columns, and their means.

    With ``other_algorithms`` all spaces of its algorithm are left out with it.
    """
    others = {
        rows.name: [
            r
            for r in spaces
            if r is not rows and not (other_algorithms and r.algorithm == rows.algorithm)
        ]
        for rows in spaces
    }
    left_out = [rows for rows in spaces if others[rows.name]]
    found = {
        name: [ranked_across(rows, others[rows.name], columns, seeds) for rows in left_out]
        for name, columns in ACROSS.items()
    }
    lines = [
        [rows.name, name, *_cells(ranked[i])]
        for i, rows in enumerate(left_out)
        for name, ranked in found.items()
    ]
    if left_out:
        lines += [["mean", name, *_cells(_mean(ranked))] for name, ranked in found.items()]
    head = ["left out", "columns", "spearman", "recall", *(f"best of {n}" for n in LOOKED_AT)]
    return table(head, lines, "ll" + "r" * (2 + len(LOOKED_AT)))


def _cells(ranking: Ranking) -> list[str]:
    return [f"{x:.3f}" for x in (ranking.spearman, ranking.recall, *ranking.found)]


def _mean(rankings: Sequence[Ranking]) -> Ranking:
    return Ranking(
        float(np.mean([r.spearman for r in rankings])),
        float(np.mean([r.recall for r in rankings])),
        tuple(np.mean([r.found for r in rankings], axis=0).tolist()),
    )


def _means(rankings: Sequence[Ranking]) -> str:
    mean = _mean(rankings)
    return f"{mean.spearman:.3f} {mean.recall:.3f}"


def read_spaces(directory: Path) -> list[Rows]:
    """The recorded spaces of a directory; those that cannot be replayed are named and left out.

    Raises
    ------
    UsageError
        If there are fewer than two.
    """
    found: list[Rows] = []
    for path in sorted(directory.glob(f"*{_SUFFIX}")):
        try:
            domain = RecordedDomain.of(read_space(path), path)
        except TvmtuneError as error:
            print(f"benchmarks: left out: {error}", file=sys.stderr)
            continue
        found.append(Rows.of(path.name.removesuffix(_SUFFIX), domain))
    if len(found) < 2:
        raise UsageError(
            f"{directory} has {len(found)} recorded spaces (*{_SUFFIX}) that can be replayed: "
            "record at least 2 with tvmtune record"
        )
    return found


def feature_value_text(spaces: Sequence[Rows], seeds: int) -> str:
    """The report of some spaces."""
    lines = [
        "# What feature columns are worth",
        "",
        f"Medians of {seeds} seeds. Within a space: rank correlation, and share of the fastest "
        "tenth that is ranked there, of rows the model was not fitted on.",
        "",
        *within_table(spaces, seeds),
        "",
        f"Fitted on up to {ROWS_OF_A_SPACE} rows of each other space: the same, and the best speed "
        "among those ranked first, relative to the fastest config.",
        "",
        *across_table(spaces, seeds),
        "",
        "The same, fitted on spaces of other algorithms only:",
        "",
        *across_table(spaces, seeds, other_algorithms=True),
    ]
    return "\n".join([*lines, ""])


def add_command(commands: Any) -> None:
    """Add ``feature-value`` to the commands of a parser."""
    parser = commands.add_parser("feature-value", help="what columns are worth to a cost model")
    parser.set_defaults(command=_command)
    parser.add_argument("directory", type=Path, help=f"has recorded spaces (*{_SUFFIX})")
    parser.add_argument("--seeds", type=int, default=5, help="of models and draws; default 5")
    parser.add_argument("-o", "--out", type=Path, help="a file; default: print it")


def _command(options: argparse.Namespace) -> int:
    if options.seeds < 1:
        raise UsageError(f"{options.seeds} seeds: give at least 1 (--seeds N)")
    text = feature_value_text(read_spaces(options.directory), options.seeds)
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text)
        print(options.out)
    return 0
