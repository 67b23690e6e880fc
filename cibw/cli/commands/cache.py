"""The `cache` command, and --clean-cache."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from cibw.cli.arguments import CommandLine, Parser, Subcommand, add_debug_traceback
from cibw.cli.session import Session
from cibw.cli.store import size_limit, store_directory
from cibw.errors import CibwError, ConfigurationError, assert_never
from cibw.execution.container.client import RefusedError
from cibw.execution.container.connection import connect
from cibw.execution.container.snapshots import LiveRuns, remove_dead_runs
from cibw.execution.container.states import (
    UNUSED_DAYS,
    Volume,
    VolumeRecords,
    kept_states,
    remove_states,
    remove_volumes,
)
from cibw.execution.store.cache import repair_layout
from cibw.execution.store.store import Removed, Store, clear, prune
from cibw.model.machines import EngineName
from cibw.reporting.terminal import count, size

# List and remove the images and containers that cibw keeps in the container engines.


def remove_images(environment: Mapping[str, str]) -> Iterator[str]:
    """Remove kept images from Docker and Podman; yield a line per engine with their number or the error."""
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        yield _from(name, environment)


def describe_images(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each image that the engines keep between runs; engines that do not respond are skipped."""
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        with suppress(CibwError, RefusedError), connect(name, environment) as engine:
            for image in kept_states(engine):
                yield f"image    {image} in {name.value.capitalize()}{f', {size(image.size)}' * bool(image.size)}"


def remove_left_by_dead_runs(environment: Mapping[str, str]) -> Iterator[str]:
    """Remove containers and temporary images of killed runs; yield a line per available engine."""
    runs = LiveRuns.open()
    if runs is None:
        return
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        with suppress(CibwError), connect(name, environment) as engine:
            left = remove_dead_runs(engine.client, runs)
            found = f"{count(left.containers, 'container')} and {count(left.images, 'image')}"
            yield f"Removed {found} left by killed runs from {name.value.capitalize()}."


def _from(name: EngineName, environment: Mapping[str, str]) -> str:
    try:
        with connect(name, environment) as engine:
            return f"Removed {count(remove_states(engine), 'image')} from {name.value.capitalize()}."
    except CibwError as error:
        return error.message


# Show and remove the cache volumes of projects in container engines.


def describe_volumes(records: VolumeRecords) -> Iterator[str]:
    """A line for each volume, without contacting an engine."""
    for volume in records.all():
        day = time.strftime("%Y-%m-%d", time.localtime(volume.used))
        yield f"volume   {volume.name} of {volume.engine.value.capitalize()}: {volume.project}, last used {day}"


def clear_volumes(records: VolumeRecords, volumes: Iterable[Volume], environment: Mapping[str, str]) -> Iterator[str]:
    """Remove volumes; yield a line per engine with their number or the error, if there are any."""
    by_engine: dict[EngineName, list[Volume]] = {}
    for volume in volumes:
        by_engine.setdefault(volume.engine, []).append(volume)
    for name, found in by_engine.items():
        try:
            with connect(name, environment) as engine:
                removed = remove_volumes(engine, found, records)
        except CibwError as error:
            yield f"{count(len(found), 'volume')} of {name.value.capitalize()} cannot be removed: {error.message}"
            continue
        in_use = f"; {len(found) - removed} could not be removed; a container may be using them" * (
            removed < len(found)
        )
        yield f"Removed {count(removed, 'volume')} from {name.value.capitalize()}{in_use}."


# The command line of `cibw cache`.

_EPILOG = """\
actions:
  info    show the store's path, its wheels per project, and the volumes and images of engines (the default)
  prune   remove the least recently used wheels until the store fits CIBW_CACHE_SIZE, and volumes that were not used
          for 30 days
  clear   remove all wheels, their test results, and the volumes of container engines

`cibw --clean-cache` removes the whole cache directory, including the store.
"""


