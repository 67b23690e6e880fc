"""The options of each identifier, from the cascades of all options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from cibw.config import option_list as known
from cibw.config.cascade import Cascade, CascadeStep, Inherit, Layer, Setting, SettingPlace
from cibw.config.documents import plain
from cibw.config.layers import RawLayer
from cibw.config.option_groups import (
    AFTER_PUBLISH,
    ATTESTATIONS,
    BEFORE_PUBLISH,
    BRANCHES,
    CHECK_IGNORE,
    COMPILER_CACHE,
    EMULATION_TOOLCHAIN,
    FILE_SIZE_LIMIT,
    IMAGES,
    NEVER_FROM_PULL_REQUEST,
    PYTHON_SOURCE,
    RELEASE_SDIST,
    RELEASE_TARGETS,
    REQUIRE_TAG,
    SKIP_EXISTING,
    TAGS,
    TO,
    image_option_name,
)
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.options import (
    AuditCommand,
    BuildFrontend,
    BuildOptions,
    DependencyVersions,
    FrontendName,
    PublishOptions,
    PythonSource,
)
from cibw.config.toml import Findings, TomlValue
from cibw.config.values.commands import Commands, Settings
from cibw.config.values.tools import Files
from cibw.config.values.types import (
    LINUX,
    AnyOption,
    Context,
    Option,
    OptionMeta,
    Scope,
    Texts,
    forget,
    refuse_unprintable,
)
from cibw.errors import ConfigurationError
from cibw.model.identifiers import BuildIdentifier, Implementation, Platform
from cibw.model.machines import CompilerCache, ContainerEngine, EmulationToolchain, EngineName
from cibw.model.templates import EnvExpr, Template

# Conversion of raw layers to typed cascades, option by option.

T = TypeVar("T")


class Explains(Protocol):
    """A value with its origin."""

    def origin(self, identifier: BuildIdentifier | None = None) -> str:
        """The origin of the value for an identifier."""

    def value(self, identifier: BuildIdentifier | None = None) -> object:
        """The value for an identifier."""

    def places(self, identifier: BuildIdentifier | None = None) -> tuple[CascadeStep, ...]:
        """The places that set the option for an identifier, highest priority first, including overridden ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Parses every layer of an option, including overridden ones, and collects errors.

    `origins` maps option names to their cascades.
    """

    layers: tuple[RawLayer, ...]
    platform: Platform
    context: Context
    findings: Findings
    origins: dict[str, Explains] = field(default_factory=dict)

    def cascade(self, option: Option[T]) -> Cascade[T]:
        """The typed layers of an option; an invalid value is left out and reported as an error."""
        default = option.type.parse(_default(option.meta, self.platform), self._context(self.platform))
        parsed = (self._layer(option, raw) for raw in self.layers if option.meta.name in raw.values)
        cascade = Cascade(
            first=Layer(value=default, origin="default"),
            layers=tuple(layer for layer in parsed if layer is not None),
            merge=option.type.merge,
        )
        self.origins[option.meta.name] = cascade
        return cascade

    def _layer(self, option: Option[T], raw: RawLayer) -> Layer[T] | None:
        name = option.meta.name
        try:
            refuse_unprintable(raw.values[name])
            context = self._context(raw.platform)
            value = option.type.parse(raw.values[name], context if raw.counts else replace(context, note=forget))
        except ValueError as error:
            if raw.is_lenient:
                self.findings.note(f"{raw.place(name)} has no effect on {self.platform.value}: {error}")
            else:
                self.findings.add_error(raw.place(name), error)
            return None
        if not raw.counts or (option.meta.ignore_empty and not value):
            return None
        inherit = raw.inherit.get(name, Inherit.NONE)
        return Layer(value=value, origin=raw.origin(name), inherit=inherit, select=raw.select)

    def _context(self, platform: Platform | None) -> Context:
        return replace(self.context, platform=platform)


def _default(meta: OptionMeta, platform: Platform) -> TomlValue:
    return meta.platform_defaults.get(platform, meta.default)


# Read the options of a release from the layers of a configuration.


def read_publish_options(reader: Reader) -> PublishOptions:
    """The options of a release; a switch that is `auto` has its default value."""
    return PublishOptions(
        to=reader.cascade(TO).value(),
        skip_existing=bool(reader.cascade(SKIP_EXISTING).value()),
        targets=reader.cascade(RELEASE_TARGETS).value(),
        sdist=reader.cascade(RELEASE_SDIST).value() is not False,
        file_size_limit=reader.cascade(FILE_SIZE_LIMIT).value(),
        check_ignore=reader.cascade(CHECK_IGNORE).value(),
        require_tag=bool(reader.cascade(REQUIRE_TAG).value()),
        tag_format=reader.cascade(TAGS).value(),
        branches=reader.cascade(BRANCHES).value(),
        never_from_pull_request=reader.cascade(NEVER_FROM_PULL_REQUEST).value() is not False,
        before_publish=reader.cascade(BEFORE_PUBLISH).value(),
        after_publish=reader.cascade(AFTER_PUBLISH).value(),
        attestations=reader.cascade(ATTESTATIONS).value(),
    )


# Settings to show to a user, from cascades.

_OF_THE_RUN = frozenset({Scope.RUN, Scope.PLATFORM})


def settings_of(
    cascades: Mapping[str, Explains], identifier: BuildIdentifier | None, *, leaves_out: Collection[str] = ()
) -> tuple[Setting, ...]:
    """The options of an identifier, or of the run for None, in the order of the option list.

    Linux-only options are left out for identifiers of other platforms.
    """
    return tuple(
        _setting(option, cascades[option.meta.name], identifier)
        for option in ALL_OPTIONS
        if option.meta.name not in leaves_out and _is_for(option.meta, identifier)
    )


def _is_for(meta: OptionMeta, identifier: BuildIdentifier | None) -> bool:
    if identifier is None:
        return _is_of_the_run(meta)
    only_linux = meta.places.tables == LINUX and identifier.platform is not Platform.LINUX
    return not _is_of_the_run(meta) and not only_linux


def _is_of_the_run(meta: OptionMeta) -> bool:
    return meta.places.scope in _OF_THE_RUN


def _setting(option: AnyOption, cascade: Explains, identifier: BuildIdentifier | None) -> Setting:
    return Setting(
        name=option.meta.name,
        value=_plain(cascade.value(identifier), option),
        origin=cascade.origin(identifier),
        places=tuple(_place(step, option) for step in cascade.places(identifier)),
    )


def _place(step: CascadeStep, option: AnyOption) -> SettingPlace:
    return SettingPlace(origin=step.origin, value=_plain(step.value, option), inherit=step.inherit, counts=step.counts)


def _plain(value: object, option: AnyOption) -> TomlValue:
    """The value in the same form as the option's default: a single command is a string, no variables an empty table."""
    default = option.meta.default
    if value is None:
        return default
    shown = plain(value, option.form.placeholders)
    if shown == () and isinstance(default, Mapping):
        return {}
    if isinstance(shown, tuple) and isinstance(default, str) and len(shown) < 2:
        return "".join(map(str, shown))
    return shown


