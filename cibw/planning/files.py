"""File operations of a build, with shell commands or with a script."""

from __future__ import annotations

import posixpath
import shlex

from cibw.exhaustive import assert_never
from cibw.model.layout import BUILT_DIR, OWN_PYTHON, PROJECT, REPAIRED_DIR, SOURCE, TEST_DIR, WORK
from cibw.model.plan import Action, PutFiles, Run
from cibw.model.shell import Shell
from cibw.model.template import Late, Template
from cibw.planning.commands import Argument, program, resource, shell
from cibw.planning.ground import Ground

_ROOT = Template.of("/")


def fresh_directories(dialect: Shell) -> Run:
    """Create a fresh copy of the project and the directories of a build."""
    match dialect:
        case Shell.SH | Shell.BASH:
            text = Template.of(
                *("rm -rf '", PROJECT, "' '", WORK, "'"),
                *(" && mkdir -p '", BUILT_DIR, "' '", REPAIRED_DIR, "' '", TEST_DIR, "'"),
                *(" && cp -a '", SOURCE, "' '", PROJECT, "'"),
            )
            return shell(text, cwd=_ROOT)
        case Shell.CMD:
            return script("fresh", SOURCE, PROJECT, WORK, cwd=_ROOT)
        case _:
            assert_never(dialect)


def move_unrepaired(dialect: Shell) -> Run:
    """Move the built wheel to the directory of repaired wheels if there is no repair command."""
    match dialect:
        case Shell.SH | Shell.BASH:
            return program("mv", Late.BUILT_WHEEL, REPAIRED_DIR)
        case Shell.CMD:
            return script("move", Late.BUILT_WHEEL, REPAIRED_DIR)
        case _:
            assert_never(dialect)


def leads_out(source: str) -> bool:
    """Whether a path relative to the project is outside of it."""
    return _levels_up(source) > 0


def test_directory(sources: tuple[str, ...]) -> Template:
    """The directory where the tests run.

    It is as many levels below TEST_DIR as a source goes up, so that `../tests` stays inside TEST_DIR.
    """
    return Template.of(TEST_DIR, "/cwd" * _depth(sources))


def bring_test_sources(sources: tuple[str, ...], dialect: Shell) -> tuple[Action, ...]:
    """Copy the test sources to the test directory, from the project and from its parent directories."""
    own = tuple(source for source in sources if not leads_out(source))
    outside = [_bring(_normal(source), _depth(sources)) for source in sources if leads_out(source)]
    copy = (copy_to_tests(own, dialect, test_directory(sources)),) if sources else ()
    return (*copy, *outside)


def copy_to_tests(sources: tuple[str, ...], dialect: Shell, directory: Template = TEST_DIR) -> Run:
    """Copy files and directories of the project to the test directory."""
    match dialect:
        case Shell.SH | Shell.BASH:
            copies = (_copy(source, directory, " && " * (number > 0)) for number, source in enumerate(sources))
            return shell(Template.of(*copies) if sources else Template.of("mkdir -p '", directory, "'"))
        case Shell.CMD:
            return script("copy", directory, *map(_normal, sources))
        case _:
            assert_never(dialect)


def judge_path(ground: Ground) -> Run:
    """Check that python and pip on PATH are those of the build."""
    match ground.conventions.shell:
        case Shell.SH | Shell.BASH:
            return program("sh", OWN_PYTHON, ground.bin_dir)
        case Shell.CMD:
            return script("judge", ground.bin_dir)
        case _:
            assert_never(ground.conventions.shell)


def certificates() -> tuple[Run, Template]:
    """The action that writes the certificates that cibw trusts to a file, and the path of the file."""
    file = Template.of(WORK, "/certificates.pem")
    return program(Late.CIBW_PYTHON, "-I", resource("certificates.py"), file), file


def script(*arguments: Argument, cwd: Template = PROJECT) -> Run:
    """Run a file operation with cibw's Python, because cmd.exe has no reliable commands for it."""
    return program(Late.CIBW_PYTHON, "-I", resource("host_files.py"), *arguments, cwd=cwd)


def _bring(source: str, depth: int) -> PutFiles:
    levels = _levels_up(source)
    rest = source.split("/")[levels:]
    return PutFiles(
        path=Template.of(TEST_DIR, "/cwd" * (depth - levels), *(f"/{part}" for part in rest)), source=source
    )


def _depth(sources: tuple[str, ...]) -> int:
    return max(map(_levels_up, sources), default=0)


def _levels_up(source: str) -> int:
    return _normal(source).split("/").count("..")


def _normal(source: str) -> str:
    # With a trailing slash, cp on macOS copies the contents of a directory, not the directory.
    return posixpath.normpath(source.replace("\\", "/"))


def _copy(source: str, directory: Template, joint: str) -> Template:
    source = _normal(source)
    parent, _, _name = source.rpartition("/")
    target = Template.of("'", directory, f"'/{shlex.quote(parent)}" if parent else "'")
    return Template.of(f"{joint}mkdir -p ", target, f" && cp -a {shlex.quote(source)} ", target)
