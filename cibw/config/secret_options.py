"""The option for names of variables with secret values."""

from __future__ import annotations

import re

from cibw.config.kinds import Texts, blank_words, list_kind
from cibw.config.option import NOWHERE, Facts, Option, Places, Scope
from cibw.config.problems import BadValueError

_PATTERN = re.compile(r"[\w.*-]+", re.ASCII)


def _check_patterns(texts: Texts) -> Texts:
    for text in texts:
        if not _PATTERN.fullmatch(text):
            raise BadValueError(f"{text!r} is not a variable name", "use letters, digits, _, and * to match any text")
        if not text.strip("*"):
            raise BadValueError(f"{text!r} matches every variable", "use a narrower pattern, such as 'COMPANY_*'")
    return texts


SECRETS = Option(
    kind=list_kind(blank_words, "at whitespace", _check_patterns),
    facts=Facts(
        name="secrets",
        description="Names of additional variables and settings whose values are secret. They are masked in all "
        "output; `*` matches any text. Names such as `API_TOKEN` or `DB_PASSWORD` need not be listed.",
        default=(),
        places=Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        env_adds=True,
        is_own=True,
    ),
)
