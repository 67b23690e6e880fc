from __future__ import annotations

from pathlib import Path

from cibw.cli.init_git import main_branch, tags_of

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
