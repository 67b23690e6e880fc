from __future__ import annotations

from pathlib import Path

import pytest

from cibw.cli.commands.init import main_branch, tags_of
from unit_test.cli.calling import PYPROJECT, Caller

PACKED = f"# pack-refs with: peeled\n{'a' * 40} refs/heads/x\n{'b' * 40} refs/tags/v1.0\n^{'c' * 40}\n"


def test_tags_lie_in_files_and_in_one_file(tmp_path: Path) -> None:
    tags = tmp_path / ".git/refs/tags"
    (tags / "rel").mkdir(parents=True)
    (tags / "rel/1.1").write_text("a" * 40)
    (tmp_path / ".git/packed-refs").write_text(PACKED)
    assert tags_of(tmp_path, {}) == ("rel/1.1", "v1.0")


def test_a_directory_without_a_repository_has_no_tags(tmp_path: Path) -> None:
    assert tags_of(tmp_path, {}) == ()


def test_further_work_trees_have_the_tags_of_the_repository(tmp_path: Path) -> None:
    repository, tree = tmp_path / "main/.git", tmp_path / "tree"
    (repository / "worktrees/tree").mkdir(parents=True)
    (repository / "worktrees/tree/commondir").write_text("../..\n")
    (repository / "packed-refs").write_text(PACKED)
    (repository / "refs/remotes/origin").mkdir(parents=True)
    (repository / "refs/remotes/origin/HEAD").write_text("ref: refs/remotes/origin/trunk\n")
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {repository}/worktrees/tree\n")
    assert tags_of(tree, {}) == ("v1.0",)
    assert main_branch(tree, ()) == "trunk"


def test_submodules_have_tags_of_their_own(tmp_path: Path) -> None:
    (tmp_path / ".git/modules/sub").mkdir(parents=True)
    (tmp_path / ".git/modules/sub/packed-refs").write_text(PACKED)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/.git").write_text("gitdir: ../.git/modules/sub\n")
    assert tags_of(tmp_path / "sub", {}) == ("v1.0",)


WORKFLOW = ".github/workflows/wheels.yml"
BUILD_SYSTEM = """\
[build-system]
requires = ["setuptools", "cython"]
build-backend = "setuptools.build_meta"

"""
BINARY = BUILD_SYSTEM + PYPROJECT


@pytest.fixture
def repository(cibw: Caller) -> Caller:
    (cibw.directory / ".git").mkdir()
    (cibw.directory / "pyproject.toml").write_text(BINARY)
    return cibw


def configure(cibw: Caller, *lines: str) -> None:
    (cibw.directory / "pyproject.toml").write_text(BINARY + "\n".join(lines) + "\n")


def test_files_are_written_and_the_next_steps_told(repository: Caller) -> None:
    called = repository("init", "github")
    assert called.exit_code == 0
    assert (repository.directory / WORKFLOW).is_file()
    assert (repository.directory / ".github/dependabot.yml").is_file()
    assert f"{WORKFLOW} was written." in called.stdout
    assert "workflow name wheels.yml, environment name pypi or testpypi" in called.stdout
    assert "not the top" not in called.stdout


def test_the_matrix_has_what_the_options_select(repository: Caller) -> None:
    text = repository("init", "github", "--output", "-").stdout
    assert "name: linux-x86_64" in text
    assert "aarch64" not in text
    assert "macos" not in text


def test_a_platform_that_the_options_do_not_fit_is_left_out_and_told(repository: Caller) -> None:
    called = repository("init", "github")
    assert "windows is skipped: windows has no architecture 'x86_64'." in called.stdout


def test_a_second_call_changes_nothing(repository: Caller) -> None:
    repository("init", "github")
    called = repository("init", "github")
    assert called.exit_code == 0
    assert f"{WORKFLOW} is up to date." in called.stdout


def test_a_changed_file_stays_and_the_difference_is_shown(repository: Caller) -> None:
    repository("init", "github")
    path = repository.directory / WORKFLOW
    path.write_text(path.read_text("utf-8").replace("name: wheels\n", "name: mine\n"))
    called = repository("init", "github")
    assert called.exit_code == 2
    assert "-name: mine" in called.stdout
    assert "+name: wheels" in called.stdout
    assert "--force to overwrite it" in called.stderr
    assert "name: mine" in path.read_text("utf-8")


def test_force_overwrites_and_shows_what_changes(repository: Caller) -> None:
    path = repository.directory / ".travis.yml"
    path.write_text("mine\n")
    called = repository("init", "travis", "--force")
    assert called.exit_code == 0
    assert "-mine" in called.stdout
    assert "mine" not in path.read_text("utf-8")


def test_a_companion_that_is_there_stays_as_it_is(repository: Caller) -> None:
    companion = repository.directory / ".github/dependabot.yml"
    companion.parent.mkdir()
    companion.write_text("version: 2\n")
    called = repository("init", "github", "--force")
    assert called.exit_code == 0
    assert companion.read_text("utf-8") == "version: 2\n"
    assert "already exists and was kept" in called.stdout


