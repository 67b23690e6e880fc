"""Commands and environment variables of a plan, with placeholders that are filled in during a run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from cibw.errors import assert_never

# Text with placeholders that are filled in during a run.


class Placeholder(Enum):
    """A value that is known only during a run, when it is bound."""

    PROJECT = "project"
    """The directory of the project's copy on the machine, created for each build."""
    SOURCE = "source"
    """The project after before-all on the machine; the copies are made from it."""
    WORK = "work"
    """The scratch directory of this build, on the machine."""
    BUILT_WHEEL = "built_wheel"
    """The path of the wheel that the build frontend produced."""
    WHEEL = "wheel"
    """The path of the wheel to audit, test and collect: repaired or reused."""
    CACHE = "cache"
    """The directory on the machine that persists between runs."""
    RESOURCES = "resources"
    """The directory of the scripts that cibw ships, on the machine."""
    STEADY = "steady"
    """A directory on the machine with the same path in every run, for links to directories whose paths change."""
    CIBW_PYTHON = "cibw_python"
    """The Python that runs cibw, on the host."""
    DELOCATE_ARCHS = "delocate_archs"
    """The architectures that a macOS wheel must have, separated by commas; the planner fills them in."""
    LDPATHS = "ldpaths"
    """Where an Android wheel finds the compiler's libraries, separated by colons; the planner fills them in."""


@dataclass(frozen=True, slots=True)
class Template:
    """Text in pieces: literal strings and placeholders."""

    parts: tuple[str | Placeholder, ...]

    @classmethod
    def of(cls, *parts: str | Placeholder | Template) -> Template:
        """Join pieces and templates into one template, without empty or adjacent strings."""
        flat: list[str | Placeholder] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, Template) else (part,))
        return cls(_merge(flat))

    def render(self, bindings: Mapping[Placeholder, str]) -> str:
        """Replace placeholders with their bindings; KeyError for one that is not bound."""
        return "".join(part if isinstance(part, str) else bindings[part] for part in self.parts)

    def fill(self, values: Mapping[Placeholder, str | Template]) -> Template:
        """Replace some placeholders, and keep the others."""
        return Template.of(*(values.get(part, part) if isinstance(part, Placeholder) else part for part in self.parts))

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else f"{{{part.value}}}" for part in self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)


def _merge(parts: list[str | Placeholder]) -> tuple[str | Placeholder, ...]:
    merged: list[str | Placeholder] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        elif part != "":
            merged.append(part)
    return tuple(merged)


# Paths on a machine, in terms of placeholders.

PROJECT = Template.of(Placeholder.PROJECT)
SOURCE = Template.of(Placeholder.SOURCE)
WORK = Template.of(Placeholder.WORK)
BUILT_DIR = Template.of(Placeholder.WORK, "/built")
REPAIRED_DIR = Template.of(Placeholder.WORK, "/repaired")
REUSED_DIR = Template.of(Placeholder.WORK, "/reused")
COMPILERS = Template.of(Placeholder.WORK, "/compilers")
OWN_PYTHON = Template.of(Placeholder.RESOURCES, "/own_python.sh")
COMPILER_CACHE = Template.of(Placeholder.RESOURCES, "/compiler_cache.sh")
CERTIFICATES = Template.of(Placeholder.RESOURCES, "/certificates.pem")
"""The certificates that cibw trusts, in a container; present only if a variable of a build refers to them."""
BUILD_ENVIRONMENT = Template.of(Placeholder.WORK, "/build-env")
UV_ENVIRONMENT = Template.of(Placeholder.WORK, "/uv-env")
TEST_ENVIRONMENT = Template.of(Placeholder.WORK, "/test-env")
AUDIT_ENVIRONMENT = Template.of(Placeholder.WORK, "/audit-env")
TEST_DIR = Template.of(Placeholder.WORK, "/test")
CONSTRAINTS = Template.of(Placeholder.WORK, "/constraints.txt")
MUSL_PYTHON = Template.of(Placeholder.WORK, "/musl-python")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenvLayout:
    """The program directory of a virtual environment, and the extension of its programs."""

    programs: str = "bin"
    ending: str = ""

    def bin_dir(self, environment: Template) -> Template:
        """The directory of the programs."""
        return Template.of(environment, f"/{self.programs}")

    def python(self, environment: Template) -> Template:
        """The Python of the environment."""
        return Template.of(self.bin_dir(environment), f"/python{self.ending}")


POSIX_VENV = VenvLayout()
WINDOWS_VENV = VenvLayout(programs="Scripts", ending=".exe")


# Environment variables of pip and their uv equivalents.

