"""The parsed and validated options of a run, a build and a release."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from cibw.config.cascade import Setting
from cibw.config.project.build_system import BuildSystem
from cibw.config.project.python_versions import PythonVersions
from cibw.config.selectors import EnableGroup, Selector
from cibw.errors import assert_never
from cibw.model.http import AttestationPolicy
from cibw.model.identifiers import BuildIdentifier, Implementation, Interpreter, Platform
from cibw.model.machines import CompilerCache, ContainerEngine, EmulationToolchain, Replacements
from cibw.model.templates import EnvExpr, Template

# Options of a release.


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTarget:
    """A platform that a release must have wheels for, and its architectures as in the option `archs`."""

    platform: Platform
    archs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """The options of a release.

    `to` is `pypi`, `testpypi`, a URL or a name in .pypirc. `file_size_limit` is in bytes. `tag_format` contains
    `{version}`. The hooks are commands that run one after another.
    """

    to: str = "pypi"
    skip_existing: bool = False
    targets: tuple[ReleaseTarget, ...] = ()
    sdist: bool = True
    file_size_limit: int = 100 * 1024 * 1024
    check_ignore: tuple[str, ...] = ()
    require_tag: bool = False
    tag_format: str = "v{version}"
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool = True
    before_publish: tuple[Template, ...] = ()
    after_publish: tuple[Template, ...] = ()
    attestations: AttestationPolicy = AttestationPolicy.AUTO


# Options of a run and of one build.

NOTHING = Template(())


class FrontendName(Enum):
    """A build frontend; DEFAULT uses the default of the platform."""

    DEFAULT = "default"
    PIP = "pip"
    BUILD = "build"
    BUILD_UV = "build[uv]"
    UV = "uv"
    PYODIDE_BUILD = "pyodide-build"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFrontend:
    """A build frontend and its extra arguments."""

    name: FrontendName = FrontendName.DEFAULT
    args: tuple[str, ...] = ()


class PythonSource(Enum):
    """The source of the interpreters for builds outside of containers."""

    CATALOG = "catalog"
    UV = "uv"


class DependencySource(Enum):
    """The source of the versions of the build tools."""

    PINNED = "pinned"
    LATEST = "latest"
    FILE = "file"
    PACKAGES = "packages"


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyVersions:
    """The versions of the build tools, such as pip and build.

    `file` and `texts` are set for FILE: its path as given, and pairs of a variant (`python312`,
    `pyodide313`, or empty for the file itself) and the text of its constraints file. `packages` is set
    for PACKAGES: requirements.
    """

    source: DependencySource = DependencySource.PINNED
    packages: tuple[str, ...] = ()
    file: str = ""
    texts: tuple[tuple[str, str], ...] = ()

    def text_for(self, identifier: BuildIdentifier) -> str:
        """The user's constraints for an identifier; empty for PINNED and LATEST."""
        match self.source:
            case DependencySource.FILE:
                kind = "pyodide" if identifier.platform is Platform.PYODIDE else "python"
                texts = dict(self.texts)
                variant = f"{kind}{identifier.interpreter.major}{identifier.interpreter.minor}"
                return texts.get(variant, texts.get("", ""))
            case DependencySource.PACKAGES:
                return "".join(f"{package}\n" for package in self.packages)
            case DependencySource.PINNED | DependencySource.LATEST:
                return ""
            case _:
                assert_never(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCommand:
    """A command that audits a wheel; with `only_abi3`, it runs only for abi3 wheels."""

    template: Template
    only_abi3: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """The options of one build identifier; an empty Template means that there is no command.

    `build_frontend.name` is DEFAULT if it is not set. `image` is the value as written, a short name or a
    reference, and is empty except on Linux. `test_requires` includes the requirements of test-groups.
    `xbuild_tools` is None if it is not declared.
    """

    build_frontend: BuildFrontend = BuildFrontend()
    config_settings: tuple[tuple[str, Template], ...] = ()
    dependency_versions: DependencyVersions = DependencyVersions()
    environment: tuple[EnvExpr, ...] = ()
    environment_pass: tuple[str, ...] = ()
    before_all: Template = NOTHING
    before_all_inputs: tuple[str, ...] = ()
    before_build: Template = NOTHING
    repair_wheel_command: Template = NOTHING
    image: str = ""
    container_engine: ContainerEngine = ContainerEngine()
    before_test: Template = NOTHING
    test_command: Template = NOTHING
    test_requires: tuple[str, ...] = ()
    test_extras: tuple[str, ...] = ()
    test_sources: tuple[str, ...] = ()
    test_environment: tuple[EnvExpr, ...] = ()
    test_runtime: tuple[str, ...] = ()
    audit_requires: tuple[str, ...] = ()
    audit_command: tuple[AuditCommand, ...] = ()
    build_verbosity: int = 0
    compiler_cache: CompilerCache = CompilerCache.AUTO
    emulation_toolchain: EmulationToolchain = EmulationToolchain.ZIG
    python_source: PythonSource = PythonSource.CATALOG
    xbuild_tools: tuple[str, ...] | None = None
    xbuild_files: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pyodide_version: str = ""


class OptionResolver(Protocol):
    """Resolves the options of an identifier and their origins."""

    def resolve(self, identifier: BuildIdentifier, /) -> BuildOptions:
        """The options of an identifier."""

    def origin(self, option: str, identifier: BuildIdentifier, /) -> str:
        """The origin of the value of an option (such as `test-command`), for display."""

    def settings(self, identifier: BuildIdentifier | None, /) -> tuple[Setting, ...]:
        """Every option of an identifier, or of the run, with the places that set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameForAll:
    """A resolver with the same options for every identifier."""

    options: BuildOptions = BuildOptions()

    def resolve(self, _identifier: BuildIdentifier, /) -> BuildOptions:
        """The options, whatever the identifier."""
        return self.options

    def origin(self, _option: str, _identifier: BuildIdentifier, /) -> str:
        """Always `default`."""
        return "default"

    def settings(self, _identifier: BuildIdentifier | None, /) -> tuple[Setting, ...]:
        """Always empty: no place sets these options."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StableAbi:
    """The minor versions of CPython 3 whose wheels are abi3, and the place that declares it."""

    minors: frozenset[int]
    place: str

    def makes(self, interpreter: Interpreter) -> bool:
        """Whether the wheel of an interpreter is abi3."""
        is_cpython = interpreter.implementation is Implementation.CPYTHON and not interpreter.free_threaded
        return is_cpython and interpreter.major == 3 and interpreter.minor in self.minors


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run.

    `archs` are as written by the user (`auto`, `AMD64`), and not yet validated for the platform. With `only`,
    build, skip, archs and enable already select the identifier.
    `stable_abi` is None if it is unknown before the build whether the wheels are abi3.
    `package_dir` and `output_dir` are as given; package_dir is a POSIX path relative to the project.
    `build_system` is None if the build requirements are not known in advance; `cache` and `jobs` are None if they
    are not set. `copy_ignored` are globs of git-ignored files to copy. `notes` are messages for the user that
    are not errors.
    `mirrors` are pairs of a URL prefix and its replacement; `offline` disables network access.
    `secrets` are patterns of the names of variables with secret values.
    `places` maps build, skip, test-skip and archs to where they were set.
    """

    platform: Platform
    build: Selector
    skip: Selector
    test_skip: Selector
    enable: frozenset[EnableGroup] = frozenset()
    archs: tuple[str, ...] = ("auto",)
    requires_python: PythonVersions | None = None
    build_system: BuildSystem | None = None
    stable_abi: StableAbi | None = None
    package_dir: str = "."
    only: BuildIdentifier | None = None
    allow_empty: bool = False
    cache: bool | None = None
    copy_ignored: tuple[str, ...] = ()
    mirrors: Replacements = ()
    offline: bool = False
    secrets: tuple[str, ...] = ()
    publish: PublishOptions = field(default_factory=PublishOptions)
    output_dir: str = "wheelhouse"
    jobs: int | None = None
    notes: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    resolver: OptionResolver = field(default=SameForAll(), repr=False)

    def for_identifier(self, identifier: BuildIdentifier) -> BuildOptions:
        """The options of one build."""
        return self.resolver.resolve(identifier)

    def origin(self, option: str, identifier: BuildIdentifier) -> str:
        """The origin of a build option: `pyproject.toml [tool.cibw.linux] test-command`, `default`.

        KeyError for a name that is not a build option.
        """
        return self.resolver.origin(option, identifier)
