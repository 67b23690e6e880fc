"""The common parts of the workflow files of all CI services."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote

from cibw.model.identifiers import ARCHITECTURES, Architecture, BuildIdentifier, Platform
from cibw.model.manifest import artifact_name
from cibw.model.release import VersionSource

# Inputs and results of workflow generation.

ReadTemplate = Callable[[str], str]
"""Returns the text of a template by its file name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildGroup:
    """The builds of one CI job: all of an architecture, or a single one."""

    name: str
    platform: Platform
    architecture: Architecture
    identifiers: tuple[BuildIdentifier, ...]
    is_single: bool = False

    @property
    def artifact(self) -> str:
        """The name of the artifact with the group's wheels."""
        return artifact_name(self.name)

    @property
    def selection(self) -> str:
        """The arguments of `cibw build` that select the group."""
        if self.is_single:
            return f"--only {self.identifiers[0]}"
        return f"--platform {self.platform.value} --archs {self.architecture.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CiRunner:
    """A hosted CI runner: its label, and whether it emulates the target architecture."""

    label: str
    is_emulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildJob:
    """A group of builds and its runner."""

    group: BuildGroup
    runner: CiRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The jobs of a workflow, and the groups without a runner."""

    jobs: tuple[BuildJob, ...]
    left_out: tuple[BuildGroup, ...] = ()

    @property
    def is_emulated(self) -> bool:
        """Whether any job needs emulation."""
        return any(job.runner.is_emulated for job in self.jobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowOptions:
    """The options of a generated workflow; `cibw_version` is the version that it installs.

    A project that `is_pure` has one wheel for all platforms, and no groups. `package` is the package directory and
    `config_file` the configuration file; both are empty for the defaults. Release tags begin with `tag_prefix`;
    `tag_format` is set if the project needs that option for them. `output` is the path of the workflow, empty for
    the default of the CI. Pushes to `branch` are published to the test index.
    """

    project: str
    cibw_version: str
    groups: tuple[BuildGroup, ...]
    is_pure: bool = False
    versions: VersionSource = VersionSource.COMMIT
    package: str = ""
    config_file: str = ""
    branch: str = "main"
    tag_prefix: str = "v"
    tag_format: str = ""
    from_sdist: bool = False
    test_index: bool = True
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFile:
    """A file to write, by its path in the repository; a companion is written only if it does not exist."""

    path: str
    text: str
    is_companion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The files for a CI, the next steps for the user, and the groups without a runner."""

    files: tuple[WorkflowFile, ...]
    next_steps: tuple[str, ...]
    left_out: tuple[BuildGroup, ...] = ()


# Templates of workflow files: plain text with placeholders.
#
# A placeholder is a name between two signs, `@name@`. If it is alone on a line, its value can have several lines, which
# get the line's indentation; an empty value removes the line. Consecutive empty lines are reduced to one.

_PLACE = re.compile(r"^(?P<indent>[ ]*)@(?P<block>[a-z_]+)@\n|@(?P<word>[a-z_]+)@", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./=-]*(?: [A-Za-z0-9_./=-]+)*")
_LAST_OF_FOUR_DIGITS = 0xFFFF
_WORDS_OF_YAML = frozenset("true false yes no on off null y n ~".split())


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill in all placeholders of a template; KeyError for a placeholder without a value."""

    def filled(match: re.Match[str]) -> str:
        if match["word"]:
            return values[match["word"]]
        lines = values[match["block"]].splitlines()
        return "".join(f"{match['indent']}{line}".rstrip() + "\n" for line in lines)

    return _EMPTY_LINES.sub("\n\n", _PLACE.sub(filled, template))


def scalar(text: str) -> str:
    """A text as a YAML scalar: plain if that is safe, otherwise in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    letters = (f"\\U{ord(one):08x}" if ord(one) > _LAST_OF_FOUR_DIGITS else json.dumps(one)[1:-1] for one in text)
    return f'"{"".join(letters)}"'


def flow(mapping: Mapping[str, str]) -> str:
    """A mapping of texts as a single line of YAML."""
    return "{ " + ", ".join(f"{key}: {scalar(value)}" for key, value in mapping.items()) + " }"


def rows(mappings: Iterable[Mapping[str, str]]) -> str:
    """A YAML list of mappings, one per line."""
    return "\n".join(f"- {flow(mapping)}" for mapping in mappings)


# Grouping of the selected builds, and assignment of groups to CI jobs.

Runners = Mapping[tuple[Platform, Architecture], CiRunner]
"""The hosted runners of a CI, by platform and architecture."""