UV_NAMES = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX",),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX",),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_CONSTRAINT": ("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"),
    "PIP_BUILD_CONSTRAINT": ("UV_BUILD_CONSTRAINT",),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
    "PIP_DEFAULT_TIMEOUT": ("UV_HTTP_TIMEOUT",),
}
"""pip variables, and uv variables that accept the same value."""

UNREAD_BY_UV = {
    "PIP_NO_BINARY": "UV_NO_BINARY or UV_NO_BINARY_PACKAGE",
    "PIP_ONLY_BINARY": "UV_NO_BUILD or UV_NO_BUILD_PACKAGE",
    "PIP_PRE": "UV_PRERELEASE",
    "PIP_NO_INDEX": "",
    "PIP_NO_BUILD_ISOLATION": "UV_NO_BUILD_ISOLATION",
    "PIP_REQUIRE_HASHES": "UV_REQUIRE_HASHES",
    "PIP_CONFIG_FILE": "UV_CONFIG_FILE",
    "PIP_KEYRING_PROVIDER": "UV_KEYRING_PROVIDER",
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_CLIENT_CERT": "SSL_CLIENT_CERT",
    "PIP_PROXY": "ALL_PROXY",
    "PIP_REQUIREMENT": "",
    "PIP_PREFER_BINARY": "",
    "PIP_NO_DEPS": "",
    "PIP_USE_PEP517": "",
    "PIP_CONFIG_SETTINGS": "",
    "PIP_GLOBAL_OPTION": "",
    "PIP_BUILD_OPTION": "",
    "PIP_USE_DEPRECATED": "",
    "PIP_USE_FEATURE": "",
    "PIP_IGNORE_REQUIRES_PYTHON": "",
}
"""Other pip variables that affect installs or builds, and their uv equivalents, if any."""

OLD_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
"""Former names of uv variables, which uv still reads."""


# Quoting of command arguments for Windows.

_BLANKS = " \t\n\v"
_OPERATORS = "&|<>^()"


def program_word(argument: str) -> str:
    r"""Quote an argument for the Windows C library: \ is literal except before quotes."""
    if argument and not any(one in argument for one in (*_BLANKS, '"')):
        return argument
    return _in_quotes(argument, '\\"')


def batch_word(argument: str) -> str:
    """Quote an argument for a batch file; cmd.exe still expands percent signs."""
    return _in_quotes(argument, '""')


def shown_word(argument: str) -> str:
    """Quote an argument for typing at the cmd.exe prompt, where operators are special."""
    return _in_quotes(argument, '\\"') if any(one in argument for one in _OPERATORS) else program_word(argument)


def _in_quotes(argument: str, quote: str) -> str:
    pieces = []
    for piece in argument.split('"'):
        backslashes = len(piece) - len(piece.rstrip("\\"))
        pieces.append(piece + "\\" * backslashes)
    return f'"{quote.join(pieces)}"'


# The shells that run commands of a plan.


class Shell(Enum):
    """The shell language of a command: POSIX, Windows, or bash only."""

    SH = "sh"
    CMD = "cmd"
    BASH = "bash"

    @property
    def path_separator(self) -> str:
        """The separator of PATH."""
        return ";" if self is Shell.CMD else ":"

    def variable(self, name: str) -> str:
        """The normalized name of a variable; names are case-insensitive on Windows."""
        return name.upper() if self is Shell.CMD else name

    def quote(self, word: str) -> str:
        """Quote a word for the shell."""
        return shown_word(word) if self is Shell.CMD else shlex.quote(word)

    def join(self, words: Iterable[str]) -> str:
        """Quote and join a program and its arguments for the shell."""
        return " ".join(map(self.quote, words))

    def argv(self, text: str) -> tuple[str, ...]:
        """The arguments to run a text in the shell; cmd.exe takes everything after `/c` literally."""
        match self:
            case Shell.SH | Shell.BASH:
                return (self.value, "-c", text)
            case Shell.CMD:
                return ("cmd", "/d", "/s", "/c", text)
            case _:
                assert_never(self)


# Commands for cmd.exe, which accepts a single line and treats a slash as the start of an option.

_TAIL = re.compile(r"""/[^\s"'<>|&;,()%^]*""")
_COMMENT = re.compile(r"@?(?:rem(?:\s|$)|::)", re.IGNORECASE)


def cmd_text(template: Template, bindings: Mapping[Placeholder, str]) -> str:
    r"""Render a template as one line; KeyError for a placeholder that is not bound.

    Paths that begin with a placeholder get backslashes, because `copy` and others parse `/b` in `C:\a/b` as an option.
    """
    return _one_line("".join(_pieces(template, bindings)))


