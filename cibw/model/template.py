"""Text with placeholders that are filled in during a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Late(Enum):
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
    """Text in pieces: literal strings and late values."""

    parts: tuple[str | Late, ...]

    @classmethod
    def of(cls, *parts: str | Late | Template) -> Template:
        """Join pieces and templates into one template, without empty or adjacent strings."""
        flat: list[str | Late] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, Template) else (part,))
        return cls(_merge(flat))

    def render(self, bindings: Mapping[Late, str]) -> str:
        """Replace late values with their bindings; KeyError for one that is not bound."""
        return "".join(part if isinstance(part, str) else bindings[part] for part in self.parts)

    def fill(self, values: Mapping[Late, str | Template]) -> Template:
        """Replace some late values, and keep the others."""
        return Template.of(*(values.get(part, part) if isinstance(part, Late) else part for part in self.parts))

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else f"{{{part.value}}}" for part in self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)


def _merge(parts: list[str | Late]) -> tuple[str | Late, ...]:
    merged: list[str | Late] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        elif part != "":
            merged.append(part)
    return tuple(merged)
