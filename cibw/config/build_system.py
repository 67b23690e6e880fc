"""What a project asks for to be built, where that is known before the build."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cibw.config.setup_requirements import ReadText, may_require_more, names_requirements
from cibw.config.toml import TomlTable, as_table, parse_toml
from cibw.errors import ConfigurationError

_BACKENDS = ("setuptools.build_meta", "setuptools.build_meta:__legacy__")
_DEFAULT_REQUIRES = ("setuptools>=40.8.0",)
"""What stands for a missing table (PEP 518)."""
_NEEDS_NO_WHEEL = (70, 1)
"""The setuptools that makes wheels without the package `wheel`."""
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
    """The files of a project that say how it is built, as texts; None where one is missing.

    `read` gives the text of any other.
    """

    pyproject: str | None
    setup_cfg: str | None
    setup_py: str | None
    read: ReadText = lambda _name: None


def find_build_system(table: TomlTable, texts: ProjectTexts) -> BuildSystem | None:
    """The build requirements of a project, given its parsed pyproject.toml.

    None where only the backend can tell all of them: backends other than setuptools may ask for more,
    and setuptools does so for `setup_requires`, unless it is sure that nothing sets that.
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
    """What the pyproject.toml of a project says that its build requires; ConfigurationError where it is no TOML."""
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
    """Whether a setuptools that needs no `wheel` is surely allowed; of those that are, the newest will be taken."""
    bounds = [(int(match[1]), int(match[2] or 0)) for match in _UPPER_BOUND.finditer(versions)]
    return all(bound > _NEEDS_NO_WHEEL for bound in bounds)
