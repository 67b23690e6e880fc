"""Finds file and directory names in commands, variable values and configuration files; pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

KNOWN = "\0"
"""Stands for text that names the build's own directories, or for the value of an unknown variable."""
_UNKNOWN = "\1"
"""Stands for the output of a command that may name any directory."""
_VARIABLE = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::?[-=+?](?P<default>[^{}]*))?\})")
_SUBSTITUTION = re.compile(r"\$\((?P<round>[^()`]*)\)|`(?P<back>[^`]*)`")
_STAYS_INSIDE = re.compile(
    r"\s*(pwd|nproc|uname|getconf|git|python[\d.]*|pip[\d.]*|basename|dirname|date|wc|id|whoami|hostname)\b"
)
"""Programs whose output names nothing outside the project and the Python that builds."""
_SEPARATORS = re.compile(r"[\s'\"`;,|&<>()\[\]{}=]+")
_OPEN = re.compile(r"[*?\[{\0\1]")
"""The end of the known beginning of a name."""
_RELATIVE = re.compile(r"[\w+@~-]*[\w.+@~-]*(?:/[\w.+@~-]+)*")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_HOME_OF_OTHERS = re.compile(r"~[A-Za-z_][\w.-]*/")
_SPECIAL = re.compile(r"[$`]")
_DEEPEST = 20
_LONGEST = 1_000
_LONGEST_COMMAND = 20_000
_SEGMENT = re.compile(r"&&|\|\||[;|\n()`]")
_BEFORE_PROGRAM = re.compile(
    r"(?:[A-Za-z_]\w*=\S*|if|then|elif|else|do|while|until|exec|env|time|nice|command|sudo|[!{])\s+"
)
"""Assignments, shell keywords, and programs that start another program."""
_PROGRAM = re.compile(r"[\w.+-]+")


@dataclass(frozen=True, slots=True)
class Names:
    """The absolute names in a text, and `unknown` words, which are only known at run time.

    `beginnings` are the known beginnings of absolute names, such as `/host` in `/host$DIRECTORY/a.h`.
    """

    absolute: frozenset[str] = field(default_factory=frozenset)
    unknown: frozenset[str] = field(default_factory=frozenset)
    beginnings: frozenset[str] = field(default_factory=frozenset)


def names_in(text: str, variables: Mapping[str, str]) -> Names:
    """Return the file names in a text, with variables and the home directory expanded.

    A name with a wildcard or an unknown part stands for the directory before that part.
    """
    absolute: set[str] = set()
    unknown: set[str] = set()
    beginnings: set[str] = set()
    for piece in _expanded(text, variables):
        if "/" not in piece and "\\" not in piece:
            continue
        for word in _words(piece):
            if f"{_UNKNOWN}/" in word:
                unknown.add(word.replace(_UNKNOWN, "$(...)").replace(KNOWN, "..."))
            elif _HOME_OF_OTHERS.match(word):
                unknown.add(word.replace(KNOWN, "..."))
            elif name := _absolute(word):
                beginning = _OPEN.split(name, maxsplit=1)[0]
                is_whole = beginning == name
                absolute.add(name if is_whole else beginning.rpartition("/")[0] or "/")
                beginnings.update(() if is_whole else (beginning,))
    return Names(frozenset(absolute), frozenset(unknown), frozenset(beginnings))


def relative_names_in(text: str) -> Iterator[str]:
    """Yield words that may be names of files beside the one that contains the text."""
    for word in dict.fromkeys(_SEPARATORS.split(text)):
        if len(word) < _LONGEST and ("." in word or "/" in word) and _RELATIVE.fullmatch(word.lstrip("./")):
            yield word


def programs_in(text: str) -> Iterator[str]:
    """Yield the programs that a shell command calls by their bare names."""
    for segment in _SEGMENT.split(text):
        rest = segment.strip()
        while before := _BEFORE_PROGRAM.match(rest):
            rest = rest[before.end() :]
        if (program := _PROGRAM.match(rest)) and (rest + " ")[program.end()].isspace():
            yield program[0]


def _expanded(text: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the text without variables and substitutions, and the contents of these."""
    inner: list[str] = []
    if "$" not in text and "`" not in text and "~" not in text:
        yield text
        return

    def value(match: re.Match[str]) -> str:
        if match["default"]:
            inner.append(match["default"])
        # A shell does not parse a value again.
        return _SPECIAL.sub(KNOWN, variables.get(match["plain"] or match["braced"], KNOWN))

    def output(match: re.Match[str]) -> str:
        command = match["round"] if match["back"] is None else match["back"]
        inner.append(command)
        return KNOWN if _STAYS_INSIDE.match(command) else _UNKNOWN

    text = _VARIABLE.sub(value, text)
    for _depth in range(_DEEPEST):
        text, count = _SUBSTITUTION.subn(output, text)
        if not count:
            break
    yield text
    yield from inner
    home = variables.get("HOME") or variables.get("USERPROFILE")
    if home:
        yield from (re.sub(r"(?<![^\s'\"=:,])~(?=/)", lambda _match: home, one) for one in (text, *inner) if "~" in one)


def _words(text: str) -> Iterator[str]:
    """Yield the text itself, its shell words, and their parts, as far as they may be names."""
    yield text.strip()
    try:
        words = shlex.split(text, comments=False) if len(text) <= _LONGEST_COMMAND else []
    except ValueError:
        words = []
    for word in (*words, *_SEPARATORS.split(text)):
        yield word
        if _DRIVE.match(word) is None:
            yield from (part for part in word.split(":") if part != word)
        if word[:1] in {"-", "@"} and "/" in word:
            yield word[word.index("/") :]
    # Windows separates directories by semicolons, and they may contain spaces.
    yield from (part.strip() for part in text.split(";"))
    yield from (part.strip() for part in text.split(":") if " " in part)


def _absolute(word: str) -> str:
    """Return the absolute path in a word, or an empty string."""
    if word.startswith("file:"):
        word = unquote(urlsplit(word).path)
        word = word[1:] if _DRIVE.match(word[1:]) else word
    if word.startswith("//") or len(word) > _LONGEST or "\n" in word:
        return ""
    return word if word.startswith("/") or _DRIVE.match(word) else ""
