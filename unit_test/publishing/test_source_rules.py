from __future__ import annotations

import pytest

from cibw.model.findings import Severity, stops
from cibw.model.sdist import SourceState
from cibw.publishing.source_rules import changes_during_build, source_findings

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
