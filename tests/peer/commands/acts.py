"""What a run does, act by act, in the words of both programs: from the commands of either."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cibw.config.values.containers import parse_create_args
from cibw.config.values.types import forget
from tests.peer.commands.calls import COLLECT, CREATED, FETCH, MACHINE, SHELL, SOURCES, Call, Record
from tests.peer.commands.commands import environment_made, frontend, install
from tests.peer.commands.normal import Normal

_PHASES = {
    "Starting container": "machine",
    "Running before_all": "before-all",
    "Installing": "set up",
    "Setting up": "set up",
    "Installing build tools": "build tools",
    "Running before_build": "before-build",
    "Building wheel": "build",
    "Repairing wheel": "repair",
    "Auditing wheel": "audit",
    "Testing wheel": "test install",
    "Testing wheel: before-test": "before-test",
    "Testing wheel: test": "test",
}
"""How the peer calls its steps, in our words; of several beginnings the longest counts."""
_INTERPRETER = "interpreters"
_ALL = "all builds"
_HOOKS = ("before-all", "before-build", "repair", "audit", "before-test", "test")
_NO_CHOICE = (
    *(["which"], ["where"], ["mkdir"], ["rm"], ["mktemp"], ["mv"], ["manylinux-interpreters"], ["test", "-x"]),
    *(["sh", "/own/resources/own_python.sh"], ["sh", "/own/resources/macos_python.sh"]),
    *(["sh", "/own/resources/compiler_cache.sh"], ["/own/cibw-python", "-I", "/own/resources/host_files.py"]),
    ["/own/cibw-python", "-I", "/own/resources/certificates.py"],
)
"""Commands of which no configuration decides anything that a user could see, by how they begin."""
_OWN_SETTING_UP = ("rm -rf '", "test -x '/opt/python/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that is done, by its aspects, and the directory and variables in which it is."""

    name: str
    aspects: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)


def acts_of(call: Call, records: Iterable[Record]) -> dict[str, list[Act]]:
    """The acts of each build identifier, in order; what prepares a computer belongs to its first build."""
    normal = Normal(call)
    found: dict[str, list[Act]] = {}
    interpreters: list[Act] = []
    waiting: list[Act] = []
    for record in records:
        acts = list(_acts(record, normal))
        interpreters += [act for act in acts if act.name == _INTERPRETER]
        acts = [act for act in acts if act.name != _INTERPRETER]
        if record["scope"]:
            found.setdefault(record["scope"], []).extend((*waiting, *acts))
            waiting = []
        else:
            waiting += acts
    found[_ALL] = interpreters
    return {identifier: _joined(acts) for identifier, acts in found.items()}


def _acts(record: Record, normal: Normal) -> Iterator[Act]:
    environment = normal.environment(record["environment"])
    words = [normal.text(word) for word in record["argv"]]
    words = normal.program(words, environment)
    phase = _phase(record["phase"])
    cwd = {"directory": normal.text(record["cwd"])}
    match words:
        case [str(mark), *rest] if mark == FETCH:
            if not rest[0].endswith(("/virtualenv.pyz", "/nuget.exe")):
                yield Act(name=_INTERPRETER, aspects={"source": rest[0]})
        case [str(mark), image, platform, *rest] if mark == MACHINE:
            yield Act(name="machine", aspects={"image": image, "platform": platform, **_settings(rest)})
        case [str(mark), *rest] if mark == SOURCES:
            yield Act(name="test sources", aspects={"files": shlex.join(rest)})
        case [str(mark), wheel] if mark == COLLECT:
            yield Act(name="collect", aspects={"wheel": wheel})
        case _ if not _is_no_choice(record["argv"], words):
            aspects, name = _command(words, phase, environment)
            seen = {} if name.startswith("environment ") else environment
            yield Act(name=name, aspects=aspects | cwd, environment=seen)
        case _:
            yield from _sources(record["argv"])


def _settings(rest: list[str]) -> dict[str, str]:
    mount, *words = rest
    create = words[1] if words[:1] == [CREATED] else str(parse_create_args(words, forget))
    return {"mount": mount, "creation": create}


def _command(words: list[str], phase: str, environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    made = environment_made(words)
    if made:
        return made, f"environment {made.pop('place')}"
    installed = install(words, environment)
    if installed:
        return installed, _name_of_install(installed, phase)
    if phase == "build":
        return frontend(words), phase
    text = _text(words)
    if text and phase in _HOOKS:
        return text, phase
    return {"command": shlex.join(words)}, f"other command of {phase}"


def _name_of_install(installed: Mapping[str, str], phase: str) -> str:
    if installed["packages"] == "virtualenv":
        return "maker of environments"
    return "test install" if installed["place"] == "<test-env>" else f"{phase.removesuffix(' tools')} tools"


def _text(words: list[str]) -> dict[str, str]:
    match words:
        case [str(mark), text] if mark == SHELL:
            return {"text": text}
        case ["arch", processor, "sh" | "/bin/sh", "-c", text]:
            return {"text": text, "processor": processor}
        case ["/bin/sh", "-c", text]:
            return {"text": text}
        case _:
            return {}


def _is_no_choice(argv: list[str], words: list[str]) -> bool:
    if any(argv[: len(start)] == start for start in _NO_CHOICE):
        return True
    match words:
        case [str(mark), _] if mark == SHELL:
            return argv[1].startswith(_OWN_SETTING_UP) or _copied(argv[1]) is not None
        case (
            ["arch", _, "which", "python"]
            | [_, "-V", "-V"]
            | [_, "-c", "import struct; print(struct.calcsize('P') * 8)"]
        ):
            return True
        case [_, "-m", "pip", "--version" | "freeze", *_]:
            return True
        case [_, "install", _, "-Version", _, *_]:
            return True
        case _:
            return False


def _sources(argv: list[str]) -> Iterator[Act]:
    copied = _copied(argv[-1])
    if argv[2:4] == ["/own/resources/host_files.py", "copy"]:
        copied = argv[5:]
    if copied is not None:
        yield Act(name="test sources", aspects={"files": shlex.join(copied)})


def _copied(text: str) -> list[str] | None:
    """The sources of a text that copies them to where the tests run; None where it is another text."""
    if not text.startswith("mkdir -p '/own/work/"):
        return None
    words = shlex.split(text)
    return [words[place + 1] for place, word in enumerate(words) if word == "-a"]


def _phase(words: str) -> str:
    starts = [start for start in _PHASES if words.startswith(start)]
    return _PHASES[max(starts, key=len)] if starts else words


def _joined(acts: list[Act]) -> list[Act]:
    """Acts of which order and number do not matter as one: interpreters, and packages for one environment."""
    found: list[Act] = []
    for act in acts:
        earlier = next((one for one in found if one.name == act.name == _INTERPRETER), None)
        last = found[-1] if found else None
        if earlier:
            sources = sorted({*earlier.aspects["source"].split(), act.aspects["source"]})
            found[found.index(earlier)] = Act(name=act.name, aspects={"source": " ".join(sources)})
        elif last and last.name == act.name and "packages" in act.aspects:
            found[-1] = _one_install(last, act)
        else:
            found.append(act)
    return found


def _one_install(first: Act, second: Act) -> Act:
    packages = f"{first.aspects['packages']} {second.aspects['packages']}"
    count = str(int(first.aspects["installs"]) + 1)
    aspects = {**second.aspects, "packages": packages, "installs": count}
    return Act(name=first.name, aspects=aspects, environment=second.environment)
