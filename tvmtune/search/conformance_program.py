"""Whether a strategy proposes the same in every process.

Run as a program, ``python -m tvmtune.search.conformance_program REFERENCE SEED COUNT``, it prints
the first proposals of a strategy, a line each.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tvmtune.errors import ConformanceError
from tvmtune.references import canonical_reference, referenced
from tvmtune.search.base import Proposal
from tvmtune.search.conformance import TRIALS
from tvmtune.search.synthetic_domain import SyntheticDomain, cost_s, drive

_HASH_SEEDS = ("0", "12345")
_SEED = 11


def check_every_process(reference: str, *, trials: int = TRIALS, timeout_s: float = 300.0) -> None:
    """Check that processes with different hashes of texts propose the same.

    Parameters
    ----------
    reference
        Where other processes find the strategy: ``FILE.py:NAME`` or ``module:NAME`` of its class,
        or of a function that makes it of a domain and a seed.
    trials
        Proposals that are compared.
    timeout_s
        Seconds that a process may take.

    Raises
    ------
    ConformanceError
        If the processes propose different points, or a process fails or takes too long.
    """
    one, other = (_said(reference, trials, seed, timeout_s) for seed in _HASH_SEEDS)
    for place, (a, b) in enumerate(zip(one, other, strict=True)):
        if a != b:
            raise ConformanceError(
                f"proposal {place} is {a} in one process, and {b} in another (the contract: the "
                "same proposals in every process; sets and hash() depend on the process)"
            )


def _said(reference: str, trials: int, hash_seed: str, timeout_s: float) -> list[str]:
    """What the program prints where texts have other hashes."""
    path = os.pathsep.join(entry or os.curdir for entry in sys.path)
    command = [sys.executable, "-W", "error", "-m", "tvmtune.search.conformance_program"]
    try:
        done = subprocess.run(
            [*command, canonical_reference(reference), str(_SEED), str(trials)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ConformanceError(f"{reference}: a process took over {timeout_s:g} s") from error
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != trials:
        reason = (done.stderr.strip().splitlines() or ["no error"])[-1]
        raise ConformanceError(
            f"{reference}: a process made {len(lines)} of {trials} proposals: {reason}", done.stderr
        )
    return lines


def _line(proposal: Proposal) -> str:
    """A proposal to the last bit."""
    predicted = None if proposal.predicted is None else float(proposal.predicted).hex()
    return f"{proposal.proposer} {predicted} {proposal.point.tolist()}"


def main(reference: str, seed: int, count: int) -> None:
    """Print the first proposals on the default domain."""
    make = referenced(reference, f"strategy {reference}", ConformanceError)
    if make is None:
        place, _, name = reference.rpartition(":")
        raise ConformanceError(f"strategy {reference}: {place} has no {name}")
    for proposal in drive(make(SyntheticDomain(), seed), cost_s, count)[0]:
        sys.stdout.write(_line(proposal) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