def group_builds(identifiers: Iterable[BuildIdentifier], *, per_identifier: bool = False) -> tuple[BuildGroup, ...]:
    """Create a group for each architecture of each platform, or for each identifier, in platform order.

    Builds of an architecture stay together, so that later builds can reuse an abi3 wheel.
    """
    members: dict[tuple[Platform, Architecture], list[BuildIdentifier]] = {}
    for identifier in dict.fromkeys(identifiers):
        members.setdefault((identifier.platform, identifier.target.architecture), []).append(identifier)
    places = [(platform, one) for platform, architectures in ARCHITECTURES.items() for one in architectures]
    return tuple(
        group
        for place in places
        if place in members
        for group in _groups(*place, members[place], per_identifier=per_identifier)
    )


def _groups(
    platform: Platform, architecture: Architecture, members: list[BuildIdentifier], *, per_identifier: bool
) -> Iterator[BuildGroup]:
    if per_identifier:
        for one in members:
            yield BuildGroup(
                name=str(one), platform=platform, architecture=architecture, identifiers=(one,), is_single=True
            )
        return
    name = f"{platform.value}-{architecture.value}"
    yield BuildGroup(name=name, platform=platform, architecture=architecture, identifiers=tuple(members))


def make_matrix(groups: Iterable[BuildGroup], runners: Runners) -> Matrix:
    """Assign a runner of the CI to each group."""
    jobs: list[BuildJob] = []
    left_out: list[BuildGroup] = []
    for group in groups:
        runner = runners.get((group.platform, group.architecture))
        if runner is None:
            left_out.append(group)
        else:
            jobs.append(BuildJob(group=group, runner=runner))
    return Matrix(jobs=tuple(jobs), left_out=tuple(left_out))


def linux_runners(native: Mapping[Architecture, str], emulating: str) -> dict[tuple[Platform, Architecture], CiRunner]:
    """The Linux runners: native runners by label, and one that emulates the other architectures."""
    found: dict[tuple[Platform, Architecture], CiRunner] = {}
    for architecture in ARCHITECTURES[Platform.LINUX]:
        label = native.get(architecture)
        runner = CiRunner(label=label) if label else CiRunner(label=emulating, is_emulated=True)
        found[Platform.LINUX, architecture] = runner
    return found


# The cibw commands in workflow files, quoted for every shell.


def requirement(options: WorkflowOptions, *extras: str) -> str:
    """The requirement for cibw: the version that generated the file, because a later one may differ."""
    named = f"[{','.join(extras)}]" if extras else ""
    return quote(f"cibw{named}=={options.cibw_version}")


def sdist_command(options: WorkflowOptions, output: str) -> str:
    """The command that builds the sdist, and the wheel of a pure Python project."""
    return _joined("cibw sdist", "--wheel" if options.is_pure else "", f"--output-dir {output}", _directory(options))


def build_command(options: WorkflowOptions, selection: str, output: str) -> str:
    """The command that builds the selected wheels, from the project or from the sdist in the directory `dist`."""
    # Without a file after it, --from-sdist must be followed by another option.
    source = "--from-sdist" if options.from_sdist else ""
    return _joined("cibw build", source, selection, f"--output-dir {output}", _config(options), _directory(options))


def check_command(options: WorkflowOptions, directory: str) -> str:
    """The command that checks whether a directory contains a complete release."""
    return _joined("cibw check", _package(options), _config(options), directory)


def publish_command(options: WorkflowOptions, index: str, directory: str) -> str:
    """The command that uploads the files of a directory to an index."""
    return publish_with(options, test_arguments(options) if index == "testpypi" else f"--to {index}", directory)


def test_arguments(options: WorkflowOptions) -> str:
    """The arguments of `cibw publish` for the test index, where the next push may repeat the same version."""
    return _joined("--to testpypi", "--skip-released" if options.versions is VersionSource.FILES else "")


def publish_with(options: WorkflowOptions, arguments: str, directory: str) -> str:
    """The command that uploads the files of a directory to the index in `arguments`."""
    return _joined("cibw publish", arguments, _package(options), _config(options), directory)


def _directory(options: WorkflowOptions) -> str:
    return quote(options.package) if options.package else ""


def _package(options: WorkflowOptions) -> str:
    return f"--package {quote(options.package)}" if options.package else ""


def _config(options: WorkflowOptions) -> str:
    return f"--config-file {quote(options.config_file)}" if options.config_file else ""


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))


# Values of the templates, and instructions for the maintainer.

