"""Configurations that use each option, and the computers on which they are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.peer.commands.calls import Call
from tests.peer.options.cases import FILES, make_option_cases
from tests.peer.options.cases import GROUPS as DEPENDENCY_GROUPS
from tests.peer.selection.cases import Case as RandomCase

_PROJECT = '[project]\nname = "x"\nversion = "1"\n'
_TOOL = "\n[tool.cibuildwheel]\n"
_SOURCES = ("tests/test_x.py", "data/x.txt", "with blank", "other/pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """A computer, the builds of most cases on it, and the variables that it starts with."""

    platform: str
    machine: str
    builds: str
    base: Mapping[str, str] = field(default_factory=dict)


_UNIX = {"PATH": "/usr/local/bin:/usr/bin", "HOME": "/home"}
_ELSEWHERE = {"UV_PYTHON": "/elsewhere/python"}
COMPUTERS = (
    Computer(
        platform="linux",
        machine="x86_64",
        builds="cp312-manylinux_x86_64 cp39-musllinux_aarch64",
        base={**_UNIX, "AUDITWHEEL_PLAT": "manylinux_2_28_x86_64"},
    ),
    Computer(
        platform="macos",
        machine="arm64",
        builds="cp312-macosx_arm64 cp310-macosx_x86_64",
        base=_UNIX | _ELSEWHERE | {"__PYVENV_LAUNCHER__": "/elsewhere/python"},
    ),
    Computer(
        platform="macos",
        machine="x86_64",
        builds="cp314-macosx_x86_64 cp39-macosx_x86_64",
        base=_UNIX | {"MACOSX_DEPLOYMENT_TARGET": "12.0"},
    ),
    Computer(
        platform="windows",
        machine="AMD64",
        builds="cp312-win_amd64 cp310-win32",
        base={"PATH": "/usr/bin;/tools/bin"} | _ELSEWHERE,
    ),
    Computer(platform="windows", machine="ARM64", builds="cp313-win_arm64", base={"PATH": "/usr/bin;/tools/bin"}),
)
"""One row for a computer. What is added here needs a row for its platform in cibuildwheel_side.py, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCase:
    """Options, on all computers or on those of one platform; `builds` in place of those of a computer."""

    options: str
    platform: str = ""
    builds: str = ""
    package: str = "."
    abi3: bool = False


