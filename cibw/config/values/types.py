"""Types of option values: how each is read, merged, described and checked by a schema."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from cibw.config.cascade import no_files
from cibw.config.toml import BadValueError, TomlTable, TomlValue, did_you_mean, type_name
from cibw.errors import truth
from cibw.model.identifiers import Platform

# The syntax of `docker; create-args: --network host`: fields that start with a name and a colon.

_TOKEN = re.compile(
    r"""
    (?P<space> \s+ )
  | (?P<end> ; )
  | (?P<word> (?: [^\s;'"\\] | \\. | '[^']*' | "(?: [^"\\] | \\. )*" )+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_PIECE = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)""", re.DOTALL)
Field = tuple[str, tuple[str, ...]]


def split_fields(text: str) -> tuple[tuple[str, ...], ...]:
    """Split a text into the words of its fields. Fields are separated by `;`; quoting is as in a shell.

    Empty fields are left out. ValueError for an unclosed quote or a trailing backslash.
    """
    fields: list[list[str]] = [[]]
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadValueError(f"unclosed quote or trailing backslash in {text!r}")
        position = match.end()
        if match["end"]:
            fields.append([])
        elif match["word"]:
            fields[-1].append(_unquote(match["word"]))
    return tuple(tuple(field) for field in fields if field)


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into words as in a shell; ValueError for an unclosed quote."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise BadValueError(f"{text!r} cannot be split into words: {str(error).lower()}", "close the quote") from error


def named_fields(text: str) -> tuple[Field, ...]:
    """Parse fields into pairs of a name and its words; the name is '' if the first word has no colon.

    ValueError if there is no name before a colon.
    """
    return tuple(_named(words) for words in split_fields(text))


def parse_fields(text: str, *, positional: Sequence[str] = (), named: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Parse fields with known names; the words of repeated fields are concatenated.

    The first fields can omit their names, which `positional` then provides. ValueError for unknown fields.
    """
    known = [*positional, *named]
    result: dict[str, list[str]] = {}
    for index, (given, words) in enumerate(named_fields(text)):
        name = given or _positional_name(words, index, positional, known)
        if name not in known:
            expected = "known fields are " + ", ".join(known)
            raise BadValueError(f"unknown field {name!r} in {text!r}", did_you_mean(name, known, fallback=expected))
        result.setdefault(name, []).extend(words)
    return {name: tuple(words) for name, words in result.items()}


def _positional_name(words: tuple[str, ...], index: int, positional: Sequence[str], known: Sequence[str]) -> str:
    if index < len(positional):
        return positional[index]
    raise BadValueError(
        f"{' '.join(words)!r} has no field name", f"add a field name before it: one of {', '.join(known)}"
    )


def _named(words: tuple[str, ...]) -> Field:
    name, colon, first = words[0].partition(":")
    if not colon:
        return "", words
    if not name:
        raise BadValueError(f"missing name before the colon in {words[0]!r}", "write name: value")
    return name, (*((first,) if first else ()), *words[1:])


def _unquote(word: str) -> str:
    return "".join(_piece(match) for match in _PIECE.finditer(word))


def _piece(match: re.Match[str]) -> str:
    single, double, escaped, plain = match.groups()
    if double is not None:
        return re.sub(r'\\(["\\])', r"\1", double)
    return next(text for text in (single, escaped, plain) if text is not None)


# Kinds of option values: how each is parsed, merged, described and validated by a schema.

T = TypeVar("T")
_DIGITS = 9
_UNPRINTABLE = re.compile(r"[\x00\ud800-\udfff]")
_VERSION = r"([0-9]+([.][0-9]+)*((a|b|rc|[.]?dev)[0-9]+)?)?"
Schema = Mapping[str, TomlValue]
Texts = tuple[str, ...]


def forget(_text: str) -> None:
    """Discard a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context in which a value is parsed.

    `platform` is None in an override, which may select identifiers of any platform. `read_text` is
    that of the sources, `pyproject` is the package's pyproject.toml, and `note` receives notes for the user.
    """

    package_dir: str = "."
    platform: Platform | None = None
    read_text: Callable[[str], str | None] = no_files
    pyproject: TomlTable | None = None
    note: Callable[[str], None] = forget


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionForm:
    """The form of a type of value: its description, its JSON schema, and how values merge.

    `merging` is a description; it is empty if values cannot be merged.
    """

    shape: str
    schema: Schema
    merging: str = ""
    placeholders: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionType(Generic[T]):
    """A form, a parser (ValueError for an invalid value) and, if values can be merged, a merge function.

    The merge function gets the earlier and the later value. If both contain the same key, the later one wins.
    """

    form: OptionForm
    parse: Callable[[TomlValue, Context], T]
    merge: Callable[[T, T], T] | None = None


STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}
SCALAR: Schema = {"type": ("string", "integer", "number", "boolean")}


def one_of(*schemas: Schema) -> Schema:
    """A schema for values that match one of several schemas."""
    return {"anyOf": schemas}


def closed_table(properties: Schema, *, required: Texts = ()) -> Schema:
    """A schema for a table with only these keys."""
    needed: Schema = {"required": required} if required else {}
    return {"type": "object", "additionalProperties": False, "properties": properties, **needed}


def wrong_type(value: TomlValue, expected: str) -> BadValueError:
    """The error for a value of the wrong type; `expected` is a phrase such as `a string`."""
    return BadValueError(f"must be {expected}, not {type_name(value)}")


def refuse_unprintable(value: TomlValue) -> None:
    """Raise ValueError for text that cannot be passed to programs or written to files."""
    match value:
        case str():
            found = _UNPRINTABLE.search(value)
            if found:
                kind = "a NUL character" if found[0] == "\0" else "a byte that is not UTF-8"
                raise BadValueError(f"contains {kind} (at character {found.start() + 1})", "remove it")
        case tuple():
            for item in value:
                refuse_unprintable(item)
        case Mapping():
            for key, item in value.items():
                refuse_unprintable(key)
                refuse_unprintable(item)
        case _:
            pass


def as_text(value: TomlValue) -> str:
    """The value as a string; ValueError for other types."""
    if isinstance(value, str):
        return value
    raise wrong_type(value, "a string")


def as_scalar_text(value: TomlValue) -> str:
    """A string, number or boolean as text; ValueError for arrays and tables."""
    if isinstance(value, (tuple, Mapping)):
        raise wrong_type(value, "a string or a number")
    return str(value)


def as_texts(value: TomlValue, split: Callable[[str], Texts]) -> Texts:
    """Convert an array of strings, or split a string into words; ValueError for other types."""
    match value:
        case str():
            return split(value)
        case tuple() if all(isinstance(item, str) for item in value):
            return tuple(str(item) for item in value)
        case tuple():
            raise BadValueError("all items of the array must be strings", 'quote numbers, as in "3.10"')
        case _:
            raise wrong_type(value, "a string or an array of strings")


def join(earlier: tuple[T, ...], later: tuple[T, ...]) -> tuple[T, ...]:
    """Concatenate two values."""
    return (*earlier, *later)


def blank_words(text: str) -> Texts:
    """Split a text at whitespace."""
    return tuple(text.split())


def list_type(
    split: Callable[[str], Texts], how: str, check: Callable[[Texts], Texts] | None = None
) -> OptionType[Texts]:
    """A type for lists of strings; `how` describes how the string form is split."""

    def parse(value: TomlValue, _: Context) -> Texts:
        texts = as_texts(value, split)
        if split in _PLAIN_SPLITS:
            # cibuildwheel joins an array before splitting it.
            texts = tuple(word for text in texts for word in split(text))
        texts = tuple(filter(None, texts))
        return check(texts) if check else texts

    form = OptionForm(
        shape=f"array of strings, or a string split {how}",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
    )
    return OptionType(form=form, parse=parse, merge=join)


def _comma_words(text: str) -> Texts:
    return tuple(text.strip("[]").replace(",", " ").split())


_PLAIN_SPLITS = (blank_words, _comma_words)


def _check_requirements(texts: Texts) -> Texts:
    for text in texts:
        if text.startswith(("<", ">", "=", "!", "~")):
            hint = "quote a requirement that contains spaces, as in \"'pytest >= 8'\", or use an array"
            raise BadValueError(f"{text!r} is not a requirement", hint)
    return texts


def _each_once(texts: Texts) -> Texts:
    return tuple(dict.fromkeys(texts))


def _check_names(texts: Texts) -> Texts:
    for text in texts:
        if not text.isidentifier():
            hint = "list only variable names; their values are taken from the host"
            raise BadValueError(f"{text!r} is not a variable name", hint)
    return texts


def _check_paths(texts: Texts) -> Texts:
    _check_relative(texts)
    for text in texts:
        if ".." in text.replace("\\", "/").split("/"):
            hint = "use a path inside the project directory, such as 'tests'"
            raise BadValueError(f"{text!r} is outside the project", hint)
    return texts


def _check_relative(texts: Texts) -> Texts:
    for text in texts:
        if text.startswith("/"):
            hint = "use a path relative to the project directory, such as 'tests'"
            raise BadValueError(f"{text!r} is an absolute path", hint)
    return texts


WORDS = list_type(blank_words, "at whitespace")
VARIABLES = list_type(blank_words, "at whitespace", _check_names)
EXTRAS = list_type(_comma_words, "at commas and whitespace")
ARCHS = list_type(_comma_words, "at commas and whitespace", _each_once)
REQUIREMENTS = list_type(split_words, "as in a shell", _check_requirements)
PATHS = list_type(split_words, "as in a shell", _check_paths)
SOURCES = list_type(split_words, "as in a shell", _check_relative)


def _version(value: TomlValue, _: Context) -> str:
    text = as_text(value).strip()
    if not re.fullmatch(_VERSION, text):
        raise BadValueError(f"{text!r} is not a version", "use a released version, such as '0.29.0'")
    return text


def _verbosity(value: TomlValue, _: Context) -> int:
    text = "none" if isinstance(value, bool) else str(value).strip() or "0"
    try:
        return min(3, max(-3, int(text)))
    except ValueError:
        raise BadValueError("must be an integer from -3 to 3") from None


def _jobs(value: TomlValue, _: Context) -> int | None:
    text = "none" if isinstance(value, bool) else str(value).strip()
    if text in ("auto", ""):
        return None
    number = text.lstrip("0") if text.isascii() and text.isdecimal() else ""
    if not number:
        raise BadValueError("must be a positive integer or 'auto'")
    return int(number) if len(number) <= _DIGITS else 10**_DIGITS


def _switch(value: TomlValue, _: Context) -> bool | None:
    text = str(value).strip().lower()
    if text in ("", "auto"):
        return None
    found = truth(text)
    if found is None:
        raise BadValueError("must be true, false or auto")
    return found


SWITCH: OptionType[bool | None] = OptionType(
    form=OptionForm(
        shape="true, false or `auto`",
        schema=one_of({"type": "boolean"}, {"enum": ("auto", "true", "false")}),
    ),
    parse=_switch,
)
VERSION: OptionType[str] = OptionType(
    form=OptionForm(shape="version", schema={"type": "string", "pattern": f"^{_VERSION}$"}), parse=_version
)
VERBOSITY: OptionType[int] = OptionType(
    form=OptionForm(
        shape="integer from -3 to 3",
        schema=one_of({"type": "integer", "minimum": -3, "maximum": 3}, {"type": "string", "pattern": "^(-?[0-9]+)?$"}),
    ),
    parse=_verbosity,
)
JOBS: OptionType[int | None] = OptionType(
    form=OptionForm(
        shape="positive integer, or `auto`",
        schema=one_of({"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^(auto|0*[1-9][0-9]*)?$"}),
    ),
    parse=_jobs,
)


# The declaration of an option: name, description, default, and the places where it can be set.

EVERYWHERE = frozenset(Platform)
NOWHERE: frozenset[Platform] = frozenset()
LINUX = frozenset({Platform.LINUX})
Defaults = Mapping[Platform, TomlValue]


class Scope(Enum):
    """The places in a configuration file where an option can be set."""

    RUN = "the main table only"
    PLATFORM = "the main table and the platform tables"
    BUILD = "the main table, the platform tables, and overrides"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPlaces:
    """Where an option can be set: its scope, platform tables, and variable suffixes."""

    scope: Scope = Scope.BUILD
    tables: frozenset[Platform] = EVERYWHERE
    suffixes: frozenset[Platform] = EVERYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionMeta:
    """The declaration of an option, except for the type of its value.

    `default` is written as in a configuration file. With `env_adds`, a variable adds to the value of the file. With
    `ignore_empty`, an empty value is ignored. An option that `is_own` is allowed only in [tool.cibw], because
    cibuildwheel does not have it.
    """

    name: str
    description: str
    default: TomlValue = ""
    platform_defaults: Defaults = field(default_factory=dict)
    places: OptionPlaces = OptionPlaces()
    env_adds: bool = False
    ignore_empty: bool = False
    is_own: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets the option for every platform."""
        return f"CIBW_{self.name.upper().replace('-', '_')}"

    def variable_for(self, platform: Platform) -> str:
        """The environment variable that sets the option for one platform."""
        return f"{self.variable}_{platform.value.upper()}"


class AnyOption(Protocol):
    """An option, whatever the type of its values."""

    @property
    def meta(self) -> OptionMeta:
        """The declaration of the option."""

    @property
    def form(self) -> OptionForm:
        """The form of its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Generic[T]):
    """An option whose values have the type T."""

    meta: OptionMeta
    type: OptionType[T]

    @property
    def form(self) -> OptionForm:
        """The form of its values."""
        return self.type.form
