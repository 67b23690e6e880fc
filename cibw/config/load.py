"""Load the options of a run, and report all configuration errors together."""

from __future__ import annotations

from dataclasses import dataclass, field

from cibw.config import option_list as known
from cibw.config.cascade import Arguments, Sources
from cibw.config.layers import ConfigFile, file_layers, variable_layers
from cibw.config.option_groups import CACHE, COPY_IGNORED, MIRRORS, OFFLINE, SECRETS, SIDE_BY_SIDE
from cibw.config.options import Options
from cibw.config.project.abi3 import find_stable_abi
from cibw.config.project.build_system import ProjectTexts, find_build_system
from cibw.config.project.python_versions import PythonVersions, find_requires_python, parse_requires_python
from cibw.config.resolver import CascadeResolver, Cascades, Reader, read_publish_options
from cibw.config.selectors import EnableGroup, Selector
from cibw.config.toml import Findings, TomlTable, as_table, parse_toml
from cibw.config.values.tools import ENABLE, engine_name
from cibw.config.values.types import ARCHS, Context, Texts
from cibw.errors import truth
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import EngineName
from cibw.untrusted.limits import UnreadableFileError

_PYPROJECT = "pyproject.toml"
_DEFAULT_OUTPUT = "wheelhouse"


def load_options(sources: Sources, platform: Platform) -> Options:
    """Read and validate the configuration for a platform; ConfigurationError contains all errors."""
    findings = Findings()
    config = _parsed(sources.config_label, sources.config_text, findings)
    texts = _PackageTexts(sources=sources, findings=findings)
    pyproject = _package_pyproject(texts, config)
    reader = _reader(sources, platform, config, pyproject, findings)
    choice = _choose(reader, sources.arguments, findings)
    resolver = CascadeResolver(
        cascades=Cascades.read(reader), origins=reader.origins, engine=_engine(sources.arguments.engine, findings)
    )
    mirrors, secrets = reader.cascade(MIRRORS).value(), reader.cascade(SECRETS).value()
    offline = reader.cascade(OFFLINE).value() or sources.arguments.offline
    publish, requires_python = read_publish_options(reader), _requires_python(texts, pyproject)
    findings.raise_if_any()
    return Options(
        platform=platform,
        build=choice.build,
        skip=choice.skip,
        test_skip=choice.test_skip,
        enable=choice.enable,
        archs=choice.archs,
        only=choice.only,
        requires_python=requires_python,
        build_system=find_build_system(pyproject, _build_texts(texts)),
        stable_abi=find_stable_abi(pyproject, texts.read, platform),
        package_dir=sources.arguments.package_dir,
        allow_empty=sources.arguments.allow_empty or _is_true(sources, "CIBW_ALLOW_EMPTY"),
        cache=choice.cache,
        copy_ignored=choice.copy_ignored,
        mirrors=mirrors,
        offline=offline,
        secrets=secrets,
        publish=publish,
        output_dir=sources.arguments.output_dir or sources.environ.get("CIBW_OUTPUT_DIR") or _DEFAULT_OUTPUT,
        jobs=choice.jobs,
        notes=findings.notes,
        places=_places(reader, sources.arguments),
        resolver=resolver,
    )


