"""Rules about the README, which is the description of the metadata."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

from cibw.model.findings import Severity
from cibw.publishing.contents import DistributionContents
from cibw.publishing.rule_values import CheckedRelease, Fault, Rule, each_file

_RST = "text/x-rst"
_LONGEST = 500_000
_INDENT = " " * 8


def _renders(release: CheckedRelease) -> Iterator[Fault]:
    texts: dict[str, list[str]] = {}
    for one in release.readable:
        text = _description(one)
        if len(text) > _LONGEST:
            yield Fault(
                message=f"The README has more than {_LONGEST} characters and was not rendered.",
                files=(one.filename,),
                severity=Severity.SKIPPED,
            )
        elif text and _kind(one) == _RST:
            texts.setdefault(text, []).append(one.filename)
    render = release.knowledge.render
    if texts and render is None:
        yield Fault(
            message="The README was not rendered.",
            fix="Run `pip install 'cibw[publish]'` to install the reStructuredText renderer.",
            severity=Severity.SKIPPED,
        )
    for text, files in texts.items() if render else ():
        problem = render(text) if render else ""
        if problem and _is_indented(text):
            yield Fault(
                message=f"The README is indented in the metadata and cannot be rendered: {problem}",
                fix="Build with a current release of the build backend, which writes it after the fields.",
                files=tuple(files),
            )
        elif problem:
            yield Fault(
                message=f"The README cannot be rendered as reStructuredText: {problem}",
                fix='Correct it. For a Markdown README, set readme = "README.md", or its content-type.',
                files=tuple(files),
            )


def _missing(contents: DistributionContents) -> Iterator[Fault]:
    if contents.metadata is None:
        return
    if not _description(contents):
        yield Fault(message="There is no README.", fix='Set readme = "README.md" in [project].')
    elif not contents.metadata.one("description_content_type"):
        yield Fault(
            message="The README has no content type, so it is treated as reStructuredText.",
            fix='Set readme = "README.md" in [project], or its content-type.',
        )


def _description(contents: DistributionContents) -> str:
    text = contents.metadata.one("description") if contents.metadata else ""
    return text.strip()


def _is_indented(text: str) -> bool:
    """Whether a README was a header of the metadata, which indents all lines after the first."""
    lines = [line for line in text.splitlines()[1:] if line.strip()]
    return bool(lines) and all(line.startswith(_INDENT) for line in lines)


def _kind(contents: DistributionContents) -> str:
    text = contents.metadata.one("description_content_type") if contents.metadata else ""
    message = EmailMessage()
    try:
        message["content-type"] = text or _RST
        return message.get_content_type().lower()
    except (ValueError, IndexError):
        # The rule about metadata reports this; the index treats it as plain text.
        return "text/plain"


README_RULES = (
    Rule(
        name="readme",
        of_index=True,
        finds="a reStructuredText README cannot be rendered (Markdown always can)",
        judge=_renders,
    ),
    Rule(
        name="no-readme",
        finds="there is no README, or it has no content type",
        judge=each_file(_missing),
        severity=Severity.WARNING,
    ),
)