_TESTS = 'test-command = "pytest {project}/tests"\n'
FIXED: Mapping[str, FixedCase] = {
    "nothing": FixedCase(options=""),
    **{
        f"frontend {name}": FixedCase(options=f'{_TESTS}build-frontend = "{name}"')
        for name in ("default", "pip", "build", "build[uv]", "uv")
    },
    "frontend with arguments": FixedCase(
        options='build-frontend = {name = "uv", args = ["--no-verify-hashes", "--offline"]}'
    ),
    "frontend without isolation": FixedCase(options='build-frontend = {name = "build[uv]", args = ["--no-isolation"]}'),
    **{
        f"verbosity {level} of {name}": FixedCase(options=f'build-frontend = "{name}"\nbuild-verbosity = {level}')
        for level in range(-3, 4)
        for name in ("pip", "build", "uv")
    },
    **{
        f"settings of {name}": FixedCase(
            options=f'build-frontend = "{name}"\n'
            'config-settings = {a = ["1", "2"], b = "x y", c = "{project}/q", d = "", "--global-option" = "e"}'
        )
        for name in ("pip", "build", "uv", "default")
    },
    "hooks": FixedCase(
        options='before-all = "make {project} {package}"\nbefore-build = ["a {package}", "b && c"]\n'
        f'before-test = "data {{project}} {{package}}"\n{_TESTS}'
    ),
    "a package below": FixedCase(
        options='before-all = "a {package}"\nbefore-build = "b {package}"\nbefore-test = "c {package}"\n'
        'test-command = "pytest {package}/tests {project} {wheel}"\n'
        'repair-wheel-command = "fix {package} {wheel} {dest_dir}"\n'
        'config-settings = {p = "{package}"}\naudit-command = ["see {package} {wheel}"]',
        package="other",
    ),
    "variables": FixedCase(
        options='before-all = "true"\nbefore-build = "true"\nenvironment = '
        '\'A=1 B="$A/x" C="$(echo told)" PATH="$PATH:/more" HOME=/there UV_PYTHON=mine\'\n'
        f'test-environment = {{T = "$A", PATH = "$PATH:/tests"}}\n{_TESTS}'
    ),
    "variables of ours": FixedCase(
        options="environment = 'ARCHFLAGS=own _PYTHON_HOST_PLATFORM=own MACOSX_DEPLOYMENT_TARGET=13.0 "
        f"VIRTUALENV_PIP=24 PIP_CERT=/own PIP_DISABLE_PIP_VERSION_CHECK=0 MAKEFLAGS=-j9'\n{_TESTS}"
    ),
    "an old deployment target": FixedCase(options="environment = 'MACOSX_DEPLOYMENT_TARGET=10.4'", platform="macos"),
    "indexes": FixedCase(
        options=f'build-frontend = "build"\nenvironment = "PIP_INDEX_URL=one PIP_CONSTRAINT=two"\n{_TESTS}'
    ),
    "tests": FixedCase(
        options='test-command = ["one {wheel}", "two {package}"]\ntest-requires = ["a>=1", "b[c]"]\n'
        'test-extras = ["fast", "slow"]\ntest-groups = ["docs"]\ntest-sources = ["tests", "with blank"]'
    ),
    "tests by pip": FixedCase(
        options=f'build-frontend = "pip"\n{_TESTS}test-requires = "a b"\ntest-extras = "q"\nbefore-test = "d"'
    ),
    "tests that are skipped": FixedCase(options=f'{_TESTS}test-skip = "cp312* *-win32"'),
    "no repair": FixedCase(options='repair-wheel-command = ""'),
    "own repair": FixedCase(options='repair-wheel-command = ["a {wheel}", "b {dest_dir} && c"]'),
    "repair of macOS": FixedCase(
        options='repair-wheel-command = "d --archs {delocate_archs} -w {dest_dir} {wheel}"', platform="macos"
    ),
    "audits": FixedCase(
        options='environment = "A=1"\naudit-command = ["check {wheel}", "stable {abi3_wheel}"]\n'
        'audit-requires = ["a", "b"]'
    ),
    "audits by uv": FixedCase(options='build-frontend = "uv"\naudit-command = "check {wheel}"'),
    "stable ABI": FixedCase(
        options=f'audit-command = "stable {{abi3_wheel}}"\n{_TESTS}', builds="cp31[0-2]-*", abi3=True
    ),
    "pins": FixedCase(options='dependency-versions = "latest"\nbuild-frontend = "build"'),
    "own pins": FixedCase(options='dependency-versions = {packages = ["pip==25", "build"]}\nbuild-frontend = "pip"'),
    "pins of a file": FixedCase(options='dependency-versions = {file = "constraints.txt"}\nbuild-frontend = "build"'),
    "overrides": FixedCase(
        options=f'{_TESTS}before-build = "all"\n[[tool.cibuildwheel.overrides]]\nselect = "cp312*"\n'
        'inherit.before-build = "append"\nbefore-build = "more"\nbuild-frontend = "pip"\ntest-command = ""'
    ),
    "containers": FixedCase(
        options='container-engine = {name = "docker", create-args = ["--volume", "/a:/b"], disable-host-mount = true}\n'
        'manylinux-x86_64-image = "manylinux_2_34"\nmusllinux-aarch64-image = "example.org/a:1"',
        platform="linux",
    ),
    "variables passed on": FixedCase(
        options='environment-pass = ["TOKEN", "MISSING"]\nenvironment = "B=$TOKEN"\nbefore-all = "true"',
        platform="linux",
    ),
    "other processors": FixedCase(
        options=_TESTS, platform="linux", builds="*-manylinux_i686 cp31?-manylinux_{ppc64le,s390x,armv7l,riscv64}"
    ),
    "all of Linux": FixedCase(options=_TESTS, platform="linux", builds="*-*linux_x86_64"),
    "all of macOS": FixedCase(options=_TESTS, platform="macos", builds="*"),
    "all of Windows": FixedCase(options=_TESTS, platform="windows", builds="*"),
    "halves that are skipped": FixedCase(
        options=f'{_TESTS}test-skip = "*universal2:arm64"\ntest-sources = ["tests"]',
        platform="macos",
        builds="cp31[12]-macosx_universal2",
    ),
    "cross builds for ARM64": FixedCase(
        options=f'build-frontend = "pip"\n{_TESTS}environment = "CARGO_BUILD_TARGET=mine"',
        platform="windows",
        builds="cp312-win_arm64 cp314t-win_arm64",
    ),
}


def fixed_calls(root: Path) -> Iterator[Call]:
    """Every fixed case on every computer that it is for."""
    for number, (name, case) in enumerate(FIXED.items()):
        text = _PROJECT + _TOOL + case.options + DEPENDENCY_GROUPS
        directory = _lay(root / f"fixed-{number}", text, case.package)
        for computer in COMPUTERS:
            if case.platform in ("", computer.platform):
                yield _fixed_call(name, case, directory, computer)


def _fixed_call(name: str, case: FixedCase, directory: Path, computer: Computer) -> Call:
    call = _call(name, directory, computer, {"CIBW_BUILD": case.builds or computer.builds})
    call["package"], call["abi3"] = case.package, case.abi3
    return call


def random_calls(root: Path, count: int, seed: int) -> Iterator[Call]:
    """Random configurations on every computer."""
    cases = (case for case in make_option_cases(count * 2, seed) if not case.traits)
    for case, _ in zip(cases, range(count), strict=False):
        directory = _lay(root / f"random-{case.number}", case.pyproject("cibuildwheel") + DEPENDENCY_GROUPS, ".")
        for computer in COMPUTERS:
            yield _random_call(case, directory, computer)


def _random_call(case: RandomCase, directory: Path, computer: Computer) -> Call:
    call = _call(f"random {case.number}", directory, computer, case.environment)
    call["variables"]["CIBW_BUILD"] = computer.builds
    return call


def _call(name: str, directory: Path, computer: Computer, variables: Mapping[str, str]) -> Call:
    settings = {key: value for key, value in variables.items() if key.startswith("CIBW_")}
    others = {key: value for key, value in {**variables, "TOKEN": "t"}.items() if key not in settings}
    # A container does not see what the host has.
    on_host = computer.platform != "linux"
    return {
        "name": name,
        "directory": str(directory),
        "package": ".",
        "platform": computer.platform,
        "machine": computer.machine,
        "variables": settings if on_host else {**settings, **others},
        "base": {**computer.base, **(others if on_host else {})},
        "abi3": False,
    }


def _lay(directory: Path, text: str, package: str) -> Path:
    files = {**FILES, **dict.fromkeys(_SOURCES, ""), f"{package}/pyproject.toml": text}
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return directory
