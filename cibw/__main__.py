"""The program `cibw`, also run as `python -m cibw`."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the program; an interrupt during imports shows no traceback."""
    # Most objects created during imports stay alive, so garbage collection frees little and takes 4 % of the time.
    gc.set_threshold(50_000)
    try:
        from cibw.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
