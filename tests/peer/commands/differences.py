"""The differences between commands that are wanted; docs/differences.md tells of each."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tests.peer.commands.compare import Difference

_BUDGET = ("$MAKEFLAGS", "$CMAKE_BUILD_PARALLEL_LEVEL", "$CARGO_BUILD_JOBS", "$NPY_NUM_BUILD_JOBS")
_CROSS = (
    *("$DIST_EXTRA_CONFIG", "$VSCMD_ARG_TGT_ARCH", "$SETUPTOOLS_EXT_SUFFIX", "$SETUPTOOLS_USE_DISTUTILS"),
    "$CARGO_BUILD_TARGET",
)
_PIP_FOR_UV = {
    "$UV_DEFAULT_INDEX": "PIP_INDEX_URL",
    "$UV_INDEX": "PIP_EXTRA_INDEX_URL",
    "$UV_FIND_LINKS": "PIP_FIND_LINKS",
    "$UV_CONSTRAINT": "PIP_CONSTRAINT",
    "$UV_BUILD_CONSTRAINT": "PIP_CONSTRAINT",
}
_FOREIGN = ("$UV_PYTHON", "$__PYVENV_LAUNCHER__")
_PYTHON = re.compile(r"(?:<build-env>|<test-env>|/opt/python/[\w-]+)/(?:bin|Scripts)/python(?:\.exe)?")
_IMAGE_PYTHON = re.compile(r"PATH /opt/python/[\w-]+/bin")
_OF_AUDITS = ("audit", "audit tools", "environment <audit-env>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a rule may ask for beside the difference itself.

    `defaults` are the identifiers whose frontend is the program's own choice, `builds` the variables of cibw's
    builds by their identifiers, and `base` those that every command of the host starts with.
    """

    platform: str
    defaults: Collection[str] = ()
    builds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    base: Mapping[str, str] = field(default_factory=dict)

    def has_default(self, difference: Difference) -> bool:
        """Whether the frontend of the build is the program's own choice."""
        return difference.identifier in self.defaults


Rule = Callable[[Difference, Circumstances], bool]


def heading(difference: Difference, given: Circumstances) -> str:
    """The heading in docs/differences.md that explains a difference; empty where none does."""
    return next((name for name, rule in RULES.items() if rule(difference, given)), "")


def _processors(one: Difference, _given: Circumstances) -> bool:
    return (
        one.aspect in _BUDGET and one.cibuildwheel is None and re.fullmatch(r"(-j)?[0-9]+", one.cibw or "") is not None
    )


def _early_variables(one: Difference, given: Circumstances) -> bool:
    match one.aspect, one.cibuildwheel, one.cibw:
        case "$PWD", None, "<project>":
            return True
        case "$PIP_DISABLE_PIP_VERSION_CHECK", None, "1":
            return True
        case "$CIBUILDWHEEL_BUILD_IDENTIFIER", None, cibw:
            return one.act == "build tools" and cibw == one.identifier
        case "$VIRTUALENV_PIP", None, str(cibw):
            return cibw == given.builds.get(one.identifier, {}).get("VIRTUALENV_PIP")
        case str(name), None, str(cibw):
            return one.act == "build tools" and name in _CROSS and cibw == given.builds[one.identifier].get(name[1:])
        case _:
            return False


def _uv_python(one: Difference, _given: Circumstances) -> bool:
    if one.aspect != "$UV_PYTHON" or one.cibw is None or not _PYTHON.fullmatch(one.cibw):
        return False
    place = "<test-env>" if one.act.split(" #")[0] in ("before-test", "test install", "test") else "<build-env>"
    is_right = one.cibw.startswith((place, "/opt/python/"))
    return is_right and (one.cibuildwheel is None or one.cibuildwheel == _python_of_build(one))


def _python_of_build(one: Difference) -> str:
    """The Python that PATH finds first in the peer's act; uv has that of the build also for the tests of the peer."""
    act = one.acts[0]
    return act.environment.get("UV_PYTHON", "") if act else ""


def _compiler_cache(one: Difference, given: Circumstances) -> bool:
    return (one.aspect, one.cibuildwheel, one.cibw) == ("PATH <compilers>", None, "yes") and given.platform == "linux"


