"""Kinds of values for the content and the destination of a release."""

from __future__ import annotations

import re

from cibw.config.kinds import STRING, STRINGS, Context, Form, Kind, Schema, as_text, as_texts, join, one_of
from cibw.config.problems import BadValueError, did_you_mean
from cibw.config.publish_values import ReleaseTarget
from cibw.config.toml import TomlValue
from cibw.model.target import ARCHITECTURES, Platform

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = r"[0-9]{1,18}(\.[0-9]{1,18})?\s*([KMG]I?B|B)?"
_SIZE_SCHEMA: Schema = one_of({"type": "integer", "minimum": 0}, STRING)
_SECRET = re.compile(r"^\w+://[^/]*@")
_ARCH_WORDS = ("auto", "native", "auto64", "auto32", "all")


def _size(value: TomlValue, _: Context) -> int:
    text = (str(value) if type(value) is int else as_text(value)).strip().upper()
    if not re.fullmatch(_SIZE, text):
        raise BadValueError(f"{text!r} is not a size", "use a number with a unit, such as '100MiB'")
    number = text.rstrip("KMGIB ")
    return int(float(number) * _UNITS[text[len(number) :].strip().removeprefix("B") or ""])


def _index(value: TomlValue, _: Context) -> str:
    text = as_text(value).strip()
    if _SECRET.match(text):
        raise BadValueError(
            "the address contains credentials, which anyone who can read the configuration could see",
            "remove them from the address and use an environment variable, the keyring or .pypirc",
        )
    if "://" in text and not text.startswith(("https://", "http://")):
        raise BadValueError(f"{text!r} is not an index URL", "use a URL that begins with 'https://'")
    return text


def _tag_format(value: TomlValue, _: Context) -> str:
    text = as_text(value).strip()
    if text.count("{version}") != 1:
        raise BadValueError(f"{text!r} does not contain {{version}}", "use a format such as 'v{version}'")
    return text


def _targets(value: TomlValue, _: Context) -> tuple[ReleaseTarget, ...]:
    return tuple(_target(word) for word in as_texts(value, lambda text: tuple(text.split())))


def _target(word: str) -> ReleaseTarget:
    name, _, archs = word.strip().partition(":")
    names = {platform.value: platform for platform in Platform}
    if name not in names:
        hint = did_you_mean(name, tuple(names), fallback=f"known platforms are {', '.join(names)}")
        raise BadValueError(f"{name!r} is not a platform", hint)
    target = ReleaseTarget(platform=names[name], archs=tuple(one.strip() for one in archs.split(",") if one.strip()))
    for arch in target.archs:
        known = (*_ARCH_WORDS, *(one.value for one in ARCHITECTURES[target.platform]))
        if arch not in known:
            hint = did_you_mean(arch, known, fallback=f"known architectures are {', '.join(known)}")
            raise BadValueError(f"{name} has no architecture {arch!r}", hint)
    return target


SIZE: Kind[int] = Kind(
    form=Form(shape="number of bytes, or a number with a unit, such as `100MiB`", schema=_SIZE_SCHEMA),
    parse=_size,
)
INDEX: Kind[str] = Kind(
    form=Form(shape="`pypi`, `testpypi`, an upload URL, or a repository name from .pypirc", schema=STRING),
    parse=_index,
)
TAG_FORMAT: Kind[str] = Kind(
    form=Form(
        shape="string that contains `{version}`", schema={"type": "string", "pattern": r"^[^{}]*\{version\}[^{}]*$"}
    ),
    parse=_tag_format,
)
TARGETS: Kind[tuple[ReleaseTarget, ...]] = Kind(
    form=Form(
        shape="array of platforms, or a string split at whitespace; a platform can list architectures, as in "
        "`linux:x86_64,aarch64`",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
    ),
    parse=_targets,
    merge=join,
)
