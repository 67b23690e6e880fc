"""The parser of each command, imported on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cibw.cli.command_line import CommandName

if TYPE_CHECKING:
    from argparse import ArgumentParser


def parser_of(command: CommandName) -> ArgumentParser | None:
    """The parser of a command; None for `build` and `plan`, which share one."""
    make = _PARSERS.get(command)
    return make() if make else None


def _cache() -> ArgumentParser:
    from cibw.cli.cache_arguments import cache_parser

    return cache_parser()


def _config() -> ArgumentParser:
    from cibw.cli.config_arguments import config_parser

    return config_parser()


def _sdist() -> ArgumentParser:
    from cibw.cli.sdist_arguments import sdist_parser

    return sdist_parser()


def _collect() -> ArgumentParser:
    from cibw.cli.collect_arguments import collect_parser

    return collect_parser()


def _check() -> ArgumentParser:
    from cibw.cli.check_arguments import check_parser

    return check_parser()


def _publish() -> ArgumentParser:
    from cibw.cli.publish_arguments import publish_parser

    return publish_parser()


def _verify() -> ArgumentParser:
    from cibw.cli.verify_arguments import verify_parser

    return verify_parser()


def _release() -> ArgumentParser:
    from cibw.cli.release_arguments import release_parser

    return release_parser()


def _init() -> ArgumentParser:
    from cibw.cli.init_arguments import init_parser

    return init_parser()


_PARSERS: Mapping[CommandName, Callable[[], ArgumentParser]] = {
    CommandName.CACHE: _cache,
    CommandName.CONFIG: _config,
    CommandName.SDIST: _sdist,
    CommandName.COLLECT: _collect,
    CommandName.CHECK: _check,
    CommandName.PUBLISH: _publish,
    CommandName.VERIFY: _verify,
    CommandName.RELEASE: _release,
    CommandName.INIT: _init,
}
