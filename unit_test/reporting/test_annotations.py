from __future__ import annotations

from cibw.errors import ConfigurationError, CredentialsError, Mistake
from cibw.model.manifest import Finding, Severity
from cibw.reporting.errors import error_annotation, finding_annotations
from cibw.reporting.masking import Masker
from cibw.reporting.streams import LogGroupStyle

FINDINGS = (
    Finding(rule="no-readme", message="There is no README.", severity=Severity.WARNING),
    Finding(rule="file-size", message="It has 101 MiB.", fix="Strip it.", files=("a.whl",)),
    Finding(rule="wrong-tag", message="There is no tag.", severity=Severity.SKIPPED),
    Finding(rule="file-size", message="It has 102 MiB.", fix="Strip it.", files=("b.whl",)),
)


def test_each_rule_has_one_annotation_the_errors_first() -> None:
    assert list(finding_annotations(FINDINGS, LogGroupStyle.GITHUB, str)) == [
        "::error title=file-size::a.whl: It has 101 MiB.%0Ab.whl: It has 102 MiB.%0AStrip it.",
        "::warning title=no-readme::There is no README.",
    ]


def test_there_are_none_where_no_ci_shows_them() -> None:
    assert not list(finding_annotations(FINDINGS, LogGroupStyle.NONE, str))
    assert not error_annotation(CredentialsError("No.", hint="Do."), LogGroupStyle.GITLAB, str)


def test_an_error_has_its_hint_and_no_secret() -> None:
    error = CredentialsError("The index took no 100%-hush.", hint="Look at it.")
    mask = Masker({"A_TOKEN": "100%-hush"})
    assert error_annotation(error, LogGroupStyle.GITHUB, mask) == (
        "::error title=Failed (credentials)::The index took no ***.%0ALook at it."
    )


def test_mistakes_are_told_one_by_one() -> None:
    mistakes = (Mistake(place="a.toml", message="Bad."), Mistake(place="CIBW_X", message="Worse.", hint="Mend it."))
    told = error_annotation(ConfigurationError("Two mistakes.", mistakes=mistakes), LogGroupStyle.GITHUB, str)
    assert told == "::error title=Failed (configuration)::a.toml Bad.%0ACIBW_X Worse. Mend it."