def _first_python(one: Difference, given: Circumstances) -> bool:
    if one.act != "before-all" or given.platform != "linux" or not _IMAGE_PYTHON.fullmatch(one.aspect):
        return False
    tag = one.identifier.partition("-")[0]
    is_first = one.aspect.startswith(f"PATH /opt/python/{tag}-") or not tag.startswith("cp")
    return one.cibw is None if one.aspect == "PATH /opt/python/cp39-cp39/bin" else is_first and one.cibuildwheel is None


def _certificates(one: Difference, given: Circumstances) -> bool:
    is_missing = (one.act, one.aspect, one.cibuildwheel, one.cibw) == (
        "before-all",
        "$PIP_CERT",
        "<certificates>",
        None,
    )
    return is_missing and given.platform == "linux"


def _made_by_uv(one: Difference, given: Circumstances) -> bool:
    is_environment = one.act.startswith(("environment <build-env>", "environment <test-env>"))
    match one.aspect, one.cibuildwheel, one.cibw:
        case "tool", "virtualenv", ("uv" | "uv, kept"):
            return is_environment
        case "tool", "uv", "uv, kept":
            return is_environment
        case "pip", "yes", "":
            return one.act == "environment <build-env>"
        case "act", _, None:
            return one.act == "maker of environments" and given.platform == "linux"
        case "$VIRTUALENV_PIP", str(cibuildwheel), None:
            return (
                one.act == "build" and given.platform != "linux" and (cibuildwheel == "embed" or given.has_default(one))
            )
        case _:
            return False


def _tools_by_uv(one: Difference, _given: Circumstances) -> bool:
    if one.act == "set up tools":
        # Where nothing pins pip, cibuildwheel brings it up to date before the other tools.
        return one.cibw is None and " packages pip; " in (one.cibuildwheel or "")
    if one.act != "build tools":
        return False
    match one.aspect, one.cibuildwheel, one.cibw:
        case ("installer", "pip", "uv") | ("options", "--upgrade", "") | ("installs", "1", "2"):
            return True
        case "packages", str(cibuildwheel), str(cibw):
            return _same_tools(cibuildwheel, cibw)
        case _:
            return False


def _same_tools(cibuildwheel: str, cibw: str) -> bool:
    """cibw installs pip, too, and what virtualenv is for is done by uv."""
    theirs = {package.partition("[")[0] for package in shlex.split(cibuildwheel)}
    ours = set(shlex.split(cibw)) - {"pip", "setuptools", "wheel"}
    if "build[virtualenv]" in shlex.split(cibuildwheel):
        ours -= {"virtualenv"}
    return ours == theirs and "pip" in cibw.split()


def _default_frontend(one: Difference, given: Circumstances) -> bool:
    if not given.has_default(one):
        return False
    match one.act.split(" #")[0], one.aspect, one.cibuildwheel, one.cibw:
        case "build", "tool", "build", ("uv" | "uv in a kept environment"):
            return True
        case "test install", "installer", str(cibuildwheel), str(cibw):
            return cibw == cibuildwheel.replace("pip", "uv").partition(" ")[0]
        case "test install", "options", "", "--python-platform x86_64-apple-darwin":
            return one.acts[0] is not None and one.acts[0].aspects["installer"] == "pip for -x86_64"
        case "build tools", "packages", str(cibuildwheel), str(cibw):
            return _same_tools(cibuildwheel.replace("'build[virtualenv]'", ""), cibw)
        case _:
            return False


def _settings_of_pip(one: Difference, _given: Circumstances) -> bool:
    name, act = _PIP_FOR_UV.get(one.aspect), one.acts[1]
    return name is not None and one.cibuildwheel is None and act is not None and one.cibw == act.environment.get(name)


def _reused(one: Difference, given: Circumstances) -> bool:
    return one.aspect == "act" and one.act == "build tools" and one.cibw is None and one.identifier not in given.builds


def _python_that_builds(one: Difference, given: Circumstances) -> bool:
    if (one.act, one.aspect) != ("build", "python") or given.platform == "linux" or one.cibw is None:
        return False
    tool = one.acts[1].aspects["tool"] if one.acts[1] else ""
    return tool == "uv" and one.cibw.startswith("<build-env>/") and (one.cibuildwheel or "").startswith("<base>/")


