"""Words that must not stand in the code: escapes from the types, patches, unfinished places, hosts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from house.sources import Finding, Source

ADAPTERS = ("cibw/running/container*.py", "cibw/config/bash*.py", "unit_test/*/fake_docker*.py")
"""The only files that may hold a `type: ignore`, with its code."""

_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[)")
_ANY_IGNORE = re.compile(r"#\s*type:\s*ignore")
_PATCH = re.compile(r"(monkeypatch\.setattr|mock\.patch(\.object)?|mocker\.patch(\.object)?|[^.\w]patch(\.object)?)\(")
_UNFINISHED = re.compile(r"NotImplementedError|\bTODO\b|\bFIXME\b|\bXXX\b")
# Joined from pieces, or this file would break its own rule.
_INDEXES = "|".join(("py" + "pi", "python" + "hosted", "npm" + "js", "deb" + "ian", "crates", "rubygems"))
_HOST = re.compile(rf"(?<![\w.-])(?:[\w-]+\.)*(?:{_INDEXES})\.(?:org|io)\b")


def check(source: Source) -> Iterator[Finding]:
    """Escapes from the types anywhere, patches in unit tests, unfinished places in cibw."""
    yield from _escapes(source)
    yield from _ignores(source)
    if source.matches("unit_test/*"):
        yield from _lines(source, _PATCH, "pass a fake as an argument instead of patching")
    if source.matches("cibw/*"):
        yield from _lines(source, _UNFINISHED, "unfinished")


def check_text(path: str, text: str) -> Iterator[Finding]:
    """Hosts of package registries; those come from the tools' own settings."""
    for number, line in enumerate(text.splitlines(), 1):
        if _HOST.search(line):
            yield Finding(path=path, line=number, message="names the host of a package registry")


def _escapes(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("typing", "typing_extensions"):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "typing":
            names = [node.attr]
        else:
            continue
        for name in {"Any", "cast"}.intersection(names):
            yield Finding(path=source.path, line=node.lineno, message=f"uses typing.{name}")


def _ignores(source: Source) -> Iterator[Finding]:
    if source.matches("bin/house/words.py"):
        return
    if source.matches(*ADAPTERS):
        yield from _lines(source, _IGNORE, "a `type: ignore` names its code")
    else:
        yield from _lines(source, _ANY_IGNORE, "only the adapters may hold `type: ignore`")


def _lines(source: Source, pattern: re.Pattern[str], message: str) -> Iterator[Finding]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if pattern.search(line):
            yield Finding(path=source.path, line=number, message=message)
