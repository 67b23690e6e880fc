"""Check the house rules that no ready-made linter knows; docs/contributing.md lists them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from house import imports, repeats, sizes, startup, words
from house.sources import Finding, python_sources, text_files


def main() -> int:
    """Print every finding and return 1 if there is one."""
    findings = list(findings_in(Path(__file__).resolve().parent.parent))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} broken house rules" if findings else "All house rules hold.")
    return 1 if findings else 0


def findings_in(root: Path) -> Iterator[Finding]:
    """The broken rules of a project."""
    sources = python_sources(root)
    for source in sources:
        yield from sizes.check(source)
        yield from words.check(source)
        yield from imports.check(source)
    yield from repeats.check(sources)
    for path, text in text_files(root):
        yield from words.check_text(path, text)
    yield from startup.check(root)


if __name__ == "__main__":
    sys.exit(main())
