from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import Finding, Manifest, ManifestFile, Severity, stops
from cibw.model.release import Distribution
from cibw.release.checks.checking import NAMES, find_faults, settled
from cibw.release.checks.contents import DistributionContents
from cibw.release.checks.rules import CheckedRelease, ReleaseRequirements
from unit_test.release.archives import FIELDS, Made
from unit_test.release.checks.checking import KNOWLEDGE, WANTED, found, release, rules


def unequal(directory: Path, one: Made, other: Made, sdist: Made) -> tuple[Finding, ...]:
    """What is found in two wheels and an sdist."""
    return found(one.wheel(directory), other.wheel(directory), sdist.sdist(directory))


def with_fields(*fields: str, tag: str = "cp313-cp313-win32", version: str = "2.4") -> Made:
    """A distribution that has more fields than the usual ones."""
    return Made(tag=tag, fields=(*FIELDS, *fields), metadata_version=version)


def test_dependencies_are_the_same_in_all_files(tmp_path: Path) -> None:
    other = Made(tag="cp313-cp313-manylinux_2_17_x86_64", fields=(*FIELDS, "Requires-Dist: numpy"))
    findings = found(Made().wheel(tmp_path), other.wheel(tmp_path), Made().sdist(tmp_path))
    assert [(one.rule, one.severity, one.files) for one in findings] == [
        ("unequal-dependencies", Severity.ERROR, ("demo-1.0-cp313-cp313-manylinux_2_17_x86_64.whl",))
    ]
    assert "Requires-Dist differs" in findings[0].message


def test_other_fields_may_differ_with_a_warning(tmp_path: Path) -> None:
    other = Made(fields=(*FIELDS, "Keywords: a"), readme=f"{Made().readme}{'long ' * 50}")
    findings = found(Made().wheel(tmp_path), Made(tag="cp313-cp313-win32").wheel(tmp_path), other.sdist(tmp_path))
    assert [(one.rule, one.severity, one.message) for one in findings] == [
        ("unequal-metadata", Severity.WARNING, "Description differs between the files."),
        ("unequal-metadata", Severity.WARNING, "Keywords differs between the files: nothing in most, 'a' here."),
    ]


def test_order_writing_and_what_is_dynamic_make_no_difference(tmp_path: Path) -> None:
    fields = (*FIELDS, "Requires-Dist: a; python_version < '3.10'")
    wheel = Made(fields=fields).wheel(tmp_path)
    turned = Made(
        tag="cp313-cp313-win32", fields=tuple(reversed((*FIELDS, 'Requires-Dist: a ; python_version<"3.10"')))
    )
    sdist = Made(
        fields=(*FIELDS, "Dynamic: Requires-Dist", "Dynamic: Classifier", "Classifier: Topic :: Software Development")
    )
    assert found(wheel, turned.wheel(tmp_path), sdist.sdist(tmp_path)) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("black (==24.10.0)", "black==24.10.0"),
        ("black==24.10", "black==24.10.0"),
        ("a>=1,<2", "a<2,>=1"),
        ("Foo_Bar", "foo-bar"),
        ("foo.bar>1", "foo_bar > 1"),
        ("foo[a,b]", "foo[b,a]"),
        ("foo[B_c]", "foo[b-c]"),
        ("a; os_name=='nt' and python_version<'3.13'", "a ; python_version < \"3.13\" and (os_name == 'nt')"),
        ("a; (python_version<'3.13') and extra=='Foo_Bar'", "a; extra == 'foo-bar' and python_version < '3.13'"),
    ],
)
def test_a_requirement_may_be_written_in_several_ways(tmp_path: Path, one: str, other: str) -> None:
    first, second = f"Requires-Dist: {one}", f"Requires-Dist: {other}"
    made = with_fields(first, tag="cp312-cp312-win32")
    assert unequal(tmp_path, made, with_fields(second), with_fields(second, second)) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Requires-Python: >=3.9,<4", "Requires-Python: <4, >=3.9"),
        ("Requires-Python: >=3.9", "Requires-Python: >=3.9.0"),
        ("Provides-Extra: foo_bar", "Provides-Extra: Foo-Bar"),
        ("Keywords: a, b", "Keywords: a,b"),
        ("License: a long\n        text", "License: a long\n text"),
        ("Author: A\r", "Author: A"),
    ],
)
def test_a_field_may_be_written_in_several_ways(tmp_path: Path, one: str, other: str) -> None:
    fields = tuple(line for line in FIELDS if not line.startswith(("Requires-Python", "License-Expression")))
    made = Made(fields=(*fields, one), tag="cp312-cp312-win32")
    same = Made(fields=(*fields, other), tag="cp313-cp313-win32")
    assert unequal(tmp_path, made, same, same) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a==1.0", "a==1.1"),
        ("a", "a; os_name == 'nt'"),
        ("a; os_name=='nt' or os_name=='posix'", "a; os_name=='nt' and os_name=='posix'"),
        ("a[x]", "a[y]"),
        ("a>=1", "b>=1"),
    ],
)
def test_requirements_that_mean_something_else_are_an_error(tmp_path: Path, one: str, other: str) -> None:
    made, odd = with_fields(f"Requires-Dist: {one}", tag="cp312-cp312-win32"), with_fields(f"Requires-Dist: {other}")
    (finding,) = unequal(tmp_path, made, odd, made)
    assert (finding.rule, finding.severity) == ("unequal-dependencies", Severity.ERROR)
    assert finding.files == ("demo-1.0-cp313-cp313-win32.whl",)
    assert finding.message == f"Requires-Dist differs between the files: {one!r} in most, {other!r} here."


