"""Finds Pythons on this computer that can build extensions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

from cibw.execution.files import write_table
from cibw.execution.host.processes import run_guarded
from cibw.model.identifiers import Family, Implementation, Interpreter
from cibw.model.machines import HostInterpreter
from cibw.untrusted.limits import parse_json, read_limited

_MANYLINUX_PYTHONS = "/opt/python"
_PROBE = Path(__file__).parents[2] / "resources" / "interpreter_facts.py"
_IMPLEMENTATIONS = {"cpython": Implementation.CPYTHON, "pypy": Implementation.PYPY, "graalpy": Implementation.GRAALPY}
_LIBCS = {"glibc": Family.MANYLINUX, "musl": Family.MUSLLINUX}
_TIMEOUT_SECONDS = 20
_ELF = b"\x7fELF"

InterpreterFacts = dict[str, str]


def find_interpreters(cache_file: Path, environment: Mapping[str, str] | None = None) -> tuple[HostInterpreter, ...]:
    """Return the first Python of each kind with C headers, from PATH, pyenv, uv and manylinux images.

    Facts about a Python are stored in `cache_file` under its path and modification time. The programs are run with
    `environment`, by default the environment of this process.
    """
    known = read_cache(cache_file)
    fresh: dict[str, InterpreterFacts] = {}
    for executable in _candidates():
        key = f"{executable}:{executable.stat().st_mtime_ns}"
        fresh[key] = known[key] if key in known else _ask(executable, environment)
    # A Python without headers is not cached, because they may be installed later.
    worth = {key: facts for key, facts in fresh.items() if facts}
    if worth != known:
        write_cache(cache_file, worth)
    return tuple(_first_of_each(fresh.values()))


def install_interpreter(uv: str, interpreter: Interpreter, environment: Mapping[str, str] | None = None) -> bool:
    """Install a CPython or PyPy with uv. Return False if that fails, for example without network access."""
    name = "pypy" if interpreter.implementation is Implementation.PYPY else "cpython"
    request = f"{name}-{interpreter.version}{'+freethreaded' * interpreter.free_threaded}"
    command = (uv, "python", "install", "--no-progress", request)
    return run_guarded(command, environment).returncode == 0


def _candidates() -> Iterator[Path]:
    """Yield executables that look like a Python, without duplicates. Those of version managers precede the system's."""
    from findpython import Finder

    found = sorted(Path(_MANYLINUX_PYTHONS).glob("*/bin/python"))
    for provider in reversed(Finder().setup_providers()):
        found.extend(version.executable for version in provider.find_pythons())
    seen: set[Path] = set()
    for path in found:
        real = path.resolve()
        if real not in seen and _is_program(real):
            seen.add(real)
            yield path


def _is_program(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_ELF)) == _ELF and os.access(path, os.X_OK)
    except OSError:
        return False


def _ask(executable: Path, environment: Mapping[str, str] | None) -> InterpreterFacts:
    command = (str(executable), "-I", str(_PROBE))
    try:
        return _parse(run_guarded(command, environment, _TIMEOUT_SECONDS).stdout)
    except (OSError, TimeoutExpired):
        return {}


def _parse(text: bytes) -> InterpreterFacts:
    try:
        parsed: object = parse_json(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in parsed.items()} if isinstance(parsed, dict) else {}


def _first_of_each(found: Iterable[InterpreterFacts]) -> Iterator[HostInterpreter]:
    seen: set[tuple[Interpreter, Family]] = set()
    for facts in found:
        one = _interpreter(facts)
        if one is not None and (one.interpreter, one.libc) not in seen:
            seen.add((one.interpreter, one.libc))
            yield one


def _interpreter(facts: InterpreterFacts) -> HostInterpreter | None:
    implementation = _IMPLEMENTATIONS.get(facts.get("implementation", ""))
    if implementation is None:
        return None
    interpreter = Interpreter(
        implementation=implementation,
        major=int(facts["major"]),
        minor=int(facts["minor"]),
        free_threaded=facts["free_threaded"] == "1",
    )
    return HostInterpreter(interpreter=interpreter, path=facts["path"], libc=_LIBCS[facts["libc"]])


def read_cache(cache_file: Path) -> dict[str, InterpreterFacts]:
    """Return the cached facts of earlier runs, as far as they can be read."""
    try:
        parsed: object = parse_json(read_limited(cache_file))
    except (OSError, ValueError):
        return {}
    if not isinstance(parsed, dict):
        return {}
    told = {str(key): _parse(json.dumps(value).encode()) for key, value in parsed.items()}
    return {key: facts for key, facts in told.items() if _are_whole(facts)}


def _are_whole(facts: InterpreterFacts) -> bool:
    """Return whether cached facts have the same structure as those of the probe."""
    numbers = (facts.get("major", ""), facts.get("minor", ""))
    return (
        all(number.isdecimal() for number in numbers)
        and facts.get("free_threaded") in ("0", "1")
        and facts.get("libc") in _LIBCS
        and Path(facts.get("path", "")).is_absolute()
    )


def write_cache(cache_file: Path, known: dict[str, InterpreterFacts]) -> None:
    """Save facts for later runs, if possible."""
    with suppress(OSError):
        write_table(cache_file, known)
