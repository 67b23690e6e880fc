"""Runs cibw in this process and writes its peak of resident memory, in bytes, into a file.

python watched.py FILE [ARGUMENT OF CIBW ...]
"""

from __future__ import annotations

import atexit
import sys
from pathlib import Path


def _write_peak(path: Path) -> None:
    # Not ru_maxrss: that is inherited from the program that started this one.
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            path.write_text(str(int(line.split()[1]) * 1024), encoding="utf-8")


def _main() -> int:
    from cibw.cli.main import main

    atexit.register(_write_peak, Path(sys.argv[1]))
    return main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(_main())
