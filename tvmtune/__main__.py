"""``python -m tvmtune``: the command line."""

from __future__ import annotations

import sys

from tvmtune.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
