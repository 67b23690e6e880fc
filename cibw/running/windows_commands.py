"""Converts commands to their Windows form: a command line and an environment block."""

from __future__ import annotations

import ntpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cibw.model.cmd_words import batch_word, program_word
from cibw.model.command import Request

_CMD = ("cmd", "/d", "/s", "/c")
_ENDINGS = ".COM;.EXE;.BAT;.CMD"
_STARTABLE = tuple(_ENDINGS.lower().split(";"))
_BATCH = (".bat", ".cmd")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsStart:
    """A command for CreateProcess."""

    command_line: str
    environment: Mapping[str, str]


def windows_start(request: Request, is_file: Callable[[str], bool]) -> WindowsStart:
    """Convert a command. Raise FileNotFoundError if the PATH of the request does not contain the program.

    ValueError names an argument that cannot be passed to a batch file.
    """
    environment = windows_environment(request.environment)
    if request.argv[:-1] == _CMD:
        # Everything after /c is the command, within one pair of quotes that cmd.exe removes because of /s.
        shell = environment.get("COMSPEC") or "cmd.exe"
        line = f'{program_word(shell)} /d /s /c "{request.argv[-1]}"'
        return WindowsStart(command_line=line, environment=environment)
    program = find_program(request.argv[0], request.cwd, environment, is_file)
    make = _batch_line if program.lower().endswith(_BATCH) else _program_line
    return WindowsStart(command_line=make(program, request.argv[1:], environment), environment=environment)


def windows_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables with uppercase names, because Windows does not distinguish `Path` from `PATH`. Later ones win.

    Directories in PATH get backslashes, without which cmd.exe finds no program in them.
    """
    folded = {name.upper(): value for name, value in environment.items()}
    if "PATH" in folded:
        folded["PATH"] = folded["PATH"].replace("/", "\\")
    return folded


def find_program(name: str, cwd: str, environment: Mapping[str, str], is_file: Callable[[str], bool]) -> str:
    """Return the file that a name refers to, by PATH and PATHEXT as in cmd.exe.

    Raise FileNotFoundError if there is none. Unlike in cmd.exe, the working directory is not searched, because it
    belongs to a project and may contain anything.
    """
    for directory in _directories(name, cwd, environment):
        for candidate in _candidates(ntpath.join(directory, name), environment):
            if is_file(candidate):
                return candidate
    raise FileNotFoundError(2, "no such program", name)


def _directories(name: str, cwd: str, environment: Mapping[str, str]) -> Iterator[str]:
    if ntpath.dirname(name) or ntpath.splitdrive(name)[0]:
        yield cwd
        return
    for directory in environment.get("PATH", "").split(";"):
        if directory.strip(' "'):
            yield directory.strip(' "')


def _candidates(path: str, environment: Mapping[str, str]) -> Iterator[str]:
    path = ntpath.normpath(path)
    endings = [one.strip().lower() for one in (environment.get("PATHEXT") or _ENDINGS).split(";")]
    if ntpath.splitext(path)[1].lower() in _STARTABLE:
        yield path
    yield from (f"{path}{ending}" for ending in endings if ending in _STARTABLE)


def _program_line(program: str, arguments: tuple[str, ...], _environment: Mapping[str, str]) -> str:
    return " ".join([f'"{program}"', *map(program_word, arguments)])


def _batch_line(program: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """Return the command line of a batch file, with arguments quoted so that cmd.exe does not interpret them."""
    words = " ".join([f'"{program}"', *map(_batch_word, arguments)])
    shell = environment.get("COMSPEC") or "cmd.exe"
    return f'{program_word(shell)} /e:on /v:off /d /s /c "{words}"'


def _batch_word(argument: str) -> str:
    if any(one in argument for one in "\r\n\0"):
        raise ValueError(f"a batch file cannot be given the argument {argument!r}, which contains a line break")
    # %cd:~,% expands to an empty string, so the percent sign before it does not begin a variable.
    return batch_word(argument.replace("%", "%%cd:~,%"))
