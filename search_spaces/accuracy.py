"""How exact templates are: what each promises, and which are exact enough for a user.

An error is max|y - y64| / max|y64| over all outputs, on standard normal operands; y64 is computed
in float64 from the same operands.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

DIRECT_FACTOR = 1.5
"""Of `direct_error`.

Measured: 0.3 to 0.95, the largest of 28 errors (7 configs, 4 seeds) of each of 17 workloads of this
package's direct templates with reduction lengths from 1 to 5,000: C1, C2, C6, C9, C11, C12, D1, D9,
BERT-ff1, BERT-ff2, M512, and six small ones.
"""


def direct_error(workload: Any, chain: int | None = None) -> float:
    """Bound the error of an algorithm that sums the products of each output as they are.

    A sum of ``K`` products of mean zero in one chain has partial sums that grow like its square
    root; each is rounded by up to ``u`` of itself, independently of the others.  So the error is
    about ``u sqrt(K)`` times the typical output, and the largest of many errors stands to the
    largest of many outputs as about one to one: ``error <= 1.5 u sqrt(K)``.  Where accumulators
    are added to the output and cleared after every ``chain`` products, the errors of the chains
    and that of adding ``K / chain`` of them are independent: ``1.5 u sqrt(chain + K / chain)``.

    It is statistical: for outputs of a few elements, all of which may happen to be small, the
    error may be larger.

    Parameters
    ----------
    workload
        Has a ``dtype`` and a ``reduction_length``.
    chain
        Products that are summed without a break; None: all of them.

    Returns
    -------
    float
        0 for integers; for float32 1.1e-6 at 147 products, 6.1e-6 at 4,608, and 1.5e-6 there in
        chains of 256.

    References
    ----------
    Higham and Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput.
    41(5), 2019, theorem 2.4; "Sharper probabilistic backward error analysis for basic linear
    algebra kernels with random data", 42(5), 2020, section 3.  Blanchard, Higham and Mary, "A class
    of fast and accurate summation algorithms", 42(3), 2020, for chains.
    """
    if not np.issubdtype(workload.dtype, np.floating):
        return 0.0
    roundoff = float(np.finfo(np.dtype(workload.dtype).type).eps) / 2
    length = max(int(workload.reduction_length), 1)
    terms = float(length) if chain is None or chain >= length else chain + length / chain
    return DIRECT_FACTOR * roundoff * math.sqrt(terms)
