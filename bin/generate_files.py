"""Write the files that follow from the list of options: the schema and the page of documentation.

With `--check` nothing is written, and a file that differs is a failure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cibw.config.documents import options_page, schema_text  # noqa: E402 - found through the line above


def generated() -> dict[Path, str]:
    """The path and the text of each generated file."""
    return {
        ROOT / "cibw/resources/cibw.schema.json": schema_text(),
        ROOT / "docs/options.md": options_page(),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the files, and return the exit code."""
    parser = argparse.ArgumentParser(description="Write the files that follow from the list of options.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    check = parser.parse_args(argv).check
    changed = [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        print(f"{path.relative_to(ROOT)} {'is out of date' if check else 'is written'}")
        if not check:
            path.write_text(generated()[path], "utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
