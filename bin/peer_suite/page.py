"""The page that tells how cibuildwheel's tests end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from peer_suite.driver import Image
from peer_suite.verdicts import Judged, Verdict

_MEANINGS = {
    Verdict.PASSED: "cibw does what the test asks for",
    Verdict.SKIPPED: "the test skips itself here, and says why",
    Verdict.WORDING: "the build does what the test asks for; an assertion compares cibuildwheel's own messages",
    Verdict.DIFFERENCE: "cibw differs on purpose; the link leads to the reason",
    Verdict.STAND_IN: "the computer or the images of the run lack what the test needs",
    Verdict.FAULT: "cibw has to be fixed, or the failure declared",
}

_INTRODUCTION = """\
# cibuildwheel's integration tests

`nox -s peer-suite` runs the integration tests of cibuildwheel {release} with `python -m cibw` in place of
`python -m cibuildwheel`, and writes this page. The tests come from cibuildwheel's sdist. They build in Docker, for
Linux on x86_64. `bin/peer_suite/verdicts.toml` declares the failures, each with its reason and with texts that are
part of it. The session fails where a failure is not declared or looks different, and where a test passes though it is
declared to fail.

The last run had these images. What a test expects is limited to their Pythons, and wheels of manylinux get their
policy. Only the tests of musllinux build for musl. Outcomes that `--resume` keeps may come from runs with fewer Pythons
(`--python`).
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
