"""Check the documents: generated ones are up to date, relative links resolve, fragments are named well.

A generator is any `bin/generate_*.py`; with `--check` it writes nothing and fails where its output differs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\((?!\w+:|#)([^)\s#]+)(?:#([^)\s]+))?\)")
_ANCHOR = re.compile(r"(?<!\\)\[[^\]]*\]\(#([^)\s]+)\)")
_HEADING = re.compile(r"^#+\s+(.+?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_FRAGMENT = re.compile(r"(?:\d+|\+[a-z][a-z0-9-]*)\.(?:feature|change|fix|removal|docs)\.md")


def main() -> int:
    """Print every finding and return 1 if there is one."""
    root = Path(__file__).resolve().parent.parent
    findings = [*broken_links(root), *badly_named_fragments(root), *outdated_documents(root)]
    for finding in findings:
        print(finding)
    print(f"{len(findings)} faults in the documents" if findings else "The documents are in order.")
    return 1 if findings else 0


def broken_links(root: Path) -> Iterator[str]:
    """Relative links, in README and docs, to files or headings that are not there."""
    for path in [*sorted(root.glob("*.md")), *sorted(root.glob("docs/**/*.md"))]:
        text = _FENCE.sub("", path.read_text("utf-8"))
        name = path.relative_to(root).as_posix()
        for match in _LINK.finditer(text):
            target = path.parent / match[1]
            if not target.exists():
                yield f"{name}: the link to {match[1]} leads nowhere"
            elif match[2] and match[2] not in _anchors(target.read_text("utf-8")):
                yield f"{name}: {match[1]} has no heading #{match[2]}"
        for match in _ANCHOR.finditer(text):
            if match[1] not in _anchors(text):
                yield f"{name}: there is no heading #{match[1]}"


def badly_named_fragments(root: Path) -> Iterator[str]:
    """Changelog fragments that towncrier would not pick up."""
    for path in sorted((root / "changelog.d").iterdir()):
        if path.name != "README.md" and not _FRAGMENT.fullmatch(path.name):
            yield f"changelog.d/{path.name}: not a name of a fragment; see changelog.d/README.md"


def outdated_documents(root: Path) -> Iterator[str]:
    """Generators whose output differs from what is committed."""
    for script in sorted((root / "bin").glob("generate_*.py")):
        result = subprocess.run([sys.executable, str(script), "--check"], cwd=root, check=False)
        if result.returncode:
            yield f"bin/{script.name}: its output is out of date; run it without --check"


def _anchors(text: str) -> set[str]:
    headings = (match[1] for match in _HEADING.finditer(_FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    sys.exit(main())
