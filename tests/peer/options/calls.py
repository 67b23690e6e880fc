"""What is asked of both programs, and what they answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypedDict

Value = object
Values = Mapping[str, Value]
BASE = {"PATH": os.environ.get("PATH", ""), "HOME": "/home"}
"""The variables that the environment options find."""


class Call(TypedDict):
    """A configuration: the directory of its project, the platform, and CIBW_ and other variables.

    One that `is_odd` has a value that should be refused.
    """

    directory: str
    platform: str
    environment: dict[str, str]
    is_odd: bool


class Answer(TypedDict, total=False):
    """The values of each identifier's options, or the error that stands in their place."""

    options: Mapping[str, Values]
    error: str
