"""Which state of before-all may stand for another one: its key; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from cibw.model.plan import Job

_FORMAT = "1"
"""Rises when the image of a state is laid out in another way."""
_VERSIONED = re.compile(r"\.git/(HEAD|packed-refs|refs/(heads|tags)/.*)")
"""What tells the version of a project; the rest of `.git` changes without any meaning for before-all."""
_SPECIAL = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^]]+\]")


def key_of_state(
    job: Job, image: str, inputs: Mapping[str, str], variables: Mapping[str, str], seal: Callable[[str], str]
) -> str:
    """The key of what before-all leaves: equal where nothing has changed that it may depend on.

    `image` is the identity of the image, `inputs` are hashes of files and `variables` the values that
    are passed to the container; `seal` makes a hash that tells nothing of its text.
    """
    passed = [(name, variables.get(name)) for name in job.environment_pass]
    # The values of a plan are plain frozen records, so their text tells all of them.
    parts = (_FORMAT, image, job.machine, job.before_all, job.environment, passed, sorted(inputs.items()))
    return seal(repr(parts))


def inputs_among(hashes: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """The files that before-all depends on: those that a glob names, all of them where there are no globs."""
    matchers = [_matcher(pattern) for pattern in patterns]
    if not matchers:
        return {name: digest for name, digest in hashes.items() if _is_source(name)}
    return {name: digest for name, digest in hashes.items() if any(matcher.match(name) for matcher in matchers)}


def without_match(hashes: Mapping[str, str], patterns: Iterable[str]) -> tuple[str, ...]:
    """The globs that name no file."""
    return tuple(pattern for pattern in patterns if not inputs_among(hashes, (pattern,)))


def _is_source(name: str) -> bool:
    return not is_of_git(name) or _VERSIONED.fullmatch(name) is not None


def is_of_git(name: str) -> bool:
    """Whether an entry of a project belongs to git's own directory, or stands for its index."""
    return name == ".git" or name.startswith((".git/", "git's "))


def _matcher(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression: `*` and `?` stay in one directory, `**` goes through all below."""
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
