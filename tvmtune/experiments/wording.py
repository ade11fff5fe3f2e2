"""What a report says in words and figures: numbers as text, and the answer in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isinf

from tvmtune.experiments.analysis import Analysis
from tvmtune.experiments.bands import ALL_TASKS
from tvmtune.experiments.paired_tests import LEVEL, PairedTest
from tvmtune.experiments.scores import Score, Variant
from tvmtune.experiments.standings import Axis

NEVER, NOTHING = "never", "-"


def number(value: float | None, digits: int = 3) -> str:
    """A number with as many digits as tell something; `NOTHING` where there is none."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def reached_text(value: float | None) -> str:
    """What it took; `NEVER` where half of the searches never got there."""
    return NEVER if value is None or isinf(value) else number(value)


def seconds_text(seconds: float) -> str:
    """A time with its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def percent(share: float | None) -> str:
    """A share in percent."""
    return NOTHING if share is None else f"{100 * share:.3g} %"


def score_text(value: float | None) -> str:
    """A score, with three decimals."""
    return NOTHING if value is None else f"{value:.3f}"


def within(value: float | None, low: float | None, high: float | None) -> str:
    """A score with its interval."""
    if value is None or low is None or high is None:
        return score_text(value)
    return f"{score_text(value)} ({score_text(low)} to {score_text(high)})"


def ratio_text(test: PairedTest | None) -> str:
    """How many times as many trials a strategy takes, with its interval."""
    if test is None:
        return NOTHING
    bound = "*" if test.censored else ""
    return f"{test.ratio:.3g}{bound} ({test.ratio_low:.3g} to {test.ratio_high:.3g})"


def p_text(p_value: float) -> str:
    """A p value; very small ones as a bound."""
    return "< 0.0001" if p_value < 1e-4 else f"{p_value:.2g}"


def score_of(analysis: Analysis, strategy: str, variant: Variant, axis: Axis) -> Score | None:
    """The score over all tasks, if there is one."""
    wanted = (ALL_TASKS, strategy, variant, axis)
    found = (s for s in analysis.scores if (s.task, s.strategy, s.variant, s.axis) == wanted)
    return next(found, None)


def test_of(analysis: Analysis, strategy: str) -> PairedTest | None:
    """The test of a strategy against the default, if there is one."""
    return next((t for t in analysis.tests if t.strategy == strategy), None)


def at_once(analysis: Analysis, task: str) -> bool:
    """Whether every search of a task reached the share with its first trial."""
    return all(s.trials_to_share == 1 for s in analysis.standings if s.task == task)


def answer(analysis: Analysis) -> list[str]:
    """What the experiment says, as sentences in plain text."""
    share, default = analysis.results.study.share, analysis.results.study.default
    if len(analysis.strategies) < 2:
        return [f"Only {analysis.strategies[0]} has been searched with: nothing is compared."]
    return [_best(analysis, share), *_against_default(analysis, default)]


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number of things, as in ``1 task`` and ``4,800 tasks``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def seeds_text(seeds: Sequence[int]) -> str:
    """Seeds; those that follow each other as a range."""
    first, last = min(seeds), max(seeds)
    if last - first == len(seeds) - 1 > 1:
        return f"{first} to {last}"
    return ", ".join(map(str, sorted(seeds)))


def in_html(sentences: Sequence[str]) -> str:
    """Sentences as a paragraph each."""
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)


def _best(analysis: Analysis, share: float) -> str:
    """Which strategy is sooner than others most often."""
    near = f"{percent(share)} of the best speed"
    by_trials, by_seconds = _leader(analysis, "trials"), _leader(analysis, "seconds")
    if by_trials is None:
        first = f"By trials all strategies are as soon at {near} as each other"
    else:
        first = (
            f"{by_trials[0]} is the best by trials: it is sooner at {near} than another strategy "
            f"with probability {by_trials[1]:.2f}"
        )
    if by_seconds is None:
        return f"{first}."
    name, probability = by_seconds
    if by_trials is not None and name == by_trials[0]:
        return f"{first}, and by seconds as well ({probability:.2f})."
    return f"{first}. By seconds {name} is sooner than another most often ({probability:.2f})."


def _leader(analysis: Analysis, axis: Axis) -> tuple[str, float] | None:
    """The strategy that is sooner most often, and how often; None where there is no difference."""
    name, probability = next(iter(analysis.wins(axis).items()))
    return (name, probability) if probability > min(analysis.wins(axis).values()) else None


def _against_default(analysis: Analysis, default: str) -> list[str]:
    """What the tests say of the default."""
    if not analysis.tests:
        return [f"No strategy has searches in common with the default, {default}."]
    better = [t.strategy for t in analysis.tests if t.significant and t.effect > 0]
    worse = [t.strategy for t in analysis.tests if t.significant and t.effect < 0]
    level = f"(p < {LEVEL:g} after Holm's correction)"
    if better:
        first = f"The default, {default}, takes significantly more trials than {listed(better)}"
    else:
        first = f"No strategy takes significantly fewer trials than the default, {default}"
    sentences = [f"{first} {level}."]
    if worse:
        sentences.append(f"It takes significantly fewer trials itself than {listed(worse)}.")
    if weakest := _too_few(analysis.tests):
        sentences.append(weakest)
    return sentences


def _too_few(tests: Sequence[PairedTest]) -> str:
    """A warning where even the clearest result could not be significant."""
    pairs = min(t.pairs for t in tests)
    least = min(1.0, len(tests) * 2.0 ** (1 - pairs))
    if least < LEVEL:
        return ""
    return (
        f"With {counted(pairs, 'pair')} no test can be significant (p is {least:.2g} at least): "
        "more seeds or tasks are needed."
    )
