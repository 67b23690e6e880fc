from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.model.manifest import Severity
from cibw.release.checks.archives import is_taken, remedy
from cibw.release.checks.checking import RULES
from cibw.release.checks.rules import Knowledge
from unit_test.release.archives import FIELDS, Made
from unit_test.release.checks.checking import KNOWLEDGE, WANTED, found, rules

INFO = "demo-1.0.dist-info"


def without(*names: str) -> tuple[str, ...]:
    """The usual fields but some."""
    return tuple(line for line in FIELDS if line.partition(":")[0] not in names)


def test_a_good_release_has_no_findings(tmp_path: Path) -> None:
    assert found(Made().wheel(tmp_path), Made().sdist(tmp_path)) == ()


@pytest.mark.parametrize(
    ("made", "rule", "words"),
    [
        (Made(tag="cp312-cp312-linux_x86_64"), "platform-tag", "not accept wheels for linux_x86_64"),
        (Made(method=zipfile.ZIP_BZIP2), "compression", "compressed with bzip2"),
        (Made(method=zipfile.ZIP_LZMA), "compression", "compressed with lzma"),
        (Made(project="Demo"), "file-name", "demo"),
        (Made(version="1.0+local.1"), "local-version", "1.0+local.1 is a local version"),
        (Made(fields=(*without("Summary"), f"Summary: {'x' * 513}")), "summary", "513 characters"),
        (Made(fields=(*FIELDS, "Classifier: Typing :: Typd")), "unknown-classifier", "'Typing :: Typd'"),
        (Made(fields=(*FIELDS, "Classifier: Natural Language :: Ukranian")), "deprecated-classifier", "Ukranian"),
        (Made(fields=(*FIELDS, "Classifier: Private :: Do Not Upload")), "private-classifier", "Do Not Upload"),
        (Made(fields=(*FIELDS, "Requires-Dist: x @ https://example.org/x.whl")), "direct-requirement", "example.org/x"),
        (Made(fields=(*FIELDS, f"Project-URL: {'x' * 33}, https://example.org/")), "project-url", "32 characters"),
        (Made(fields=(*FIELDS, "Project-URL: , https://example.org/")), "project-url", "no label"),
        (Made(fields=(*FIELDS, "Project-URL: Home, example.org")), "project-url", "is not a valid URL"),
        (Made(fields=(*FIELDS, "Project-URL: Home")), "project-url", "is not a valid URL"),
        (Made(fields=(*FIELDS, "Project-URL: Home, https://example.org/[a]")), "project-url", "is not a valid URL"),
        (
            Made(fields=(*FIELDS, "Home-page: example.org")),
            "page-address",
            "Home-Page: 'example.org' is not a valid URL",
        ),
        (Made(fields=(*FIELDS, "Download-URL: ftp://example.org/")), "page-address", "Download-Url: 'ftp://"),
        (Made(fields=(*FIELDS, "Provides-Dist: x @ https://example.org/x")), "direct-requirement", "Provides-Dist x"),
        (Made(fields=(*FIELDS, "Obsoletes-Dist: x@https://example.org/x")), "direct-requirement", "Obsoletes-Dist x"),
        (Made(fields=(*FIELDS, "Provides-Dist: ???")), "other-projects", "'???' is not a requirement"),
        (Made(metadata_version="2.6"), "metadata-version", "versions up to 2.5"),
        (Made(fields=(*without("Author-email"), "Author-email: Ada")), "mail-address", "Ada"),
        (Made(fields=(*FIELDS, "Maintainer-email: b@nowhere")), "mail-address", "b@nowhere"),
        (Made(fields=(*FIELDS, "License: MIT")), "license-twice", "both"),
        (Made(fields=(*FIELDS, "License-File: COPYING")), "license-file", "COPYING"),
        (Made(readme="broken"), "readme", "line 1: no title"),
        (Made(metadata_version="2.0"), "invalid-metadata", "'2.0' is not a valid metadata version"),
        (Made(metadata_version="2.1"), "invalid-metadata", "license-expression introduced in metadata version 2.4"),
        (Made(fields=(*FIELDS, "Requires-Dist: ???")), "invalid-metadata", "requires-dist"),
    ],
)
def test_what_an_index_refuses(tmp_path: Path, made: Made, rule: str, words: str) -> None:
    paths = (made.wheel(tmp_path), made.sdist(tmp_path))
    wanted = replace(WANTED, tags=("v1.0+local.1",) if "+" in made.version else ("v1.0",))
    findings = found(*paths, wanted=wanted)
    assert rules(findings) == [rule]
    assert words in findings[0].message
    assert (findings[0].fix != "", findings[0].severity) == (True, Severity.ERROR)
    assert set(findings[0].files) <= {path.name for path in paths}


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3"])
def test_license_files_of_setuptools_before_they_were_specified(tmp_path: Path, version: str) -> None:
    fields = (*without("License-Expression"), "License: MIT", "License-File: anywhere/LICENSE.txt")
    made = Made(metadata_version=version, fields=fields)
    assert found(made.wheel(tmp_path), made.sdist(tmp_path)) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RECORD": None}, "demo-1.0.dist-info/RECORD is missing"),
        ({"RECORD": b"demo/__init__.py,,\n"}, "RECORD does not list demo-1.0.dist-info/METADATA,"),
        ({"RECORD": b"x" * 200_000}, "RECORD is not a valid CSV file"),
    ],
)
def test_record(tmp_path: Path, changes: dict[str, bytes | None], words: str) -> None:
    files = {**Made().wheel_files(), **{f"{INFO}/{name}": data for name, data in changes.items()}}
    path = Made().wheel(tmp_path, {name: data for name, data in files.items() if data is not None})
    findings = [one for one in found(path, Made().sdist(tmp_path)) if one.rule == "record"]
    assert words in findings[0].message


