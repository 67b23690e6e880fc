"""The command line of `cibw cache`."""

from __future__ import annotations

import argparse

from cibw.cli.command_line import CacheAction
from cibw.cli.parsers import command_parser

_EPILOG = """\
actions:
  info    show the store's path, its wheels per project, and the volumes and images of engines (the default)
  prune   remove the least recently used wheels until the store fits CIBW_CACHE_SIZE, and volumes that were not used
          for 30 days
  clear   remove all wheels, their test results, and the volumes of container engines

`cibw --clean-cache` removes the whole cache directory, including the store.
"""


def cache_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = command_parser(
        "cache",
        "[info | prune | clear] [options]",
        "Show or clean the store of finished wheels. Later runs reuse these wheels if nothing has changed.",
        _EPILOG,
    )
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
    return parser


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1
    if not 0 <= days < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid number of days")
    return days
