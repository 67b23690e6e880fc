from __future__ import annotations

import json
from io import StringIO

from cibw.model.events import CommandStarted, OutputLine, WarningRaised
from cibw.model.manifest import Finding, Severity
from cibw.reporting.terminal import TerminalStyle
from cibw.reporting.uploads import VerifyConsole, verification_to_json

WRONG = Finding(rule="bytes", message="other bytes", fix="send them again", files=("a.whl",))
SKIPPED = Finding(rule="install", message="no wheel fits", severity=Severity.SKIPPED)


def text_of(style: TerminalStyle) -> str:
    stream = StringIO()
    console = VerifyConsole(stream=stream, style=style)
    console.begin("demo 1.0", "https://index.example/simple/")
    console.waiting("demo-1.0.tar.gz", 2.0)
    console.good("all files are listed")
    console.skipped((WRONG, SKIPPED))
    console.event(CommandStarted(scope="verify", text="pytest"))
    console.event(OutputLine(scope="verify", text="3 passed", is_error=False))
    console.event(WarningRaised(scope="verify", message="never"))
    return stream.getvalue()


def test_what_people_see() -> None:
    assert text_of(TerminalStyle(unicode=True, output=True)) == (
        "demo 1.0 on https://index.example/simple/\n"
        "  … waiting for demo-1.0.tar.gz; next check in 2.0 s\n"
        "  ✓ all files are listed\n"
        "  ⚠ no wheel fits\n"
        "  $ pytest\n"
        "    3 passed\n"
    )
    assert "3 passed" not in text_of(TerminalStyle(output=False))


def test_what_programs_see() -> None:
    data = json.loads(verification_to_json("demo 1.0", "https://index.example/simple/", (WRONG, SKIPPED)))
    assert (data["verified"], data["release"]) == (False, "demo 1.0")
    assert [(one["rule"], one["severity"], one["files"]) for one in data["findings"]] == [
        ("bytes", "error", ["a.whl"]),
        ("install", "skipped", []),
    ]
    assert json.loads(verification_to_json("demo 1.0", "here", (SKIPPED,)))["verified"]