def test_record_and_members_differ(tmp_path: Path) -> None:
    files = {**Made(extra={f"demo/{name}.py": b"1" for name in "abcde"}).wheel_files(), "demo/__init__.py": b"changed"}
    for name in "abcd":
        del files[f"demo/{name}.py"]
    findings = found(Made().wheel(tmp_path, {**files, "new": b"", f"{INFO}/RECORD.jws": b""}), Made().sdist(tmp_path))
    assert [(one.rule, one.message) for one in findings] == [
        ("record", "RECORD does not list new."),
        ("record", "RECORD lists missing files: demo/a.py, demo/b.py, demo/c.py and 1 more."),
        ("record", "RECORD has the wrong hash of demo/__init__.py."),
    ]


def test_hashes_that_nobody_knows_are_not_compared(tmp_path: Path) -> None:
    files = Made().wheel_files()
    files[f"{INFO}/RECORD"] = files[f"{INFO}/RECORD"].replace(b"sha256=", b"sha1024=")
    assert found(Made().wheel(tmp_path, files), Made().sdist(tmp_path)) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[console_scripts]\n../evil = demo:main\n", "'../evil' in console_scripts"),
        (b"no section\n", "Cannot read entry_points.txt"),
        (b"[a]\nx = 1\nx = 2\n", "Cannot read entry_points.txt"),
    ],
)
def test_entry_points(tmp_path: Path, text: bytes, words: str) -> None:
    made = Made(extra={f"{INFO}/entry_points.txt": text})
    findings = found(made.wheel(tmp_path), made.sdist(tmp_path))
    assert rules(findings) == ["entry-points"]
    assert words in findings[0].message


def test_good_entry_points(tmp_path: Path) -> None:
    text = b"[console_scripts]\nDemo.x = demo:main\n[other.group]\na b = demo\n"
    assert found(Made(extra={f"{INFO}/entry_points.txt": text}).wheel(tmp_path), Made().sdist(tmp_path)) == ()


def test_missing_metadata(tmp_path: Path) -> None:
    files = {name: data for name, data in Made().wheel_files().items() if not name.endswith(("METADATA", "WHEEL"))}
    findings = found(Made().wheel(tmp_path, files), Made().sdist(tmp_path, {"demo-1.0/setup.py": b""}))
    assert [one.message for one in findings if one.rule == "missing-metadata"] == [
        "demo-1.0.dist-info/METADATA is missing.",
        "demo-1.0.dist-info/WHEEL is missing.",
        "demo-1.0/PKG-INFO is missing.",
    ]


