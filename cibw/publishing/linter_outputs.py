"""Parse the output of linters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from cibw.limited import parse_json

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
