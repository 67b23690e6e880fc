"""What must be true for a release to happen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The gates of a release, as the options of the same names have them.

    `tag_format` has `{version}` in it. `branches` are patterns of the shell; without any, every branch will do.
    """

    require_tag: bool = False
    tag_format: str = "v{version}"
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool = True
