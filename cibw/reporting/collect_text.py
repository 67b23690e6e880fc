"""The output of `cibw collect`."""

from __future__ import annotations

from collections.abc import Iterable

from cibw.model.collection import CollectedFile, Collection, Folder
from cibw.model.distribution import ATTESTATION_ENDING, SDIST_ENDING, WHEEL_ENDING
from cibw.reporting.look import Look
from cibw.reporting.wording import count, size

_SHOWN = 5


def collection_lines(collection: Collection, output: str, look: Look) -> list[str]:
    """The summary: a line for each folder, then missing identifiers, then files that were already in the output."""
    lines = [look.bold(_headline(collection, output)), *_folders(collection, look)]
    lines += _repeated(collection.repeated, look)
    lines += _expected(collection, look)
    lines += _others(collection, output, look)
    return lines


def _headline(collection: Collection, output: str) -> str:
    copied, there = len(collection.copies), len(collection.there)
    if not copied:
        return f"Nothing to do: {output} already has {'all ' * (there > 1)}{count(there, 'file')}"
    rest = f"; {count(there, 'file')} already there" if there else ""
    return f"Collected {count(copied, 'file')} into {output}{rest}"


def _folders(collection: Collection, look: Look) -> Iterable[str]:
    rows = [(one.name, _contents(one), size(sum(file.size for file in one.files))) for one in collection.folders]
    names, contents, sizes = (max(map(len, column)) for column in zip(*rows, strict=True))
    for name, content, total in rows:
        gap = " " * (names - len(name))
        yield f"  {look.bold(name)}{gap}  {content.ljust(contents)}  {look.dim(total.rjust(sizes))}"


def _others(collection: Collection, output: str, look: Look) -> Iterable[str]:
    if collection.kept:
        yield look.dim(f"  already in {output}: {_listed(collection.kept)}")
    if collection.strangers:
        mark = look.symbol("⚠", "!")
        yield look.warning(f"  {mark} in {output}, but not in these directories: {_listed(collection.strangers)}")
        yield look.dim("    remove files that do not belong to the release; cibw does not remove them")


def _contents(folder: Folder) -> str:
    names = [file.filename for file in folder.files]
    kinds = ((WHEEL_ENDING, "wheel"), (SDIST_ENDING, "sdist"), (ATTESTATION_ENDING, "attestation"))
    counts = [(sum(name.endswith(ending) for name in names), noun) for ending, noun in kinds]
    return ", ".join(count(number, noun) for number, noun in counts if number) or "dist.json alone"


def _repeated(files: Iterable[CollectedFile], look: Look) -> Iterable[str]:
    for file in files:
        yield look.dim(f"  {file.filename} is also in {file.folder}, with the same contents")


def _expected(collection: Collection, look: Look) -> Iterable[str]:
    manifest = collection.manifest
    if not manifest.expected:
        return
    served = {identifier for entry in manifest.files for identifier in entry.identifiers}
    missing = [str(identifier) for identifier in manifest.expected if identifier not in served]
    total = count(len(manifest.expected), "expected identifier")
    if missing:
        mark = look.symbol("⚠", "!")
        yield look.warning(f"  {mark} {len(missing)} of {total} without a wheel: {_listed(missing)}")
    else:
        yield look.dim(f"  {look.symbol('✓', 'ok')} a wheel for each expected identifier ({len(manifest.expected)})")


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    rest = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
