"""Conditions for a release."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The gates of a release, from the options with the same names.

    `tag_format` contains `{version}`. `branches` are shell patterns; empty allows any branch.
    """

    require_tag: bool = False
    tag_format: str = "v{version}"
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool = True
