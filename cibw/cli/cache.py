"""The `cache` command and --clean-cache."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator

from cibw.cli.command_line import CacheAction
from cibw.cli.images import describe_images, remove_images, remove_left_by_dead_runs
from cibw.cli.sessions import Session
from cibw.cli.store import size_limit, store_directory
from cibw.cli.volumes import clear_volumes, describe_volumes
from cibw.errors import CibwError, ConfigurationError
from cibw.exhaustive import assert_never
from cibw.reporting.wording import count, size
from cibw.running.cache_layout import repair_layout
from cibw.running.container_volumes import UNUSED_DAYS, VolumeRecords
from cibw.running.store import Store
from cibw.running.store_upkeep import Removed, clear, prune

_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"


def cache(session: Session) -> int:
    """Show, prune or clear the store of finished wheels and the volumes of container engines."""
    store = Store(store_directory(session))
    records, environment = VolumeRecords(session.cache_dir), session.environment
    action = CacheAction(session.line.action)
    match action:
        case CacheAction.INFO:
            lines = (*_info(store, size_limit(session)), *describe_volumes(records), *describe_images(environment))
            print("\n".join(lines))
        case CacheAction.PRUNE:
            print(_removed(prune(store, size_limit(session), days=session.line.older_than), store))
            _print_all(remove_left_by_dead_runs(environment))
            days = session.line.older_than
            _print_all(clear_volumes(records, records.unused(UNUSED_DAYS if days is None else days), environment))
        case CacheAction.CLEAR:
            print(_removed(clear(store), store))
            _print_all(clear_volumes(records, records.all(), environment))
            if session.line.images:
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
