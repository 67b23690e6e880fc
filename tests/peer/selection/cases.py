"""Random configurations of everything that selects builds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PLATFORMS = ("linux",) * 6 + ("macos", "macos", "windows", "windows", "pyodide", "android", "ios")
PATTERNS = (
    *("*", "cp3*", "cp39-*", "cp310-*", "cp3{11,12}-*", "cp31[23]-*", "cp31?-*", "cp314t-*", "cp315*", "*t-*"),
    *("*-manylinux_*", "*-musllinux_*", "*_x86_64", "*_i686", "*_aarch64", "*_{ppc64le,s390x}", "*-win32", "*-win*"),
    *("*macosx*", "*_arm64", "*universal2", "*-ios_*", "*android*", "*pyodide*", "*wasm32", "cp313-manylinux_x86_64"),
    *("pp*", "pp311-*", "pp3{9,10}-*", "gp*", "gp312_250-*", "cp312-pyodide*", "[cp]p39-*", "cp3{9..12}-*x86_64"),
)
ODD_PATTERNS = (
    "cp38-*",
    "cp38*",
    "cp27-*",
    "cp36-*",
    "cp313t-*",
    "cp3123-*",
    "nothing",
    "cp316*",
    "pp38-*",
    "cp3{8,9}-*",
)
GROUPS = ("pypy", "pypy-eol", "graalpy", "cpython-prerelease", "pyodide-eol", "pyodide-prerelease", *("all",) * 6)
ARCHS = {
    "linux": ("x86_64", "i686", "aarch64", "ppc64le", "s390x", "armv7l", "riscv64", "AARCH64"),
    "macos": ("x86_64", "arm64", "universal2"),
    "windows": ("AMD64", "x86", "ARM64", "amd64", "arm64"),
    "pyodide": ("wasm32",),
    "android": ("arm64_v8a", "x86_64"),
    "ios": ("arm64_iphoneos", "arm64_iphonesimulator", "x86_64_iphonesimulator"),
}
ARCH_WORDS = ("auto", "native", "all", "auto64", "auto32")
SPECIFIERS = (">=3.9", ">=3.10", ">=3.9.2", ">3.9", "<3.13", ">=3.11,<3.14", "~=3.10", "==3.12.*", "!=3.11.*", "")
IDENTIFIERS = (
    *("cp39-manylinux_x86_64", "cp312-musllinux_aarch64", "pp39-manylinux_i686", "gp313_253-manylinux_aarch64"),
    *(
        "cp313-win_arm64",
        "cp310-macosx_universal2",
        "pp311-macosx_arm64",
        "cp312-pyodide_wasm32",
        "cp314-ios_arm64_iphoneos",
    ),
    *("cp38-manylinux_x86_64", "cp313t-manylinux_x86_64"),
)


@dataclass(slots=True)
class Case:
    """One configuration: the options table, other files, arguments, variables, and what is odd about it.

    With a `directory` the configuration is that of the project there.
    """

    number: int
    platform: str
    table: dict[str, object] = field(default_factory=dict)
    project: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    traits: set[str] = field(default_factory=set)
    directory: Path | None = None

    def pyproject(self, tool: str) -> str:
        """The text of pyproject.toml, with the options in the table of a tool; a project's own as it is."""
        if self.directory:
            return (self.directory / "pyproject.toml").read_text(encoding="utf-8")
        return "\n".join((*_toml("project", dict(self.project)), *_toml(f"tool.{tool}", self.table)))


def make_cases(count: int, seed: int) -> Iterator[Case]:
    """Make random cases, the same for the same seed."""
    source = random.Random(seed)
    for number in range(count):
        yield _Maker(source, Case(number, source.choice(PLATFORMS))).make()