def _pieces(template: Template, bindings: Mapping[Placeholder, str]) -> Iterator[str]:
    follows_path = False
    for part in template.parts:
        if isinstance(part, Placeholder):
            yield bindings[part].replace("/", "\\")
        else:
            tail = _TAIL.match(part) if follows_path else None
            end = tail.end() if tail else 0
            yield part[:end].replace("/", "\\") + part[end:]
        follows_path = isinstance(part, Placeholder)


def _one_line(text: str) -> str:
    """Join lines with `&&`; cmd.exe would run only the first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return text.strip()
    joined = "\n".join(line for line in lines if not _COMMENT.match(line))
    # A caret at the end of a line continues it.
    return joined.replace("^\n", "").replace("\n", " && ")


# Commands in a plan, requests to a machine, and their outcomes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program with its arguments, or a single text for the shell if `shell` is true.

    `path_entry` is a directory that is first on PATH for this command only. `dialect` is the machine's shell.
    """

    argv: tuple[Template, ...]
    cwd: Template
    shell: bool = False
    path_entry: Template | None = None
    dialect: Shell = Shell.SH

    def __str__(self) -> str:
        if self.shell:
            return str(self.argv[0])
        return self.dialect.join(str(argument) for argument in self.argv)

    def request(self, bindings: Mapping[Placeholder, str], environment: Mapping[str, str]) -> CommandRequest:
        """Render the command; KeyError for a placeholder that is not bound."""
        is_cmd = self.shell and self.dialect is Shell.CMD
        argv = tuple(cmd_text(one, bindings) if is_cmd else one.render(bindings) for one in self.argv)
        if self.path_entry is not None:
            path = f"{self.path_entry.render(bindings)}{self.dialect.path_separator}{environment.get('PATH', '')}"
            environment = {**environment, "PATH": path}
        return CommandRequest(
            argv=self.dialect.argv(argv[0]) if self.shell else argv,
            cwd=self.cwd.render(bindings),
            environment=environment,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """One command, ready to run: with its full environment, without standard input."""

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryShortage:
    """Processes were killed because memory ran out; `limit` is the memory limit in bytes, if one was set.

    `kills` is the number of processes that the kernel reports as killed; 0 if this is only likely. With `container`,
    the limit comes from the configuration.
    """

    kills: int = 0
    limit: int | None = None
    container: bool = False

    def __str__(self) -> str:
        limit = f" (the limit is {self.limit / (1 << 20):.0f} MiB)" if self.limit else ""
        if not self.kills:
            return f"probably out of memory{limit}: a process was killed by signal 9"
        processes = "1 process" if self.kills == 1 else f"{self.kills} processes"
        return f"out of memory{limit}: the kernel killed {processes}"

    @property
    def hint(self) -> str:
        """A suggestion for the user."""
        less = "reduce the memory use of the build with --jobs 1, or MAKEFLAGS=-j1 in environment"
        if self.limit and self.container:
            return f"Raise --memory in the create-args of container-engine, or {less}."
        return f"{less[0].upper()}{less[1:]}. A computer with more memory also helps."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a command; `stdout` is its output, decoded as UTF-8 with replacements.

    `shortage` is set if the command failed and the machine detected that memory ran out.
    """

    exit_code: int
    stdout: str = ""
    seconds: float = 0.0
    shortage: MemoryShortage | None = None


# Assignments to environment variables, evaluated on the build machine.


@dataclass(frozen=True, slots=True)
class Variable:
    """`$NAME`, or `${NAME:-default}` where `default` is not None.

    With `or_empty`, the default also replaces an empty value (`:-`), otherwise only an unset one (`-`).
    """

    name: str
    default: tuple[EnvPart, ...] | None = None
    or_empty: bool = True


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(command)`: the output of a shell command, without its trailing newlines."""

    command: str
    dialect: Shell = Shell.SH


EnvPart = str | Placeholder | Variable | Substitution


@dataclass(frozen=True, slots=True)
class EnvExpr:
    """An assignment whose value may depend on the machine's environment or on a command."""

    name: str
    parts: tuple[EnvPart, ...]

    def __str__(self) -> str:
        return f"{self.name}={''.join(_text(part) for part in self.parts)}"


def _text(part: EnvPart) -> str:
    match part:
        case str():
            return part
        case Placeholder():
            return f"{{{part.value}}}"
        case Substitution(command=command):
            return f"$({command})"
        case Variable(name=name, default=None):
            return f"${{{name}}}"
        case Variable(name=name, default=default, or_empty=or_empty):
            text = "".join(_text(piece) for piece in default or ())
            return f"${{{name}{':' * or_empty}-{text}}}"
        case _:
            assert_never(part)
