#!/usr/bin/env python3
"""Build the wheels of real sdists with cibw and with cibuildwheel, compare them, and write docs/sdists.md.

Wheels are kept in the cache, so that a run continues where an earlier one was stopped. They are built again if the
list, the image or the version of cibuildwheel changes; `--fresh` builds them again after a change of cibw. The exit
code is 1 if a build fails, or if a difference is not explained in tests/peer/sdist_reasons.py.

python bin/compare_sdists.py
python bin/compare_sdists.py markupsafe regex --fresh
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.peer.sdists import main

    sys.exit(main())
