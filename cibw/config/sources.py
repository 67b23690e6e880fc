"""Everything that a configuration is read from, as values; only `read_text` reaches the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def no_files(_path: str) -> str | None:
    """A reader for projects without files."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What the command line says about options; empty or 0 where nothing was said.

    `package_dir` is POSIX and relative to the project directory. `archs` is the text as given,
    `enable` one entry per use. `engine` replaces the name in container-engine and keeps the rest of it.
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

    `config_text` is the TOML text of the configuration file, or None where there is none, and
    `config_label` its name in messages. `read_text` gets a POSIX path relative to the project
    directory and gives the file's text, None where there is no such file, or raises UnreadableFileError.
    """

    config_label: str = "pyproject.toml"
    config_text: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    arguments: Arguments = Arguments()
    read_text: Callable[[str], str | None] = no_files
