"""Results as JSON, so that cases may be measured one by one; and generated parts of a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from cattrs import Converter

from benchmarks.values import Result


def load(path: Path) -> dict[str, Result]:
    """The results of a file by case, or none where there is no such file."""
    if not path.exists():
        return {}
    converter = Converter()
    return converter.structure(json.loads(path.read_text(encoding="utf-8")), dict[str, Result])


def save(results: Mapping[str, Result], path: Path) -> None:
    """Write results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {name: asdict(result) for name, result in results.items()}
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def replace_part(path: Path, name: str, text: str) -> None:
    """Put a text between a document's marks `<!-- NAME -->` and `<!-- end of NAME -->`."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = path.read_text(encoding="utf-8").partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path} lacks the marks of {name}")
    path.write_text(f"{before}{start}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")
