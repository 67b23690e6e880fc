"""Declarations of options, by subject; `option_list` has the list of all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cibw.config.options import PythonSource
from cibw.config.toml import BadValueError, TomlValue
from cibw.config.values.commands import HOOK
from cibw.config.values.tools import (
    COMPILER_CACHES,
    EMULATION_TOOLCHAINS,
    IMAGE,
    INDEX,
    SIZE,
    TAG_FORMAT,
    TARGETS,
    choice,
)
from cibw.config.values.types import (
    JOBS,
    LINUX,
    NOWHERE,
    PATHS,
    STRING,
    SWITCH,
    WORDS,
    AnyOption,
    Context,
    Option,
    OptionForm,
    OptionMeta,
    OptionPlaces,
    OptionType,
    Scope,
    Texts,
    as_text,
    blank_words,
    list_type,
    one_of,
    split_words,
    wrong_type,
)
from cibw.errors import truth
from cibw.model.http import AttestationPolicy
from cibw.model.identifiers import Platform
from cibw.model.machines import Replacements

# Compiler options for Linux.

_LINUX = OptionPlaces(tables=LINUX, suffixes=LINUX)
COMPILER_CACHE = Option(
    type=COMPILER_CACHES,
    meta=OptionMeta(
        name="compiler-cache",
        description="Compiler cache to use between runs: `auto` uses ccache if it is installed, otherwise sccache.",
        default="auto",
        places=_LINUX,
        is_own=True,
    ),
)
EMULATION_TOOLCHAIN = Option(
    type=EMULATION_TOOLCHAINS,
    meta=OptionMeta(
        name="emulation-toolchain",
        description="Compilers for containers of another architecture: `zig` cross-compiles on the host's processor "
        "where possible, `image` runs the image's own compilers under emulation.",
        default="zig",
        places=_LINUX,
        is_own=True,
    ),
)


# Image options: one for each family and architecture of Linux, and additional ones for PyPy.

_MANYLINUX = {
    **dict.fromkeys(("x86_64", "i686", "aarch64", "ppc64le", "s390x"), "manylinux_2_28"),
    "armv7l": "manylinux_2_31",
    "riscv64": "manylinux_2_39",
}
_PYPY = ("pypy_x86_64", "pypy_i686", "pypy_aarch64")


def _image(name: str, default: str, what: str) -> Option[str]:
    meta = OptionMeta(name=name, description=f"Image for {what}.", default=default, places=_LINUX, ignore_empty=True)
    return Option(type=IMAGE, meta=meta)


def image_option_name(family: str, architecture: str) -> str:
    """The name of an image option, e.g. `manylinux-x86_64-image`."""
    return f"{family}-{architecture}-image"


IMAGES: dict[str, Option[str]] = {
    option.meta.name: option
    for option in (
        *(_image(f"manylinux-{arch}-image", image, f"manylinux on {arch}") for arch, image in _MANYLINUX.items()),
        *(
            _image(f"manylinux-{arch}-image", "", f"PyPy for manylinux on {arch[5:]}; empty to use the CPython image")
            for arch in _PYPY
        ),
        *(_image(f"musllinux-{arch}-image", "musllinux_1_2", f"musllinux on {arch}") for arch in _MANYLINUX),
    )
}


# The option for the source of interpreters on the host.

_PLATFORMS = frozenset(Platform) - {Platform.LINUX}
PYTHON_SOURCE = Option(
    type=choice(PythonSource),
    meta=OptionMeta(
        name="python-source",
        description="Source of the Pythons for builds outside of containers: `catalog` uses those of python.org, "
        "NuGet, PyPy, GraalPy and python-build-standalone; `uv` uses Pythons managed by uv, which need no installer. "
        "On Linux, it applies to builds for Android and Pyodide.",
        default="catalog",
        places=OptionPlaces(tables=_PLATFORMS, suffixes=_PLATFORMS),
        is_own=True,
    ),
)


# Options that apply to a whole run.

_RUN = OptionPlaces(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE)

SIDE_BY_SIDE = Option(
    type=JOBS,
    meta=OptionMeta(
        name="jobs",
        description="Number of builds to run in parallel; `auto` for as many as processors and memory allow.",
        default="auto",
        places=_RUN,
    ),
)
CACHE = Option(
    type=SWITCH,
    meta=OptionMeta(
        name="cache",
        description="Whether to reuse stored wheels if nothing has changed; `auto` reuses them outside of CI.",
        default="auto",
        places=_RUN,
    ),
)
COPY_IGNORED = Option(
    type=PATHS,
    meta=OptionMeta(
        name="copy-ignored",
        description="Globs of git-ignored files that builds need, such as libraries downloaded by an earlier CI step; "
        "`**` for all. Other git-ignored files are not copied to where builds run.",
        default=(),
        places=_RUN,
        is_own=True,
    ),
)


# The option for names of variables with secret values.

_PATTERN = re.compile(r"[\w.*-]+", re.ASCII)


def _check_patterns(texts: Texts) -> Texts:
    for text in texts:
        if not _PATTERN.fullmatch(text):
            raise BadValueError(f"{text!r} is not a variable name", "use letters, digits, _, and * to match any text")
        if not text.strip("*"):
            raise BadValueError(f"{text!r} matches every variable", "use a narrower pattern, such as 'COMPANY_*'")
    return texts


SECRETS = Option(
    type=list_type(blank_words, "at whitespace", _check_patterns),
    meta=OptionMeta(
        name="secrets",
        description="Names of additional variables and settings whose values are secret. They are masked in all "
        "output; `*` matches any text. Names such as `API_TOKEN` or `DB_PASSWORD` need not be listed.",
        default=(),
        places=OptionPlaces(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        env_adds=True,
        is_own=True,
    ),
)


# Options for publishing releases.


def _meta(name: str, description: str, default: TomlValue = "") -> OptionMeta:
    places = OptionPlaces(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE)
    return OptionMeta(name=name, description=description, default=default, places=places, is_own=True)


TO = Option(type=INDEX, meta=_meta("publish-to", "Index to publish to.", "pypi"))
SKIP_EXISTING = Option(
    type=SWITCH,
    meta=_meta(
        "skip-existing",
        "Do not fail a tagged release if the index already has all of its files.",
        default=False,
    ),
)
RELEASE_TARGETS = Option(
    type=TARGETS,
    meta=_meta(
        "release-targets",
        "Platforms that a release must have wheels for; empty for those that the builds recorded in dist.json.",
        (),
    ),
)
RELEASE_SDIST = Option(type=SWITCH, meta=_meta("release-sdist", "Require an sdist in each release.", default=True))
FILE_SIZE_LIMIT = Option(
    type=SIZE, meta=_meta("file-size-limit", "Largest file that the index accepts for this project.", "100MiB")
)
CHECK_IGNORE = Option(type=WORDS, meta=_meta("check-ignore", "Rules whose findings do not block a release.", ()))
REQUIRE_TAG = Option(
    type=SWITCH,
    meta=_meta("require-tag", "Require a tag that matches the version of the release.", default=False),
)
TAGS = Option(type=TAG_FORMAT, meta=_meta("tag-format", "Format of release tags.", "v{version}"))
BRANCHES = Option(
    type=WORDS,
    meta=_meta("publish-branches", "Patterns of the branches that can publish; empty for any branch.", ()),
)
NEVER_FROM_PULL_REQUEST = Option(
    type=SWITCH,
    meta=_meta("never-from-pull-request", "Refuse to publish from pull request runs.", default=True),
)
BEFORE_PUBLISH = Option(
    type=HOOK,
    meta=_meta("before-publish", "Command to run before the first upload; skipped if there is nothing to upload."),
)
AFTER_PUBLISH = Option(
    type=HOOK, meta=_meta("after-publish", "Command to run after the last upload; skipped if nothing was uploaded.")
)
ATTESTATIONS = Option(
    type=choice(AttestationPolicy),
    meta=_meta(
        "attestations",
        "Whether to attest files: `auto` does so with trusted publishing on GitHub and GitLab.",
        "auto",
    ),
)
PUBLISH_OPTIONS: tuple[AnyOption, ...] = (
    TO,
    SKIP_EXISTING,
    RELEASE_TARGETS,
    RELEASE_SDIST,
    FILE_SIZE_LIMIT,
    CHECK_IGNORE,
    REQUIRE_TAG,
    TAGS,
    BRANCHES,
    NEVER_FROM_PULL_REQUEST,
    BEFORE_PUBLISH,
    AFTER_PUBLISH,
    ATTESTATIONS,
)


# Options for downloads: mirrors and offline mode.

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
    type=OptionType(
        form=OptionForm(
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
    meta=OptionMeta(
        name="mirrors",
        description="Mirrors of the servers that interpreters, SDKs and images are downloaded from. The longest prefix "
        "that matches a URL or an image reference is replaced; `maven:` stands for the Maven repository, `nuget:` for "
        "the NuGet repository.",
        default={},
        places=OptionPlaces(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        is_own=True,
    ),
)


def _yes_or_no(value: TomlValue, _: Context) -> bool:
    text = str(value).strip()
    found = truth(text) if text else False
    if found is None:
        raise BadValueError("must be true or false")
    return found


OFFLINE = Option(
    type=OptionType(
        form=OptionForm(shape="true or false", schema=one_of({"type": "boolean"}, {"enum": ("true", "false")})),
        parse=_yes_or_no,
    ),
    meta=OptionMeta(
        name="offline",
        description="Run without network access. Missing files are listed before anything is built.",
        default=False,
        places=OptionPlaces(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE),
        is_own=True,
    ),
)
