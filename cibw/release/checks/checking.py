"""Applies all rules and linters to a release."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import PurePath

from cibw.model.manifest import Finding, Severity
from cibw.model.templates import Outcome
from cibw.release.checks.archives import ARCHIVE_RULES, WHEEL_RULES
from cibw.release.checks.contents import DistributionContents
from cibw.release.checks.metadata import METADATA_RULES, README_RULES
from cibw.release.checks.release import EQUALITY_RULES, RELEASE_RULES
from cibw.release.checks.rules import CheckedRelease, Fault, Knowledge, Rule
from cibw.untrusted.limits import parse_json

# Parse the output of linters.

_WHEEL_LINE = re.compile(r"(?P<path>.+\.whl): (?P<text>W\d+: .*)")
_DIST_FILE = re.compile(r"checking '(?P<path>.+)'")
_DIST_LINE = re.compile(r"\d+\. \[(?P<check>[\w-]+)\] (?P<text>.*)")
_DEBUG = "compiled-objects-have-debug-symbols"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One finding of a linter: the file name, the problem, and the fix if known."""

    filename: str
    text: str
    fix: str = ""


def check_wheel_contents_lines(output: str) -> Iterator[Line]:
    """Lines such as `PATH: W001: Wheel contains .pyc files:`, with the affected files on the next lines."""
    found: list[tuple[str, list[str]]] = []
    for line in output.splitlines():
        match = _WHEEL_LINE.fullmatch(line)
        if match:
            found.append((PurePath(match["path"]).name, [match["text"]]))
        elif found and line.startswith(" "):
            found[-1][1].append(line.strip())
    for filename, (text, *more) in found:
        yield Line(filename=filename, text=f"{text} {', '.join(more)}".rstrip())


def pydistcheck_lines(output: str) -> Iterator[Line]:
    """Numbered lines with a check in brackets, after a line with the file name."""
    filename = ""
    for line in output.splitlines():
        file, fault = _DIST_FILE.fullmatch(line), _DIST_LINE.fullmatch(line)
        if file:
            filename = PurePath(file["path"]).name
        elif fault:
            fix = "Build without -g, or strip: `strip --strip-debug`." if fault["check"] == _DEBUG else ""
            text = fault["text"].partition(" For details")[0]
            yield Line(filename=filename, text=f"{fault['check']}: {text}", fix=fix)


def abi3audit_lines(output: str) -> Iterator[Line]:
    """A JSON report; ValueError if it is invalid."""
    report: object = parse_json(output)
    for path, spec in _table(_table(report).get("specs")).items():
        extensions = _table(spec).get("wheel")
        for extension in extensions if isinstance(extensions, list) else ():
            name, result = _table(extension).get("name"), _table(_table(extension).get("result"))
            text = _abi3_fault(result)
            if text:
                yield Line(filename=PurePath(path).name, text=f"{name} {text}", fix=_abi3_fix(result))


def _abi3_fault(result: dict[str, object]) -> str:
    strangers, computed = result.get("non_abi3_symbols"), result.get("computed")
    if isinstance(strangers, list) and strangers:
        return f"uses symbols that are not in the stable ABI: {', '.join(sorted(map(str, strangers)))}."
    if result.get("is_abi3_baseline_compatible") is False:
        return f"needs Python {computed}, but is tagged for {result.get('baseline')}."
    return ""


def _abi3_fix(result: dict[str, object]) -> str:
    if result.get("is_abi3") is False:
        return "Define Py_LIMITED_API for every source file, or build wheels for each Python."
    return f"Set Py_LIMITED_API to the Python of the tag, or tag the wheel for {result.get('computed')}."


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not an object")  # noqa: TRY004 - it is the text that is wrong
    return {str(key): one for key, one in value.items()}


# Run third-party linters and convert their findings.