def test_the_name_of_a_file_and_what_is_in_it(tmp_path: Path) -> None:
    wheel = Made().wheel(tmp_path)
    renamed = wheel.rename(tmp_path / "demo-1.0-cp313-cp313-manylinux_2_17_x86_64.whl")
    findings = found(renamed, Made().sdist(tmp_path))
    assert [(one.rule, one.severity) for one in findings] == [("wheel-tags", Severity.WARNING)]
    wrong = {"demo-1.0/PKG-INFO": Made(project="else", version="one").metadata.encode(), "demo-1.0/LICENSE": b""}
    findings = found(Made().wheel(tmp_path), Made().sdist(tmp_path, wrong))
    assert [one.message for one in findings if one.rule == "metadata-name"] == [
        "The file name does not match the project in its metadata: else.",
        "The file name does not match the version in its metadata: one.",
    ]


@pytest.mark.parametrize("root", ["de-mo-1.0", "De.mo-1.0", "de_mo-1.0.0", "checkout"])
def test_the_directory_of_an_sdist_may_have_another_name(tmp_path: Path, root: str) -> None:
    made = Made(project="de_mo")
    files = {f"./{root}/setup.py": b"", f"{root}/PKG-INFO": made.metadata.encode(), f"{root}/LICENSE": b"MIT"}
    findings = found(made.wheel(tmp_path), made.sdist(tmp_path, files))
    assert [(one.rule, one.severity) for one in findings] == [("sdist-directory", Severity.WARNING)]
    assert f"is named {root}," in findings[0].message


@pytest.mark.parametrize("stray", ["setup.py", "other/setup.py"])
def test_an_sdist_has_one_directory_at_its_top(tmp_path: Path, stray: str) -> None:
    files = {stray: b"", "demo-1.0/PKG-INFO": Made().metadata.encode(), "demo-1.0/LICENSE": b"MIT"}
    findings = found(Made().wheel(tmp_path), Made().sdist(tmp_path, files))
    assert [(one.rule, one.severity) for one in findings] == [("archive-form", Severity.ERROR)]


@pytest.mark.parametrize(("root", "others"), [("demo-1.0", []), ("De-mo-1.0", ["sdist-directory"])])
@pytest.mark.parametrize("text", [b"[project", b"\xff", b"a = 1\na = 2"])
def test_an_sdist_whose_pyproject_toml_is_unreadable(tmp_path: Path, root: str, others: list[str], text: bytes) -> None:
    files = {f"{root}/PKG-INFO": Made().metadata.encode(), f"{root}/LICENSE": b"MIT", f"{root}/pyproject.toml": text}
    findings = found(Made().wheel(tmp_path), Made().sdist(tmp_path, files))
    assert rules(findings) == [*others, "pyproject"]
    assert f"Cannot read {root}/pyproject.toml" in findings[-1].message


def test_a_pyproject_toml_that_is_no_file_of_the_project_is_not_read(tmp_path: Path) -> None:
    readable = {"demo-1.0/pyproject.toml": b"[project]\n", "demo-1.0/tests/pyproject.toml": b"[project"}
    files = {"demo-1.0/PKG-INFO": Made().metadata.encode(), "demo-1.0/LICENSE": b"MIT", **readable}
    assert found(Made().wheel(tmp_path), Made().sdist(tmp_path, files)) == ()


def test_the_readme_may_be_missing(tmp_path: Path) -> None:
    bare = Made(readme="UNKNOWN", fields=without("Description-Content-Type"))
    findings = found(bare.wheel(tmp_path), bare.sdist(tmp_path))
    assert [(one.rule, one.message, one.severity) for one in findings] == [
        ("no-readme", "There is no README.", Severity.WARNING)
    ]
    untold = Made(fields=without("Description-Content-Type"))
    assert rules(found(untold.wheel(tmp_path), untold.sdist(tmp_path))) == ["no-readme"]


def test_a_readme_that_was_an_indented_header(tmp_path: Path) -> None:
    readme = "".join(f"        {line}\n" for line in ("Content", "=======", "", "broken"))
    made = Made(readme=f"Demo\n{readme}")
    findings = found(made.wheel(tmp_path), made.sdist(tmp_path))
    assert [one.rule for one in findings] == ["readme"]
    assert findings[0].message.startswith("The README is indented in the metadata")


