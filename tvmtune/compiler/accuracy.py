"""Which templates of a workload are as exact as a user wants."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tvmtune.errors import TemplateError
from tvmtune.search_spaces.template import Template
from tvmtune.workload import Workload


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
    found = tuple(t for t in templates if t.promised_error(workload) <= max_rel_error)
    if not found:
        promises = promised_errors(templates, workload)
        raise TemplateError(
            f"{workload.text}: no template keeps a relative error of {max_rel_error:g}: "
            f"{promises_text(promises)}; the smallest that would work is "
            f"--max-rel-error {_rounded_up(min(promises.values())):g}"
        )
    return found


def promises_text(promises: Mapping[str, float]) -> str:
    """What templates promise, in words."""
    return ", ".join(f"{name} promises {error:.2g}" for name, error in promises.items())


def _rounded_up(error: float) -> float:
    """The smallest number of two digits that is not smaller than an error."""
    unit = 10.0 ** (math.floor(math.log10(error)) - 1)
    return math.ceil(error / unit) * unit
