from __future__ import annotations

import pytest

from cibw.config.layers import known_variables
from cibw.config.load import load_options
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.selectors import SWITCHES
from cibw.model.identifiers import Platform
from unit_test.config.loading import load, mistake, mistakes, mistakes_in, sources

OVERRIDE = '[tool.cibw]\n[[tool.cibw.overrides]]\nselect = "*"\n'


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    text = (
        '[tool.cibw]\nbuild-verbosity = "a"\nbiuld = 1\n[tool.cibw.ios]\ntest-requires = 1\n' + OVERRIDE[12:] + "x = 1"
    )
    found = mistakes(text, CIBW_TEST_COMAND="x", CIBW_ENVIRONMENT="A")
    assert [one.place for one in found] == [
        "CIBW_TEST_COMAND",
        "CIBW_ENVIRONMENT",
        "pyproject.toml:2: [tool.cibw] build-verbosity",
        "pyproject.toml:3: [tool.cibw] biuld",
        "pyproject.toml:5: [tool.cibw.ios] test-requires",
        "pyproject.toml:8: [[tool.cibw.overrides]] 1 x",
    ]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('[tool.cibw]\nbiuld = ""', "biuld is not an option", "did you mean 'build'?"),
        ('[tool.cibw]\nlinus = ""', "linus is not an option", "did you mean 'linux'?"),
        ('[tool.cibw]\nzzz = ""', "zzz is not an option", ""),
        ("[tool.cibw]\nfree-threaded-support = true", "free-threaded-support is no longer an option", "remove it"),
        ('[tool.cibw]\nbefore_all = ""', "before_all is not an option: option names use dashes", "write before-all"),
        ('[tool.cibw.windows]\ntest-comand = ""', "test-comand is not an option", "did you mean 'test-command'?"),
        (OVERRIDE + 'test-comand = ""', "test-comand is not an option", "did you mean 'test-command'?"),
        (OVERRIDE + 'archs = ""', "archs cannot be set in [[tool.cibw.overrides]] 1", "platform tables"),
        (OVERRIDE + 'build = ""', "build cannot be set in [[tool.cibw.overrides]] 1", "the platform tables"),
        (OVERRIDE + "linux = {}", "linux cannot be set in [[tool.cibw.overrides]] 1", "the main table"),
        ("[tool.cibw.linux]\njobs = 1", "jobs cannot be set in [tool.cibw.linux]", "the main table only"),
        ('[tool.cibw.linux]\ndependency-versions = "latest"', "dependency-versions cannot be set in", "macos, windows"),
        ('[tool.cibw.macos]\nmanylinux-i686-image = "x"', "manylinux-i686-image cannot be set in", ": linux"),
        ("[tool]\ncibw = 1", "must be a table, not an integer", ""),
        ("[tool.cibw]\nlinux = []", "must be a table, not an array", ""),
        ("[tool.cibw]\noverrides = {}", "must be an array of tables, not a table", "[[tool.cibw.overrides]]"),
        ("[tool.cibw]\noverrides = [1]", "must be a table, not an integer", ""),
        ('[[tool.cibw.overrides]]\ntest-command = ""', "the override has no select", "add a select"),
        ("[[tool.cibw.overrides]]\nselect = 1", "must be a string or an array of strings, not an integer", ""),
    ],
)
def test_tables_are_judged(text: str, message: str, hint: str) -> None:
    found = mistakes(text)[0]
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            '[[tool.cibuildwheel.overrides]]\nselect = "*"\nskip = "cp313-*"',
            "skip has no effect: skip cannot be set in [[tool.cibuildwheel.overrides]] 1",
        ),
        ('[[tool.cibuildwheel.overrides]]\nselect = "*"\ntest-comand = "x"', "did you mean 'test-command'?"),
        ('[[tool.cibuildwheel.overrides]]\nselect = "*"\nlinux = {}', "linux has no effect"),
        ("[tool.cibuildwheel.macos]\nmanylinux-images = []", "manylinux-images has no effect"),
        ('[tool.cibuildwheel.macos]\nmanylinux-i686-image = "x"', "manylinux-i686-image has no effect"),
        ("[[tool.cibuildwheel.macos.overrides]]", "overrides has no effect"),
        ('[tool.cibuildwheel.windows]\nbefore_all = "x"', "write before-all"),
        ("[tool.cibuildwheel.ios]\nfree-threaded-support = true", "remove it"),
        ('[tool.cibuildwheel.macos]\nbuild-verbosity = "loud"', "build-verbosity has no effect on linux"),
    ],
)
def test_what_the_peer_ignores_in_its_table_is_a_note(text: str, note: str) -> None:
    options = load_options(sources(text), Platform.LINUX)
    assert [one for one in options.notes if note in one]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.cibuildwheel]\nbiuld = 1", "biuld is not an option"),
        ("[tool.cibuildwheel.linux]\nmanylinux-images = []", "manylinux-images is not an option"),
        ('[tool.cibuildwheel.linux]\nbuild-verbosity = "loud"', "an integer"),
        ('[tool.cibw.macos]\nbuild-verbosity = "loud"', "an integer"),
        ("[[tool.cibuildwheel.linux.overrides]]", "overrides cannot be set in [tool.cibuildwheel.linux]"),
    ],
)
def test_what_the_peer_refuses_in_its_table_is_a_mistake(text: str, message: str) -> None:
    assert message in mistakes(text)[0].message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("test-command = 1", "must be a string or an array of strings, not an integer"),
        ("test-command = {}", "not a table"),
        ("test-requires = [1]", "must be strings"),
        ('test-requires = "pytest >= 8"', "'>=' is not a requirement"),
        ('test-requires = "a \'b"', "cannot be split into words"),
        ('test-sources = "/a"', "is an absolute path"),
        ('before-all-inputs = ["../a"]', "is outside the project"),
        ('before-all-inputs = "/a"', "is an absolute path"),
        ('environment-pass = "A=1"', "is not a variable name"),
        ("environment = 3", "a string, an array or a table, not"),
        ("environment = ['A']", "'A' is not an assignment"),
        ("environment = {A = []}", "a string or a number, not an array"),
        ('environment = "export A=1"', "remove export"),
        ('test-environment = "A"', "'A' is not an assignment"),
        ("config-settings = []", "a string or a table, not an array"),
        ("config-settings = {a = {}}", "a string or a number, not a table"),
        ('config-settings = "=debug"', "'=debug' is not a setting"),
        ("build-verbosity = true", "an integer"),
        ("build-verbosity = []", "an integer"),
        ("build-frontend = 1", "a string or a table, not an integer"),
        ('build-frontend = "biuld"', "unknown build frontend 'biuld'"),
        ('build-frontend = {args = "x"}', "has no name"),
        ('build-frontend = {name = "pip", arg = "x"}', "unknown key 'arg'"),
        ('build-frontend = "pyodide-build"', "works only for pyodide"),
        ('container-engine = "dokcer"', "unknown container engine 'dokcer'"),
        ('container-engine = "docker; create-args: --link a"', "--link in create-args is not supported"),
        ('container-engine = "docker; crate-args: --init"', "unknown field 'crate-args'"),
        ('dependency-versions = "none.txt"', "file not found: 'none.txt'"),
        ("dependency-versions = {}", "either a file or packages"),
        ('dependency-versions = {file = "a", packages = ["b"]}', "either a file or packages"),
        ('dependency-versions = "file: a b"', "only one file"),
        ('audit-command = "abi3audit"', "contains neither"),
        ('audit-command = "x {wheel} {abi3_wheel}"', "contains both"),
        ('audit-command = ["x {wheel}", "y"]', "'y' must contain exactly one"),
        ('test-command = "{python} -m x"', "{python} no longer exists"),
        ('before-build = "{pip} install x"', "{pip} no longer exists"),
        ('test-groups = "test"', "there is no dependency group 'test'"),
        ("pyodide-version = 1", "must be a string, not an integer"),
        ('pyodide-version = "latest"', "'latest' is not a version"),
        ('xbuild-tools = ["/usr/bin/cmake"]', "'/usr/bin/cmake' is a path"),
        ("xbuild-tools = true", "a string or an array of strings, not a boolean"),
        ('xbuild-files = {numpy = ["../x.h"]}', "'../x.h' is outside the package"),
        ('xbuild-files = "numpy: /x.h"', "'/x.h' is outside the package"),
        ('test-runtime = {arguments = "--x"}', "unknown key 'arguments'"),
        ('manylinux-x86_64-image = "a b"', "it contains spaces"),
        ('test-runtime = "x"', "has no field name"),
        ("xbuild-files = []", "a string or a table, not an array"),
        ('xbuild-files = "a b"', "is missing a package"),
        ('skip = "{1..9999}-*"', "expand to more than"),
        ("jobs = 0", "a positive integer or 'auto'"),
        ("jobs = -1", "a positive integer"),
        ("jobs = 1.5", "a positive integer"),
        ("jobs = true", "a positive integer"),
        ('jobs = "many"', "a positive integer"),
        ('enable = ["pypi"]', "unknown enable group 'pypi'"),
    ],
)
def test_values_are_judged(line: str, message: str) -> None:
    found = mistake(f"[tool.cibw]\n{line}")
    assert message in found.message
    assert found.place == f"pyproject.toml:2: [tool.cibw] {line.split(maxsplit=1)[0]}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("inherit = 1", "inherit must be a string or a table, not an integer"),
        ('inherit = "a \'b"', "unclosed"),
        ('inherit = "test-comand"', "inherit names 'test-comand', which is not an option"),
        ('inherit = "test-command: after"', "unknown inherit rule 'after' for test-command"),
        ('inherit.test-command = "add"', "unknown inherit rule 'add' for test-command"),
        ('inherit.build-frontend = "append"', "build-frontend cannot be merged"),
    ],
)
def test_inherit_is_judged(line: str, message: str) -> None:
    for table in ("[tool.cibw]", "[tool.cibw.ios]", OVERRIDE.rstrip()):
        assert message in mistake(f"{table}\n{line}").message