def _reader(
    sources: Sources, platform: Platform, config: TomlTable, pyproject: TomlTable, findings: Findings
) -> Reader:
    # Invalid TOML has no keys, so no line numbers are needed.
    file = ConfigFile.of(sources.config_label, config, (sources.config_text or "") if config else "")
    layers = (*file_layers(file, platform, findings), *variable_layers(sources.environ, platform, findings))
    context = Context(
        package_dir=sources.arguments.package_dir,
        read_text=sources.read_text,
        pyproject=pyproject,
        note=findings.note,
    )
    return Reader(layers=layers, platform=platform, context=context, findings=findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    build: Selector
    skip: Selector
    test_skip: Selector
    enable: frozenset[EnableGroup]
    archs: Texts
    only: BuildIdentifier | None
    jobs: int | None
    cache: bool | None
    copy_ignored: Texts


def _places(reader: Reader, arguments: Arguments) -> tuple[tuple[str, str], ...]:
    names = [option.meta.name for option in (known.BUILD_SELECTOR, known.SKIP, known.TEST_SKIP, known.ARCHITECTURES)]
    places = {name: reader.origins[name].origin() for name in names}
    if arguments.archs:
        places[known.ARCHITECTURES.meta.name] = "--archs"
    return tuple(places.items())


def _choose(reader: Reader, arguments: Arguments, findings: Findings) -> _Choice:
    build = reader.cascade(known.BUILD_SELECTOR).value()
    skip = reader.cascade(known.SKIP).value()
    enable = reader.cascade(known.ENABLE_GROUPS).value() | _enable(arguments, findings)
    archs = reader.cascade(known.ARCHITECTURES).value()
    jobs = reader.cascade(SIDE_BY_SIDE).value()
    only = _only(arguments.only, reader.platform, findings)
    return _Choice(
        build=Selector.parse(str(only) if only else build or ("*",)),
        skip=Selector.parse(() if only else skip),
        test_skip=Selector.parse(reader.cascade(known.TEST_SKIP).value()),
        enable=frozenset(EnableGroup) if only else enable,
        archs=("all",) if only else _archs(arguments.archs) or archs,
        only=only,
        jobs=arguments.jobs or jobs,
        cache=reader.cascade(CACHE).value(),
        copy_ignored=reader.cascade(COPY_IGNORED).value(),
    )


def _archs(text: str) -> Texts:
    return ARCHS.parse(text, Context())


def _enable(arguments: Arguments, findings: Findings) -> frozenset[EnableGroup]:
    try:
        return ENABLE.parse(arguments.enable, Context())
    except ValueError as error:
        findings.add_error("--enable", error)
        return frozenset()


def _only(text: str, platform: Platform, findings: Findings) -> BuildIdentifier | None:
    if not text:
        return None
    try:
        identifier = BuildIdentifier.parse(text)
    except ValueError as error:
        findings.add("--only", str(error), "`cibw --print-build-identifiers` lists the known identifiers")
        return None
    if identifier.platform is not platform:
        findings.add("--only", f"{text} is for {identifier.platform.value}, but this run is for {platform.value}")
    return identifier


def _engine(text: str, findings: Findings) -> EngineName | None:
    try:
        return engine_name(text) if text else None
    except ValueError as error:
        findings.add_error("--engine", error)
        return None


def _is_true(sources: Sources, variable: str) -> bool:
    return bool(truth(sources.environ.get(variable, "")))


def _parsed(label: str, text: str | None, findings: Findings) -> TomlTable:
    try:
        return parse_toml(text or "")
    except ValueError as error:
        findings.add(label, f"not valid TOML: {error}", "no options were read from this file")
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _PackageTexts:
    """The files of the package by name; each is read once."""

    sources: Sources
    findings: Findings
    known: dict[str, str | None] = field(default_factory=dict)

    def read(self, name: str) -> str | None:
        """The text of a file; None if it does not exist, or cannot be read, which is reported."""
        if name not in self.known:
            self.known[name] = self._read(name)
        return self.known[name]

    def path(self, name: str) -> str:
        package = self.sources.arguments.package_dir.removeprefix("./").strip("/")
        return name if package in ("", ".") else f"{package}/{name}"

    def _read(self, name: str) -> str | None:
        try:
            return self.sources.read_text(self.path(name))
        except UnreadableFileError as error:
            if name == _PYPROJECT:
                self.findings.add(self.path(name), f"the file {error.reason}")
            else:
                self.findings.note(f"{error}, so it was ignored")
            return None


def _package_pyproject(texts: _PackageTexts, config: TomlTable) -> TomlTable:
    path = texts.path(_PYPROJECT)
    if path == texts.sources.config_label:
        return config
    return _parsed(path, texts.read(_PYPROJECT), texts.findings)


def _build_texts(texts: _PackageTexts) -> ProjectTexts:
    toml, cfg, py = (texts.read(name) for name in (_PYPROJECT, "setup.cfg", "setup.py"))
    return ProjectTexts(pyproject=toml, setup_cfg=cfg, setup_py=py, read=texts.read)


def _requires_python(texts: _PackageTexts, pyproject: TomlTable) -> PythonVersions | None:
    given = texts.sources.environ.get("CIBW_PROJECT_REQUIRES_PYTHON", "")
    # Sources with lower priority may be broken, so they are read only if needed.
    is_answered = "requires-python" in as_table(pyproject.get("project"))
    cfg, py = (None if is_answered else texts.read(name) for name in ("setup.cfg", "setup.py"))
    try:
        if given:
            return parse_requires_python(given, "CIBW_PROJECT_REQUIRES_PYTHON")
        return find_requires_python(pyproject, cfg, py, texts.findings.note)
    except ValueError as error:
        place, _, message = str(error).partition(": ")
        texts.findings.add(place if given else texts.path(place), message)
        return None
