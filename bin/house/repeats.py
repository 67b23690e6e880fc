"""What two platform files say in the same shape, and how long they are.

Platform files are tables and small functions. What two of them share belongs beside them, in a function
of `cibw/planning`, or the next platform would copy it once more.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from house.sources import Finding, Source

PLATFORM_FILES = "cibw/planning/platforms/*.py"
PLATFORM_LINES = 250
SHORTEST_RUN = 4
"""Fewer lines in a row of one shape are chance."""
REPEATED_LINES = 10
"""So many lines of two files, in runs, are too many."""

_LAYOUT = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER)
_FOLDED = {tokenize.NUMBER: "0", tokenize.STRING: "''"}
# Python 3.12 and later take an f-string apart.
_F_STRING = tuple(getattr(tokenize, f"FSTRING_{part}", -1) for part in ("START", "END"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line's number, and its tokens with names, strings and numbers folded."""

    number: int
    shape: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Lines in a row that have the shape of others: where they begin in two lists, and how many they are."""

    left: int
    right: int
    length: int


def check(sources: Sequence[Source]) -> Iterator[Finding]:
    """Platform files that are too long, and pairs of them that repeat each other."""
    platforms = [source for source in sources if source.matches(PLATFORM_FILES)]
    for source in platforms:
        lines = source.text.count("\n")
        if lines > PLATFORM_LINES:
            message = f"{lines} lines; a platform file holds up to {PLATFORM_LINES}"
            yield Finding(path=source.path, line=1, message=message)
    for left, right in combinations(platforms, 2):
        yield from _check_pair(left, right)


def _check_pair(left: Source, right: Source) -> Iterator[Finding]:
    ours, theirs = lines_of(left.text), lines_of(right.text)
    runs = list(runs_of([line.shape for line in ours], [line.shape for line in theirs]))
    repeated = {index for run in runs for index in range(run.left, run.left + run.length)}
    if len(repeated) < REPEATED_LINES:
        return
    places = ", ".join(
        f"{ours[run.left].number} to {ours[run.left + run.length - 1].number} as at {theirs[run.right].number}"
        for run in runs
    )
    message = f"{len(repeated)} lines have the shape of {right.path} (lines {places}); move what is common beside them"
    yield Finding(path=left.path, line=ours[runs[0].left].number, message=message)


def lines_of(text: str) -> list[Line]:
    """The lines that count: no imports, no blank lines, no comments, no lone punctuation."""
    tokens: dict[int, list[str]] = {}
    in_import = False
    for token in _without_f_strings(tokenize.generate_tokens(io.StringIO(text).readline)):
        if token.type == tokenize.NEWLINE:
            in_import = False
        if token.type in _LAYOUT:
            continue
        is_first = not token.line[: token.start[1]].strip()
        in_import = in_import or (is_first and token.string in ("import", "from"))
        if not in_import:
            tokens.setdefault(token.start[0], []).append(_folded(token))
    return [Line(number=number, shape=tuple(shape)) for number, shape in tokens.items() if _speaks(shape)]


def _without_f_strings(tokens: Iterator[tokenize.TokenInfo]) -> Iterator[tokenize.TokenInfo]:
    depth = 0
    for token in tokens:
        if token.type == _F_STRING[0]:
            depth += 1
            if depth == 1:
                yield token._replace(type=tokenize.STRING)
        elif token.type == _F_STRING[1]:
            depth -= 1
        elif not depth:
            yield token


def _folded(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
        return "name"
    return _FOLDED.get(token.type, token.string)


def _speaks(shape: list[str]) -> bool:
    return any(part.isidentifier() or part in _FOLDED.values() for part in shape)


def runs_of(left: Sequence[tuple[str, ...]], right: Sequence[tuple[str, ...]]) -> Iterator[Run]:
    """The longest runs of equal shapes, of all that are long enough."""
    lengths: dict[tuple[int, int], int] = {}
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            if left[i] == right[j]:
                lengths[i, j] = lengths.get((i + 1, j + 1), 0) + 1
    for (i, j), length in sorted(lengths.items()):
        if length >= SHORTEST_RUN and (i - 1, j - 1) not in lengths:
            yield Run(left=i, right=j, length=length)
