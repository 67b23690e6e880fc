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
    peer: str | None
    own: str | None
    acts: tuple[Act | None, Act | None] = (None, None)

    def __str__(self) -> str:
        return f"{self.identifier} {self.act}, {self.aspect}:\n  peer {self.peer!r}\n  cibw {self.own!r}"


@dataclass(slots=True)
class Compared:
    """Differences, and the number of aspects that are equal."""

    differences: list[Difference] = field(default_factory=list)
    equal: int = 0


def compare(peer: Mapping[str, Sequence[Act]], own: Mapping[str, Sequence[Act]], separator: str) -> Compared:
    """Compare the acts of every build."""
    compared = Compared()
    for identifier in sorted({*peer, *own}):
        theirs, ours = _numbered(peer.get(identifier, ())), _numbered(own.get(identifier, ()))
        order = [name for name in theirs if name in ours], [name for name in ours if name in theirs]
        names = [", ".join(one) for one in order]
        found = [Difference(identifier=identifier, act="all", aspect="order", peer=names[0], own=names[1])]
        for name in dict.fromkeys((*theirs, *ours)):
            found += _between(identifier, name, theirs.get(name), ours.get(name), separator)
        different = [one for one in found if one.peer != one.own]
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


def _between(identifier: str, name: str, peer: Act | None, own: Act | None, separator: str) -> Iterator[Difference]:
    if peer is None or own is None:
        yield Difference(
            identifier=identifier,
            act=name,
            aspect="act",
            peer=_shown(peer),
            own=_shown(own),
            acts=(peer, own),
        )
        return
    for aspect, theirs, ours in _aspects(peer, own, separator):
        yield Difference(identifier=identifier, act=name, aspect=aspect, peer=theirs, own=ours, acts=(peer, own))


def _shown(act: Act | None) -> str | None:
    return None if act is None else "; ".join(f"{name} {value}" for name, value in act.aspects.items())


def _aspects(peer: Act, own: Act, separator: str) -> Iterator[tuple[str, str | None, str | None]]:
    for name in dict.fromkeys((*peer.aspects, *own.aspects)):
        yield name, peer.aspects.get(name), own.aspects.get(name)
    for name in dict.fromkeys((*peer.environment, *own.environment)):
        if name == "PATH":
            yield from _entries(*(one.environment.get("PATH", "").split(separator) for one in (peer, own)))
        else:
            yield f"${name}", peer.environment.get(name), own.environment.get(name)


def _entries(peer: list[str], own: list[str]) -> Iterator[tuple[str, str | None, str | None]]:
    for entry in dict.fromkeys((*peer, *own)):
        theirs, ours = peer.count(entry), own.count(entry)
        if not theirs or not ours:
            yield f"PATH {entry}", "yes" if theirs else None, "yes" if ours else None
    common = [[one for one in dict.fromkeys(entries) if one in peer and one in own] for entries in (peer, own)]
    yield "order of PATH", ", ".join(common[0]), ", ".join(common[1])
