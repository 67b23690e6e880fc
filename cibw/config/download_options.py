"""Options for downloads: mirrors and offline mode."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cibw.config.key_values import split_words
from cibw.config.kinds import FALSE_WORDS, STRING, TRUE_WORDS, Context, Form, Kind, as_text, one_of, wrong_type
from cibw.config.option import NOWHERE, Facts, Option, Places, Scope
from cibw.config.problems import BadValueError
from cibw.config.toml import TomlValue
from cibw.model.downloads import Replacements

_BEGINNING = r"https?://[^\s/?#@]+(/[^\s?#@]*)?|(?!https?:)[a-z]+:[^\s?#@]*"
_INSTEAD = r"https?://[^\s/?#@]+(/[^\s?#@]*)?"
_REGISTRY = r"([\w-]+\.[\w.-]+(:\d+)?|[\w-]+:\d+|localhost)(/[\w./-]*)?"
"""An image registry as in image references: a dot, a port, or `localhost` before the first slash."""


def _mirrors(value: TomlValue, _: Context) -> Replacements:
    match value:
        case str():
            pairs = [_pair(word) for word in split_words(value)]
        case Mapping():
            pairs = [(beginning, as_text(instead)) for beginning, instead in value.items()]
        case _:
            raise wrong_type(value, "a string or a table")
    for pair in pairs:
        _judge(*pair)
    return tuple(pairs)


def _pair(word: str) -> tuple[str, str]:
    beginning, equals, instead = word.partition("=")
    if not equals:
        raise BadValueError(
            f"{_shown(word)} is not a mirror", "write mirrors as 'prefix=replacement', separated by spaces"
        )
    return beginning, instead


def _judge(beginning: str, instead: str) -> None:
    if "@" in beginning or "@" in instead:
        raise BadValueError(
            "the address contains credentials, which anyone who can read the configuration could see",
            "remove them from the address and add them to the user's .netrc file",
        )
    if re.fullmatch(_REGISTRY, beginning) and "://" not in instead:
        if not re.fullmatch(_REGISTRY, instead):
            hint = "use the prefix of an image reference, such as 'registry.example.org/mirror'"
            raise BadValueError(f"{instead!r} is not an image registry", hint)
        return
    if not re.fullmatch(_BEGINNING, beginning):
        hint = "use a URL prefix, such as 'https://files.example.org/' or 'maven:', or an image registry"
        raise BadValueError(f"{beginning!r} is not a URL prefix", hint)
    if not re.fullmatch(_INSTEAD, instead):
        hint = "use a URL that begins with 'https://' and has no query"
        raise BadValueError(f"{instead!r} is not a mirror URL", hint)


def _shown(word: str) -> str:
    return "one of the entries" if "@" in word else repr(word)


def _merge(earlier: Replacements, later: Replacements) -> Replacements:
    return tuple((dict(earlier) | dict(later)).items())


MIRRORS = Option(
    kind=Kind(
        form=Form(
            shape="table of URL prefixes and their replacements, or a string of `prefix=replacement` words",
            schema=one_of(
                STRING,
                {
                    "type": "object",
                    "propertyNames": {"pattern": f"^({_BEGINNING}|{_REGISTRY})$"},
                    "additionalProperties": {"type": "string", "pattern": f"^({_INSTEAD}|{_REGISTRY})$"},
                },
            ),
            merging="a later mirror replaces an earlier one with the same prefix",
        ),
        parse=_mirrors,
        merge=_merge,
    ),
    facts=Facts(
        name="mirrors",
        description="Mirrors of the servers that interpreters, SDKs and images are downloaded from. The longest prefix "
        "that matches a URL or an image reference is replaced; `maven:` stands for the Maven repository, `nuget:` for "
        "the NuGet repository.",
        default={},
        places=Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        is_own=True,
    ),
)


def _yes_or_no(value: TomlValue, _: Context) -> bool:
    text = str(value).strip().lower()
    if text not in TRUE_WORDS and text not in (*FALSE_WORDS, ""):
        raise BadValueError("must be true or false")
    return text in TRUE_WORDS


OFFLINE = Option(
    kind=Kind(
        form=Form(shape="true or false", schema=one_of({"type": "boolean"}, {"enum": ("true", "false")})),
        parse=_yes_or_no,
    ),
    facts=Facts(
        name="offline",
        description="Run without network access. Missing files are listed before anything is built.",
        default=False,
        places=Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        is_own=True,
    ),
)