@pytest.mark.parametrize("field", ["Platform", "License", "Home-page", "Author-email", "Keywords", "Download-URL"])
def test_what_distutils_writes_for_a_field_that_is_not_set(tmp_path: Path, field: str) -> None:
    plain = without("License-Expression", "Author-email")
    unset = Made(fields=(*plain, f"{field}: UNKNOWN"), tag="cp313-cp313-win32")
    made = Made(fields=plain)
    assert found(made.wheel(tmp_path), unset.wheel(tmp_path), made.sdist(tmp_path)) == ()


@pytest.mark.parametrize("kind", ["text/markdown", "text/markdown; variant=GFM", "text/plain"])
def test_other_readmes_can_always_be_rendered(tmp_path: Path, kind: str) -> None:
    made = Made(readme="broken", fields=(*without("Description-Content-Type"), f"Description-Content-Type: {kind}"))
    assert found(made.wheel(tmp_path), made.sdist(tmp_path)) == ()


def test_a_kind_of_readme_that_is_none(tmp_path: Path) -> None:
    made = Made(fields=(*without("Description-Content-Type"), "Description-Content-Type: text/plain; x*"))
    assert rules(found(made.wheel(tmp_path), made.sdist(tmp_path))) == ["invalid-metadata"]


def test_without_the_libraries_rules_say_that_they_were_left_out(tmp_path: Path) -> None:
    findings = found(Made().wheel(tmp_path), Made().sdist(tmp_path), knowledge=Knowledge())
    assert [(one.rule, one.severity) for one in findings] == [
        ("unknown-classifier", Severity.SKIPPED),
        ("readme", Severity.SKIPPED),
    ]
    assert all("cibw[publish]" in one.fix for one in findings)


def test_classifiers_have_a_fix(tmp_path: Path) -> None:
    fields = (*FIELDS, "Classifier: Typing :: Typd", "Classifier: zzz", "Classifier: Old :: Thing")
    fixes = [
        one.fix for one in found(Made(fields=fields).wheel(tmp_path), knowledge=KNOWLEDGE) if "classifier" in one.rule
    ]
    assert fixes == [
        "Did you mean 'Typing :: Typed'?",
        "Remove it, or choose one from the index's list of classifiers.",
        "Remove it.",
    ]


def test_large_files(tmp_path: Path) -> None:
    findings = found(Made().wheel(tmp_path), Made().sdist(tmp_path), wanted=replace(WANTED, limit=1000))
    assert rules(findings) == ["file-size"]
    assert "accepts at most 0.0 MiB" in findings[0].message


TAKEN = (
    "any win32 win_amd64 win_arm64 manylinux1_i686 manylinux2014_s390x manylinux_2_28_riscv64 manylinux_2_17_ppc64 "
    "musllinux_1_2_armv7l macosx_10_9_x86_64 macosx_10_12_universal2 macosx_11_0_arm64 macosx_26_0_arm64 linux_armv7l "
    "ios_13_0_arm64_iphoneos ios_13_0_x86_64_iphonesimulator android_24_arm64_v8a pyemscripten_2025_0_wasm32"
)
REFUSED = (
    "linux_x86_64 linux_aarch64 musllinux_1_2_ppc64 macosx_12_3_arm64 macosx_16_0_arm64 macosx_11_0_riscv "
    "pyodide_2024_0_wasm32 android_24_mips manylinux_2_17_x86_64x win_x86 emscripten_3_1_58_wasm32 freebsd_14_amd64"
)


@pytest.mark.parametrize("tag", TAKEN.split())
def test_platforms_that_are_taken(tag: str) -> None:
    assert is_taken(tag)


@pytest.mark.parametrize("tag", REFUSED.split())
def test_platforms_that_are_refused_with_a_remedy(tag: str) -> None:
    assert not is_taken(tag)
    assert remedy(tag)


def test_remedies() -> None:
    assert "auditwheel" in remedy("linux_x86_64")
    assert "MACOSX_DEPLOYMENT_TARGET=12.0" in remedy("macosx_12_3_arm64")
    assert "pyemscripten" in remedy("pyodide_2024_0_wasm32")


def test_names_of_rules() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name for name in names)
