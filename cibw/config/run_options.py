"""Options that apply to a whole run."""

from __future__ import annotations

from cibw.config.kinds import JOBS, PATHS, SWITCH
from cibw.config.option import NOWHERE, Facts, Option, Places, Scope

_RUN = Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE)

SIDE_BY_SIDE = Option(
    kind=JOBS,
    facts=Facts(
        name="jobs",
        description="How many builds run side by side; `auto` for as many as processors and memory allow.",
        default="auto",
        places=_RUN,
    ),
)
CACHE = Option(
    kind=SWITCH,
    facts=Facts(
        name="cache",
        description="Whether wheels are taken from the store where nothing has changed; `auto` means outside of a CI.",
        default="auto",
        places=_RUN,
    ),
)
COPY_IGNORED = Option(
    kind=PATHS,
    facts=Facts(
        name="copy-ignored",
        description="Globs of files that git ignores and that builds need, such as libraries that an earlier step of a "
        "CI downloads; `**` for all. Other files that git ignores are not copied to where builds run.",
        default=(),
        places=_RUN,
        is_own=True,
    ),
)
