"""Where the acts of both programs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.peer.commands.acts import Act

EQUAL = "aspects are equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One aspect of an act, as both have it; None where one has no such thing.

    An aspect that begins with `$` is a variable; `PATH ...` is an entry of PATH. `acts` are both whole acts.
    """

    identifier: str
    act: str
    aspect: str
    cibuildwheel: str | None
    cibw: str | None
    acts: tuple[Act | None, Act | None] = (None, None)

    def __str__(self) -> str:
        return f"{self.identifier} {self.act}, {self.aspect}:\n  peer {self.cibuildwheel!r}\n  cibw {self.cibw!r}"


@dataclass(slots=True)
class Compared:
    """Differences, and the number of aspects that are equal."""

    differences: list[Difference] = field(default_factory=list)
    equal: int = 0


def compare(cibuildwheel: Mapping[str, Sequence[Act]], cibw: Mapping[str, Sequence[Act]], separator: str) -> Compared:
    """Compare the acts of every build."""
    compared = Compared()
    for identifier in sorted({*cibuildwheel, *cibw}):
        theirs, ours = _numbered(cibuildwheel.get(identifier, ())), _numbered(cibw.get(identifier, ()))
        order = [name for name in theirs if name in ours], [name for name in ours if name in theirs]
        names = [", ".join(one) for one in order]
        found = [Difference(identifier=identifier, act="all", aspect="order", cibuildwheel=names[0], cibw=names[1])]
        for name in dict.fromkeys((*theirs, *ours)):
            found += _between(identifier, name, theirs.get(name), ours.get(name), separator)
        different = [one for one in found if one.cibuildwheel != one.cibw]
        compared.differences += different
        compared.equal += len(found) - len(different)
    return compared


def _numbered(acts: Sequence[Act]) -> dict[str, Act]:
    """Acts by their names; the second of a name has a number."""
    found: dict[str, Act] = {}
    for act in acts:
        count = sum(other.split(" #")[0] == act.name for other in found) + 1
        found[act.name if count == 1 else f"{act.name} #{count}"] = act
    return found


def _between(
    identifier: str, name: str, cibuildwheel: Act | None, cibw: Act | None, separator: str
) -> Iterator[Difference]:
    if cibuildwheel is None or cibw is None:
        yield Difference(
            identifier=identifier,
            act=name,
            aspect="act",
            cibuildwheel=_shown(cibuildwheel),
            cibw=_shown(cibw),
            acts=(cibuildwheel, cibw),
        )
        return
    for aspect, theirs, ours in _aspects(cibuildwheel, cibw, separator):
        yield Difference(
            identifier=identifier, act=name, aspect=aspect, cibuildwheel=theirs, cibw=ours, acts=(cibuildwheel, cibw)
        )


def _shown(act: Act | None) -> str | None:
    return None if act is None else "; ".join(f"{name} {value}" for name, value in act.aspects.items())


def _aspects(cibuildwheel: Act, cibw: Act, separator: str) -> Iterator[tuple[str, str | None, str | None]]:
    for name in dict.fromkeys((*cibuildwheel.aspects, *cibw.aspects)):
        yield name, cibuildwheel.aspects.get(name), cibw.aspects.get(name)
    for name in dict.fromkeys((*cibuildwheel.environment, *cibw.environment)):
        if name == "PATH":
            yield from _entries(*(one.environment.get("PATH", "").split(separator) for one in (cibuildwheel, cibw)))
        else:
            yield f"${name}", cibuildwheel.environment.get(name), cibw.environment.get(name)


def _entries(cibuildwheel: list[str], cibw: list[str]) -> Iterator[tuple[str, str | None, str | None]]:
    for entry in dict.fromkeys((*cibuildwheel, *cibw)):
        theirs, ours = cibuildwheel.count(entry), cibw.count(entry)
        if not theirs or not ours:
            yield f"PATH {entry}", "yes" if theirs else None, "yes" if ours else None
    common = [
        [one for one in dict.fromkeys(entries) if one in cibuildwheel and one in cibw]
        for entries in (cibuildwheel, cibw)
    ]
    yield "order of PATH", ", ".join(common[0]), ", ".join(common[1])
