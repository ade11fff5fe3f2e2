"""The tuning log: what a record is, how it is written and read, and what is best.

A log is a text file of JSON lines, only ever appended to.  Each line stands alone, with its schema
version and a checksum, so that ``cat a b`` is a log and a torn or foreign line costs itself only.
"""

from __future__ import annotations

from tvmtune.records.accuracy import Exactness, inexact
from tvmtune.records.best import (
    Here,
    Match,
    MatchKind,
    NestHash,
    Refusal,
    find_best,
    is_reference,
    match_kind,
)
from tvmtune.records.line import LineProblem, ProblemKind
from tvmtune.records.log import LogContents, LogWriter, Problem, read_log
from tvmtune.records.record import SCHEMA_VERSION, Proposer, Purpose, Record
from tvmtune.records.standing import Standing, rank
from tvmtune.records.summary import SummaryRow, summarize

__all__ = [
    "SCHEMA_VERSION",
    "Exactness",
    "Here",
    "LineProblem",
    "LogContents",
    "LogWriter",
    "Match",
    "MatchKind",
    "NestHash",
    "Problem",
    "ProblemKind",
    "Proposer",
    "Purpose",
    "Record",
    "Refusal",
    "Standing",
    "SummaryRow",
    "find_best",
    "inexact",
    "is_reference",
    "match_kind",
    "rank",
    "read_log",
    "summarize",
]
