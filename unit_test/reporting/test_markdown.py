from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from cibw.model.events import BuildResult, PublishReport, Report, Status, UploadResult, UploadStatus, WheelFile
from cibw.model.manifest import Finding, Severity
from cibw.model.release import Distribution
from cibw.reporting.markdown import check_markdown, code, escaped, fenced, publish_markdown, summary_markdown
from unit_test.reporting.scenario import CP310

EVIL = [
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "a | b\n\n# heading",
    "`<b>` ``<b>`` <b>\\<b>",
    "&lt;b&gt; &#x3c;b>",
    "```\n<b>\n```",
    "1. list",
    "> quotation",
    "- item",
    "</details><script>x</script>",
]


@pytest.mark.parametrize("text", EVIL)
def test_a_page_shows_text_and_no_html_of_it(text: str) -> None:
    page = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render
    shown = "".join(page(part) for part in (escaped(text), f"| a |\n|---|\n| {escaped(text)} {code(text)} |"))
    for tag in ("<img", "<a ", "<b>", "<script", "<h1", "<ol", "<ul", "<blockquote", "</details"):
        assert tag not in shown
    assert shown.count("<td>") == 1
    block = page("\n".join(fenced([text])))
    assert block.count("<") == 4


@pytest.mark.parametrize(("text", "shown"), [("a.whl", "`a.whl`"), ("a`b", "`` a`b ``"), ("a|b\n", "`a\\|b `")])
def test_code_stays_in_one_line(text: str, shown: str) -> None:
    assert code(text) == shown


def test_names_of_wheels_and_messages_make_no_cells_and_no_commands() -> None:
    name = "x`|<b>\n::error::.whl"
    wheel = WheelFile(filename=name, size=1, sha256="0" * 64)
    summary = summary_markdown(Report(results=(BuildResult(identifier=CP310, status=Status.BUILT, wheel=wheel),)))
    sdist = Distribution.parse("demo-1.0.tar.gz", size=9, sha256="5" * 64)
    check = check_markdown((sdist,), (Finding(rule="r", message="##vso[task.x]\x1b[2J", fix="::error::x"),))
    assert not any(line.lstrip().startswith("::") for line in (summary + check).splitlines())
    assert "##vso[" not in check
    assert "\x1b" not in check


SDIST = Distribution.parse("demo-1.0.tar.gz", size=9_876, sha256="5" * 64)


def test_a_check_is_a_verdict_and_a_row_for_each_finding() -> None:
    findings = (
        Finding(rule="no-readme", message="There is no README.", severity=Severity.WARNING),
        Finding(rule="summary", message="A | has\ntwo lines.", fix="Use one.", files=(SDIST.filename,)),
    )
    assert check_markdown((SDIST,), findings).splitlines() == [
        "## ❌ demo 1.0 (1 file, 9.9 kB) with 1 error and 1 warning: not to be published",
        "",
        "| | rule | problem | fix |",
        "|---|---|---|---|",
        "| ❌ | `summary` | A \\| has two lines. | Use one. |",
        "| ⚠️ | `no-readme` | There is no README. |  |",
        "",
    ]


def test_a_good_release_has_no_table() -> None:
    assert check_markdown((SDIST,), ()) == "## ✅ demo 1.0 (1 file, 9.9 kB): fit to be published\n\n"


def test_an_upload_has_a_row_for_each_file() -> None:
    uploads = (
        UploadResult(filename="a.whl", size=10, sha256="a" * 64, status=UploadStatus.UPLOADED),
        UploadResult(filename="b.whl", size=20, sha256="b" * 64, status=UploadStatus.FAILED, message="Too | large."),
    )
    report = PublishReport(index="https://index.example/", project="demo", version="1.0", uploads=uploads, exit_code=20)
    assert publish_markdown(report).splitlines() == [
        "## ❌ demo 1.0: 1 uploaded, 1 failed (https://index.example/), exit code 20",
        "",
        "| | file | result | size | SHA-256 |",
        "|---|---|---|---:|---|",
        f"| ✅ | `a.whl` | uploaded | 10 B | `{'a' * 64}` |",
        f"| ❌ | `b.whl` | failed: Too \\| large. | 20 B | `{'b' * 64}` |",
        "",
    ]