def test_a_difference_in_extras_alone_is_a_warning(tmp_path: Path) -> None:
    made = with_fields("Provides-Extra: test", "Requires-Dist: a; extra == 'test'", tag="cp312-cp312-win32")
    odd = with_fields("Provides-Extra: docs", "Requires-Dist: a>=1; extra == 'docs'")
    findings = unequal(tmp_path, made, odd, made)
    assert [(one.rule, one.severity) for one in findings] == [("unequal-dependencies", Severity.WARNING)] * 2


@pytest.mark.parametrize("version", ["1.2", "2.1"])
def test_old_metadata_of_an_sdist_is_not_compared(tmp_path: Path, version: str) -> None:
    plain = tuple(line for line in FIELDS if not line.startswith("License"))
    one = Made(fields=(*plain, "Requires-Dist: a", "Keywords: b"), tag="cp312-cp312-win32", metadata_version="2.1")
    other = Made(fields=one.fields, tag="cp313-cp313-win32", metadata_version="2.1")
    findings = unequal(tmp_path, one, other, Made(fields=plain, metadata_version=version))
    assert [one for one in findings if one.rule.startswith("unequal")] == []


def test_license_files_are_compared_where_they_are_specified(tmp_path: Path) -> None:
    plain = tuple(line for line in FIELDS if not line.startswith("License"))
    old = Made(fields=(*plain, "License-File: AUTHORS"), tag="cp313-cp313-win32", metadata_version="2.1")
    made = Made(fields=plain, metadata_version="2.1")
    assert unequal(tmp_path, made, old, made) == ()


def test_new_metadata_of_an_sdist_is_compared(tmp_path: Path) -> None:
    made = with_fields("Requires-Dist: a", tag="cp312-cp312-win32")
    findings = unequal(tmp_path, made, with_fields("Requires-Dist: a"), Made())
    assert [(one.rule, one.severity, one.files) for one in findings] == [
        ("unequal-dependencies", Severity.WARNING, ("demo-1.0.tar.gz",))
    ]


def test_one_wheel_and_a_different_sdist_are_a_warning(tmp_path: Path) -> None:
    findings = found(with_fields("Requires-Dist: a").wheel(tmp_path), Made().sdist(tmp_path))
    assert [(one.rule, one.severity) for one in findings] == [("unequal-dependencies", Severity.WARNING)]


def test_wheels_that_differ_are_an_error_whatever_the_sdist_has(tmp_path: Path) -> None:
    one, other = with_fields("Requires-Dist: a", tag="cp312-cp312-win32"), with_fields("Requires-Dist: b")
    findings = unequal(tmp_path, one, other, Made())
    assert [(one.rule, one.severity) for one in findings] == [("unequal-dependencies", Severity.ERROR)]


def test_line_ends_of_windows_are_no_difference(tmp_path: Path) -> None:
    windows = Made(tag="cp313-cp313-win32", readme="Content\r\n=======\r\n\r\nand more. \r\n")
    assert unequal(tmp_path, Made(), windows, Made()) == ()


def test_metadata_whose_lines_all_end_as_on_windows(tmp_path: Path) -> None:
    windows = Made(tag="cp313-cp313-win32")
    files = windows.wheel_files()
    info = "demo-1.0.dist-info/METADATA"
    changed = files[info].replace(b"\n", b"\r\n")
    record = b"demo-1.0.dist-info/RECORD"
    files[record.decode()] = b"\n".join(
        b"demo-1.0.dist-info/METADATA,," if line.startswith(info.encode()) else line
        for line in files[record.decode()].splitlines()
    )
    findings = found(Made().wheel(tmp_path), windows.wheel(tmp_path, {**files, info: changed}), Made().sdist(tmp_path))
    assert [one for one in findings if one.rule != "record"] == []


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
    findings = found(
        Made(project="UNKNOWN", version="0.0.0").wheel(tmp_path), wanted=ReleaseRequirements(is_whole=False)
    )
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
    findings = found(*paths, wanted=ReleaseRequirements())
    assert [(one.rule, one.severity) for one in findings] == [
        ("missing-wheel", Severity.SKIPPED),
        ("wrong-tag", Severity.SKIPPED),
    ]
    assert not stops(findings)


def test_a_pure_wheel_is_all_that_a_release_needs(tmp_path: Path) -> None:
    paths = (Made(tag="py3-none-any").wheel(tmp_path), Made().sdist(tmp_path))
    assert [one.rule for one in found(*paths, wanted=ReleaseRequirements())] == ["wrong-tag"]
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
