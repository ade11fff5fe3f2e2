"""Benchmarks of tvmtune: tables of workloads, peers beside it, reports.  See README.md here.

Modules that run in the peers' environment (`problem`, `contestant`, `peers`) import nothing of
tvmtune, which need not be installed there.
"""
