"""The program `cibw`, also run as `python -m cibw`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the program; an interrupt ends it without a traceback even while its modules are loaded."""
    try:
        from cibw.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
