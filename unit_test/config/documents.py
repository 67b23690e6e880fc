"""Hypothesis strategies for configuration files: valid documents, and documents with errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from hypothesis import strategies as st

from cibw.config.documents import schema_text
from cibw.config.layers import known_variables

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_SCHEMA: dict[str, object] = json.loads(schema_text())
_PIECES = [
    *r"""
$( ) ${A:- } $A ` " ' \ {project} {wheel} {abi3_wheel} {dest_dir} #{project} {a,b} {1..3} [ ] * ? ; : , = == >= ~=
&& || | > < # @ / ../ ./ . .. - -- --env --label a=b \n \t é 9999999999999999999999 -1 1e400 nan inf 0x10
cp312 cp3*-* cp312-manylinux_x86_64 pp311-* cp38-* cp36-* *-musllinux_* auto native all auto64 x86_64 universal2
docker podman host name: args: create-args: file: packages: append prepend none pinned latest true false build uv
build[uv] pip pytest 'pytest>=8' https://example.org http://u:p@h/ maven: manylinux_2_28 500MB 10GiB v{version}
{version} linux:x86_64 git+https
""".split(),
    *("", "\n", "\t", "\0", "\x1b[31m", "\udcff", "\x85", "\u2028"),
]
texts = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=6).map("".join),
    st.lists(st.sampled_from(_PIECES), max_size=6).map(" ".join),
    st.text(max_size=20),
)
_scalars: st.SearchStrategy[Json] = st.one_of(
    texts, st.booleans(), st.integers(), st.floats(), st.sampled_from([10**18, -(10**18), 0, 1e300])
)
values: st.SearchStrategy[Json] = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
"""Any value that a file can contain."""


def _of(schema: object) -> st.SearchStrategy[Json]:
    """Values that a part of the schema allows, approximately; `texts` generates all kinds of strings."""
    if not isinstance(schema, dict):
        return values
    reference, options, choices = schema.get("$ref"), schema.get("anyOf"), schema.get("enum")
    if isinstance(reference, str):
        return st.deferred(lambda: _of(_resolved(reference)))
    if isinstance(options, list):
        return st.one_of([_of(one) for one in options])
    if isinstance(choices, list):
        return st.sampled_from(choices)
    kinds = schema.get("type")
    return st.one_of([_typed(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds])])


def _typed(kind: object, schema: Mapping[str, object]) -> st.SearchStrategy[Json]:
    pattern = schema.get("pattern")
    kinds: dict[object, Callable[[], st.SearchStrategy[Json]]] = {
        "string": lambda: texts | st.from_regex(re.compile(pattern)) if isinstance(pattern, str) else texts,
        "integer": lambda: st.integers(-5, 5) | st.integers(),
        "number": st.floats,
        "boolean": st.booleans,
        "array": lambda: st.lists(_of(schema.get("items")), max_size=3),
        "object": lambda: _objects(schema),
    }
    return kinds[kind]() if kind in kinds else values


def _objects(schema: Mapping[str, object]) -> st.SearchStrategy[Json]:
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    known = {name: _of(part) for name, part in properties.items()} if isinstance(properties, dict) else {}
    more = st.dictionaries(texts, _of(others), max_size=2) if isinstance(others, dict) else st.just({})
    some = st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True) if known else st.just([])
    chosen = some.flatmap(lambda names: st.fixed_dictionaries({name: known[name] for name in names}))
    return st.builds(lambda first, second: {**first, **second}, chosen, more)


def _resolved(reference: str) -> object:
    part: object = _SCHEMA
    for name in reference.removeprefix("#/").split("/"):
        part = part[name] if isinstance(part, dict) else None
    return part


@st.composite
def mutated(draw: st.DrawFn, documents: st.SearchStrategy[Json]) -> Json:
    """A document with one value replaced by an arbitrary one."""
    return _with_fault(draw, draw(documents))


def _with_fault(draw: st.DrawFn, document: Json) -> Json:
    if isinstance(document, dict) and document and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(document)))
        return {**document, key: _with_fault(draw, document[key])}
    if isinstance(document, list) and document and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(document) - 1))
        return [*document[:place], _with_fault(draw, document[place]), *document[place + 1 :]]
    return draw(values)


tables = _of(_SCHEMA)
"""Tables for `tool.cibw`."""
projects: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "requires-python": texts | values,
        "name": texts,
    },
)
documents: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"tool": st.fixed_dictionaries({"cibw": tables | mutated(tables) | values})},
    optional={
        "project": projects | values,
        "build-system": st.fixed_dictionaries({}, optional={"requires": values, "build-backend": texts}),
        "dependency-groups": st.dictionaries(
            st.sampled_from(["a", "b", "c"]),
            st.lists(texts | st.fixed_dictionaries({"include-group": st.sampled_from(["a", "b", "C"])}), max_size=3),
        ),
    },
)
"""Whole files."""
environments = st.dictionaries(
    st.sampled_from(sorted(known_variables())) | texts.map(lambda text: f"CIBW_{text}"), texts, max_size=4
)
"""Environment variables; they cannot contain NUL."""


def toml_of(value: Json) -> str:
    """A value as TOML; tables are inline, so they can be nested anywhere."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_quoted(key)} = {toml_of(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml_of, value)) + "]"
        case float():
            return repr(value)
        case bool() | int():
            return json.dumps(value)
        case _:
            return _quoted(value or "")


def document_text(document: Json) -> str:
    """A whole file as TOML."""
    parts = document.items() if isinstance(document, dict) else ()
    return "\n".join(f"{_quoted(name)} = {toml_of(value)}" for name, value in parts)


def _quoted(text: str) -> str:
    return json.dumps(text.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")
