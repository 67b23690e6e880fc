from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from cibw.model.distribution import Distribution
from cibw.model.events import BuildResult, Report, Status, WheelFile
from cibw.model.findings import Finding
from cibw.reporting.markdown import code, escaped, fenced
from cibw.reporting.release_summary import check_markdown
from cibw.reporting.summary import summary_markdown
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
