"""What Windows is told to start, where a system of POSIX takes a program, a list of words and variables."""

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
    """One command as CreateProcess takes it."""

    command_line: str
    environment: Mapping[str, str]


def windows_start(request: Request, is_file: Callable[[str], bool]) -> WindowsStart:
    """What starts a command; FileNotFoundError where PATH of the request has no such program.

    ValueError names an argument that a batch file can't be given.
    """
    environment = windows_environment(request.environment)
    if request.argv[:-1] == _CMD:
        # All behind /c is the command, between one pair of quotes that cmd.exe takes off because of /s.
        shell = environment.get("COMSPEC") or "cmd.exe"
        line = f'{program_word(shell)} /d /s /c "{request.argv[-1]}"'
        return WindowsStart(command_line=line, environment=environment)
    program = find_program(request.argv[0], request.cwd, environment, is_file)
    make = _batch_line if program.lower().endswith(_BATCH) else _program_line
    return WindowsStart(command_line=make(program, request.argv[1:], environment), environment=environment)


def windows_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables under names in capitals, as Windows does not tell `Path` from `PATH`; a later one replaces an earlier.

    The directories of PATH get backslashes, without which cmd.exe finds no program in them.
    """
    folded = {name.upper(): value for name, value in environment.items()}
    if "PATH" in folded:
        folded["PATH"] = folded["PATH"].replace("/", "\\")
    return folded


def find_program(name: str, cwd: str, environment: Mapping[str, str], is_file: Callable[[str], bool]) -> str:
    """The file that a name stands for, by PATH and PATHEXT as in cmd.exe; FileNotFoundError where there is none.

    Unlike there, the working directory does not count: it is a project's, and may hold anything.
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
    """A batch file with its arguments, of which cmd.exe must take none for a part of its own language."""
    words = " ".join([f'"{program}"', *map(_batch_word, arguments)])
    shell = environment.get("COMSPEC") or "cmd.exe"
    return f'{program_word(shell)} /e:on /v:off /d /s /c "{words}"'


def _batch_word(argument: str) -> str:
    if any(one in argument for one in "\r\n\0"):
        raise ValueError(f"a batch file cannot be given the argument {argument!r}, which contains a line break")
    # %cd:~,% is an empty piece of the working directory's name: so the percent sign before it begins no variable.
    return batch_word(argument.replace("%", "%%cd:~,%"))
