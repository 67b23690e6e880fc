"""Options that apply to a whole run."""

from __future__ import annotations

from cibw.config.kinds import JOBS, PATHS, SWITCH
from cibw.config.option import NOWHERE, Facts, Option, Places, Scope

_RUN = Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE)

SIDE_BY_SIDE = Option(
    kind=JOBS,
    facts=Facts(
        name="jobs",
        description="Number of builds to run in parallel; `auto` for as many as processors and memory allow.",
        default="auto",
        places=_RUN,
    ),
)
CACHE = Option(
    kind=SWITCH,
    facts=Facts(
        name="cache",
        description="Whether to reuse stored wheels if nothing has changed; `auto` reuses them outside of CI.",
        default="auto",
        places=_RUN,
    ),
)
COPY_IGNORED = Option(
    kind=PATHS,
    facts=Facts(
        name="copy-ignored",
        description="Globs of git-ignored files that builds need, such as libraries downloaded by an earlier CI step; "
        "`**` for all. Other git-ignored files are not copied to where builds run.",
        default=(),
        places=_RUN,
        is_own=True,
    ),
)
