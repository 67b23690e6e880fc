"""Make the images that the tests build wheels in; tests/images/make.py is the program."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.images.make import main

if __name__ == "__main__":
    sys.exit(main())
