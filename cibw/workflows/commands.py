"""The cibw commands in workflow files, quoted for every shell."""

from __future__ import annotations

from shlex import quote

from cibw.model.versions import VersionSource
from cibw.workflows.values import Wishes


def requirement(wishes: Wishes, *extras: str) -> str:
    """The requirement for cibw: the version that generated the file, because a later one may differ."""
    named = f"[{','.join(extras)}]" if extras else ""
    return quote(f"cibw{named}=={wishes.cibw_version}")


def sdist_command(wishes: Wishes, output: str) -> str:
    """The command that builds the sdist, and the wheel of a pure Python project."""
    return _joined("cibw sdist", "--wheel" if wishes.is_pure else "", f"--output-dir {output}", _directory(wishes))


def build_command(wishes: Wishes, selection: str, output: str) -> str:
    """The command that builds the selected wheels, from the project or from the sdist in the directory `dist`."""
    # Without a file after it, --from-sdist must be followed by another option.
    source = "--from-sdist" if wishes.from_sdist else ""
    return _joined("cibw build", source, selection, f"--output-dir {output}", _config(wishes), _directory(wishes))


def check_command(wishes: Wishes, directory: str) -> str:
    """The command that checks whether a directory contains a complete release."""
    return _joined("cibw check", _package(wishes), _config(wishes), directory)


def publish_command(wishes: Wishes, index: str, directory: str) -> str:
    """The command that uploads the files of a directory to an index."""
    return publish_with(wishes, test_arguments(wishes) if index == "testpypi" else f"--to {index}", directory)


def test_arguments(wishes: Wishes) -> str:
    """The arguments of `cibw publish` for the test index, where the next push may repeat the same version."""
    return _joined("--to testpypi", "--skip-released" if wishes.versions is VersionSource.FILES else "")


def publish_with(wishes: Wishes, arguments: str, directory: str) -> str:
    """The command that uploads the files of a directory to the index in `arguments`."""
    return _joined("cibw publish", arguments, _package(wishes), _config(wishes), directory)


def _directory(wishes: Wishes) -> str:
    return quote(wishes.package) if wishes.package else ""


def _package(wishes: Wishes) -> str:
    return f"--package {quote(wishes.package)}" if wishes.package else ""


def _config(wishes: Wishes) -> str:
    return f"--config-file {quote(wishes.config_file)}" if wishes.config_file else ""


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))
