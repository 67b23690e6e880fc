from __future__ import annotations

from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, Severity
from cibw.model.published import PublishReport, UploadResult, UploadStatus
from cibw.reporting.release_summary import check_markdown, publish_markdown

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
