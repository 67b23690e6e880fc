"""Option values that choose tools, select builds, or describe a release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from cibw.config.options import BuildFrontend, DependencySource, DependencyVersions, FrontendName, ReleaseTarget
from cibw.config.selectors import REMOVED_GROUPS, EnableGroup, Selector, parse_enable
from cibw.config.toml import BadValueError, TomlTable, TomlValue, did_you_mean
from cibw.config.values.containers import parse_create_args
from cibw.config.values.types import (
    STRING,
    STRINGS,
    Context,
    OptionForm,
    OptionType,
    Schema,
    Texts,
    as_text,
    as_texts,
    blank_words,
    closed_table,
    join,
    named_fields,
    one_of,
    parse_fields,
    split_words,
    wrong_type,
)
from cibw.errors import truth
from cibw.model.identifiers import ARCHITECTURES, Platform
from cibw.model.machines import CompilerCache, ContainerEngine, CreateOptions, EmulationToolchain, EngineName

# Types of values that choose a tool and its arguments: a name with fields, or a table.

E = TypeVar("E", bound=Enum)
Files = tuple[tuple[str, Texts], ...]
_MINORS = range(6, 30)
_ENGINE_FIELDS = ("create-args", "create_args", "disable-host-mount", "disable_host_mount")


def fields_of(value: TomlValue, positional: Texts, named: Texts) -> dict[str, Texts]:
    """The fields of a table or its string form, each as words; ValueError for unknown fields."""
    match value:
        case str():
            return parse_fields(value, positional=positional, named=named)
        case Mapping():
            return _table_fields(value, (*positional, *named))
        case _:
            raise wrong_type(value, "a string or a table")


def _table_fields(table: TomlTable, known: Texts) -> dict[str, Texts]:
    for key in table:
        if key not in known:
            expected = f"known keys are {', '.join(known)}"
            raise BadValueError(f"unknown key {key!r}", did_you_mean(key, known, fallback=expected))
    return {key: _field(key, value) for key, value in table.items()}


def _field(key: str, value: TomlValue) -> Texts:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (as_text(value),) if key == "file" else as_texts(value, split_words)


def _frontend(value: TomlValue, context: Context) -> BuildFrontend:
    fields = fields_of(value, ("name",), ("args",)) or {"name": ("default",)}
    if "name" not in fields:
        raise BadValueError("the build frontend has no name", f"add name: one of {', '.join(_FRONTENDS)}")
    name = _frontend_name(" ".join(fields["name"]), context)
    return BuildFrontend(name=name, args=fields.get("args", ()))


def _frontend_name(text: str, context: Context) -> FrontendName:
    if text not in _FRONTENDS:
        known = f"known names are {', '.join(_FRONTENDS)}"
        raise BadValueError(f"unknown build frontend {text!r}", did_you_mean(text, _FRONTENDS, fallback=known))
    name = FrontendName(text)
    if name is FrontendName.PYODIDE_BUILD and context.platform not in (Platform.PYODIDE, None):
        raise BadValueError("the build frontend pyodide-build works only for pyodide", "set it in the pyodide table")
    if context.platform is Platform.PYODIDE and name not in (FrontendName.DEFAULT, FrontendName.PYODIDE_BUILD):
        context.note(f"builds for pyodide use pyodide-build instead of {text}")
    return name


_FRONTENDS = tuple(name.value for name in FrontendName)


def _engine(value: TomlValue, context: Context) -> ContainerEngine:
    fields = fields_of(value, ("name",), _ENGINE_FIELDS)
    create = (*fields.get("create-args", ()), *fields.get("create_args", ()))
    mount = (*fields.get("disable-host-mount", ()), *fields.get("disable_host_mount", ()))
    return ContainerEngine(
        name=engine_name(" ".join(fields.get("name", ("auto",)))),
        create=parse_create_args(create, context.note) if create else CreateOptions(),
        disable_host_mount=_is_true("disable-host-mount", mount[-1]) if mount else False,
    )


def _is_true(name: str, text: str) -> bool:
    """Parse a boolean strictly: a typo must not disable a restriction."""
    found = truth(text)
    if found is None:
        raise BadValueError(f"{name} must be true or false, not {text!r}", "write true or false")
    return found


def engine_name(text: str) -> EngineName:
    """The engine with this name; ValueError for an unknown name."""
    known = tuple(name.value for name in EngineName)
    if text not in known:
        hint = did_you_mean(text, known, fallback=f"known engines are {', '.join(known)}")
        raise BadValueError(f"unknown container engine {text!r}", hint)
    return EngineName(text)


def _dependency_versions(value: TomlValue, context: Context) -> DependencyVersions:
    if value in ("pinned", "latest", ""):
        return DependencyVersions(source=DependencySource(value or "latest"))
    file, packages = _file_or_packages(value)
    if not packages:
        return DependencyVersions(source=DependencySource.FILE, file=file, texts=_constraints(file, context))
    return DependencyVersions(source=DependencySource.PACKAGES, packages=packages)


def _file_or_packages(value: TomlValue) -> tuple[str, Texts]:
    # A plain string is a single path, which may contain spaces, colons and backslashes.
    if isinstance(value, str) and not value.startswith(("file:", "packages:")):
        return value, ()
    fields = fields_of(value, (), ("file", "packages"))
    files, packages = fields.get("file", ()), fields.get("packages", ())
    if len(files) > 1:
        raise BadValueError("only one file is allowed", "quote a path that contains spaces")
    if bool(files) == bool(packages):
        raise BadValueError("must have either a file or packages", "use 'pinned' or 'latest' for neither")
    return "".join(files), packages


def _constraints(file: str, context: Context) -> tuple[tuple[str, str], ...]:
    text = context.read_text(file)
    if text is None:
        hint = "the path is relative to the project directory; 'pinned' and 'latest' need no file"
        raise BadValueError(f"file not found: {file!r}", hint)
    texts = [("", text)]
    folder, slash, name = file.rpartition("/")
    stem, dot, suffix = name.rpartition(".") if "." in name.lstrip(".") else (name, "", "")
    for variant in (f"{kind}3{minor}" for kind in ("python", "pyodide") for minor in _MINORS):
        sibling = context.read_text(f"{folder}{slash}{stem}-{variant}{dot}{suffix}")
        if sibling is not None:
            texts.append((variant, sibling))
    return tuple(texts)


def _runtime(value: TomlValue, _: Context) -> Texts:
    return fields_of(value, (), ("args",)).get("args", ())


def _tools(value: TomlValue, _: Context) -> Texts | None:
    if value is False:
        return None
    names = tuple(text for text in as_texts(value, split_words) if text)
    for name in names:
        if "/" in name or "\\" in name:
            raise BadValueError(f"{name!r} is a path", "list only program names; they are looked up on PATH")
    return names


def _merge_tools(earlier: Texts | None, later: Texts | None) -> Texts | None:
    return join(earlier or (), later or ())


def _files(value: TomlValue, _: Context) -> Files:
    match value:
        case str():
            fields = named_fields(value)
        case Mapping():
            fields = tuple((name, as_texts(item, split_words)) for name, item in value.items())
        case _:
            raise wrong_type(value, "a string or a table")
    for name, paths in fields:
        if not name or not paths:
            raise BadValueError(
                f"{' '.join((name, *paths))!r} is missing a package or its files", "write 'package: file ...'"
            )
        for path in paths:
            _refuse_outside(path)
    return fields


def _refuse_outside(path: str) -> None:
    if path.startswith("/") or ".." in path.replace("\\", "/").split("/"):
        hint = "use a path inside the wheel, such as 'numpy/random/lib/libnpyrandom.a'"
        raise BadValueError(f"{path!r} is outside the package", hint)


def _image(value: TomlValue, _: Context) -> str:
    text = as_text(value).strip()
    if len(text.split()) > 1:
        raise BadValueError(f"{text!r} is not an image reference: it contains spaces")
    return text


FRONTEND: OptionType[BuildFrontend] = OptionType(
    form=OptionForm(
        shape="name, `name; args: ...`, or table {name, args}",
        schema=one_of(
            {"enum": _FRONTENDS},
            {"type": "string", "pattern": "; *args:"},
            closed_table({"name": {"enum": _FRONTENDS}, "args": one_of(STRING, STRINGS)}, required=("name",)),
        ),
    ),
    parse=_frontend,
)


def choice(kind: type[E]) -> OptionType[E]:
    """A type whose value is a member of an enum."""
    known = tuple(str(member.value) for member in kind)

    def parse(value: TomlValue, _context: Context) -> E:
        text = as_text(value).strip()
        if text not in known:
            hint = did_you_mean(text, known, fallback=f"known values are {', '.join(known)}")
            raise BadValueError(f"unknown value {text!r}", hint)
        return kind(text)

    return OptionType(
        form=OptionForm(shape=", ".join(f"`{name}`" for name in known), schema={"enum": known}), parse=parse
    )


COMPILER_CACHES: OptionType[CompilerCache] = choice(CompilerCache)
EMULATION_TOOLCHAINS: OptionType[EmulationToolchain] = choice(EmulationToolchain)
ENGINE: OptionType[ContainerEngine] = OptionType(
    form=OptionForm(
        shape="name, `name; create-args: ...`, or table {name, create-args, disable-host-mount}",
        schema=one_of(
            {"enum": tuple(name.value for name in EngineName)},
            {"type": "string", "pattern": ";"},
            closed_table(
                {
                    "name": {"enum": tuple(name.value for name in EngineName)},
                    "create-args": one_of(STRING, STRINGS),
                    "create_args": one_of(STRING, STRINGS),
                    "disable-host-mount": {"type": ("boolean", "string")},
                    "disable_host_mount": {"type": ("boolean", "string")},
                }
            ),
        ),
    ),
    parse=_engine,
)
DEPENDENCY_VERSIONS: OptionType[DependencyVersions] = OptionType(
    form=OptionForm(
        shape="`pinned`, `latest`, a path, `packages: ...`, or table {file} or {packages}",
        schema=one_of(
            STRING,
            closed_table({"file": STRING}, required=("file",)),
            closed_table({"packages": one_of(STRING, STRINGS)}, required=("packages",)),
        ),
    ),
    parse=_dependency_versions,
)
RUNTIME: OptionType[Texts] = OptionType(
    form=OptionForm(
        shape="`args: ...`, or table {args}", schema=one_of(STRING, closed_table({"args": one_of(STRING, STRINGS)}))
    ),
    parse=_runtime,
)
TOOLS: OptionType[Texts | None] = OptionType(
    form=OptionForm(
        shape="array of strings, a string split as in a shell, or `false` if nothing is declared",
        schema=one_of(STRING, STRINGS, {"const": False}),
        merging="lists are concatenated",
    ),
    parse=_tools,
    merge=_merge_tools,
)
FILES: OptionType[Files] = OptionType(
    form=OptionForm(
        shape="`package: file ...; package: ...`, or table of package to files",
        schema=one_of(STRING, {"type": "object", "additionalProperties": one_of(STRING, STRINGS)}),
    ),
    parse=_files,
)
IMAGE: OptionType[str] = OptionType(form=OptionForm(shape="short name or image reference", schema=STRING), parse=_image)


# Types of values for the selection of builds.

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


PATTERNS: OptionType[Texts] = OptionType(
    form=OptionForm(
        shape="array of patterns, or a string split at whitespace",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
    ),
    parse=_patterns,
    merge=join,
)
ENABLE: OptionType[frozenset[EnableGroup]] = OptionType(
    form=OptionForm(
        shape="array of groups, or a string split at whitespace",
        schema=one_of(STRING, {"type": "array", "items": {"enum": _GROUP_NAMES}}),
        merging="groups are combined",
    ),
    parse=_groups,
    merge=_union,
)


# Types of values for the content and the destination of a release.

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


SIZE: OptionType[int] = OptionType(
    form=OptionForm(shape="number of bytes, or a number with a unit, such as `100MiB`", schema=_SIZE_SCHEMA),
    parse=_size,
)
INDEX: OptionType[str] = OptionType(
    form=OptionForm(shape="`pypi`, `testpypi`, an upload URL, or a repository name from .pypirc", schema=STRING),
    parse=_index,
)
TAG_FORMAT: OptionType[str] = OptionType(
    form=OptionForm(
        shape="string that contains `{version}`", schema={"type": "string", "pattern": r"^[^{}]*\{version\}[^{}]*$"}
    ),
    parse=_tag_format,
)
TARGETS: OptionType[tuple[ReleaseTarget, ...]] = OptionType(
    form=OptionForm(
        shape="array of platforms, or a string split at whitespace; a platform can list architectures, as in "
        "`linux:x86_64,aarch64`",
        schema=one_of(STRING, STRINGS),
        merging="lists are concatenated",
    ),
    parse=_targets,
    merge=join,
)
