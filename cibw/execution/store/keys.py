"""Keys of stored wheels, and of states after before-all."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum

from cibw.model.plan import Job, WheelBuild

# Values of a plan as one text, for keys of caches.

FORMAT = 1
"""The version of the text. A higher number makes every older key unknown."""


def canonical(value: object) -> str:
    """The text of a value that is made of records, enums, sequences, mappings and plain values.

    A record counts with the names and the values of its fields, an enum with its value. Names of classes and modules
    are not part of the text. TypeError where it can't be written.
    """
    return f"{FORMAT} {json.dumps(_data(value), separators=(',', ':'))}"


def _data(value: object) -> object:
    if isinstance(value, Enum):
        # A list, so that it differs from a text of the same value; sequences begin with their length.
        return ["enum", _data(value.value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return [["mapping"], *sorted([_data(name), _data(part)] for name, part in value.items())]
    if isinstance(value, (list, tuple)):
        return [len(value), *map(_data, value)]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} can't be part of a key")


# Keys of the store: the inputs of a wheel part by part, so that a miss can be explained.

SOURCE = "the source"
IMAGE = "the image"
_CHECKS = "2: the C++ libraries of its objects"
"""The checks that every stored wheel has passed. Changing it invalidates older wheels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalInputs:
    """Inputs of a wheel that are not part of a plan.

    `tools` are identities by name, such as `the image`, `the source` or `zig`. `variables` are values that reach
    the build from outside. `files` are hashes of files and directories outside the project that the build names,
    and `test_files` of those that its tests name. `unfollowed` are reasons why the inputs of the build or of its
    tests are not all known.
    """

    tools: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    test_files: Mapping[str, str] = field(default_factory=dict)
    unfollowed: tuple[str, ...] = ()
    unfollowed_by_tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Hashes by the names of the parts that they stand for."""

    parts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Return all parts as one name, regardless of their order."""
        text = "\n".join(f"{name}={value}" for name, value in sorted(self.parts.items()))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class KeyedHash:
    """Computes hashes with a secret, so that nobody can guess the value behind a hash."""

    secret: bytes = field(repr=False)

    def __call__(self, data: bytes | str) -> str:
        """Return the hash of bytes or text, in hexadecimal digits."""
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        return hmac.new(self.secret, raw, hashlib.sha256).hexdigest()


def key_of_wheel(job: Job, build: WheelBuild, around: ExternalInputs, keyed_hash: KeyedHash) -> Key:
    """Return the key of the wheel that a build makes."""
    parts = dict(_common_parts(job, build, around))
    parts["the platform tag"] = build.platform_tag
    parts["the checks of wheels"] = _CHECKS
    for step in build.make:
        parts[f"the step {step.name.value}"] = canonical(step)
    return _hashed(parts, keyed_hash)


def key_of_tests(job: Job, build: WheelBuild, around: ExternalInputs, wheel: str, keyed_hash: KeyedHash) -> Key:
    """Return the key of the tests of a wheel, which is identified by its SHA-256."""
    parts = dict(_common_parts(job, build, around))
    parts["the wheel"] = wheel
    parts["the tests"] = canonical((build.test, build.test_environment, sorted(around.test_files.items())))
    return _hashed(parts, keyed_hash)


def _common_parts(job: Job, build: WheelBuild, around: ExternalInputs) -> Iterator[tuple[str, str]]:
    yield "the identifier", canonical(build.identifier)
    yield "the machine", canonical(job.machine)
    if job.before_all is not None:
        yield "the step before-all", canonical((job.before_all, job.environment))
    yield f"the step {build.prepare.name.value}", canonical(build.prepare)
    yield "the option environment", canonical((build.environment, build.environment_pass))
    yield from around.tools.items()
    for name, value in around.variables.items():
        yield f"the variable {name}", value
    for name, digest in around.files.items():
        yield f"the file {name}", digest


