"""Make the images that the tests build wheels in, for machines that reach no image registry.

python bin/make_test_image.py manylinux-x86_64 --engine docker --engine podman
python bin/make_test_image.py all --check
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.images.commands import ImageError, cache_dir, locked, scratch, timed
from tests.images.engines import ENGINES, check_engine, full_name, load, stands
from tests.images.recipes import Recipe, recipes
from tests.images.rootfs import pack


def main(argv: Sequence[str] | None = None) -> int:
    """Make or check the images named on the command line, and return the exit code."""
    known = recipes()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="+", choices=[*known, "all"])
    parser.add_argument("--engine", action="append", choices=ENGINES, help="default: both")
    parser.add_argument("--check", action="store_true", help="only tell whether they stand")
    parser.add_argument("--print-env", action="store_true", help="only print the settings that name them to the tests")
    options = parser.parse_args(argv)
    chosen = list(known) if "all" in options.image else list(dict.fromkeys(options.image))
    engines = options.engine or list(ENGINES)
    if options.print_env:
        print("\n".join(f"{known[name].setting}={known[name].reference}" for name in chosen))
        return 0
    try:
        for engine in engines:
            check_engine(engine)
        if options.check:
            return _check([known[name] for name in chosen], engines)
        for name in chosen:
            _make(known[name], engines)
    except ImageError as error:
        print(f"make_test_image: {error}", file=sys.stderr)
        return 1
    return 0


def _check(chosen: Sequence[Recipe], engines: Sequence[str]) -> int:
    missing = 0
    for recipe in chosen:
        for engine in engines:
            found = stands(engine, recipe.reference)
            missing += not found
            print(f"{engine} {full_name(engine, recipe.reference)}: {'yes' if found else 'no'}")
    return 1 if missing else 0


def _make(recipe: Recipe, engines: Sequence[str]) -> None:
    with locked(recipe.name):
        wanted = [engine for engine in engines if not stands(engine, recipe.reference)]
        for engine in engines:
            if engine not in wanted:
                print(f"{engine} {full_name(engine, recipe.reference)}: stands already")
        if not wanted:
            return
        tar = _root_tar(recipe)
        for engine in wanted:
            with timed(f"{engine} {full_name(engine, recipe.reference)}"):
                load(engine, recipe.reference, tar, recipe.arch, recipe.environment)


def _root_tar(recipe: Recipe) -> Path:
    tar = cache_dir() / f"{recipe.name}-{recipe.number}.tar"
    if not tar.exists():
        with timed(f"root of {recipe.name}"), scratch() as work:
            root = work / "root"
            root.mkdir()
            recipe.make_root(root, work)
            pack(root, tar)
    return tar


if __name__ == "__main__":
    raise SystemExit(main())
