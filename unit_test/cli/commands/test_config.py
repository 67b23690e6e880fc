from __future__ import annotations

import json

import pytest

from cibw.config.documents import get_schema
from unit_test.cli.calling import Caller
from unit_test.conftest import Golden

CONFIGURED = """\
[project]
name = "demo"
requires-python = ">=3.11"

[tool.cibw]
build = "cp3{11,12}-*"
archs = "x86_64"
test-command = "pytest"
test-requires = ["pytest"]
environment = { API_TOKEN = "sesame42", MODE = "fast" }
config-settings = { index = "https://me:hunter22@example.org/simple" }

[tool.cibw.linux]
test-command = "pytest {project}"
container-engine = { name = "docker", create-args = ["--env", "DEPLOY_TOKEN=opensesame"] }

[[tool.cibw.overrides]]
select = "*-musllinux*"
inherit.test-requires = "append"
test-requires = ["foo"]
"""
PEER = """\
[project]
name = "demo"

# How wheels are made.
[tool.cibuildwheel]  # not ours
build = "cp312-*"
free-threaded-support = true

[[tool.cibuildwheel.overrides]]
select = "*-musllinux*"
test-command = "true"

# Something else.
[tool.ruff]
line-length = 100
"""


def test_the_schema(cibw: Caller) -> None:
    called = cibw("config", "schema")
    assert called.exit_code == 0
    assert json.loads(called.stdout) == get_schema("cibw")


@pytest.mark.parametrize("form", [(), ("--explain",), ("--json",)])
def test_what_is_shown(cibw: Caller, golden: Golden, form: tuple[str, ...]) -> None:
    (cibw.directory / "pyproject.toml").write_text(CONFIGURED)
    cibw.environment.setenv("CIBW_TEST_REQUIRES", "pytest hypothesis")
    cibw.environment.setenv("COLUMNS", "100")
    cibw.environment.setenv("CIBW_INHERIT", "test-requires: prepend")
    called = cibw("config", "show", "--platform", "linux", "--enable", "pypy", *form)
    assert called.exit_code == 0
    for secret in ("sesame42", "hunter22", "opensesame"):
        assert secret not in called.stdout
    golden.check(f"config/show{''.join(form)}.txt", called.stdout)


def test_one_identifier_of_any_platform(cibw: Caller) -> None:
    called = cibw("config", "show", "cp313-macosx_arm64")
    assert called.exit_code == 0
    assert "# the run, on macos\n" in called.stdout
    assert "# cp313-macosx_arm64\n" in called.stdout
    assert "-image" not in called.stdout


def test_arguments_go_before_the_file(cibw: Caller) -> None:
    called = cibw("config", "show", "cp312-manylinux_aarch64", "--explain", "--archs", "aarch64", "--engine", "podman")
    assert (
        'archs = ["aarch64"]\n    # --archs\n    # over pyproject.toml [tool.cibw] archs: ["x86_64"]\n' in called.stdout
    )
    assert 'container-engine = "podman"\n    # --engine\n    # over default: "auto"\n' in called.stdout


def test_nothing_is_selected(cibw: Caller) -> None:
    called = cibw("config", "show", "--platform", "linux", "--archs", "s390x")
    assert called.exit_code == 0
    assert called.stdout.endswith("# No build is selected; `cibw plan` explains why.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "cp99-manylinux_x86_64"), "cp99-manylinux_x86_64 is not an identifier of linux"),
        (("show", "nonsense"), "IDENTIFIER: "),
        (("show", "cp312-win_amd64", "--platform", "linux"), "--platform cannot be combined with an identifier"),
        (("migrate",), "pyproject.toml already has a [tool.cibw] table"),
        (("migrate", "--config-file", "none.toml"), "The configuration file "),
        ((), "ACTION"),
    ],
)
def test_mistakes(cibw: Caller, arguments: tuple[str, ...], said: str) -> None:
    called = cibw("config", *arguments)
    assert called.exit_code == 2
    assert said in " ".join(called.stderr.split()) + " "
    assert called.stdout == ""


def test_migrating_prints_the_table(cibw: Caller) -> None:
    file = cibw.directory / "pyproject.toml"
    file.write_text(PEER)
    called = cibw("config", "migrate", "--platform", "linux")
    assert called.exit_code == 0
    assert file.read_text() == PEER
    assert called.stdout == (
        '# How wheels are made.\n[tool.cibw]  # not ours\nbuild = "cp312-*"\n\n'
        '[[tool.cibw.overrides]]\nselect = "*-musllinux*"\ntest-command = "true"\n'
    )
    assert "pyproject.toml is not changed; --write changes it:\n" in called.stderr
    assert "  line 5: [tool.cibuildwheel] becomes [tool.cibw]\n" in called.stderr
    assert "  line 7: free-threaded-support is removed: " in called.stderr
    assert "without build-frontend, cibw builds with uv" in called.stderr


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_writing_keeps_the_rest(cibw: Caller, end: str) -> None:
    file = cibw.directory / "pyproject.toml"
    file.write_bytes(PEER.replace("\n", end).encode())
    called = cibw("config", "migrate", "--write", "--platform", "linux")
    assert (called.exit_code, called.stdout) == (0, "")
    expected = PEER.replace("tool.cibuildwheel", "tool.cibw").replace("free-threaded-support = true\n", "")
    assert file.read_bytes() == expected.replace("\n", end).encode()
    assert "cibuildwheel no longer finds options in this file" in called.stderr
    assert cibw("config", "migrate", "--write").exit_code == 2


def test_mistakes_in_what_is_migrated_come_last(cibw: Caller) -> None:
    file = cibw.directory / "other.toml"
    file.write_text('[tool.cibuildwheel]\nbiuld = "*"\n')
    called = cibw("config", "migrate", "--write", "--config-file", "other.toml", "--platform", "linux")
    assert called.exit_code == 2
    assert file.read_text() == '[tool.cibw]\nbiuld = "*"\n'
    assert "other.toml:2: [tool.cibw] biuld" in called.stderr
    assert "'build'" in called.stderr


def test_a_project_without_pyproject_has_nothing_to_migrate(cibw: Caller) -> None:
    (cibw.directory / "pyproject.toml").unlink()
    (cibw.directory / "setup.py").touch()
    called = cibw("config", "migrate")
    assert called.exit_code == 2
    assert "pyproject.toml is missing" in " ".join(called.stderr.split())


def test_nothing_is_said_of_differences_that_do_not_matter(cibw: Caller) -> None:
    file = cibw.directory / "pyproject.toml"
    file.write_text('[tool.cibuildwheel]\nbuild-frontend = "build"\ncontainer-engine = "docker"\n')
    called = cibw("config", "migrate", "--platform", "linux")
    assert called.exit_code == 0
    assert "differs" not in called.stderr
