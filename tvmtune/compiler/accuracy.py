"""Which templates of a workload are as exact as a user wants."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tvmtune.errors import TemplateError
from tvmtune.search_spaces.template import Template
from tvmtune.workload import Workload

MOSTLY = 0.45
"""What an error mostly is of what its template promises.

Measured: of direct sums 0.26 to 0.43 in the middle of 1,024 cases of 64 outputs and of fewer cases
of more, with 64 to 4,608 products, and the largest of a few cases is somewhat above the middle; of
Winograd's 0.4 to 0.6 on ResNet-18's layers.
"""


def promised_errors(templates: Sequence[Template], workload: Workload) -> dict[str, float]:
    """The bound of max|y - y64| / max|y64| of each template, by name."""
    return {template.name: template.promised_error(workload) for template in templates}


def exact_enough(
    templates: Sequence[Template], workload: Workload, max_rel_error: float | None
) -> tuple[Template, ...]:
    """The templates that promise no larger error than is tolerated.

    Parameters
    ----------
    templates
        Of the workload.
    max_rel_error
        What is tolerated; None: whatever a template promises.

    Raises
    ------
    TemplateError
        If there is none.
    """
    if max_rel_error is None:
        return tuple(templates)
    promises = promised_errors(templates, workload)
    found = tuple(t for t in templates if promises[t.name] <= max_rel_error)
    if not found:
        raise TemplateError(
            f"{workload.text}: no template promises a relative error of at most "
            f"{max_rel_error:g}: {promises_text(promises)}; what would work is --max-rel-error "
            f"{_rounded_up(min(promises.values())):g}, or a log with a config that was measured "
            "as exact"
        )
    return found


def worth_trying(
    templates: Sequence[Template], workload: Workload, max_rel_error: float | None
) -> tuple[Template, ...]:
    """The templates whose errors, as they mostly are, will be tolerated; what is measured decides.

    Parameters
    ----------
    templates, max_rel_error
        As of `exact_enough`.

    Raises
    ------
    TemplateError
        If there is none.
    """
    if max_rel_error is None:
        return tuple(templates)
    promises = promised_errors(templates, workload)
    found = tuple(t for t in templates if not mostly_exceeds(promises[t.name], max_rel_error))
    if not found:
        raise TemplateError(
            f"{workload.text}: no template keeps a relative error of {max_rel_error:g}: "
            f"{promises_text(promises)} and mostly has {MOSTLY:g} of it; what would "
            f"work is --max-rel-error {_rounded_up(min(promises.values())):g}"
        )
    return found


def mostly_exceeds(promised: float, limit: float) -> bool:
    """Whether what an error mostly is, where a template promises so much, is not tolerated."""
    return MOSTLY * promised > limit


def promises_text(promises: Mapping[str, float]) -> str:
    """What templates promise, in words."""
    return ", ".join(f"{name} promises {error:.3g}" for name, error in promises.items())


def _rounded_up(error: float) -> float:
    """The smallest number of two digits that is not smaller than an error."""
    unit = 10.0 ** (math.floor(math.log10(error)) - 1)
    return math.ceil(error / unit) * unit