class CacheAction(Enum):
    """The actions of `cibw cache`."""

    INFO = "info"
    PRUNE = "prune"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheArguments(CommandLine):
    """The arguments of `cibw cache`."""

    action: str = CacheAction.INFO.value
    older_than: float | None = None
    images: bool = False


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    actions = [action.value for action in CacheAction]
    parser.add_argument(
        "action", metavar="ACTION", nargs="?", choices=actions, default=actions[0], help=", ".join(actions)
    )
    parser.add_argument(
        "--older-than",
        metavar="DAYS",
        type=_days,
        help="with prune: also remove wheels that were not used for this many days",
    )
    parser.add_argument(
        "--images", action="store_true", help="with clear: also remove cibw's images from the container engines"
    )


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1
    if not 0 <= days < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of days")
    return days


# The `cache` command and --clean-cache.

_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"


def run(session: Session, arguments: CacheArguments) -> int:
    """Show, prune or clear the store of finished wheels and the volumes of container engines."""
    store = Store(store_directory(session))
    records, environment = VolumeRecords(session.cache_dir), session.environment
    action = CacheAction(arguments.action)
    match action:
        case CacheAction.INFO:
            lines = (*_info(store, size_limit(session)), *describe_volumes(records), *describe_images(environment))
            print("\n".join(lines))
        case CacheAction.PRUNE:
            print(_removed(prune(store, size_limit(session), days=arguments.older_than), store))
            _print_all(remove_left_by_dead_runs(environment))
            days = arguments.older_than
            _print_all(clear_volumes(records, records.unused(UNUSED_DAYS if days is None else days), environment))
        case CacheAction.CLEAR:
            print(_removed(clear(store), store))
            _print_all(clear_volumes(records, records.all(), environment))
            if arguments.images:
                _print_all(remove_images(environment))
        case _:
            assert_never(action)
    return 0


def _print_all(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _info(store: Store, limit: int) -> Iterator[str]:
    entries = list(store.entries())
    total = sum(wheel.size for _key, wheel, _used in entries)
    yield f"store    {store.directory}"
    yield f"holds    {count(len(entries), 'wheel')}, {size(total)} of at most {size(limit)}"
    projects: dict[str, list[int]] = {}
    for _key, wheel, _used in entries:
        projects.setdefault(wheel.project, []).append(wheel.size)
    for project, sizes in sorted(projects.items()):
        yield f"project  {project}: {count(len(sizes), 'wheel')}, {size(sum(sizes))}"


def _removed(removed: Removed, store: Store) -> str:
    left = list(store.entries())
    rest = f"{count(len(left), 'wheel')} left, {size(sum(wheel.size for _key, wheel, _used in left))}"
    return f"Removed {count(removed.wheels, 'wheel')}, {size(removed.size)}; {rest}."


def clean_cache(session: Session) -> int:
    """Remove the cache directory; CibwError if it is not marked as a cache (Cache Directory Tagging)."""
    directory = session.cache_dir
    if not directory.exists():
        print(f"Cache directory not found: {directory}")
        return 0
    tag = directory / _TAG
    if not tag.is_file() or not tag.read_text("utf-8", "replace").startswith(_SIGNATURE):
        raise CibwError(
            f"{directory} was not removed, because it has no {_TAG} file that marks it as a cache.",
            hint="Check CIBW_CACHE_PATH. If the directory is cibw's cache, remove it by hand.",
        )
    records = VolumeRecords(directory)
    _print_all(clear_volumes(records, records.all(), session.environment))
    shutil.rmtree(directory)
    print(f"Removed the cache directory {directory}.")
    return 0


def mark_cache(session: Session) -> None:
    """Create the cache directory and mark it as a cache, so that backups skip it and it can be removed.

    ConfigurationError if it is not writable.
    """
    try:
        session.cache_dir.mkdir(parents=True, exist_ok=True)
        repair_layout(session.cache_dir, lambda text: print(f"cibw: {text}", file=sys.stderr))
        tag = session.cache_dir / _TAG
        if not tag.exists() or not tag.stat().st_size:
            tag.write_text(f"{_SIGNATURE}\n# This directory is a cache that cibw can recreate.\n", "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"Cannot use the cache directory {session.cache_dir}: {error.strerror}",
            hint="Set CIBW_CACHE_PATH to a writable directory.",
        ) from error


COMMAND = Subcommand(
    name="cache",
    usage="[info | prune | clear] [options]",
    description="Show or clean the store of finished wheels. Later runs reuse these wheels if nothing has changed.",
    epilog=_EPILOG,
    arguments=CacheArguments,
    add_arguments=_add_arguments,
    run=run,
)
