from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.options import PublishOptions, ReleaseTarget
from cibw.model.http import AttestationPolicy
from cibw.model.identifiers import Platform
from unit_test.config.loading import load, mistake


def test_what_nobody_sets() -> None:
    assert load("").publish == PublishOptions()


def test_what_a_table_sets() -> None:
    options = load(
        """[tool.cibw]
publish-to = "https://index.example/legacy/"
skip-existing = true
release-targets = ["linux:x86_64,aarch64", "macos"]
release-sdist = false
file-size-limit = "1.5 GB"
check-ignore = ["readme"]
require-tag = true
tag-format = "demo-{version}"
publish-branches = ["main", "release/*"]
never-from-pull-request = false
before-publish = "prepare {package}"
after-publish = ["tell", "everybody"]
attestations = "require"
"""
    ).publish
    assert options == PublishOptions(
        to="https://index.example/legacy/",
        skip_existing=True,
        targets=(
            ReleaseTarget(platform=Platform.LINUX, archs=("x86_64", "aarch64")),
            ReleaseTarget(platform=Platform.MACOS),
        ),
        sdist=False,
        file_size_limit=1_500_000_000,
        check_ignore=("readme",),
        require_tag=True,
        tag_format="demo-{version}",
        branches=("main", "release/*"),
        never_from_pull_request=False,
        before_publish=options.before_publish,
        after_publish=options.after_publish,
        attestations=AttestationPolicy.REQUIRE,
    )
    assert [str(command) for command in options.before_publish] == ["prepare {project}"]
    assert [str(command) for command in options.after_publish] == ["tell", "everybody"]


def test_variables_count_too() -> None:
    options = load("", CIBW_PUBLISH_TO="testpypi", CIBW_RELEASE_TARGETS="windows linux:auto").publish
    assert options.to == "testpypi"
    assert options.targets == (
        ReleaseTarget(platform=Platform.WINDOWS),
        ReleaseTarget(platform=Platform.LINUX, archs=("auto",)),
    )


@pytest.mark.parametrize(
    ("setting", "message", "hint"),
    [
        ('publish-to = "https://me:secret@index.example/"', "the address contains credentials", ".pypirc"),
        ('publish-to = "ftp://index.example/"', "not an index URL", "https://"),
        ('release-targets = "linus"', "'linus' is not a platform", "linux"),
        ('release-targets = "linux:x68_64"', "linux has no architecture 'x68_64'", "x86_64"),
        ('release-targets = "macos:ppc"', "macos has no architecture 'ppc'", "arm64"),
        ('file-size-limit = "large"', "is not a size", "100MiB"),
        ('tag-format = "v1"', "does not contain {version}", "v{version}"),
        ('attestations = "maybe"', "unknown value", "require"),
    ],
)
def test_mistakes(setting: str, message: str, hint: str) -> None:
    found = mistake(f"[tool.cibw]\n{setting}\n")
    assert message in found.message
    assert hint in found.hint
    assert "secret" not in f"{found}"


UNITS = [
    ("", 1),
    ("B", 1),
    ("kB", 10**3),
    (" MB", 10**6),
    ("GB", 10**9),
    ("KiB", 2**10),
    ("MiB", 2**20),
    ("GiB", 2**30),
]


@given(st.integers(0, 10**6), st.sampled_from(UNITS))
def test_sizes(number: int, unit: tuple[str, int]) -> None:
    text, factor = unit
    assert load(f'[tool.cibw]\nfile-size-limit = "{number}{text}"\n').publish.file_size_limit == number * factor
    if not unit[0]:
        assert load(f"[tool.cibw]\nfile-size-limit = {number}\n").publish.file_size_limit == number
