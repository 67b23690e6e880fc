"""What `cibw check` found in published releases, and whether each error is right."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding of a release."""

    rule: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found in the files of a release; `checks` identifies the checks that looked for it."""

    project: str
    version: str
    checks: str
    files: tuple[str, ...]
    found: tuple[Found, ...]

    @property
    def release(self) -> str:
        """The release in words."""
        return f"{self.project} {self.version}"

    def of(self, severity: str) -> tuple[Found, ...]:
        """The findings of a severity."""
        return tuple(one for one in self.found if one.severity == severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why errors of a rule are right, if their message has some words."""

    rule: str
    words: str
    why: str

    def explains(self, found: Found) -> bool:
        """Whether it is the reason for a finding."""
        return found.rule == self.rule and re.search(self.words, found.message) is not None


def reason_for(found: Found, reasons: Iterable[Reason]) -> Reason | None:
    """Why an error is right; None where nobody has said so."""
    return next((reason for reason in reasons if reason.explains(found)), None)


def unexplained(results: Iterable[Result], reasons: tuple[Reason, ...]) -> Iterator[str]:
    """The errors that nobody has called right."""
    for result in results:
        for found in result.of(ERROR):
            if reason_for(found, reasons) is None:
                yield f"{result.release}: {found.rule}: {found.message}"


def read_result(path: Path) -> Result | None:
    """The result in a file; None where there is none."""
    if not path.is_file():
        return None
    data = json.loads(path.read_text("utf-8"))
    found = tuple(Found(**one) for one in data.pop("found"))
    return Result(**{**data, "files": tuple(data["files"]), "found": found})


def write_result(path: Path, result: Result) -> None:
    """Keep a result in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(result), indent=1), "utf-8")


def table(results: tuple[Result, ...], reasons: tuple[Reason, ...]) -> str:
    """The document about all results."""
    files = sum(len(result.files) for result in results)
    without = sum(not result.of(ERROR) for result in results)
    lines = [
        "# Checked releases",
        "",
        "`nox -s releases` runs `cibw check` on published releases of well-known projects, from many years and build",
        "backends, and writes this page. It uses the sdist and one wheel per kind of platform of each release, up to",
        "15 MB each, so missing wheels are not reported. An error is correct if the public index or twine rejects such",
        "a file today, or if a specification forbids it. Many releases are older than these rules.",
        "",
        f"{len(results)} releases of {len({one.project for one in results})} projects with {files} files were checked.",
        f"{without} have no error, and every error in the others is correct.",
        "",
        "## Errors",
        "",
        "| rule | reason | releases |",
        "|---|---|---|",
        *_error_rows(results, reasons),
        "",
        "## Warnings",
        "",
        "| rule | releases | example |",
        "|---|---|---|",
        *_warning_rows(results),
        "",
        "## Releases",
        "",
        "| project | versions |",
        "|---|---|",
        *_release_rows(results),
    ]
    return "\n".join((*lines, ""))


def _error_rows(results: tuple[Result, ...], reasons: tuple[Reason, ...]) -> Iterator[str]:
    for reason in reasons:
        names = [one.release for one in results if any(map(reason.explains, one.of(ERROR)))]
        if names:
            yield f"| `{reason.rule}` | {reason.why} | {len(names)}: {', '.join(names)} |"


def _warning_rows(results: tuple[Result, ...]) -> Iterator[str]:
    rules = Counter(rule for one in results for rule in {found.rule for found in one.of(WARNING)})
    for rule, count in sorted(rules.items()):
        result, found = next((one, found) for one in results for found in one.of(WARNING) if found.rule == rule)
        shown = found.message if len(found.message) <= 120 else f"{found.message[:120]}..."
        yield f"| `{rule}` | {count} | {result.release}: {shown.replace('|', '&#124;').replace('<', '&lt;')} |"


def _release_rows(results: tuple[Result, ...]) -> Iterator[str]:
    for project in dict.fromkeys(one.project for one in results):
        yield f"| {project} | {', '.join(one.version for one in results if one.project == project)} |"
