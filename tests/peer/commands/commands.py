"""The commands of frontends, installers and makers of environments, taken apart."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from tests.peer.commands.normal import flags

_DIRECTORIES = ("--wheel-dir", "--outdir", "--out-dir")
_WITH_VALUE = ("-c", "--constraint", "--python", "--python-platform")


def frontend(words: list[str]) -> dict[str, str]:
    """The aspects of a command that builds a wheel."""
    tool, python, rest = _tool(words)
    fixed, others, package, out = [], [], "", ""
    given = _with_values(flags(rest), (*_DIRECTORIES, "-C", "--python"))
    for flag, value in given:
        if flag in _DIRECTORIES:
            out = value
        elif flag == "--python":
            python = value
        elif flag in ("--wheel", "--no-deps", "--installer=uv"):
            fixed.append(flag)
        elif flag.startswith("<project>") and not package:
            package = flag
        else:
            others += [flag, *([value] if value else [])]
    return {
        "tool": tool,
        "python": python,
        "package": package,
        "output": out,
        "fixed flags": " ".join(sorted(fixed)),
        "flags": shlex.join(others),
    }


def _tool(words: list[str]) -> tuple[str, str, list[str]]:
    match words:
        case [python, "-m", "pip", "wheel", *rest]:
            return "pip", python, rest
        case [python, "-m", "build", *rest]:
            return "build", python, rest
        case ["uv", "build", *rest]:
            return "uv", "", rest
        case ["sh", "/own/resources/uv_build.sh", _kept, python, _place, package, _digest, *rest]:
            return "uv in a kept environment", python, [package, *rest[rest.index("--") + 1 :]]
        case _:
            return shlex.join(words), "", []


def _with_values(words: list[str], names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Flags and their values, which may follow or be joined by `=`; the value is empty where there is none."""
    found: list[tuple[str, str]] = []
    waiting = iter(words)
    for word in waiting:
        name, is_joined, value = word.partition("=")
        if word in names:
            found.append((word, next(waiting, "")))
        elif is_joined and name in names:
            found.append((name, value))
        else:
            found.append((word, ""))
    return found


def install(words: list[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The aspects of a command that installs packages; none where it is another command."""
    tool, python, rest = _installer(words, environment)
    if not tool:
        return {}
    packages, options, constraints = [], [], ""
    for flag, value in _with_values(rest, _WITH_VALUE):
        if flag == "--python":
            python = _home(value)
        elif flag in ("-c", "--constraint"):
            constraints = value
        elif flag.startswith("-"):
            options += [flag, *([value] if value else [])]
        else:
            packages.append(flag)
    return {
        "installer": tool,
        "place": python,
        "packages": shlex.join(packages),
        "constraints": constraints,
        "options": " ".join(options),
        "installs": "1",
    }


def _installer(words: list[str], environment: Mapping[str, str]) -> tuple[str, str, list[str]]:
    match words:
        case ["uv", "pip", "install", *rest]:
            return "uv", environment.get("VIRTUAL_ENV", ""), rest
        case [python, "-m", "pip", "install", *rest]:
            return "pip", _home(python), rest
        case ["arch", processor, *others]:
            tool, place, rest = _installer(others, environment)
            return f"{tool} for {processor}" if tool else "", place, rest
        case _:
            return "", "", []


def _home(python: str) -> str:
    """The environment or installation that a Python belongs to."""
    return python.rpartition("/")[0].rpartition("/")[0]


def environment_made(words: list[str]) -> dict[str, str]:
    """The aspects of a command that makes a virtual environment; none where it is another command."""
    match words:
        case [_, "-sS", _, *rest]:
            given = dict(_with_values(rest[:-1], ("--python",)))
            return {"tool": "virtualenv", "python": given["--python"], "place": rest[-1], "pip": "yes"}
        case [python, "-m", "virtualenv", *rest]:
            return {"tool": "virtualenv", "python": python, "place": rest[-1], "pip": "yes"}
        case ["uv", "venv", *rest]:
            return _made_by_uv(rest)
        case ["sh", "/own/resources/uv_venv.sh", _, python, place]:
            return {"tool": "uv, kept", "python": python, "place": place, "pip": "yes"}
        case _:
            return {}


def _made_by_uv(rest: list[str]) -> dict[str, str]:
    given = _with_values(rest, ("--python",))
    python = next(value for flag, value in given if flag == "--python")
    place = next(flag for flag, _ in given if not flag.startswith("-"))
    pip = "yes" if ("--seed", "") in given else ""
    return {"tool": "uv", "python": python, "place": place, "pip": pip}
