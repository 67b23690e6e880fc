"""The options that say where files are downloaded from, and whether they are."""

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
"""Where images come from: as an image's reference begins, with a dot, a port, or `localhost` before the first slash."""


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
        raise BadValueError(f"{_shown(word)} is no mirror", "write mirrors as 'address=address', apart by blanks")
    return beginning, instead


def _judge(beginning: str, instead: str) -> None:
    if "@" in beginning or "@" in instead:
        raise BadValueError(
            "an address holds a login, which would be seen by all who see the configuration",
            "write the address without it, and the login into the .netrc of the user",
        )
    if re.fullmatch(_REGISTRY, beginning) and "://" not in instead:
        if not re.fullmatch(_REGISTRY, instead):
            hint = "write it as the beginning of an image's reference, such as 'registry.example.org/mirror'"
            raise BadValueError(f"{instead!r} is no registry of images", hint)
        return
    if not re.fullmatch(_BEGINNING, beginning):
        hint = (
            "give the beginning of an address, such as 'https://files.example.org/', 'maven:', or a registry of images"
        )
        raise BadValueError(f"{beginning!r} is no beginning of an address", hint)
    if not re.fullmatch(_INSTEAD, instead):
        hint = "give an address that begins with 'https://', without a query"
        raise BadValueError(f"{instead!r} is no address of a mirror", hint)


def _shown(word: str) -> str:
    return "one of the words" if "@" in word else repr(word)


def _merge(earlier: Replacements, later: Replacements) -> Replacements:
    return tuple((dict(earlier) | dict(later)).items())


MIRRORS = Option(
    kind=Kind(
        form=Form(
            shape="table of the beginning of an address to what replaces it, or a string of `address=address` words",
            schema=one_of(
                STRING,
                {
                    "type": "object",
                    "propertyNames": {"pattern": f"^({_BEGINNING}|{_REGISTRY})$"},
                    "additionalProperties": {"type": "string", "pattern": f"^({_INSTEAD}|{_REGISTRY})$"},
                },
            ),
            merging="the later mirror of an address replaces the earlier",
        ),
        parse=_mirrors,
        merge=_merge,
    ),
    facts=Facts(
        name="mirrors",
        description="Mirrors of the servers that interpreters, SDKs and images come from. The longest beginning that "
        "fits an address, or the reference of an image, is replaced; `maven:` stands for the Maven repository, "
        "`nuget:` for the one of NuGet.",
        default={},
        places=Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        is_own=True,
    ),
)


def _yes_or_no(value: TomlValue, _: Context) -> bool:
    text = str(value).strip().lower()
    if text not in TRUE_WORDS and text not in (*FALSE_WORDS, ""):
        raise BadValueError("this has to be true or false")
    return text in TRUE_WORDS


OFFLINE = Option(
    kind=Kind(
        form=Form(shape="true or false", schema=one_of({"type": "boolean"}, {"enum": ("true", "false")})),
        parse=_yes_or_no,
    ),
    facts=Facts(
        name="offline",
        description="Whether a run does without the network: it lists what is missing before anything is built.",
        default=False,
        places=Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        is_own=True,
    ),
)
