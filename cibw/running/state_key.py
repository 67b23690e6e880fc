"""Keys of states after before-all: equal keys mean interchangeable states; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from cibw.model.plan import Job
from cibw.running.canonical import canonical

_FORMAT = "1"
"""Incremented when the layout of state images changes."""
_VERSIONED = re.compile(r"\.git/(HEAD|packed-refs|refs/(heads|tags)/.*)")
"""The parts of `.git` that determine a project's version. Changes elsewhere do not affect before-all."""
_SPECIAL = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^]]+\]")


def key_of_state(
    job: Job, image: str, inputs: Mapping[str, str], variables: Mapping[str, str], seal: Callable[[str], str]
) -> str:
    """Return the key of the state after before-all, which is equal if nothing has changed that it may depend on.

    `image` is the id of the image, `inputs` are file hashes, and `variables` are values passed to the container.
    `seal` computes a hash that does not reveal its text.
    """
    passed = [(name, variables.get(name)) for name in job.environment_pass]
    parts = (_FORMAT, image, job.machine, job.before_all, job.environment, passed, sorted(inputs.items()))
    return seal(canonical(parts))


def inputs_among(hashes: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """Return the files that before-all depends on: those that match a glob, or all files if there are no globs."""
    matchers = [_matcher(pattern) for pattern in patterns]
    if not matchers:
        return {name: digest for name, digest in hashes.items() if _is_source(name)}
    return {name: digest for name, digest in hashes.items() if any(matcher.match(name) for matcher in matchers)}


def without_match(hashes: Mapping[str, str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the globs that match no file."""
    return tuple(pattern for pattern in patterns if not inputs_among(hashes, (pattern,)))


def _is_source(name: str) -> bool:
    return not is_of_git(name) or _VERSIONED.fullmatch(name) is not None


def is_of_git(name: str) -> bool:
    """Return whether an entry belongs to git's own directory or stands for its index."""
    return name == ".git" or name.startswith((".git/", "git's "))


def _matcher(pattern: str) -> re.Pattern[str]:
    """Convert a glob to a regular expression: `*` and `?` stay in one directory, `**` matches any depth."""
    return re.compile("".join(_translated(pattern.removeprefix("./").rstrip("/"))) + r"(/.*)?$", re.DOTALL)


def _translated(pattern: str) -> Iterator[str]:
    end = 0
    for special in _SPECIAL.finditer(pattern):
        yield re.escape(pattern[end : special.start()])
        end = special.end()
        match special[0]:
            case "**/":
                yield "(.*/)?"
            case "**":
                yield ".*"
            case "*":
                yield "[^/]*"
            case "?":
                yield "[^/]"
            case group:
                yield group.replace("[!", "[^").replace("\\", "\\\\")
    yield re.escape(pattern[end:])
