from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.model.distribution import Distribution
from cibw.model.findings import Finding, Severity, stops
from cibw.model.identifier import BuildIdentifier
from cibw.model.manifest import Manifest, ManifestFile
from cibw.publishing.checking import NAMES, find_faults, settled
from cibw.publishing.contents import DistributionContents
from cibw.publishing.rule_values import CheckedRelease, Wanted
from unit_test.publishing.archives import Made
from unit_test.publishing.checking import KNOWLEDGE, WANTED, found, release, rules

CP312 = BuildIdentifier.parse("cp312-manylinux_x86_64")
CP313 = BuildIdentifier.parse("cp313-manylinux_x86_64")
MUSL = BuildIdentifier.parse("cp312-musllinux_x86_64")


def test_every_identifier_has_its_wheel(tmp_path: Path) -> None:
    paths = (Made().wheel(tmp_path), Made().sdist(tmp_path))
    assert found(*paths, wanted=replace(WANTED, identifiers=(CP312,))) == ()
    missing = found(*paths, wanted=replace(WANTED, identifiers=(CP312, CP313, MUSL)))
    assert rules(missing) == ["missing-wheel"]
    assert missing[0].message == ("2 of 3 wheels are missing: cp313-manylinux_x86_64, cp312-musllinux_x86_64.")


def test_an_abi3_wheel_serves_later_pythons(tmp_path: Path) -> None:
    paths = (Made(tag="cp312-abi3-manylinux_2_17_x86_64").wheel(tmp_path), Made().sdist(tmp_path))
    assert found(*paths, wanted=replace(WANTED, identifiers=(CP312, CP313))) == ()


def test_a_wheel_of_both_stable_abis_serves_pythons_with_and_without_a_gil(tmp_path: Path) -> None:
    paths = (Made(tag="cp315-abi3.abi3t-manylinux_2_17_x86_64").wheel(tmp_path), Made().sdist(tmp_path))
    both = tuple(BuildIdentifier.parse(f"{python}-manylinux_x86_64") for python in ("cp315", "cp315t"))
    assert found(*paths, wanted=replace(WANTED, identifiers=both)) == ()


def test_a_project_without_a_name_is_an_error(tmp_path: Path) -> None:
    findings = found(Made(project="UNKNOWN", version="0.0.0").wheel(tmp_path), wanted=Wanted(is_whole=False))
    assert "unnamed-project" in rules(findings)


def test_a_wheel_of_another_version_serves_nobody(tmp_path: Path) -> None:
    paths = (Made(tag="cp313-cp313-win32").wheel(tmp_path), Made(version="1.1").wheel(tmp_path), Made().sdist(tmp_path))
    findings = found(*paths, wanted=replace(WANTED, identifiers=(CP312,)))
    assert findings[0].message == "1 of 1 wheels are missing: cp312-manylinux_x86_64."


def test_a_build_has_noted_what_its_wheel_is_for(tmp_path: Path) -> None:
    wheel = Made(tag="py3-none-manylinux_2_17_x86_64").wheel(tmp_path)
    manifest = Manifest(files=(_entry(wheel, (MUSL,)),), expected=(MUSL,))
    assert found(wheel, Made().sdist(tmp_path), manifest=manifest, wanted=replace(WANTED, identifiers=(MUSL,))) == ()


def test_nobody_knows_what_is_wanted(tmp_path: Path) -> None:
    paths = (Made().wheel(tmp_path), Made().sdist(tmp_path))
    findings = found(*paths, wanted=Wanted())
    assert [(one.rule, one.severity) for one in findings] == [
        ("missing-wheel", Severity.SKIPPED),
        ("wrong-tag", Severity.SKIPPED),
    ]
    assert not stops(findings)


def test_a_pure_wheel_is_all_that_a_release_needs(tmp_path: Path) -> None:
    paths = (Made(tag="py3-none-any").wheel(tmp_path), Made().sdist(tmp_path))
    assert [one.rule for one in found(*paths, wanted=Wanted())] == ["wrong-tag"]
    assert found(*paths, wanted=replace(WANTED, identifiers=(CP312, MUSL))) == ()


def test_versions_between_tags_may_be_local(tmp_path: Path) -> None:
    made = Made(version="1.1.dev3+gabc")
    paths = (made.wheel(tmp_path), made.sdist(tmp_path))
    wanted = replace(WANTED, identifiers=None, is_whole=False, tags=())
    local = [
        one.severity
        for is_between in (False, True)
        for one in found(*paths, wanted=replace(wanted, is_between=is_between))
        if one.rule == "local-version"
    ]
    assert local == [Severity.ERROR, Severity.WARNING]


