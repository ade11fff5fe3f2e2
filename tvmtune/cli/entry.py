"""Where the program begins: streams to write to, and an end in good order from the first moment on.

Loading the command line takes a while, in which Ctrl-C may come already; so it is loaded here, and
this module imports next to nothing.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from importlib import import_module

_INTERRUPTED = 130
_NEW_OBJECTS = 50_000
"""Objects until garbage is looked for: in a log there is none, and looking costs a sixth more."""

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
"""In the order of their descriptors: a file that is opened takes the lowest that is free."""


def main() -> int:
    """Run the command line of this process and return the exit code."""
    gc.set_threshold(_NEW_OBJECTS)
    try:
        prepare_streams()
        code: int = import_module("tvmtune.cli.main").run()
    except KeyboardInterrupt:
        sys.stderr.write("tvmtune: error: interrupted\n")
        return _INTERRUPTED
    return code


def prepare_streams() -> None:
    """Give closed standard streams a place to go, and let no character stop what is written."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:  # closed, as by >&-
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 (for as long as we run)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
