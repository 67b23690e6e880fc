"""The calls of cibw that stand in workflow files, in words that every shell takes."""

from __future__ import annotations

from shlex import quote

from cibw.model.versions import VersionSource
from cibw.workflows.values import Wishes


def requirement(wishes: Wishes, *extras: str) -> str:
    """What is installed: the version of cibw that made the file, as a later one may do something else."""
    named = f"[{','.join(extras)}]" if extras else ""
    return quote(f"cibw{named}=={wishes.cibw_version}")


def sdist_command(wishes: Wishes, output: str) -> str:
    """Build the sdist into a directory, and the wheel of a project that has only one."""
    return _joined("cibw sdist", "--wheel" if wishes.is_pure else "", f"--output-dir {output}", _directory(wishes))


def build_command(wishes: Wishes, selection: str, output: str) -> str:
    """Build the wheels that a selection names, from the project or from the sdist in the directory `dist`."""
    # Without a file behind it, --from-sdist has to stand before another option.
    source = "--from-sdist" if wishes.from_sdist else ""
    return _joined("cibw build", source, selection, f"--output-dir {output}", _config(wishes), _directory(wishes))


def check_command(wishes: Wishes, directory: str) -> str:
    """Judge whether the files of a directory are a whole release."""
    return _joined("cibw check", _package(wishes), _config(wishes), directory)


def publish_command(wishes: Wishes, index: str, directory: str) -> str:
    """Send the files of a directory to an index."""
    return publish_with(wishes, test_arguments(wishes) if index == "testpypi" else f"--to {index}", directory)


def test_arguments(wishes: Wishes) -> str:
    """The arguments of `cibw publish` for the test index, which gets the same version again at the next push."""
    return _joined("--to testpypi", "--skip-released" if wishes.versions is VersionSource.FILES else "")


def publish_with(wishes: Wishes, arguments: str, directory: str) -> str:
    """Send the files of a directory to the index that other arguments name."""
    return _joined("cibw publish", arguments, _package(wishes), _config(wishes), directory)


def _directory(wishes: Wishes) -> str:
    return quote(wishes.package) if wishes.package else ""


def _package(wishes: Wishes) -> str:
    return f"--package {quote(wishes.package)}" if wishes.package else ""


def _config(wishes: Wishes) -> str:
    return f"--config-file {quote(wishes.config_file)}" if wishes.config_file else ""


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))
