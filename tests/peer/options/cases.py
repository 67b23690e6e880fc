"""Random configurations of every option, at every level that may set it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.peer.options.samples import LINUX_ALONE, MERGING, NO_VARIABLE_PER_PLATFORM, ODD, SAMPLES, SELECTS
from tests.peer.selection.cases import Case

PLATFORMS = ("linux", "macos", "windows", "pyodide", "android", "ios")
FILES = {
    "constraints.txt": "build==1\n",
    "constraints-python312.txt": "build==2\n",
    "constraints-pyodide313.txt": "build==3\n",
    "setup.py": "",
}
GROUPS = '\n[dependency-groups]\ntest = ["pytest", "coverage[toml]>=7"]\ndocs = ["sphinx", {include-group = "test"}]\n'
PROJECT = {"name": "x", "version": "1"}
Table = dict[str, object]


def make_option_cases(count: int, seed: int) -> Iterator[Case]:
    """Make random configurations, the same for the same seed; the platform is chosen later."""
    source = random.Random(seed)
    for number in range(count):
        yield _Maker(source).make(number)


class _Maker:
    def __init__(self, source: random.Random) -> None:
        self.source = source

    def make(self, number: int) -> Case:
        names = self.source.sample(tuple(SAMPLES), self.source.randint(2, 9))
        table = self.options(names, 0.6)
        for platform in PLATFORMS:
            if self.happens(0.4):
                table[platform] = self.options(_allowed(names, platform), 0.5)
        if self.happens(0.5):
            selects = self.source.sample(SELECTS, self.source.randint(1, 3))
            table["overrides"] = [{"select": select, **self.options(names, 0.5)} for select in selects]
        traits = self.put_oddity(table) if self.happens(0.15) else set[str]()
        environment = {**self.variables(names), "ONE": "1", "TWO": "a $b", "FOUR": "'"}
        return Case(number, "", table, dict(PROJECT), FILES, environment=environment, traits=traits)

    def put_oddity(self, table: Table) -> set[str]:
        """Put a value that should be refused into the table, and give the trait that says so."""
        name = self.source.choice(tuple(ODD))
        table[name] = self.source.choice(ODD[name])
        return {"odd"}

    def happens(self, chance: float) -> bool:
        return self.source.random() < chance

    def options(self, names: list[str], chance: float) -> Table:
        table: Table = {name: self.source.choice(SAMPLES[name]) for name in names if self.happens(chance)}
        rules = self.rules(list(table))
        if rules:
            text = "; ".join(f"{name}: {rule}" for name, rule in rules.items())
            table["inherit"] = rules if self.happens(0.7) else text
        return table

    def rules(self, names: list[str]) -> dict[str, str]:
        chosen = [name for name in names if name in MERGING and self.happens(0.5)]
        return {name: self.source.choice(("append", "append", "prepend", "none")) for name in chosen}

    def variables(self, names: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        rules: list[str] = []
        for name in names:
            for platform in ("", *PLATFORMS):
                texts = [text for text in SAMPLES[name] if isinstance(text, str)]
                if not texts or not self.happens(0.25 if not platform else 0.08) or not _has_variable(name, platform):
                    continue
                suffix = f"-{platform}" if platform else ""
                found[f"CIBW_{name}{suffix}".upper().replace("-", "_")] = self.source.choice(texts)
                rules += [
                    f"{key}{suffix}: {rule}" for key, rule in self.rules([name] if name in MERGING else []).items()
                ]
        return found | ({"CIBW_INHERIT": "; ".join(rules)} if rules else {})


def _has_variable(name: str, platform: str) -> bool:
    if name in NO_VARIABLE_PER_PLATFORM:
        return not platform
    return platform in {"", "linux"} or not _is_for_linux(name)


def _allowed(names: list[str], platform: str) -> list[str]:
    if platform == "linux":
        return [name for name in names if name != "dependency-versions"]
    return [name for name in names if not _is_for_linux(name)]


def _is_for_linux(name: str) -> bool:
    return name in LINUX_ALONE or name.endswith("-image")
