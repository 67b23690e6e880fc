from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cibw.cli.commands.config import toml_text
from cibw.config.cascade import Arguments, Setting
from cibw.config.documents import get_schema, masked, named_texts, plain, run_settings
from cibw.config.load import load_options
from cibw.config.options import SameForAll
from cibw.config.shell import parse_assignment, parse_assignments
from cibw.config.toml import TomlValue
from cibw.config.values.commands import ENVIRONMENT, SETTINGS
from cibw.config.values.containers import create_args, parse_create_args
from cibw.config.values.types import Context, forget
from cibw.errors import ConfigurationError
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.templates import EnvExpr, Placeholder
from unit_test.config.loading import CP312, MUSL, build, load, sources


def setting(name: str, text: str, identifier: str = CP312, **environ: str) -> Setting:
    parsed = BuildIdentifier.parse(identifier)
    found = load(f"[tool.cibw]\n{text}\n", parsed.platform, **environ).resolver.settings(parsed)
    (only,) = [one for one in found if one.name == name]
    return only


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("test-command = 'pytest {wheel}'", "pytest {wheel}"),
        ("test-command = ['a', 'b']", ("a", "b")),
        ("repair-wheel-command = 'fix {wheel} {dest_dir}'", "fix {wheel} {dest_dir}"),
        ("audit-command = ['a {wheel}', 'b {abi3_wheel}']", ("a {wheel}", "b {abi3_wheel}")),
        ("dependency-versions = 'latest'", "latest"),
        ("dependency-versions = { packages = ['pip==24'] }", {"packages": ("pip==24",)}),
        ("build-frontend = 'pip; args: -v'", {"name": "pip", "args": ("-v",)}),
        ("container-engine = 'docker'", "docker"),
        (
            "container-engine = { name = 'podman', create-args = ['--network', 'host'], disable-host-mount = true }",
            {"name": "podman", "create-args": ("--network", "host"), "disable-host-mount": True},
        ),
        ("environment = 'A=1 B=$A'", {"A": "1", "B": "${A}"}),
        ("config-settings = { a = ['1', '2'] }", {"a": ("1", "2")}),
        ("xbuild-tools = 'cmake'", ("cmake",)),
        ("xbuild-files = { a = 'b c' }", {"a": ("b", "c")}),
        ("build-verbosity = 2", 2),
        ("emulation-toolchain = 'image'", "image"),
        ("", None),
    ],
)
def test_values_look_as_users_write_them(text: str, value: TomlValue) -> None:
    name = text.partition(" ")[0]
    if name:
        assert setting(name, text).value == value
    else:
        assert setting("xbuild-tools", text).value is False


def test_a_constraints_file_is_named_alone() -> None:
    given = sources("[tool.cibw]\ndependency-versions = 'my.txt'\n", files={"my.txt": "pip==24\n"})
    found = load_options(given, Platform.LINUX).resolver.settings(BuildIdentifier.parse(CP312))
    assert [one.value for one in found if one.name == "dependency-versions"] == [{"file": "my.txt"}]


def test_groups_of_a_set_are_sorted() -> None:
    assert plain(load("[tool.cibw]\nenable = ['pypy', 'graalpy']").enable) == ("graalpy", "pypy")


def test_a_name_that_comes_twice_keeps_both_values() -> None:
    assert plain((EnvExpr("A", ("1",)), EnvExpr("A", ("2",)))) == ("A=1", "A=2")


def test_what_only_a_run_can_know_has_its_name() -> None:
    assert plain((EnvExpr("A", (Placeholder.PROJECT, "/a")),)) == {"A": "{project}/a"}


PIECES = ("{project}", "{package}", "{wheel}", "{abi3_wheel}", "{dest_dir}", "{work}/repaired", "/repaired", "{other}")
commands = st.lists(st.sampled_from((*PIECES, "#", "\\", "$A", "'", '"', "{", "}", "a", " ")), max_size=6).map("".join)
CONTEXT = Context()
values = st.lists(
    st.sampled_from(
        ("$", "${A}", "${A:-", "${A-", "}", "$(echo ')')", "`date`", "\\", '"', "'", "#", "~", "\n", "a", "C:\\x", " ")
    ),
    max_size=8,
).map("".join)
names = st.sampled_from(("A", "B", "PATH", "CC_x86_64-unknown", "a.b"))


@settings(max_examples=50)
@given(option=st.sampled_from(("before-build", "repair-wheel-command", "test-command", "audit-command")), text=commands)
def test_commands_mean_the_same_when_what_is_shown_is_read_again(option: str, text: str) -> None:
    with suppress(ConfigurationError):
        found = setting(option, f"{option} = {toml_text(text)}")
        again = f"[tool.cibw]\n{option} = {toml_text(found.value)}\n"
        assert build(again) == build(f"[tool.cibw]\n{option} = {toml_text(text)}\n")


