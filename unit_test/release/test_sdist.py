from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from cibw.errors import ReleaseFaultError
from cibw.model.manifest import SdistContents, Severity, SourceState, stops
from cibw.model.release import Distribution
from cibw.release.sdist import changes_during_build, normal_name, read_sdist, sdist_findings, source_findings

PKG_INFO = "Metadata-Version: 2.4\nName: My.Demo\nVersion: 1.0\n\nText\n"


def sdist(filename: str = "my_demo-1.0.tar.gz") -> Distribution:
    return Distribution.parse(filename, size=1, sha256="0" * 64)


def rules(filename: str, *top: str, pkg_info: str = PKG_INFO) -> list[str]:
    return [finding.rule for finding in sdist_findings(sdist(filename), SdistContents(top=top, pkg_info=pkg_info))]


def test_a_good_sdist() -> None:
    assert rules("my_demo-1.0.tar.gz", "my_demo-1.0") == []


@pytest.mark.parametrize("filename", ["my-demo-1.0.tar.gz", "My_Demo-1.0.tar.gz", "my.demo-1.0.tar.gz"])
def test_a_name_of_before_pep_625(filename: str) -> None:
    assert normal_name(sdist(filename)) == "my_demo-1.0.tar.gz"
    assert rules(filename, filename.removesuffix(".tar.gz")) == ["sdist-name"]


def test_a_version_is_written_as_versions_are() -> None:
    assert rules("my_demo-1.0.0-1.tar.gz", "my_demo-1.0.0-1", pkg_info="Name: x\nVersion: 1\n")[0] == "sdist-name"


@pytest.mark.parametrize("top", [(), ("other",), ("my_demo-1.0", "setup.py")])
def test_it_holds_one_directory(top: tuple[str, ...]) -> None:
    assert rules("my_demo-1.0.tar.gz", *top) == ["sdist-directory"]


def test_a_directory_of_another_name_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "my_demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("my-demo-1.0/PKG-INFO")
        info.size = len(PKG_INFO)
        archive.addfile(info, io.BytesIO(PKG_INFO.encode()))
    read = read_sdist(path)
    assert read == SdistContents(top=("my-demo-1.0",), pkg_info=PKG_INFO)
    findings = sdist_findings(sdist(), read)
    assert [(one.rule, one.severity) for one in findings] == [("sdist-directory", Severity.WARNING)]


@pytest.mark.parametrize(
    "pkg_info", ["", "Name: other\nVersion: 1.0\n", "Name: my-demo\nVersion: 1.1\n", "Name: my-demo\n", "nothing"]
)
def test_its_metadata_says_what_it_is(pkg_info: str) -> None:
    assert rules("my_demo-1.0.tar.gz", "my_demo-1.0", pkg_info=pkg_info) == ["sdist-metadata"]


def test_what_is_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "my_demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("my_demo-1.0/setup.py", "my_demo-1.0/PKG-INFO", "my_demo-1.0/x/PKG-INFO", "stray"):
            content = PKG_INFO.encode() if name == "my_demo-1.0/PKG-INFO" else b"other"
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    assert read_sdist(path) == SdistContents(top=("my_demo-1.0", "stray"), pkg_info=PKG_INFO)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00"])
def test_what_is_no_archive_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "my_demo-1.0.tar.gz"
    path.write_bytes(content)
    with pytest.raises(ReleaseFaultError, match="Cannot read"):
        read_sdist(path)


SHALLOW = SourceState(is_shallow=True)


@pytest.mark.parametrize(
    "requirement",
    ["setuptools_scm[toml]>=8", "hatch-vcs", "versioningit~=3.0; python_version>'3'", "Setuptools.Git-Versioning<3"],
)
def test_a_version_from_tags_needs_all_commits(requirement: str) -> None:
    (finding,) = source_findings(SHALLOW, ("setuptools", requirement))
    assert finding.rule == "shallow-clone"
    assert "git fetch --unshallow --tags" in finding.fix
    assert "fetch-depth: 0" in finding.fix
    assert source_findings(SourceState(), (requirement,)) == ()


@pytest.mark.parametrize("requires", [(), ("setuptools", "cython"), ("???", "my-setuptools-scm")])
def test_a_shallow_clone_is_fine_for_others(requires: tuple[str, ...]) -> None:
    assert source_findings(SHALLOW, requires) == ()


def test_missing_submodules_are_all_named() -> None:
    (finding,) = source_findings(SourceState(missing_submodules=("a", "b/c")), ())
    assert stops((finding,))
    assert "a, b/c" in finding.message
    assert "git submodule update --init --recursive" in finding.fix


def test_changes_are_a_warning_that_names_some() -> None:
    (finding,) = source_findings(SourceState(changed=tuple("abcdefg")), ())
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("a, b, c, d, e and 2 more.")


def test_what_changes_during_the_build_is_told() -> None:
    assert changes_during_build(()) == ()
    (finding,) = changes_during_build(("setup.py",))
    assert "setup.py" in finding.message
    assert not stops((finding,))


def test_a_repository_of_another_user_is_a_warning_with_the_command_that_helps() -> None:
    (finding,) = source_findings(SourceState(refused="git config --global --add safe.directory /p"), ())
    assert finding.severity is Severity.WARNING
    assert "git config --global --add safe.directory /p" in finding.fix
