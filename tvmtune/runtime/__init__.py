"""Kernels one can call: loading, arrays, threads.  Knows no compiler."""