_CLEAN, _FOUND = 0, 1
"""The exit codes of a linter that ran successfully."""
_GIVES_UP = ("--max-allowed-files", "1000000", "--max-allowed-size-uncompressed", "100G")
"""Large enough that only cibw's own rules report sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """`find` returns the path of a program, or an empty string; `run` runs a program with arguments."""

    find: Callable[[str], str]
    run: Callable[[tuple[str, ...]], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linter:
    """A linter: its name, which is also that of its rule, its arguments before the files, and the files it accepts."""

    name: str
    finds: str
    takes: Callable[[DistributionContents], bool]
    read: Callable[[str], Iterator[Line]]
    arguments: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING


def lint(linter: Linter, contents: tuple[DistributionContents, ...], programs: Programs) -> tuple[Finding, ...]:
    """The findings of a linter in a release; a finding with severity SKIPPED if it is missing or fails."""
    paths = tuple(one.path for one in contents if not one.broken and linter.takes(one))
    if not paths:
        return ()
    program = programs.find(linter.name)
    if not program:
        return (_skipped(linter, "is not installed", f"pip install {linter.name}"),)
    outcome = programs.run((program, *linter.arguments, *paths))
    if outcome.exit_code not in (_CLEAN, _FOUND):
        return (_skipped(linter, f"ended with exit code {outcome.exit_code}", "Run it by hand to see the error."),)
    try:
        return tuple(_linter_findings(linter, outcome.stdout))
    except ValueError:
        return (_skipped(linter, "wrote output that cannot be parsed", "Try another version of it."),)


def _linter_findings(linter: Linter, output: str) -> Iterator[Finding]:
    alike: dict[tuple[str, str], list[str]] = {}
    for line in linter.read(output):
        alike.setdefault((line.text, line.fix), []).append(line.filename)
    for (text, fix), files in alike.items():
        yield Finding(rule=linter.name, message=text, fix=fix, files=tuple(files), severity=linter.severity)


def _skipped(linter: Linter, what: str, fix: str) -> Finding:
    return Finding(rule=linter.name, message=f"{linter.name} {what}.", fix=fix, severity=Severity.SKIPPED)


def _is_wheel(contents: DistributionContents) -> bool:
    return contents.is_wheel


def _is_abi3(contents: DistributionContents) -> bool:
    wheel = contents.distribution.wheel
    return wheel is not None and wheel.is_abi3


LINTERS = (
    Linter(
        name="check-wheel-contents",
        finds="check-wheel-contents reports a problem in a wheel, such as a duplicate file",
        takes=_is_wheel,
        read=check_wheel_contents_lines,
    ),
    Linter(
        name="pydistcheck",
        finds="pydistcheck reports a problem in a distribution, such as debug symbols",
        takes=lambda _: True,
        read=pydistcheck_lines,
        arguments=(*_GIVES_UP, "--max-allowed-size-compressed", "100G"),
    ),
    Linter(
        name="abi3audit",
        finds="an abi3 wheel uses more than the stable ABI of its Python",
        takes=_is_abi3,
        read=abi3audit_lines,
        arguments=("--strict", "--report"),
        severity=Severity.ERROR,
    ),
)


# Classifiers and reStructuredText rendering from optional libraries.

_REPORT = re.compile(r"<string>:(?P<line>\d*): \((?P<level>\w+)/\d\) (?P<text>.*)", re.DOTALL)


def load_knowledge() -> Knowledge:
    """The data of the installed libraries; `cibw[publish]` installs all of them."""
    knowledge = Knowledge()
    with suppress(ImportError):
        from trove_classifiers import classifiers, deprecated_classifiers

        deprecated = {name: tuple(instead) for name, instead in deprecated_classifiers.items()}
        knowledge = Knowledge(classifiers=frozenset(classifiers), deprecated=deprecated)
    with suppress(ImportError):
        import readme_renderer.rst  # noqa: F401 - whether it is there

        knowledge = replace(knowledge, render=rst_problem)
    return knowledge


def rst_problem(text: str) -> str:
    """Why an index cannot render a text as reStructuredText, or an empty string."""
    from readme_renderer import rst

    stream = io.StringIO()
    try:
        if rst.render(text, stream=stream) is not None:
            return ""
    except RecursionError:
        return "it is nested too deeply"
    report = _REPORT.search(stream.getvalue())
    if report is None:
        return " ".join(stream.getvalue().split())
    return f"line {report['line']}: {' '.join(report['text'].split())}"


# Apply all rules to a release.

RULES: tuple[Rule, ...] = (
    *RELEASE_RULES,
    *EQUALITY_RULES,
    *ARCHIVE_RULES,
    *WHEEL_RULES,
    *METADATA_RULES,
    *README_RULES,
)
NAMES = (*(rule.name for rule in RULES), *(linter.name for linter in LINTERS))
"""The valid names for the option check-ignore."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST = 1000
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.SKIPPED)


def find_faults(release: CheckedRelease) -> tuple[Finding, ...]:
    """The findings of all rules; files with the same fault share one finding.

    Faults that only the public index refuses are warnings for other indexes.
    """
    found = [(rule, finding) for rule in RULES for finding in _findings(rule, release)]
    is_public = release.wanted.is_public
    return tuple(_lightened(finding) if rule.of_index and not is_public else finding for rule, finding in found)


def settled(findings: Iterable[Finding], ignored: tuple[str, ...]) -> tuple[Finding, ...]:
    """Findings by severity; errors of ignored rules become warnings, and unknown rule names are warnings."""
    judged = [_lightened(finding) if finding.rule in ignored else finding for finding in findings]
    return tuple(sorted([*judged, *_unknown(ignored)], key=lambda finding: _ORDER.index(finding.severity)))


def _findings(rule: Rule, release: CheckedRelease) -> Iterator[Finding]:
    alike: dict[Fault, list[str]] = {}
    for fault in rule.judge(release):
        alike.setdefault(replace(fault, files=()), []).extend(fault.files)
    for fault, files in alike.items():
        yield Finding(
            rule=rule.name,
            message=_shown(fault.message),
            fix=_shown(fault.fix),
            files=tuple(dict.fromkeys(files)),
            severity=fault.severity or rule.severity,
        )


def _shown(text: str) -> str:
    """An untrusted text, truncated and without control characters."""
    plain = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}..."


def _lightened(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding


def _unknown(ignored: tuple[str, ...]) -> Iterator[Finding]:
    for name in ignored:
        if name not in NAMES:
            near = get_close_matches(name, NAMES, n=1)
            yield Finding(
                rule="check-ignore",
                message=f"check-ignore contains {name!r}, which is not a rule.",
                fix=f"Did you mean {near[0]!r}?" if near else f"Rules: {', '.join(NAMES)}.",
                severity=Severity.WARNING,
            )