def test_single_files_need_not_be_a_release(tmp_path: Path) -> None:
    assert found(Made().wheel(tmp_path), wanted=replace(WANTED, identifiers=None, is_whole=False)) == ()


def test_the_sdist(tmp_path: Path) -> None:
    wheel = Made().wheel(tmp_path)
    assert rules(found(wheel)) == ["missing-sdist"]
    assert found(wheel, wanted=replace(WANTED, sdist=False)) == ()
    twice = found(wheel, Made().sdist(tmp_path), Made(version="1.0.0").sdist(tmp_path))
    assert "several-sdists" in rules(twice)


def test_nothing_at_all() -> None:
    assert rules(found()) == ["no-files"]


def test_two_versions_and_two_projects(tmp_path: Path) -> None:
    paths = [
        Made().wheel(tmp_path),
        Made().sdist(tmp_path),
        Made(version="1.1").wheel(tmp_path),
        Made(project="other").wheel(tmp_path),
    ]
    findings = {one.rule: one for one in found(*paths)}
    assert findings["several-versions"].message == "The files belong to 2 versions: 1.0, 1.1."
    assert findings["several-versions"].files == ("demo-1.1-cp312-cp312-manylinux_2_17_x86_64.whl",)
    assert findings["several-projects"].files == ("other-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",)


def test_a_changed_file(tmp_path: Path) -> None:
    wheel, sdist = Made().wheel(tmp_path), Made().sdist(tmp_path)
    manifest = Manifest(files=(_entry(wheel), replace(_entry(sdist), sha256="0" * 64)))
    findings = found(wheel, sdist, manifest=manifest)
    assert [(one.rule, one.files) for one in findings] == [("changed-file", ("demo-1.0.tar.gz",))]
    assert "dist.json has 000000000000" in findings[0].message


@pytest.mark.parametrize(
    ("tags", "tag_format", "is_wrong"),
    [
        (("v1.0",), "v{version}", False),
        (("v1.1",), "v{version}", True),
        (("1.0",), "v{version}", True),
        (("latest", "v1"), "v{version}", False),
    ],
)
def test_tags(tmp_path: Path, tags: tuple[str, ...], tag_format: str, *, is_wrong: bool) -> None:
    wanted = replace(WANTED, tags=tags, tag_format=tag_format)
    findings = found(Made().wheel(tmp_path), Made().sdist(tmp_path), wanted=wanted)
    assert rules(findings) == ["wrong-tag"] * is_wrong


@pytest.mark.parametrize(
    ("size", "severity"), [(10**8, None), (2 * 1024**3, Severity.WARNING), (11 * 1024**3, Severity.ERROR)]
)
def test_the_size_of_a_release(size: int, severity: Severity | None) -> None:
    distribution = Distribution.parse("demo-1.0.tar.gz", size=size, sha256="")
    judged = CheckedRelease(
        contents=(DistributionContents(distribution=distribution),), wanted=WANTED, knowledge=KNOWLEDGE
    )
    found_here = [one.severity for one in find_faults(judged) if one.rule == "release-size"]
    assert found_here == ([severity] if severity else [])


def test_another_index_may_take_what_the_public_one_refuses(tmp_path: Path) -> None:
    paths = (Made(tag="cp312-cp312-linux_x86_64").wheel(tmp_path), Made().sdist(tmp_path))
    ours = find_faults(release(*paths, wanted=replace(WANTED, is_public=False)))
    assert [(one.rule, one.severity) for one in ours] == [("platform-tag", Severity.WARNING)]
    missing = find_faults(release(paths[0], wanted=replace(WANTED, is_public=False)))
    assert stops(missing)


def test_ignored_rules_only_warn_and_errors_come_first() -> None:
    skipped = Finding(rule="readme", message="a", severity=Severity.SKIPPED)
    error, ignored = Finding(rule="record", message="b"), Finding(rule="summary", message="c")
    assert settled([skipped, ignored, error], ("summary", "readme", "reccord", "#")) == (
        error,
        replace(ignored, severity=Severity.WARNING),
        Finding(
            rule="check-ignore",
            message="check-ignore contains 'reccord', which is not a rule.",
            fix="Did you mean 'record'?",
            severity=Severity.WARNING,
        ),
        Finding(
            rule="check-ignore",
            message="check-ignore contains '#', which is not a rule.",
            fix=f"Rules: {', '.join(NAMES)}.",
            severity=Severity.WARNING,
        ),
        skipped,
    )


def _entry(path: Path, identifiers: tuple[BuildIdentifier, ...] = ()) -> ManifestFile:
    distribution = release(path).contents[0].distribution
    return ManifestFile(filename=path.name, size=distribution.size, sha256=distribution.sha256, identifiers=identifiers)