def test_the_variable_for_inherit_is_judged() -> None:
    assert mistake(CIBW_INHERIT="test-command-linus").hint == "did you mean 'test-command-linux'?"
    assert "cannot be merged" in mistake(CIBW_INHERIT="test-runtime: append").message
    assert "which is not an option" in mistake(CIBW_INHERIT="environment-pass-macos").message


def test_variables_of_a_platform_exist_where_the_option_can_be_set_for_it() -> None:
    assert mistake(CIBW_PYODIDE_VERSION_PYODIDE="0.29.0").message == "unknown variable"
    assert mistake(CIBW_ENVIRONMENT_PASS_IOS="A").message == "unknown variable"


def test_layers_that_lose_are_judged_too() -> None:
    assert mistake('[tool.cibw]\ntest-requires = ">=1"', CIBW_TEST_REQUIRES="x").place.endswith("test-requires")
    assert mistake(CIBW_TEST_REQUIRES_WINDOWS=">=1").place == "CIBW_TEST_REQUIRES_WINDOWS"


def test_the_table_of_the_peer_is_judged_under_its_own_name() -> None:
    assert mistake("[tool.cibuildwheel.linux]\nx = 1").place == "pyproject.toml:2: [tool.cibuildwheel.linux] x"


def test_a_mistake_in_the_constraints_of_another_platform_counts() -> None:
    (found,) = mistakes_in(sources('[tool.cibw.windows]\ndependency-versions = "c.txt"'))
    assert found.place == "pyproject.toml:2: [tool.cibw.windows] dependency-versions"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("CIBW_TEST_COMAND", "did you mean 'CIBW_TEST_COMMAND'?"),
        ("CIBW_TEST_COMMAND_LINUS", "did you mean 'CIBW_TEST_COMMAND_LINUX'?"),
        ("CIBW_BUILD_LINUX", "set CIBW_BUILD in the jobs for this platform, or build in [tool.cibw.linux]"),
        ("CIBW_SKIP_MACOS", "or skip in [tool.cibw.macos]"),
        ("CIBW_ENVIRONMENT_PASS_MACOS", "unset it: environment-pass has no effect on macos"),
        ("CIBW_JOBS_LINUX", "unset it: jobs does not differ by platform"),
        ("CIBW_OUTPUT_DIR_LINUX", "use CIBW_OUTPUT_DIR"),
        ("CIBW_PRERELEASE_PYTHONS", "use CIBW_ENABLE=cpython-prerelease"),
        ("CIBW_QQQ", "unset it"),
        ("CIBW_FREE_THREADED_SUPPORT", "free-threaded Python is built like any other"),
    ],
)
def test_unknown_variables_are_mistakes(name: str, hint: str) -> None:
    (found,) = mistakes_in(sources(environ={name: ""}))
    assert found.place == name
    assert hint in found.hint


def test_known_variables_are_none() -> None:
    expected = {*SWITCHES, *(option.meta.variable for option in ALL_OPTIONS), "CIBW_TEST_COMMAND_IOS"}
    assert expected <= known_variables()
    load_options(sources(environ=dict.fromkeys(SWITCHES, "")), Platform.LINUX)
    load(OTHER="1", cibw_x="1")


def test_one_mistake_is_said_in_the_singular() -> None:
    assert len(mistakes("[tool.cibw]\nx = 1")) == 1


def test_pyodide_build_is_fine_on_pyodide() -> None:
    load('[tool.cibw]\nbuild-frontend = "pyodide-build"', Platform.PYODIDE)
    load('[tool.cibw.pyodide]\nbuild-frontend = "pyodide-build"')