class _Maker:
    def __init__(self, source: random.Random, case: Case) -> None:
        self.source = source
        self.case = case

    def make(self) -> Case:
        case = self.case
        case.project |= {"name": "x", "version": "1"}
        if self.happens(0.06):
            case.arguments += ["--only", self.source.choice(IDENTIFIERS)]
            case.traits.add("only")
        else:
            self.put_platform()
        self.put("build", self.patterns, 0.7)
        self.put("skip", self.patterns, 0.6)
        self.put("test-skip", self.patterns, 0.2)
        self.put("enable", lambda: self.some(GROUPS, 3), 0.8)
        self.put_archs()
        self.put_requires_python()
        self.put_overrides()
        self.put_oddity()
        return case

    def happens(self, chance: float) -> bool:
        return self.source.random() < chance

    def some(self, words: tuple[str, ...], most: int) -> list[str]:
        return self.source.sample(words, self.source.randint(1, most))

    def patterns(self) -> list[str]:
        found = self.some(PATTERNS, 3)
        return [*found, self.source.choice(ODD_PATTERNS)] if self.happens(0.06) else found

    def put_platform(self) -> None:
        if self.happens(0.5):
            self.case.arguments += ["--platform", self.case.platform]
        else:
            self.case.environment["CIBW_PLATFORM"] = self.case.platform

    def put(self, option: str, words: Callable[[], list[str]], chance: float) -> None:
        """Write an option into the file, as a string or an array, and sometimes into the environment too."""
        if self.happens(chance):
            found = words()
            self.case.table[option] = found if self.happens(0.5) else " ".join(found)
        if self.happens(chance / 3):
            text = "" if self.happens(0.1) else " ".join(words())
            self.case.environment[f"CIBW_{option.upper().replace('-', '_')}"] = text
        if option == "enable" and self.happens(0.15):
            self.case.arguments += ["--enable", self.source.choice(GROUPS)]

    def put_archs(self) -> None:
        platform = self.case.platform
        choices = (*ARCHS[platform], *ARCH_WORDS)
        if self.happens(0.4):
            self.case.table["archs"] = self.some(choices, 3)
        if self.happens(0.2):
            self.case.table[platform] = {"archs": " ".join(self.some(choices, 2))}
        if self.happens(0.2):
            suffix = self.source.choice(("", f"_{platform.upper()}", "_LINUX"))
            self.case.environment[f"CIBW_ARCHS{suffix}"] = self.source.choice((" ", ",", ", ")).join(
                self.some(choices, 3)
            )
        if self.happens(0.15) and "only" not in self.case.traits:
            self.case.arguments += ["--archs", ",".join(self.some(choices, 3))]
        if self.happens(0.04):
            self.case.table["archs"] = self.source.choice((["x86"], ["arm64"], "sparc", ["universal2", "x86_64"]))
            self.case.traits.add("odd archs")

    def put_requires_python(self) -> None:
        specifier = self.source.choice(SPECIFIERS)
        if self.happens(0.03):
            specifier = "3.9 or newer"
            self.case.traits.add("invalid requires-python")
        if self.happens(0.25):
            self.case.project["requires-python"] = specifier
        elif self.happens(0.2):
            self.case.files["setup.cfg"] = f"[options]\npython_requires = {specifier}\n"
        elif self.happens(0.2):
            guard = self.source.choice(("", "if __name__ == '__main__':\n    "))
            call = f"setup(python_requires={specifier!r})"
            self.case.files["setup.py"] = f"from setuptools import setup\n{guard}{call}\n"
        if self.happens(0.08):
            self.case.environment["CIBW_PROJECT_REQUIRES_PYTHON"] = self.source.choice(SPECIFIERS)

    def put_overrides(self) -> None:
        if not self.happens(0.4):
            return
        tables: list[dict[str, object]] = []
        for _ in range(self.source.randint(1, 3)):
            table: dict[str, object] = {"select": self.some(PATTERNS, 2) if self.happens(0.5) else "cp3*"}
            table |= {"before-build": "true", "environment": {"A": "$B"}, "test-requires": ["pytest"]}
            if self.happens(0.5):
                table["inherit"] = {"environment": "append", "test-requires": "prepend"}
            tables.append(table)
        self.case.table["overrides"] = tables

    def put_oddity(self) -> None:
        if self.happens(0.025):
            self.case.environment["CIBW_BIULD"] = "*"
            self.case.traits.add("unknown variable")
        elif self.happens(0.025):
            self.case.table["overrides"] = [{"select": "*", "test-comand": "true"}]
            self.case.traits.add("unknown option in an override")
        elif self.happens(0.025):
            other = "windows" if self.case.platform != "windows" else "macos"
            self.case.table[other] = {"befor-build": "true"}
            self.case.traits.add("unknown option of another platform")
        elif self.happens(0.025):
            self.case.table["bulid"] = "*"
            self.case.traits.add("unknown option")


def _toml(name: str, table: dict[str, object]) -> Iterator[str]:
    yield f"\n[{name}]"
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    arrays = {key: value for key, value in table.items() if key == "overrides" and isinstance(value, list)}
    for key, value in table.items():
        if key not in inner and key not in arrays:
            yield f"{key} = {json.dumps(value)}"
    for key, value in inner.items():
        yield from _toml(f"{name}.{key}", value)
    for key, values in arrays.items():
        for value in values:
            first, *rest = _toml(f"{name}.{key}.DUMMY", value)
            yield first.replace(f"[{name}.{key}.DUMMY]", f"[[{name}.{key}]]")
            yield from (line.replace(f"[{name}.{key}.DUMMY.", f"[{name}.{key}.") for line in rest)
