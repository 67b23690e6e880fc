from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from cibw.ci import CiFacts, CiProvider
from cibw.errors import AttestationError, CibwError, MissingToolError, UploadError
from cibw.model.http import AttestationPolicy, Forge, Publisher
from cibw.model.manifest import Severity
from cibw.model.release import Distribution
from cibw.release.verify import AttestedFiles, ExpectedRelease, check_attestations, publisher_of
from unit_test.release.releasing import SDIST, WHEEL, distribution

FILES = (distribution(WHEEL), distribution(SDIST))
RELEASE = ExpectedRelease(project="demo", version=FILES[0].version, files=FILES)
OURS = Publisher(forge=Forge.GITHUB, repository="octo/hello", workflow="release.yml")
AUTO, REQUIRE = AttestationPolicy.AUTO, AttestationPolicy.REQUIRE


@dataclass(slots=True)
class Scripted:
    """Has provenances by file name; an error in place of one is raised, `wrong` when it is verified."""

    there: Mapping[str, bytes | CibwError] = field(default_factory=dict)
    wrong: CibwError | None = None

    def fetch(self, distribution: Distribution, /) -> bytes | None:
        """What is there."""
        found = self.there.get(distribution.filename)
        if isinstance(found, CibwError):
            raise found
        return found

    def verify(self, _text: bytes, _distribution: Distribution, publisher: Publisher, /) -> None:
        """Whatever the script says."""
        assert publisher == OURS
        if self.wrong:
            raise self.wrong


BOTH = {WHEEL: b"{}", SDIST: b"{}"}


def test_all_files_are_attested() -> None:
    assert check_attestations(RELEASE, AUTO, OURS, Scripted(BOTH)) == AttestedFiles(publisher=OURS, files=2)


def test_a_file_without_attestation_is_wrong_where_they_are_required() -> None:
    assert check_attestations(RELEASE, AUTO, OURS, Scripted()).findings == ()
    found = check_attestations(RELEASE, REQUIRE, OURS, Scripted({WHEEL: b"{}"}))
    assert (found.files, [one.files for one in found.findings]) == (1, [(SDIST,)])


def test_an_attestation_that_does_not_hold_is_always_wrong() -> None:
    wrong = AttestationError("it was signed by somebody else", hint="do not trust it")
    found = check_attestations(RELEASE, AUTO, OURS, Scripted({WHEEL: b"{}"}, wrong=wrong))
    assert [(one.message, one.severity) for one in found.findings] == [
        ("it was signed by somebody else", Severity.ERROR)
    ]


@pytest.mark.parametrize("error", [MissingToolError("no library"), UploadError("no answer")])
def test_what_can_not_be_told_is_told_once(error: CibwError) -> None:
    for policy, severity in ((AUTO, Severity.SKIPPED), (REQUIRE, Severity.ERROR)):
        provenances = Scripted({WHEEL: error, SDIST: error})
        (finding,) = check_attestations(RELEASE, policy, OURS, provenances).findings
        assert (finding.severity, error.message in finding.message) == (severity, True)


def test_nobody_looks_without_a_reason() -> None:
    assert check_attestations(RELEASE, AttestationPolicy.OFF, OURS, Scripted()) == AttestedFiles()
    assert check_attestations(RELEASE, AUTO, None, Scripted()) == AttestedFiles()
    (finding,) = check_attestations(RELEASE, REQUIRE, None, Scripted()).findings
    assert finding.severity is Severity.SKIPPED


def test_the_workflow_of_a_run() -> None:
    github = CiFacts(
        provider=CiProvider.GITHUB,
        repository="octo/hello",
        workflow="octo/hello/.github/workflows/release.yml@refs/tags/v1",
    )
    assert publisher_of(github) == OURS
    gitlab = CiFacts(provider=CiProvider.GITLAB, repository="octo/deep/hello", workflow="ci/release.yml")
    assert publisher_of(gitlab) == Publisher(
        forge=Forge.GITLAB, repository="octo/deep/hello", workflow="ci/release.yml"
    )
    assert publisher_of(CiFacts(provider=CiProvider.TRAVIS, repository="octo/hello", workflow="x")) is None
    assert publisher_of(CiFacts(provider=CiProvider.GITHUB, repository="octo/hello")) is None
