#!/usr/bin/env python3
"""Run `cibw check` over published releases, and write docs/releases.md.

The files come from the index of pip's settings, and are deleted when they have been checked. Results are kept in the
cache until the checks change, so that a run goes on where an earlier one was stopped. The exit code is 1 where an
error is found that bin/published_releases/reasons.py does not call right.

python bin/check_releases.py
python bin/check_releases.py lxml psutil
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version as version_of
from pathlib import Path

from published_releases.choice import choose
from published_releases.files import Index, index_address
from published_releases.reasons import REASONS
from published_releases.results import Found, Result, read_result, table, unexplained, write_result

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "bin" / "published_releases" / "releases.txt"
DOCUMENT = ROOT / "docs" / "releases.md"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cibw-releases"
SOURCES = ("cibw/release", "cibw/untrusted", "cibw/cli/commands/check.py")
LIBRARIES = ("packaging", "readme-renderer", "trove-classifiers")
KEPT = ("HOME", "LANG", "PATH", "SYSTEMROOT", "TEMP", "TMP")


class Arguments(argparse.Namespace):
    """What the command line says."""

    projects: list[str]
    cache: Path
    keep: bool


def main() -> int:
    """Check, say what is found, and give the exit code."""
    arguments = _arguments()
    # Whoever works on this computer goes first.
    if hasattr(os, "nice"):
        os.nice(10)
    checks, index = _checks(), Index(index_address())
    results = []
    for project, version in _releases(arguments.projects):
        result = _result(arguments, index, Result(project=project, version=version, checks=checks, files=(), found=()))
        results.append(result)
        errors = [found.rule for found in result.of("error")]
        print(f"{result.release}: {len(result.files)} files{', ' if errors else ''}{', '.join(errors)}", flush=True)
    if not arguments.projects:
        DOCUMENT.write_text(table(tuple(results), REASONS), "utf-8")
    wrong = list(unexplained(results, REASONS))
    print(*wrong, f"{len(results)} releases, {len(wrong)} errors that nobody has called right", sep="\n")
    return 1 if wrong else 0


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*", help="check the releases of these only, and leave the document as it is")
    parser.add_argument("--cache", type=Path, default=CACHE, help="directory of results; %(default)s")
    parser.add_argument("--keep", action="store_true", help="keep the files, for later checks")
    return parser.parse_args(namespace=Arguments())


def _releases(projects: list[str]) -> Iterator[tuple[str, str]]:
    for line in LIST.read_text("utf-8").splitlines():
        project, colon, versions = line.partition(":")
        if colon and not line.startswith("#") and (not projects or project in projects):
            yield from ((project, version) for version in versions.split())


def _checks() -> str:
    """What identifies the checks, and the libraries that they ask."""
    digest = hashlib.sha256(repr([(name, version_of(name)) for name in LIBRARIES]).encode())
    for source in SOURCES:
        for path in sorted([ROOT / source, *(ROOT / source).glob("*.py")]):
            digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]


def _result(arguments: Arguments, index: Index, wanted: Result) -> Result:
    """The result that is kept, or a new one."""
    name = f"{wanted.project}-{wanted.version}"
    kept = arguments.cache / "results" / f"{name}.json"
    known = read_result(kept)
    if known and known.checks == wanted.checks:
        return known
    directory = arguments.cache / "files" / name
    if not (directory / ".complete").is_file():
        shutil.rmtree(directory, ignore_errors=True)
        _download(index, wanted, directory)
    result = _check(directory, wanted)
    write_result(kept, result)
    if not arguments.keep:
        shutil.rmtree(directory)
    return result


def _download(index: Index, wanted: Result, directory: Path) -> None:
    directory.mkdir(parents=True)
    links = {link.filename: link for link in index.files_of(wanted.project, wanted.version)}
    for group in choose(links):
        next((True for filename in group if index.download(links[filename], directory)), False)
    (directory / ".complete").touch()


def _check(directory: Path, wanted: Result) -> Result:
    files = sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
    if not files:
        raise SystemExit(f"{wanted.release} has no files that can be checked; take another version.")
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    command = [sys.executable, "-m", "cibw", "check", "--no-linters", "--json", "--to", "pypi", *files]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{wanted.release} could not be checked.\n{done.stderr}")
    found = tuple(
        Found(rule=one["rule"], severity=one["severity"], message=one["message"])
        for one in json.loads(done.stdout)["findings"]
    )
    return Result(project=wanted.project, version=wanted.version, checks=wanted.checks, files=tuple(files), found=found)


if __name__ == "__main__":
    sys.exit(main())