def _hashed(parts: Mapping[str, str], keyed_hash: KeyedHash) -> Key:
    return Key(parts={name: keyed_hash(value) for name, value in parts.items()})


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Describe how two tables differ: `CFLAGS changed`, `b.h is new`, `c.h is gone`."""
    found = [f"{name} changed" for name in new if name in old and old[name] != new[name]]
    found += [f"{name} is new" for name in new if name not in old]
    found += [f"{name} is gone" for name in old if name not in new]
    return found


def shortened(words: Sequence[str], joint: str = ", ", *, most: int = 5) -> str:
    """Return the first words, and the number of omitted ones."""
    rest = len(words) - most
    return joint.join(words[:most]) + (f" and {rest} more" if rest > 0 else "")


# Keys of states after before-all: equal keys mean interchangeable states; pure.

_FORMAT = "1"
"""Incremented when the layout of state images changes."""
_VERSIONED = re.compile(r"\.git/(HEAD|packed-refs|refs/(heads|tags)/.*)")
"""The parts of `.git` that determine a project's version. Changes elsewhere do not affect before-all."""
_SPECIAL = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^]]+\]")


def key_of_state(
    job: Job, image: str, inputs: Mapping[str, str], variables: Mapping[str, str], keyed_hash: Callable[[str], str]
) -> str:
    """Return the key of the state after before-all, which is equal if nothing has changed that it may depend on.

    `image` is the id of the image, `inputs` are file hashes, and `variables` are values passed to the container.
    `keyed_hash` computes a hash that does not reveal its text.
    """
    passed = [(name, variables.get(name)) for name in job.environment_pass]
    parts = (_FORMAT, image, job.machine, job.before_all, job.environment, passed, sorted(inputs.items()))
    return keyed_hash(canonical(parts))


