"""Write the workflow files in `examples/workflows`, which are what `cibw init` makes for `examples/hello`.

With `--check` nothing is written, and a file that differs is a failure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cibw.cli.commands.init import GeneratedFiles, InitArguments, make_for  # noqa: E402 - found through the line above
from cibw.cli.session import Session  # noqa: E402
from cibw.workflows import CiService  # noqa: E402

PROJECT = ROOT / "examples/hello"
EXAMPLES = ROOT / "examples/workflows"


def generated() -> dict[Path, str]:
    """The path and the text of each example."""
    return {
        EXAMPLES / service.value / file.path: file.text
        for service in CiService
        for file in _made(service).workflow.files
    }


def _made(service: CiService) -> GeneratedFiles:
    arguments = InitArguments(action=service.value)
    return make_for(replace(Session.start(arguments), working_dir=PROJECT), arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the files, and return the exit code."""
    parser = argparse.ArgumentParser(description="Write the workflow files in examples/workflows.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    check = parser.parse_args(argv).check
    texts = generated()
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        print(f"{path.relative_to(ROOT)} {'is out of date' if check else 'is written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], "utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
