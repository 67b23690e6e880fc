from __future__ import annotations

from pathlib import Path

import pytest

from cibw.model.findings import Finding, Severity
from unit_test.publishing.archives import FIELDS, Made
from unit_test.publishing.checking import found


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