def test_nothing_is_written_where_one_file_is_in_the_way(repository: Caller) -> None:
    path = repository.directory / WORKFLOW
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    assert repository("init", "github").exit_code == 2
    assert not (repository.directory / ".github/dependabot.yml").exists()


def test_the_file_may_go_elsewhere(repository: Caller) -> None:
    assert repository("init", "gitlab", "--output", "ci/wheels.yml").exit_code == 0
    assert (repository.directory / "ci/wheels.yml").is_file()
    assert not (repository.directory / ".gitlab-ci.yml").exists()


def test_a_printed_file_is_alone_on_standard_output(repository: Caller) -> None:
    called = repository("init", "circleci", "--output", "-")
    assert called.stdout.startswith("# Builds wheels and an sdist of demo")
    assert "Next steps" not in called.stdout
    assert "Next steps" in called.stderr
    assert not (repository.directory / ".circleci").exists()


def test_a_directory_below_the_repository_is_told(cibw: Caller) -> None:
    assert "not the root of a git repository" in cibw("init", "github").stdout


@pytest.mark.parametrize(
    ("head", "branch"), [("ref: refs/remotes/origin/trunk\n", "trunk"), ("0123abc\n", "main"), (None, "main")]
)
def test_the_main_branch_is_what_git_knows(repository: Caller, head: str | None, branch: str) -> None:
    if head is not None:
        path = repository.directory / ".git/refs/remotes/origin/HEAD"
        path.parent.mkdir(parents=True)
        path.write_text(head)
    assert f"branches: [{branch}]" in repository("init", "github", "--output", "-").stdout


def test_options_say_branch_tags_and_platforms(repository: Caller) -> None:
    configure(
        repository,
        'publish-branches = ["release/*", "stable"]',
        'tag-format = "rel-{version}"',
        'release-targets = "linux:x86_64,aarch64"',
    )
    configure_build = (repository.directory / "pyproject.toml").read_text().replace("manylinux_x86_64", "manylinux*")
    (repository.directory / "pyproject.toml").write_text(configure_build)
    text = repository("init", "github", "--output", "-").stdout
    assert "branches: [stable]" in text
    assert 'tags: ["rel-*"]' in text
    assert "name: linux-aarch64" in text


def test_a_job_for_each_identifier(repository: Caller) -> None:
    text = repository("init", "github", "--output", "-", "--per-identifier").stdout
    assert "--only cp311-manylinux_x86_64" in text
    assert "--only cp312-manylinux_x86_64" in text


def test_variables_of_this_shell_do_not_count(repository: Caller) -> None:
    repository.environment.setenv("CIBW_BUILD", "cp313-*")
    assert repository("init", "github", "--output", "-", "--per-identifier").stdout.count("--only cp31") == 2


def test_a_project_without_a_name_is_called_by_its_directory(repository: Caller) -> None:
    (repository.directory / "pyproject.toml").unlink()
    (repository.directory / "setup.py").write_text("from setuptools import Extension\n")
    text = repository("init", "github", "--output", "-").stdout
    assert f"# Builds {repository.directory.name} for each change" in text
    assert "name: windows-ARM64" in text


def test_a_package_below_the_repository(repository: Caller) -> None:
    package = repository.directory / "pkg"
    package.mkdir()
    Path(repository.directory / "pyproject.toml").rename(package / "pyproject.toml")
    text = repository("init", "github", "--output", "-", "--package", "pkg").stdout
    assert "cibw sdist --output-dir dist pkg" in text


def test_no_build_at_all_is_an_error(repository: Caller) -> None:
    configure(repository, 'release-targets = "windows:ARM64"')
    called = repository("init", "github")
    assert called.exit_code == 3
    assert "select no build for windows" in called.stderr


def test_an_architecture_that_only_some_computers_have_is_fine(repository: Caller) -> None:
    (repository.directory / "pyproject.toml").write_text(
        BINARY.replace('build = "cp3{11,12}-manylinux_x86_64"\narchs = "x86_64"', 'archs = "auto32"')
    )
    text = repository("init", "github", "--output", "-").stdout
    assert "--archs i686" in text
    assert "--archs x86 " in text or '--archs x86"' in text


def test_an_architecture_that_no_computer_has_is_an_error(repository: Caller) -> None:
    configure(repository, 'release-targets = "macos:auto32"')
    assert repository("init", "github").exit_code == 4


def test_an_unknown_ci_is_refused_with_the_known_ones(repository: Caller) -> None:
    called = repository("init", "jenkins")
    assert called.exit_code == 2
    assert "circleci" in called.stderr


def test_a_branch_that_is_no_text_is_not_used(repository: Caller) -> None:
    head = repository.directory / ".git/refs/remotes/origin/HEAD"
    head.parent.mkdir(parents=True)
    head.write_bytes(b"ref: refs/remotes/origin/\xff\x1b[31m\n")
    assert repository("init", "github").exit_code == 0
    assert "branches: [main]" in (repository.directory / WORKFLOW).read_text("utf-8")
