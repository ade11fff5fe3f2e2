"""How well predicted scores order candidates: pure functions of two arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How a model did on rows it was not fitted on.

    Attributes
    ----------
    rows
        Rows held out and judged on.
    spearman
        Rank correlation of predicted and measured scores, -1 to 1.
    recall
        Share of the `k` best rows that are among the `k` predicted best, 0 to 1.
    k
        How many rows `recall` looks at.
    """

    rows: int
    spearman: float
    recall: float
    k: int


def average_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0, equal values sharing the mean of theirs.

    Parameters
    ----------
    values
        Shape (n,), float64, without nan.

    Returns
    -------
    NDArray[np.float64]
        Shape (n,).
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts + 1) / 2)[inverse]
    return ranks


def spearman(scores: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    """Rank correlation, Pearson's on average ranks.

    Parameters
    ----------
    scores, predicted
        Shape (n,), float64, without nan.

    Returns
    -------
    float
        Between -1 and 1; 0.0 where either side is constant or has fewer than two rows, because
        such rows say nothing about the order.

    References
    ----------
    C. Spearman, "The Proof and Measurement of Association between Two Things", American Journal
    of Psychology 15 (1904); ties as in M. G. Kendall, "Rank Correlation Methods" (1948), ch. 3.
    """
    if len(scores) < 2:
        return 0.0
    left, right = average_ranks(scores), average_ranks(predicted)
    left, right = left - left.mean(), right - right.mean()
    norm = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / norm if norm > 0 else 0.0


def recall_at_k(scores: NDArray[np.float64], predicted: NDArray[np.float64], k: int) -> float:
    """Share of the `k` best rows that are among the `k` predicted best.

    Rows as good as the k-th best count as best. Rows whose predictions tie at the border count
    by the probability that a random choice among them takes them, so that a constant prediction
    has the recall of chance and not that of the order of the rows.

    Parameters
    ----------
    scores, predicted
        Shape (n,), float64, without nan; higher is better.
    k
        Between 1 and n; a larger one is taken as n.

    Returns
    -------
    float
        Between 0 and 1; 0.0 without rows.

    References
    ----------
    L. Zheng et al., "Ansor: Generating High-Performance Tensor Programs for Deep Learning",
    OSDI 2020, section 7.4 (recall@k of a cost model).
    """
    k = min(k, len(scores))
    if k < 1:
        return 0.0
    best = scores >= np.sort(scores)[-k]
    border = np.sort(predicted)[-k]
    above, tied = predicted > border, predicted == border
    share = (k - above.sum()) / tied.sum()
    hits = float((best & above).sum() + share * (best & tied).sum())
    return min(hits, k) / k


def held_out_split(
    n: int, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part the rows 0 to n-1 at random into those to fit on and those to judge on.

    Parameters
    ----------
    n
        Number of rows, at least 2.
    share
        Share of the rows to hold out, in (0, 1); at least one row lands on either side.
    rng
        Decides which.

    Returns
    -------
    tuple of NDArray[np.int64]
        Row numbers to fit on and row numbers held out, both ascending.
    """
    held = min(max(round(n * share), 1), n - 1)
    order = rng.permutation(n)
    return np.sort(order[held:]), np.sort(order[:held])


def judge(
    scores: NDArray[np.float64],
    predicted: NDArray[np.float64],
    groups: NDArray[np.int64],
    k: int | None = None,
) -> Quality:
    """Judge predictions, comparing only rows of the same group.

    Parameters
    ----------
    scores, predicted
        Shape (n,), float64, without nan; higher is better.
    groups
        Shape (n,), int64. The figures are the means over the groups, weighted by their rows.
    k
        How many rows of each group `recall` looks at; a quarter of the largest group by default.

    Returns
    -------
    Quality
        The figures; zeros without rows.
    """
    labels, counts = np.unique(groups, return_counts=True)
    if not len(labels):
        return Quality(rows=0, spearman=0.0, recall=0.0, k=0)
    k = max(1, int(counts.max()) // 4) if k is None else k
    members = [np.flatnonzero(groups == label) for label in labels]
    correlations = [spearman(scores[rows], predicted[rows]) for rows in members]
    recalls = [recall_at_k(scores[rows], predicted[rows], k) for rows in members]
    return Quality(
        rows=len(scores),
        spearman=float(np.average(correlations, weights=counts)),
        recall=float(np.average(recalls, weights=counts)),
        k=k,
    )
