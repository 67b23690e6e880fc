"""The page that tells how cibuildwheel's tests end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.peer.suite.driver import Image
from tests.peer.suite.verdicts import Judged, Verdict

_MEANINGS = {
    Verdict.PASSED: "cibw passes the test",
    Verdict.SKIPPED: "the test is skipped on this computer",
    Verdict.WORDING: "the build is correct; an assertion compares messages of cibuildwheel",
    Verdict.DIFFERENCE: "cibw differs deliberately, see the link",
    Verdict.STAND_IN: "the computer or the images lack a requirement of the test",
    Verdict.FAULT: "a fault of cibw, or a failure to declare",
}

_INTRODUCTION = """\
# cibuildwheel's integration tests

`nox -s peer-suite` runs the integration tests of cibuildwheel {release} with `python -m cibw` instead of `python -m
cibuildwheel`, and writes this page. The tests are part of cibuildwheel's sdist and build for Linux on x86_64 in Docker.
`tests/peer/suite/verdicts.toml` lists the expected failures, with reasons and texts that the output must contain. The
session fails for other failures, and for tests that pass unexpectedly.

These images were used. Tests only expect wheels for their Pythons, and manylinux wheels get their policy. Only the
musllinux tests build for musl. Results kept by `--resume` may come from runs with fewer Pythons (`--python`).
"""


def page(release: str, images: Mapping[str, Image], judged: Sequence[Judged]) -> str:
    """The page as Markdown."""
    return "\n".join((*_head(release, images), *_counts(judged), *_tests(judged)))


def _head(release: str, images: Mapping[str, Image]) -> Iterator[str]:
    yield _INTRODUCTION.format(release=release)
    yield "| image | policy | Pythons |"
    yield "|---|---|---|"
    for image in images.values():
        pythons = sorted((tag.split("-")[1] for tag in image.pythons), key=lambda tag: (len(tag), tag))
        yield f"| `{image.reference}` | `{image.policy}` | {', '.join(pythons)} |"
    yield ""


def _counts(judged: Sequence[Judged]) -> Iterator[str]:
    counts = Counter(one.verdict for one in judged)
    yield "| verdict | tests | meaning |"
    yield "|---|---|---|"
    for verdict, meaning in _MEANINGS.items():
        if counts[verdict]:
            yield f"| {verdict.value} | {counts[verdict]} | {meaning} |"
    yield ""


def _tests(judged: Sequence[Judged]) -> Iterator[str]:
    yield "| test | verdict | why |"
    yield "|---|---|---|"
    for one in sorted(judged, key=lambda one: one.outcome.test):
        why = " ".join(one.why.split()).replace("|", "\\|")
        linked = f"[{why}](differences.md#{one.section})" if one.section else why
        yield f"| `{one.outcome.test}` | {one.verdict.value} | {linked} |"
    yield ""
