"""The function of each command, imported on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cibw.cli.command_line import CommandName

if TYPE_CHECKING:
    from cibw.cli.sessions import Session


def carry_out(session: Session) -> int:
    """Run the command of the command line and return the exit code."""
    if session.line.clean_cache:
        from cibw.cli.cache import clean_cache

        return clean_cache(session)
    if session.line.print_build_identifiers:
        from cibw.cli.identifiers import print_identifiers

        return print_identifiers(session)
    return _COMMANDS[session.line.command](session)


def _build(session: Session) -> int:
    from cibw.cli.build import build

    return build(session)


def _plan(session: Session) -> int:
    from cibw.cli.plan import print_plan

    return print_plan(session)


def _cache(session: Session) -> int:
    from cibw.cli.cache import cache

    return cache(session)


def _config(session: Session) -> int:
    from cibw.cli.config import config

    return config(session)


def _sdist(session: Session) -> int:
    from cibw.cli.sdist import sdist

    return sdist(session)


def _collect(session: Session) -> int:
    from cibw.cli.collect import collect

    return collect(session)


def _check(session: Session) -> int:
    from cibw.cli.check import check

    return check(session)


def _publish(session: Session) -> int:
    from cibw.cli.publish import publish

    return publish(session)


def _verify(session: Session) -> int:
    from cibw.cli.verify import verify

    return verify(session)


def _init(session: Session) -> int:
    from cibw.cli.init import init

    return init(session)


def _release(session: Session) -> int:
    from cibw.cli.release import release

    return release(session)


_COMMANDS: Mapping[CommandName, Callable[[Session], int]] = {
    CommandName.BUILD: _build,
    CommandName.PLAN: _plan,
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
