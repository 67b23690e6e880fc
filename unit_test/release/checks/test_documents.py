from __future__ import annotations

import re
from pathlib import Path

from cibw.release.checks.checking import LINTERS, RULES

PAGE = Path(__file__).resolve().parents[3] / "docs/delivery.md"


def test_the_page_lists_every_rule_as_it_is() -> None:
    rows = re.findall(
        r"^\| `([\w-]+)` \| ((?:error|warning)[\w, ]*) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    rules = [
        (rule.name, f"{rule.severity.value}{', public index' if rule.of_index else ''}", rule.finds) for rule in RULES
    ]
    assert rows == [*rules, *((linter.name, linter.severity.value, linter.finds) for linter in LINTERS)]