@example([("A", "=", "${B:-x}${B-}$(echo \\$A)$B\\\\"), ("a.b", "+=", "x"), ("A", "=", "C:\\x")])
@given(st.lists(st.tuples(names, st.sampled_from(("=", "+=")), values), max_size=4))
def test_variables_mean_the_same_when_what_is_shown_is_read_again(assignments: list[tuple[str, str, str]]) -> None:
    with suppress(ValueError):
        given = tuple(parse_assignment("".join(assignment)) for assignment in assignments)
        assert ENVIRONMENT.parse(plain(given), CONTEXT) == given


@given(st.lists(st.tuples(names, commands), max_size=4))
def test_settings_mean_the_same_when_what_is_shown_is_read_again(pairs: list[tuple[str, str]]) -> None:
    table: dict[str, TomlValue] = dict(pairs)
    given = SETTINGS.parse(table, CONTEXT)
    assert SETTINGS.parse(plain(given, SETTINGS.form.placeholders) or {}, CONTEXT) == given


@pytest.mark.parametrize(
    "args",
    [
        "-v ./a:/b:ro -e A=x=y -e B --add-host db:::1 --privileged --init -l a --tmpfs /run:size=1m",
        "--gpus all --mount type=bind,source=/a,target=/b --read-only=false --group-add a --group-add b -c 5",
    ],
)
def test_create_args_mean_the_same_when_what_is_shown_is_read_again(args: str) -> None:
    given = parse_create_args(args.split(), forget)
    assert parse_create_args(create_args(given), forget) == given


def test_a_name_that_the_shell_does_not_know_can_be_added_to() -> None:
    assert plain(parse_assignments("CC_a-b+=x")) == ("CC_a-b+=x",)


def test_places_from_the_strongest_down() -> None:
    text = 'test-requires = "a"\n[tool.cibw.linux]\ntest-requires = "b"\ninherit.test-requires = "append"'
    found = setting("test-requires", text, CIBW_TEST_REQUIRES_LINUX="c", CIBW_INHERIT="test-requires-linux: prepend")
    assert found.value == ("c", "a", "b")
    assert [(place.origin, place.inherit.value, place.counts) for place in found.places] == [
        ("CIBW_TEST_REQUIRES_LINUX", "prepend", True),
        ("pyproject.toml [tool.cibw.linux] test-requires", "append", True),
        ("pyproject.toml [tool.cibw] test-requires", "none", True),
        ("default", "none", False),
    ]


def test_only_one_place_of_a_value_that_does_not_merge_counts() -> None:
    found = setting("build-verbosity", "build-verbosity = 1", CIBW_BUILD_VERBOSITY="2")
    assert [place.counts for place in found.places] == [True, False, False]


def test_an_override_counts_where_it_selects() -> None:
    text = "[[tool.cibw.overrides]]\nselect = '*-musllinux*'\ntest-command = 'a'"
    assert setting("test-command", text).is_default
    assert setting("test-command", text, MUSL).origin == "override 1 (select = '*-musllinux*')"


def test_only_the_image_of_the_identifier_is_there() -> None:
    names = [one.name for one in load().resolver.settings(BuildIdentifier.parse(MUSL))]
    assert [name for name in names if name.endswith("-image")] == ["musllinux-x86_64-image"]
    windows = load(None, Platform.WINDOWS).resolver.settings(BuildIdentifier.parse("cp312-win_amd64"))
    assert {"environment", "dependency-versions"} <= {one.name for one in windows}
    assert not {"container-engine", "environment-pass", "emulation-toolchain"} & {one.name for one in windows}


def test_arguments_add_to_the_options_of_the_run() -> None:
    arguments = Arguments(archs="aarch64", enable=("pypy",))
    text = "[tool.cibw]\nenable = 'graalpy'\n"
    for configured, origin in ((text, "pyproject.toml [tool.cibw] enable + --enable"), (None, "--enable")):
        options = load_options(sources(configured, arguments=arguments), Platform.LINUX)
        found = {one.name: one for one in run_settings(options, arguments)}
        assert found["enable"].origin == origin
        assert found["archs"].value == ("aarch64",)
        assert [place.counts for place in found["archs"].places] == [True, False]


def test_texts_have_the_names_that_they_belong_to() -> None:
    text = "environment = { A_TOKEN = 'b' }\nconfig-settings = { c = ['1', '2'], d = 'e=f' }\nbuild-verbosity = 1"
    found = load(f"[tool.cibw]\n{text}\n").resolver.settings(BuildIdentifier.parse(CP312))
    names = set(named_texts(found))
    assert {
        ("A_TOKEN", "b"),
        ("c", "1"),
        ("c", "2"),
        ("before-build", ""),
        ("d", "e=f"),
    } <= names
    hidden = masked(found, lambda one: one.replace("b", "*"))
    assert {"A_TOKEN": "*"} in [one.value for one in hidden]
    assert {"A_TOKEN": "*"} in [place.value for one in hidden for place in one.places]


def test_a_resolver_that_knows_no_places() -> None:
    assert SameForAll().settings(None) == ()


def test_the_schema_is_for_our_table_alone() -> None:
    schema = get_schema("cibw")
    assert str(schema["$id"]).startswith("https://")
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert get_schema.__doc__
    with pytest.raises(ValueError, match=r"tool\.ruff"):
        get_schema("ruff")
