"""The sources of a configuration, as values; only `read_text` accesses the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def no_files(_path: str) -> str | None:
    """Find no files."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The command-line arguments that affect options; empty or 0 if not given.

    `package_dir` is a POSIX path relative to the project directory. `archs` is the text as given, `enable` has
    one entry per use. `engine` replaces only the name in container-engine.
    """

    package_dir: str = "."
    output_dir: str = ""
    archs: str = ""
    enable: tuple[str, ...] = ()
    only: str = ""
    allow_empty: bool = False
    engine: str = ""
    jobs: int = 0
    offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Configuration file, environment variables, arguments and a reader of the project's files.

    `config_text` is the TOML text of the configuration file, or None if there is none, and `config_label` is its
    name in messages. `read_text` takes a POSIX path relative to the project directory and returns the file's text,
    or None if it does not exist. It raises UnreadableFileError if the file cannot be read.
    """

    config_label: str = "pyproject.toml"
    config_text: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    arguments: Arguments = Arguments()
    read_text: Callable[[str], str | None] = no_files