EXAMPLE_VERSION = "1.0"
_FIRST_OF_VERSION = "[0-9]"
_TOGETHER = "# Builds of an architecture share a job, so that an abi3 wheel is built once and reused for later Pythons."


def common_values(options: WorkflowOptions) -> dict[str, str]:
    """Values for the templates of all CI services."""
    prefix = options.tag_prefix
    return {
        **_indexes(options),
        "project": options.project,
        "builds_together": _TOGETHER if options.groups else "",
        "branch": scalar(options.branch),
        # In an expression, quotes are doubled.
        "branch_text": options.branch.replace("'", "''"),
        "cibw": requirement(options),
        "cibw_publish": requirement(options, "publish"),
        "cibw_attest": requirement(options, "publish", "attest"),
        "tags": f"{prefix}*",
        "tag_pattern": scalar(f"{prefix}*"),
        "tag_text": prefix.replace("'", "''"),
        "tag_regex": regex(prefix) or _FIRST_OF_VERSION,
        "tag_environment": f"CIBW_TAG_FORMAT: {scalar(options.tag_format)}" if options.tag_format else "",
        "example": f"{prefix}{EXAMPLE_VERSION}",
    }


def _indexes(options: WorkflowOptions) -> dict[str, str]:
    """Phrases about the indexes that the project is published to."""
    test = options.test_index
    return {
        "also_test": " (and on its test instance)" if test else "",
        "another_test": " (and another on its test instance)" if test else "",
        "environment": "`pypi` (`testpypi`)" if test else "`pypi`",
        "environments": "the environments `pypi` and `testpypi`" if test else "the environment `pypi`",
        "contexts": "the contexts `pypi` and `testpypi`" if test else "the context `pypi`",
        "token_variables": token_names(options),
    }


def regex(prefix: str) -> str:
    """A regular expression for a prefix, without the leading anchor."""
    return "".join(letter if letter.isalnum() or letter in "-_" else f"\\{letter}" for letter in prefix)


def sequence(words: Iterable[str]) -> str:
    """Texts as the items of a single-line YAML list."""
    return ", ".join(scalar(word) for word in words)


def paragraphs(texts: Iterable[str]) -> str:
    """Join blocks of YAML with empty lines."""
    return "\n".join(text for text in texts if text)


def environment_names(options: WorkflowOptions) -> str:
    """The names of the publishing environments, as a phrase."""
    return "pypi and testpypi" if options.test_index else "pypi"


def token_names(options: WorkflowOptions) -> str:
    """The names of the variables with API tokens, as a phrase."""
    return "PYPI_API_TOKEN and TESTPYPI_API_TOKEN" if options.test_index else "PYPI_API_TOKEN"


def publisher_step(options: WorkflowOptions, service: str, values: str) -> str:
    """Instructions to register a trusted publisher; `values` are those of the form for the CI."""
    both = " and on its test instance, each" if options.test_index else ""
    names = "pypi or testpypi" if options.test_index else "pypi"
    return (
        f"On the index{both} in the publishing settings of the project, add {service} as a trusted publisher with "
        f"{values}, environment name {names}. If the project does not exist yet, add a pending publisher in your "
        f"account settings with the project name {options.project}."
    )


def token_step(options: WorkflowOptions, service: str) -> str:
    """Instructions for a CI without trusted publishing."""
    indexes = "the index, and another on its test instance" if options.test_index else "the index"
    return (
        f"Create an API token for {options.project} only on {indexes}: {service} does not support trusted publishing."
    )


def version_steps(options: WorkflowOptions) -> tuple[str, ...]:
    """Notes about project versions and the test index; empty if each push has its own version."""
    if options.versions is VersionSource.FILES and options.test_index:
        text = (
            f"The version of {options.project} stays the same until you change it. If the test index already has that "
            "version, a push uploads nothing and succeeds. To test another upload, increase the version, for example "
            "to a development version such as 1.1.dev1."
        )
    elif options.versions is VersionSource.COMMIT_LOCAL:
        text = (
            f"Between tags, versions of {options.project} have a local part (+...), which indexes reject, so only tags "
            "are published. To test uploads on the test index, configure the version tool to omit that part, for "
            'example with local_scheme = "no-local-version" of setuptools-scm, and run `cibw init --force` again.'
        )
    else:
        return ()
    return (text,)


def tag_step(options: WorkflowOptions) -> str:
    """Instructions to make a release."""
    tag = f"{options.tag_prefix}{EXAMPLE_VERSION}"
    return f"To release, push a tag of the version: git tag {tag} && git push origin {tag}"


def first_look(files: str) -> str:
    """Instructions for the first step."""
    return f"Commit {files}, and check the first run."
