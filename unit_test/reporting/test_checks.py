from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cibw.model.identifiers import BuildIdentifier
from cibw.model.manifest import CollectedFile, Collection, Finding, Folder, Manifest, ManifestFile, Severity
from cibw.model.release import Distribution
from cibw.reporting.checks import collection_lines, findings_text, findings_to_json
from cibw.reporting.terminal import TerminalStyle
from unit_test.conftest import Golden


def _file(filename: str, size: int) -> Distribution:
    return Distribution.parse(filename, size=size, sha256="5" * 64)


LARGE = "demo-1.0-cp312-cp312-macosx_11_0_arm64.whl"
FILES = (
    _file("demo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", 81_234),
    _file("demo-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", 80_345),
    _file("demo-1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", 80_345),
    _file(LARGE, 101_000_000),
    _file("demo-1.0.tar.gz", 9_876),
)
FINDINGS = (
    Finding(
        rule="missing-wheel",
        message="2 of 6 wheels are missing: cp311-macosx_arm64, cp313-macosx_arm64.",
        fix="Build them and gather all again by `cibw collect`; see whether the job that publishes waits for each job "
        "that builds.",
    ),
    Finding(rule="file-size", message="It has 101.0 MiB.", fix="Strip debug symbols.", files=(LARGE,)),
    Finding(
        rule="unknown-classifier",
        message="Unknown classifier 'Typing :: Typd'.",
        fix="Did you mean 'Typing :: Typed'?",
        files=tuple(file.filename for file in FILES),
    ),
    Finding(rule="record", message="RECORD does not list a.", fix="Pack it.", files=(LARGE,)),
    Finding(rule="record", message="RECORD has the wrong hash of b.\nAnd more.", fix="Pack it.", files=(LARGE,)),
    Finding(
        rule="pydistcheck",
        message="a: \x1b[31mred\x1b[0m",
        files=tuple(file.filename for file in FILES[:4]),
        severity=Severity.WARNING,
    ),
    Finding(rule="wrong-tag", message="There is no tag.", fix="--tag names one.", severity=Severity.SKIPPED),
)


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("wide", TerminalStyle(width=160)),
        ("narrow", TerminalStyle(width=80, colour=True)),
        ("ascii", TerminalStyle(width=100, unicode=False)),
    ],
)
def test_all_findings(golden: Golden, name: str, style: TerminalStyle) -> None:
    golden.check(f"findings/{name}.txt", findings_text(FILES, FINDINGS, style))


def test_a_release_that_is_fit() -> None:
    text = findings_text(FILES[4:], (), TerminalStyle())
    assert text == "  ✓ demo-1.0.tar.gz   9.9 kB\n\n✓ demo 1.0 (1 file, 9.9 kB): fit to be published\n"


def test_warnings_do_not_stop_it() -> None:
    text = findings_text(FILES[:4], FINDINGS[5:6], TerminalStyle())
    assert text.splitlines()[-1] == "✓ demo 1.0 (4 files, 101.2 MB) with 1 warning: fit to be published"
    assert "in all 4 files" in text


def test_nothing_to_publish() -> None:
    text = findings_text((), (Finding(rule="no-files", message="There is nothing."),), TerminalStyle())
    assert text == "Errors\n  ✗ no-files\n    There is nothing.\n\n✗ No release with 1 error: not to be published\n"


def test_json() -> None:
    read = json.loads(findings_to_json(FILES[4:], FINDINGS[6:]))
    assert read == {
        "version": 1,
        "stops": False,
        "files": [
            {"filename": "demo-1.0.tar.gz", "project": "demo", "version": "1.0", "size": 9_876, "sha256": "5" * 64}
        ],
        "findings": [
            {
                "rule": "wrong-tag",
                "severity": "skipped",
                "message": "There is no tag.",
                "fix": "--tag names one.",
                "files": [],
            }
        ],
    }
    assert json.loads(findings_to_json(FILES, FINDINGS))["stops"] is True


IDENTIFIERS = tuple(BuildIdentifier.parse(f"cp3{minor}-manylinux_x86_64") for minor in range(9, 16))
WHEELS = tuple(f"demo-1.0-cp3{minor}-cp3{minor}-manylinux_2_17_x86_64.whl" for minor in (11, 12))
SDIST = "demo-1.0.tar.gz"


def file(name: str, size: int, folder: str) -> CollectedFile:
    return CollectedFile(filename=name, size=size, sha256="", folder=folder)


FOLDERS = (
    Folder(name="cibw-sdist", files=(file(SDIST, 4_210, "cibw-sdist"),)),
    Folder(
        name="cibw-wheels-ubuntu-24.04",
        files=(
            *(file(name, 17_400, "cibw-wheels-ubuntu-24.04") for name in WHEELS),
            *(file(f"{name}.publish.attestation", 3_000, "cibw-wheels-ubuntu-24.04") for name in WHEELS),
        ),
    ),
    Folder(name="cibw-wheels-windows"),
)
MANIFEST = Manifest(
    files=tuple(
        ManifestFile(filename=name, size=1, sha256="", identifiers=(identifier,))
        for name, identifier in zip(WHEELS, IDENTIFIERS, strict=False)
    ),
    expected=IDENTIFIERS,
)
FULL = Collection(
    folders=FOLDERS,
    copies=FOLDERS[1].files,
    there=FOLDERS[0].files,
    repeated=(file(WHEELS[0], 17_400, "wheelhouse"),),
    kept=("demo-0.9.tar.gz",),
    strangers=("other-1.0.tar.gz", "other-1.0-py3-none-any.whl"),
    manifest=MANIFEST,
)
WHOLE = replace(FULL, repeated=(), kept=(), strangers=(), manifest=replace(MANIFEST, expected=IDENTIFIERS[:2]))


@pytest.mark.parametrize(
    ("name", "collection", "style"),
    [
        ("all", FULL, TerminalStyle()),
        ("plain", FULL, TerminalStyle(unicode=False)),
        ("whole", WHOLE, TerminalStyle(colour=True)),
        ("again", replace(WHOLE, copies=(), there=FOLDERS[0].files, manifest=Manifest()), TerminalStyle()),
    ],
)
def test_the_summary(name: str, collection: Collection, style: TerminalStyle, golden: Golden) -> None:
    golden.check(f"collect/{name}.txt", "\n".join(collection_lines(collection, "dist", style)) + "\n")
