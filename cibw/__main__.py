"""The program `cibw`, also run as `python -m cibw`."""

from __future__ import annotations

import sys

from cibw.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
