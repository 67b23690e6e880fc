"""Kinds of values for the selection of builds."""

from __future__ import annotations

from cibw.config.enable import EnableGroup, parse_enable
from cibw.config.kinds import STRING, STRINGS, Context, Form, Kind, Texts, as_texts, blank_words, join, one_of
from cibw.config.problems import BadValueError, did_you_mean
from cibw.config.selectors import Selector
from cibw.config.switches import REMOVED_GROUPS
from cibw.config.toml import TomlValue

_GROUP_NAMES = (*(group.value for group in EnableGroup), "all")


def _patterns(value: TomlValue, _: Context) -> Texts:
    if isinstance(value, str) and value.isspace():
        # In cibuildwheel, whitespace selects nothing, while an empty string means the default.
        return (value,)
    # Parsed only for validation; the patterns of several layers become one selector later.
    return Selector.parse(as_texts(value, blank_words)).patterns


def _groups(value: TomlValue, context: Context) -> frozenset[EnableGroup]:
    given = tuple(word for text in as_texts(value, blank_words) for word in text.split())
    for word in given:
        if word in REMOVED_GROUPS:
            context.note(f"enable: the group {word!r} no longer exists: {REMOVED_GROUPS[word]}")
    words = tuple(word for word in given if word not in REMOVED_GROUPS)
    try:
        return parse_enable(words)
    except ValueError as error:
        unknown = next(word for word in words if word not in _GROUP_NAMES)
        raise BadValueError(str(error), did_you_mean(unknown, _GROUP_NAMES)) from None


def _union(earlier: frozenset[EnableGroup], later: frozenset[EnableGroup]) -> frozenset[EnableGroup]:
    return earlier | later


PATTERNS: Kind[Texts] = Kind(
    form=Form(
        shape="array of patterns, or a string split at whitespace",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
    ),
    parse=_patterns,
    merge=join,
)
ENABLE: Kind[frozenset[EnableGroup]] = Kind(
    form=Form(
        shape="array of groups, or a string split at whitespace",
        schema=one_of(STRING, {"type": "array", "items": {"enum": _GROUP_NAMES}}),
        merging="groups are combined",
    ),
    parse=_groups,
    merge=_union,
)
