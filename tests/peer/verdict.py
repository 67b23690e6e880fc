"""What a comparison with cibuildwheel has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "docs" / "configurations.md"
_HEAD = "|---"


@dataclass(slots=True)
class Verdict:
    """How often two answers are equal, or differ in a way that has a name; the lines tell of the rest."""

    kinds: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)


def write_row(compared: str, projects: int, kinds: Mapping[str, int], table: Path = TABLE) -> None:
    """Put what was found for real projects into the table of docs/configurations.md, in place of an earlier row."""
    unexplained = kinds.get("DIFFERENT", 0)
    equal = sum(count for kind, count in kinds.items() if "equal" in kind or kind.startswith("both refuse"))
    cases = sum(kinds.values())
    numbers = (projects, cases, equal, cases - equal - unexplained, unexplained)
    row = f"| {compared} | {' | '.join(f'{number:,}' for number in numbers)} |"
    lines = [line for line in table.read_text(encoding="utf-8").splitlines() if not line.startswith(f"| {compared} |")]
    head = next(number for number, line in enumerate(lines) if line.startswith(_HEAD))
    lines.insert(head + 1, row)
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