def inputs_among(hashes: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """Return the files that before-all depends on: those that match a glob, or all files if there are no globs."""
    matchers = [_matcher(pattern) for pattern in patterns]
    if not matchers:
        return {name: digest for name, digest in hashes.items() if _is_source(name)}
    return {name: digest for name, digest in hashes.items() if any(matcher.match(name) for matcher in matchers)}


def without_match(hashes: Mapping[str, str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the globs that match no file."""
    return tuple(pattern for pattern in patterns if not inputs_among(hashes, (pattern,)))


def _is_source(name: str) -> bool:
    return not is_of_git(name) or _VERSIONED.fullmatch(name) is not None


def is_of_git(name: str) -> bool:
    """Return whether an entry belongs to git's own directory or stands for its index."""
    return name == ".git" or name.startswith((".git/", "git's "))


def _matcher(pattern: str) -> re.Pattern[str]:
    """Convert a glob to a regular expression: `*` and `?` stay in one directory, `**` matches any depth."""
    return re.compile("".join(_translated(pattern.removeprefix("./").rstrip("/"))) + r"(/.*)?$", re.DOTALL)


def _translated(pattern: str) -> Iterator[str]:
    end = 0
    for special in _SPECIAL.finditer(pattern):
        yield re.escape(pattern[end : special.start()])
        end = special.end()
        match special[0]:
            case "**/":
                yield "(.*/)?"
            case "**":
                yield ".*"
            case "*":
                yield "[^/]*"
            case "?":
                yield "[^/]"
            case group:
                yield group.replace("[!", "[^").replace("\\", "\\\\")
    yield re.escape(pattern[end:])


# Selects the host variables that belong to the key of a wheel that is built on the host.

_OF_THE_SESSION = re.compile(
    # The location and the terminal of the user.
    r"(PWD|OLDPWD|SHLVL|_|TERM|COLORTERM|COLUMNS|LINES|WINDOWID|DISPLAY|WAYLAND_DISPLAY|TMPDIR|TMUX|TMUX_PANE|STY"
    r"|PS[0-4]|PROMPT_COMMAND|LS_COLORS|MAIL|EDITOR|VISUAL|PAGER|LESS|LESSOPEN|LESSCLOSE|GPG_TTY|INVOCATION_ID"
    r"|JOURNAL_STREAM|SESSION_MANAGER|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|PY_COLORS|PYTEST_CURRENT_TEST"
    r"|(TERM|SSH|XDG|DBUS|GNOME|GTK|KDE|KONSOLE|VTE|ITERM|KITTY|VSCODE|DESKTOP|SUDO)_.*|HIST(FILE|SIZE|CONTROL|FILESIZE)"
    # cibw's options are in the plan, as far as they matter.
    r"|CIBW_.*"
    # The number of a CI run, and the location of its files.
    r"|(ACTIONS|RUNNER)_.*|GITHUB_(RUN_.*|ACTION.*|ENV|JOB|OUTPUT|PATH|STATE|STEP_SUMMARY|EVENT_PATH|TOKEN)"
    r"|CI_(JOB|PIPELINE|RUNNER)_.*)"
)

_NO_INPUTS = re.compile(
    # The user, program directories, and locations of tools and their downloads.
    r"PATH|HOME|SHELL|USER|LOGNAME|TMP|TEMP|MANPATH|INFOPATH|FPATH|ZDOTDIR|ZSH|ENV|BASH_ENV|ANDROID_.*|JAVA_HOME.*|JDK_HOME"
    r"|.*_?CACHE(_.*)?|(NVM|PYENV|RBENV|HOMEBREW|CONDA|MAMBA|_?CE|SDKMAN|DENO|NPM|npm|FZF|STARSHIP|PIPX|SNAP|WSL|LMOD)_.*"
    r"|(DOCKER|AWS|AZURE|GOOGLE|GCLOUD|CLOUDSDK|KUBE|AGENT|GITHUB)_.*|KUBECONFIG|WORKSPACE(_TMP)?"
    # A user's own variables may begin like these, such as BUILD_CONFIG.
    r"|(BUILD|SYSTEM)_[A-Z]+DIRECTORY|BUILD_REPOSITORY_LOCALPATH|PIPELINE_WORKSPACE|CI_(BUILDS|PROJECT)_DIR"
    r"|(CARGO|RUSTUP|VOLTA|PNPM|POETRY|GO)_?HOME|GOPATH|GOROOT|GOBIN|BUN_INSTALL|NODE_PATH|MODULE(PATH|SHOME|_.*)"
    r"|UV_(PYTHON_INSTALL_DIR|PYTHON_BIN_DIR|TOOL_.*|INSTALL_DIR)|PYTHONUSERBASE|PYTHONSTARTUP|PYTHONPYCACHEPREFIX"
    r"|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|UV_SYSTEM_CERTS"
    r"|(PROGRAM|COMMONPROGRAM)FILES.*|PROGRAMDATA|PROGRAMW6432|COMMONPROGRAMW6432|SYSTEMROOT|SYSTEMDRIVE|WINDIR|(LOCAL)?APPDATA"
    r"|ALLUSERSPROFILE|PUBLIC|USERPROFILE|HOMEPATH|HOMEDRIVE|ONEDRIVE.*|COMSPEC|PSMODULEPATH|DRIVERDATA|(VS|VC|UCRT|WINDOWS).*",
    re.IGNORECASE,
)
_PROGRAMS = re.compile(
    r"CC|CXX|CPP|FC|F77|F90|LD|AR|AS|NM|RANLIB|STRIP|OBJCOPY|LDSHARED|LDCXXSHARED|RUSTC|CARGO|CMAKE|NINJA|MAKE|SWIG"
    r"|PKG_CONFIG|.*_(COMPILER|LAUNCHER|WRAPPER|LINKER|PROGRAM)"
)


def names_inputs(name: str) -> bool:
    """Return whether a variable may name files that a build reads, rather than tools or the user's directories."""
    return _NO_INPUTS.fullmatch(name) is None


def names_programs(name: str) -> bool:
    """Return whether a variable names a program that a build may use."""
    return _PROGRAMS.fullmatch(name) is not None


def variables_that_count(environment: Mapping[str, str], foreign: Collection[str]) -> dict[str, str]:
    """Return all variables except those of the terminal, the session and the CI run, and those that no build sees."""
    return {
        name: value
        for name, value in environment.items()
        if name not in foreign and not _OF_THE_SESSION.fullmatch(name)
    }
