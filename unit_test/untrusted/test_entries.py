from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.untrusted.archives import ArchiveEntry, EntryChecker, EntryKind, FileSystem
from cibw.untrusted.limits import ArchiveError, UnsafeEntryError


def file(name: str) -> ArchiveEntry:
    return ArchiveEntry(name=name, kind=EntryKind.FILE)


def link(name: str, target: str) -> ArchiveEntry:
    return ArchiveEntry(name=name, kind=EntryKind.SYMBOLIC_LINK, target=target)


def directory(name: str) -> ArchiveEntry:
    return ArchiveEntry(name=name, kind=EntryKind.DIRECTORY)


def hard(name: str, target: str) -> ArchiveEntry:
    return ArchiveEntry(name=name, kind=EntryKind.HARD_LINK, target=target)


def judge(*entries: ArchiveEntry) -> None:
    listing = EntryChecker()
    for entry in entries:
        listing.add(entry)
    listing.finish()


@pytest.mark.parametrize(
    "entries",
    [
        (directory("./"), directory("a"), directory("a/"), file("a/b"), file("./c")),
        (file("python/bin/python3.13"), link("python/bin/python3", "python3.13"), link("python/bin/python", "python3")),
        (link("Versions/Current", "3.13"), file("Versions/3.13/Python"), link("Python", "Versions/Current/Python")),
        (file("a"), hard("b", "a"), hard("c", "./b")),
        (link("a", "nowhere"), link("here", "."), link("sub/up", "..")),
        (link("a", "b"), link("b", "a")),
        (file("a"), file("b"), file("./a")),
        (link("a", "b"), link("a", "b")),
        (file("a"), hard("a", "a"), hard("b", "a"), hard("b", "a")),
        (file("docs/a"), file("Docs/a"), file("README"), file("readme")),
        (file("dev-disk-by\\x2dlabel.swap"), file("aux.c"), file("\udce9t\udce9")),
    ],
    ids=lambda entries: "+".join(ascii(entry.name) for entry in entries),
)
def test_honest_archives_pass(entries: tuple[ArchiveEntry, ...]) -> None:
    judge(*entries)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((file("../a"),), "points outside the archive"),
        ((file("a/../../b"),), "points outside the archive"),
        ((file("/etc/passwd"),), "points outside the archive"),
        ((file("C:/x"),), "points outside the archive"),
        ((file("a\\..\\..\\b"),), "points outside the archive"),
        ((file("a\0b"),), "control characters"),
        ((file(""),), "replaces another entry"),
        ((ArchiveEntry(name="null", kind=EntryKind.SPECIAL),), "is a device"),
        ((link("a", "/etc"), file("a/passwd")), "points outside the archive, to '/etc'"),
        ((link("a", "C:/x"),), "points outside the archive"),
        ((link("a", "..\\.."),), "points outside the archive"),
        ((link("a", "."), file("a/b")), "passes through"),
        ((link("a", "b"), file("a")), "replaces another entry"),
        ((link("a", "b"), directory("a")), "replaces another entry"),
        ((link("a", "b"), file("A/c")), "passes through"),
        ((link("caf\u00e9", "b"), file("cafe\u0301/c")), "passes through"),
        ((file("a/b"), link("a", "c")), "replaces another entry"),
        ((file("a"), file("a/b")), "passes through"),
        ((link("a", ".."),), "points outside the archive, to '..'"),
        ((link("a/b", "../../c"),), "points outside the archive"),
        ((link("sub/up", ".."), link("out", "sub/up/..")), "the link 'out' points outside the archive"),
        ((link("out", "sub/up/.."), link("sub/up", "..")), "the link 'out' points outside the archive"),
        ((hard("a", "../b"),), "points outside the archive"),
        ((hard("a", "/etc/passwd"),), "points outside the archive"),
        ((hard("a", "b"), file("b")), "not an earlier file"),
        ((link("l", "b"), hard("a", "l")), "not an earlier file"),
    ],
)
def test_unsafe_entries_are_refused(entries: tuple[ArchiveEntry, ...], message: str) -> None:
    with pytest.raises(UnsafeEntryError, match=message):
        judge(*entries)


pieces = st.lists(st.sampled_from(["a", "b", "A", "..", ".", ""]), min_size=1, max_size=4).map("/".join)
anything = st.builds(ArchiveEntry, name=pieces, kind=st.sampled_from(EntryKind), target=pieces)


def real(path: tuple[str, ...], links: dict[tuple[str, ...], str]) -> tuple[str, ...] | None:
    """Where a path leads, by following links from the left, one after the other; None for outside."""
    reached: tuple[str, ...] = ()
    todo = list(path)
    for _ in range(500):
        if not todo:
            return reached
        part = todo.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            if not reached:
                return None
            reached = reached[:-1]
        elif (further := links.get((*reached, part))) is not None:
            todo = further.split("/") + todo
        else:
            reached = (*reached, part)
    return ()


@given(st.lists(anything, max_size=6))
def test_whatever_passes_stays_inside(entries: list[ArchiveEntry]) -> None:
    try:
        judge(*entries)
    except UnsafeEntryError:
        return
    links = {
        tuple(part for part in entry.name.split("/") if part not in ("", ".")): entry.target
        for entry in entries
        if entry.kind is EntryKind.SYMBOLIC_LINK
    }
    for entry in entries:
        assert real(tuple(entry.name.split("/")), links) is not None
        assert not entry.name.startswith("/")


@pytest.mark.parametrize(
    "name", ["nul", "COM1.txt", "a/aux.c", "file:stream", "a.", "b ", "a\\b", "what?", "com\u00b9", "a/NUL .txt"]
)
def test_windows_has_rules_of_its_own(name: str) -> None:
    judge(file(name))
    with pytest.raises(UnsafeEntryError, match="is not a valid file name on Windows"):
        EntryChecker(FileSystem(is_windows=True)).add(file(name))


@pytest.mark.parametrize(("first", "second"), [("Docs/a", "docs/b"), ("a", "A"), ("caf\u00e9", "cafe\u0301")])
def test_a_file_system_that_ignores_case_takes_no_two_spellings(first: str, second: str) -> None:
    listing = EntryChecker(FileSystem(folds=True))
    listing.add(file(first))
    with pytest.raises(UnsafeEntryError, match="where case is ignored"):
        listing.add(file(second))


def test_chains_of_links_take_no_time_without_end() -> None:
    chain = "/".join(f"l{number % 40}" for number in range(250))
    with pytest.raises(ArchiveError, match="too many links"):
        judge(*(link(f"l{number}", f"l{number + 1}/../{chain}") for number in range(200)))


def test_a_chain_of_links_that_leads_out_in_the_end_is_refused() -> None:
    deep = "/".join("d" * 200)
    chain = [link("l0", deep), *(link(f"l{number}", f"l{number - 1}/..") for number in range(1, 202))]
    with pytest.raises(UnsafeEntryError, match="too many links"):
        judge(*chain)
