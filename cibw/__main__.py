"""The program `cibw`, also run as `python -m cibw`."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the program; an interrupt ends it without a traceback even while its modules are loaded."""
    # Nearly all that is made while modules are loaded stays, so that collecting garbage finds little and takes 4 %.
    gc.set_threshold(50_000)
    try:
        from cibw.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