def _programs_of_windows(one: Difference, given: Circumstances) -> bool:
    is_environment = one.aspect in ("PATH <build-env>", "PATH <test-env>")
    return is_environment and one.cibw is None and given.platform == "windows"


def _interpreter_last(one: Difference, given: Circumstances) -> bool:
    if one.aspect != "order of PATH" or given.platform != "macos" or one.cibuildwheel is None or one.cibw is None:
        return False
    cibuildwheel, cibw = (
        [entry for entry in text.split(", ") if entry != "<base>/bin"] for text in (one.cibuildwheel, one.cibw)
    )
    return cibuildwheel == cibw and one.cibuildwheel.startswith("<test-env>/bin, <base>/bin, <build-env>/bin, ")


def _foreign_variables(one: Difference, given: Circumstances) -> bool:
    is_foreign = one.aspect in _FOREIGN and one.cibuildwheel == given.base.get(one.aspect[1:])
    return is_foreign and one.cibw is None and one.act == "before-all" and given.platform != "linux"


def _tests_find_pip(one: Difference, _given: Circumstances) -> bool:
    return one.act.startswith("environment <test-env>") and (one.aspect, one.cibuildwheel, one.cibw) == (
        "pip",
        "",
        "yes",
    )


def _one_installation(one: Difference, _given: Circumstances) -> bool:
    return one.act.startswith("test install") and (one.aspect, one.cibuildwheel, one.cibw) == ("installs", "2", "1")


def _is_of_host_and_build(one: Difference, given: Circumstances) -> bool:
    """Whether the peer has what the host has, and cibw what the build has."""
    build = given.builds.get(one.identifier, {})
    kind, _, name = one.aspect.partition(" ")
    if kind == "PATH":
        is_host = name.startswith(("<audit-env>", "/")) and name not in given.base.get("PATH", "")
        return is_host if one.cibw is None else name in build.get("PATH", "")
    variable = kind[1:]
    is_host = one.cibuildwheel == given.base.get(variable) or (variable, one.cibuildwheel) == (
        "VIRTUAL_ENV",
        "<audit-env>",
    )
    return is_host and one.cibw == build.get(variable)


def _audit_on_the_machine(one: Difference, given: Circumstances) -> bool:
    if one.act.split(" #")[0] not in _OF_AUDITS:
        return False
    if one.aspect.startswith(("$", "PATH ")):
        return _is_of_host_and_build(one, given)
    match one.aspect, one.cibuildwheel, one.cibw:
        case ("tool", "virtualenv", "uv") | ("installer", "pip", "uv") | ("pip", "yes", ""):
            return True
        case "python", str(cibuildwheel), str(cibw):
            return not cibuildwheel.startswith("<") and cibw.startswith(("<base>/", "/opt/python/"))
        case "act", None, str(cibw):
            # cibuildwheel has one environment for all audits of a run.
            return one.act == "environment <audit-env>" and cibw.startswith("tool uv; ")
        case _:
            return False


RULES: dict[str, Rule] = {
    "Builds share the processors": _processors,
    "Variables of cibw come first": _early_variables,
    "uv finds the Python of the build": _uv_python,
    "Compilers run through a cache": _compiler_cache,
    "before-all finds the Python of the first build": _first_python,
    "Old Pythons get certificates": _certificates,
    "Environments are made by uv": _made_by_uv,
    "Tools are installed by uv": _tools_by_uv,
    "The default build frontend": _default_frontend,
    "Settings of pip apply to uv": _settings_of_pip,
    "Reused wheels need no build tools": _reused,
    "uv builds with the Python of the environment": _python_that_builds,
    "PATH on Windows contains only Scripts": _programs_of_windows,
    "Programs of the interpreter come last": _interpreter_last,
    "Variables of an active environment are left out": _foreign_variables,
    "Test environments have pip": _tests_find_pip,
    "One installation before the tests": _one_installation,
    "Audits run on the machine of the build": _audit_on_the_machine,
}
"""The headings of docs/differences.md and what each of them explains."""
LIST_OF_PINS = "Packages in dependency-versions work on Linux"


def heading_of_error(platform: str, error: str) -> str:
    """The heading that explains why only the peer ends with an error; empty where none does."""
    is_lost = error.startswith("FileNotFoundError: ") and error.endswith("/constraints.txt'")
    return LIST_OF_PINS if platform == "linux" and is_lost else ""