# Resolution of the options of each identifier from the cascades of all options.


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascades:
    """The cascades of all build options."""

    build_frontend: Cascade[BuildFrontend]
    config_settings: Cascade[Settings]
    dependency_versions: Cascade[DependencyVersions]
    environment: Cascade[tuple[EnvExpr, ...]]
    environment_pass: Cascade[Texts]
    before_all: Cascade[Commands]
    before_all_inputs: Cascade[Texts]
    before_build: Cascade[Commands]
    xbuild_tools: Cascade[Texts | None]
    xbuild_files: Cascade[Files]
    repair_wheel_command: Cascade[Commands]
    images: Mapping[str, Cascade[str]]
    container_engine: Cascade[ContainerEngine]
    before_test: Cascade[Commands]
    test_command: Cascade[Commands]
    test_sources: Cascade[Texts]
    test_requires: Cascade[Texts]
    test_extras: Cascade[Texts]
    test_groups: Cascade[Texts]
    test_environment: Cascade[tuple[EnvExpr, ...]]
    test_runtime: Cascade[Texts]
    audit_requires: Cascade[Texts]
    audit_command: Cascade[tuple[AuditCommand, ...]]
    build_verbosity: Cascade[int]
    compiler_cache: Cascade[CompilerCache]
    emulation_toolchain: Cascade[EmulationToolchain]
    python_source: Cascade[PythonSource]
    pyodide_version: Cascade[str]

    @classmethod
    def read(cls, reader: Reader) -> Cascades:
        """Read all build options."""
        return cls(
            build_frontend=reader.cascade(known.BUILD_FRONTEND),
            config_settings=reader.cascade(known.CONFIG_SETTINGS),
            dependency_versions=reader.cascade(known.DEPENDENCY_VERSION_CHOICE),
            environment=reader.cascade(known.ENVIRONMENT_VARIABLES),
            environment_pass=reader.cascade(known.ENVIRONMENT_PASS),
            before_all=reader.cascade(known.BEFORE_ALL),
            before_all_inputs=reader.cascade(known.BEFORE_ALL_INPUTS),
            before_build=reader.cascade(known.BEFORE_BUILD_HOOK),
            xbuild_tools=reader.cascade(known.XBUILD_TOOLS),
            xbuild_files=reader.cascade(known.XBUILD_FILES),
            repair_wheel_command=reader.cascade(known.REPAIR_WHEEL_COMMAND),
            images={name: reader.cascade(option) for name, option in IMAGES.items()},
            container_engine=reader.cascade(known.CONTAINER_ENGINE),
            before_test=reader.cascade(known.BEFORE_TEST),
            test_command=reader.cascade(known.TEST_COMMAND),
            test_sources=reader.cascade(known.TEST_SOURCES),
            test_requires=reader.cascade(known.TEST_REQUIRES),
            test_extras=reader.cascade(known.TEST_EXTRAS),
            test_groups=reader.cascade(known.TEST_GROUPS),
            test_environment=reader.cascade(known.TEST_ENVIRONMENT),
            test_runtime=reader.cascade(known.TEST_RUNTIME),
            audit_requires=reader.cascade(known.AUDIT_REQUIRES),
            audit_command=reader.cascade(known.AUDIT_COMMAND),
            build_verbosity=reader.cascade(known.BUILD_VERBOSITY),
            compiler_cache=reader.cascade(COMPILER_CACHE),
            emulation_toolchain=reader.cascade(EMULATION_TOOLCHAIN),
            python_source=reader.cascade(PYTHON_SOURCE),
            pyodide_version=reader.cascade(known.PYODIDE_VERSION),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeResolver:
    """Resolves the options of an identifier; `engine` overrides the configured engine."""

    cascades: Cascades
    origins: Mapping[str, Explains]
    engine: EngineName | None = None
    _resolved: dict[BuildIdentifier, BuildOptions] = field(default_factory=dict, init=False, repr=False, compare=False)

    def resolve(self, identifier: BuildIdentifier, /) -> BuildOptions:
        """The options of an identifier; ConfigurationError if its build frontend works only for Pyodide."""
        if identifier not in self._resolved:
            self._resolved[identifier] = self._resolve(identifier)
        return self._resolved[identifier]

    def _resolve(self, identifier: BuildIdentifier) -> BuildOptions:
        cascades = self.cascades
        image = self._image_option(identifier)
        return BuildOptions(
            build_frontend=_frontend(cascades.build_frontend.value(identifier), identifier),
            config_settings=cascades.config_settings.value(identifier),
            dependency_versions=cascades.dependency_versions.value(identifier),
            environment=cascades.environment.value(identifier),
            environment_pass=cascades.environment_pass.value(identifier),
            before_all=_joined(cascades.before_all.value(identifier)),
            before_all_inputs=cascades.before_all_inputs.value(identifier),
            before_build=_joined(cascades.before_build.value(identifier)),
            repair_wheel_command=_joined(cascades.repair_wheel_command.value(identifier)),
            image=cascades.images[image].value(identifier) if image else "",
            container_engine=self._engine(identifier),
            before_test=_joined(cascades.before_test.value(identifier)),
            test_command=_joined(cascades.test_command.value(identifier)),
            test_requires=(*cascades.test_requires.value(identifier), *cascades.test_groups.value(identifier)),
            test_extras=cascades.test_extras.value(identifier),
            test_sources=cascades.test_sources.value(identifier),
            test_environment=cascades.test_environment.value(identifier),
            test_runtime=cascades.test_runtime.value(identifier),
            audit_requires=cascades.audit_requires.value(identifier),
            audit_command=cascades.audit_command.value(identifier),
            build_verbosity=cascades.build_verbosity.value(identifier),
            compiler_cache=cascades.compiler_cache.value(identifier),
            emulation_toolchain=cascades.emulation_toolchain.value(identifier),
            python_source=cascades.python_source.value(identifier),
            xbuild_tools=cascades.xbuild_tools.value(identifier),
            xbuild_files=cascades.xbuild_files.value(identifier),
            pyodide_version=cascades.pyodide_version.value(identifier),
        )

    def origin(self, option: str, identifier: BuildIdentifier, /) -> str:
        """The origin of an option's value; `image` means the image option of the identifier."""
        if option == "container-engine" and self.engine is not None:
            return "--engine"
        name = self._image_option(identifier) if option == "image" else option
        return self.origins[name].origin(identifier)

    def settings(self, identifier: BuildIdentifier | None, /) -> tuple[Setting, ...]:
        """The options of an identifier, or of the run; only the image that the identifier uses is included."""
        image = self._image_option(identifier) if identifier else ""
        found = settings_of(self.origins, identifier, leaves_out=IMAGES.keys() - {image})
        if self.engine is None:
            return found
        place = SettingPlace(origin="--engine", value=self.engine.value)
        return tuple(one.below(place) if one.name == "container-engine" else one for one in found)

    def _engine(self, identifier: BuildIdentifier) -> ContainerEngine:
        engine = self.cascades.container_engine.value(identifier)
        return engine if self.engine is None else replace(engine, name=self.engine)

    def _image_option(self, identifier: BuildIdentifier) -> str:
        if identifier.platform is not Platform.LINUX:
            return ""
        family, architecture = identifier.target.family.value, identifier.target.architecture.value
        if identifier.interpreter.implementation is Implementation.PYPY:
            name = image_option_name(family, f"pypy_{architecture}")
            if name in IMAGES and self.cascades.images[name].value(identifier):
                return name
        return image_option_name(family, architecture)


def _frontend(frontend: BuildFrontend, identifier: BuildIdentifier) -> BuildFrontend:
    is_pyodide = identifier.platform is Platform.PYODIDE
    if is_pyodide:
        return replace(frontend, name=FrontendName.PYODIDE_BUILD)
    if frontend.name is FrontendName.PYODIDE_BUILD:
        raise ConfigurationError(
            f"the build frontend pyodide-build cannot build {identifier}",
            hint="narrow the override that sets it, or use build, build[uv], pip or uv",
        )
    return frontend


def _joined(commands: Commands) -> Template:
    pieces: list[str | Template] = []
    for command in commands:
        pieces.extend((" && ", command) if pieces else (command,))
    return Template.of(*pieces)
