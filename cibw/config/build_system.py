"""The build requirements of a project, if they are known before the build."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cibw.config.setup_requirements import ReadText, may_require_more, names_requirements
from cibw.config.toml import TomlTable, as_table, parse_toml
from cibw.errors import ConfigurationError

_BACKENDS = ("setuptools.build_meta", "setuptools.build_meta:__legacy__")
_DEFAULT_REQUIRES = ("setuptools>=40.8.0",)
"""The default for a missing table (PEP 518)."""
_NEEDS_NO_WHEEL = (70, 1)
"""The first setuptools that builds wheels without the package `wheel`."""
_SETUPTOOLS = re.compile(r"setuptools\s*(\[[^\]]*\])?(?P<versions>([<>=!~][^@;]*)?)(;.*)?", re.IGNORECASE)
_UPPER_BOUND = re.compile(r"(?:<=?|~=|===?)\s*v?(\d{1,9})(?:\.(\d{1,9}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystem:
    """All build requirements of a project, and the text of the pyproject.toml that names them."""

    requires: tuple[str, ...]
    pyproject: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the pyproject.toml."""
        import hashlib

        return hashlib.sha256(self.pyproject.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTexts:
    """The texts of the files that define a project's build; None for a missing file.

    `read` returns the text of any other file.
    """

    pyproject: str | None
    setup_cfg: str | None
    setup_py: str | None
    read: ReadText = lambda _name: None


def find_build_system(table: TomlTable, texts: ProjectTexts) -> BuildSystem | None:
    """The build requirements of a project, given its parsed pyproject.toml.

    None if only the backend knows all of them: other backends than setuptools may have more, and so does
    setuptools if a script may set `setup_requires`.
    """
    if texts.pyproject is None:
        return None
    system = as_table(table.get("build-system"))
    requires = system.get("requires", _DEFAULT_REQUIRES)
    if system.get("build-backend", _BACKENDS[1]) not in _BACKENDS or "backend-path" in system:
        return None
    if names_requirements(texts.setup_cfg) or may_require_more(texts.setup_py, texts.read):
        return None
    if not isinstance(requires, tuple) or not all(isinstance(one, str) for one in requires):
        return None
    return _known([str(one) for one in requires], texts.pyproject)


def build_requirements(pyproject: str | None) -> tuple[str, ...]:
    """The build requirements in a pyproject.toml; ConfigurationError if it is not valid TOML."""
    try:
        system = as_table(parse_toml(pyproject or "").get("build-system"))
    except ValueError as error:
        raise ConfigurationError(f"pyproject.toml is not valid TOML: {error}") from error
    requires = system.get("requires", ())
    return tuple(one for one in requires if isinstance(one, str)) if isinstance(requires, tuple) else ()


def _known(requires: list[str], pyproject: str) -> BuildSystem | None:
    of_setuptools = [match["versions"] for one in requires if (match := _SETUPTOOLS.fullmatch(one.strip()))]
    if not of_setuptools or not all(map(_may_be_new, of_setuptools)):
        return None
    return BuildSystem(requires=tuple(requires), pyproject=pyproject)


def _may_be_new(versions: str) -> bool:
    """Whether the specifier allows a setuptools that needs no `wheel`; the newest allowed one is installed."""
    bounds = [(int(match[1]), int(match[2] or 0)) for match in _UPPER_BOUND.finditer(versions)]
    return all(bound > _NEEDS_NO_WHEEL for bound in bounds)
