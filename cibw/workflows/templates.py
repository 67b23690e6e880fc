"""Templates of workflow files: plain text with placeholders.

A placeholder is a name between two signs, `@name@`. If it is alone on a line, its value can have several lines, which
get the line's indentation; an empty value removes the line. Consecutive empty lines are reduced to one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

_PLACE = re.compile(r"^(?P<indent>[ ]*)@(?P<block>[a-z_]+)@\n|@(?P<word>[a-z_]+)@", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./=-]*(?: [A-Za-z0-9_./=-]+)*")
_LAST_OF_FOUR_DIGITS = 0xFFFF
_WORDS_OF_YAML = frozenset("true false yes no on off null y n ~".split())


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill in all placeholders of a template; KeyError for a placeholder without a value."""

    def filled(match: re.Match[str]) -> str:
        if match["word"]:
            return values[match["word"]]
        lines = values[match["block"]].splitlines()
        return "".join(f"{match['indent']}{line}".rstrip() + "\n" for line in lines)

    return _EMPTY_LINES.sub("\n\n", _PLACE.sub(filled, template))


def scalar(text: str) -> str:
    """A text as a YAML scalar: plain if that is safe, otherwise in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    letters = (f"\\U{ord(one):08x}" if ord(one) > _LAST_OF_FOUR_DIGITS else json.dumps(one)[1:-1] for one in text)
    return f'"{"".join(letters)}"'


def flow(mapping: Mapping[str, str]) -> str:
    """A mapping of texts as a single line of YAML."""
    return "{ " + ", ".join(f"{key}: {scalar(value)}" for key, value in mapping.items()) + " }"


def rows(mappings: Iterable[Mapping[str, str]]) -> str:
    """A YAML list of mappings, one per line."""
    return "\n".join(f"- {flow(mapping)}" for mapping in mappings)
