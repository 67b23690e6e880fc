"""Texts that are designed to break parsers: each gives one clear error, or is parsed correctly."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType

import pytest

from cibw.config.load import load_options
from cibw.config.project.python_versions import find_requires_python
from cibw.config.selectors import Selector
from cibw.config.toml import Findings, key_lines, parse_toml
from cibw.errors import CibwError, ConfigurationError
from cibw.model.identifiers import BuildIdentifier, Platform
from unit_test.config.loading import CP312, build, load, mistake, mistakes, mistakes_in, sources

MAIN = "[tool.cibw]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 100_000, "nested more than 100 levels"),
        ("a = " + "{b=" * 5000 + "1" + "}" * 5000, "nested more than 100 levels"),
        (".".join("a" * 20_000) + " = 1", "nested more than 100 levels"),
        (f"[{'.'.join('a' * 20_000)}]", "nested more than 100 levels"),
        ("x = { " + ".".join("a" * 99) + " = { " + ".".join("a" * 99) + " = { a.b = 1 }}}", "more than 200 levels"),
        ("a = " + "9" * 20_000, "more than 400 characters"),
        ("a = 0x" + "f" * 20_000, "more than 400 characters"),
        ("a = " + "9" * 30, "more than 64 bits"),
        ("a = 0x" + "f" * 17, "more than 64 bits"),
        ("a = '" + "x" * (4 << 20) + "'", "larger than 4 MiB"),
        ("a = 9999-99-99", "Expected newline"),
    ],
)
def test_toml_is_refused_before_it_is_parsed(text: str, message: str) -> None:
    found = mistake(text)
    assert found.place == "pyproject.toml"
    assert message in found.message


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "[{." * 1000 + '"',
        "a = '" + "[{." * 1000 + "'",
        'a = """' + '[{."' * 1000 + '\n"""',
        "a = '''" + "[{.'" * 1000 + "\n'''",
        "a = 1  # " + "[{." * 1000,
        "a = [" + "1.5, " * 1000 + "]",
        "a = [" + "{ b.c = 1.5 }, " * 1000 + "]",
        "\n".join(f"[a.b.c{number}]\nx.y.z = 1.5" for number in range(1000)),
        "a = " + "[" * 99 + "]" * 99,
        "a = 9223372036854775807\nb = -9223372036854775808",
        "a = 1979-05-27T07:32:00.999999-07:00",
        "a = '''\\'''",
    ],
)
def test_what_only_looks_nested_is_read(text: str) -> None:
    assert parse_toml(text)


@pytest.mark.parametrize(
    "text", ["[" + " " * 300_000 + "x", 'a = "' + '\\"' * 300_000 + "\\", "[a" + " ]" * 300_000, "a" + ".a" * 300_000]
)
def test_the_lines_of_keys_are_found_in_one_pass(text: str) -> None:
    # A backtracking pattern would take hours on such a line.
    assert len(key_lines(text)) <= 1


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{a," * 200 + "b" + "}" * 200, "nested more than 20 levels deep"),
        ("{a," * 300, "nested more than 20 levels deep"),
        ("{a,b}" * 40, "expand to more than 1000 patterns"),
        ("{1..999999999}", "expand to more than 1000 patterns"),
        ("[" * 30_000, "has 30000 characters; the maximum is 1000"),
        ("{a," * 20_000, "has 60000 characters; the maximum is 1000"),
        (" ".join(f"{number}{'{a,b}' * 9}" for number in range(100)), "together expand to more than 10000 patterns"),
    ],
)
def test_patterns_are_refused_before_they_are_expanded(pattern: str, message: str) -> None:
    assert message in mistake(CIBW_BUILD=pattern).message
    assert message in mistake(f'[[tool.cibw.overrides]]\nselect = "{pattern}"\nbefore-build = "true"').message


def test_braces_of_real_projects_are_expanded() -> None:
    selector = Selector.parse("cp3{9..14}{,t}-{manylinux,musllinux}_{x86_64,{i,x}686} }{")
    assert selector.matches("cp313t-musllinux_i686")
    assert len(Selector.parse(" ".join(f"cp{number}-*" for number in range(30_000))).patterns) == 30_000


@pytest.mark.parametrize(
    "text",
    [
        "A=" + "$(" * 30_000,
        "A=" + '"$(' * 30_000,
        "A=" + "${A:-" * 30_000,
        "A=$(echo " + "(" * 30_000,
        "A=$(" + '"${a-' * 9000,
    ],
)
def test_shell_nesting_has_a_limit(text: str) -> None:
    assert "nested more than 50 levels deep" in mistake(CIBW_ENVIRONMENT=text).message


@pytest.mark.parametrize(
    "text",
    [
        "A=" + "$(echo " * 20 + ")" * 20,
        "A=" + "${A:-" * 20 + "}" * 20,
        "A=$(true" + " && true" * 5000 + ")",
        "A=$(true" + " | true" * 1000 + ")",
        "A=$(echo " + "x " * 200_000 + ")",
        "A=$(" + "if true; then " * 1000 + "true" + "; fi" * 1000 + ")",
        "A=`" + "\\`" * 20_000 + "`",
        "A=" + '"x"' * 100_000,
        " ".join(f"A{number}=x" for number in range(20_000)),
    ],
)
def test_long_assignments_are_read(text: str) -> None:
    assert build(CIBW_ENVIRONMENT=text).environment[0].name.startswith("A")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('before-build = "a\\u0000b"', "NUL character (at character 2)"),
        ('build = "\\u0000"', "NUL character (at character 1)"),
        ('environment = { A = "a\\u0000b" }', "NUL character"),
        ('test-requires = ["a", "\\u0000"]', "NUL character"),
        ('config-settings = { "\\u0000" = ["a"] }', "NUL character"),
        ('dependency-versions = "a\\u0000b"', "NUL character"),
    ],
)
def test_no_option_holds_a_nul(toml: str, message: str) -> None:
    assert message in mistake(MAIN + toml).message


@pytest.mark.parametrize("name", ["CIBW_BUILD", "CIBW_ENVIRONMENT", "CIBW_BEFORE_BUILD", "CIBW_ARCHS"])
def test_a_byte_that_is_not_utf8_is_named(name: str) -> None:
    (found,) = mistakes_in(sources(environ={name: "A=x\udcff"}))
    assert found.place == name
    assert found.message == "contains a byte that is not UTF-8 (at character 4)"


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 100_000, "1e400", "inf", "-" * 9999])
@pytest.mark.parametrize("name", ["CIBW_BUILD_VERBOSITY", "CIBW_JOBS", "CIBW_PROJECT_REQUIRES_PYTHON"])
def test_huge_numbers_are_numbers_or_mistakes(name: str, number: str) -> None:
    with suppress(ConfigurationError):
        load_options(sources(environ={name: number}), Platform.LINUX)
        return
    found = mistakes_in(sources(environ={name: number}))
    assert "set_int_max_str_digits" not in str(found)
    assert all(len(one.message) < 1200 for one in found)


def test_the_number_of_jobs_has_no_end_but_a_limit() -> None:
    assert load(CIBW_JOBS="9" * 5000).jobs == 10**9
    assert load(CIBW_JOBS="007").jobs == 7


@pytest.mark.parametrize(
    "text",
    ["==3." + "1" * 5000 + ".*", ">=" + "9" * 10_000, ">=3," * 200_000, ">=" + "1." * 9_000 + "1", "~=3." + "9" * 11],
)
def test_long_version_specifiers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version specifier"):
        find_requires_python({"project": {"requires-python": text}}, None, None)


SCRIPTS = (
    "-" * 100_000 + "1",
    "x = " + "(" * 5000 + ")" * 5000,
    "x = " + "a." * 30_000 + "b",
    "x = " + "1 + " * 30_000 + "1",
    "if " + "a + " * 900 + "a == '__main__': pass",
    "import abi3\nx = " + "not " * 900 + "abi3",
    "abi3 = 'x'\n" + "abi3 = f'{abi3}{abi3}'\n" * 60,
    "abi3 = (1, 1)\n" + "abi3 = (abi3, abi3)\n" * 60 + "x = abi3 == abi3\n",
    "abi3 = 0x" + "f" * 5000 + "\nx = f'{abi3}'",
    "\0",
    "x = '\udcff'",
    "x = " + "9" * 9000,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
def test_a_script_that_can_not_be_read_says_nothing(script: str) -> None:
    options = load_options(sources("", files={"setup.py": script}), Platform.LINUX)
    assert options.requires_python is None
    assert options.stable_abi is None


def test_a_setup_cfg_of_many_lines_is_refused() -> None:
    files = {"setup.cfg": "[a]\nbdist_wheel = 1\n" + "a\n" * 300_000}
    with pytest.raises(ConfigurationError) as caught:
        load_options(sources("", files=files), Platform.LINUX)
    assert [one.message for one in caught.value.mistakes] == ["it has more than 20000 lines"]


def test_groups_that_double_with_each_level_are_listed_once() -> None:
    groups = "".join(
        f'g{n} = [{{include-group = "g{n - 1}"}}, {{include-group = "G{n - 1}"}}, "b"]\n' for n in range(1, 41)
    )
    text = f'{MAIN}test-groups = ["g40"]\n[dependency-groups]\ng0 = ["a"]\n{groups}'
    assert build(text).test_requires == ("a", "b")


def test_groups_that_include_each_other_too_deeply_are_refused() -> None:
    groups = "".join(f'g{n} = [{{include-group = "g{n - 1}"}}]\n' for n in range(1, 4001))
    found = mistake(f'{MAIN}test-groups = ["g4000"]\n[dependency-groups]\ng0 = ["a"]\n{groups}')
    assert found.message == "dependency groups are nested more than 50 levels deep"


def test_many_mistakes_are_cut_off() -> None:
    with pytest.raises(ConfigurationError, match="more than 100 errors") as caught:
        load(MAIN + "\n".join(f"x{number} = 1" for number in range(20_000)))
    assert len(caught.value.mistakes) == 100
    assert caught.value.hint == "Only the first 100 errors are shown."
    assert len(mistakes_in(sources(environ={f"CIBW_X{number}": "" for number in range(5000)}))) == 100
    assert len(mistakes(CIBW_INHERIT="; ".join(f"x{number}: append" for number in range(20_000)))) == 100
    overrides = "[[tool.cibw.overrides]]\nx = 1\n" * 2000
    assert len(mistakes(overrides)) == 100


def test_long_messages_and_many_notes_are_cut_off() -> None:
    found = mistake(CIBW_CONTAINER_ENGINE="docke" * 200_000)
    assert len(found.message) < 1100
    assert found.message.endswith("... (1000027 characters)")
    findings = Findings()
    for number in range(1000):
        findings.note(f"note {number}")
    assert len(findings.notes) == 100


def _calls(work: Callable[[], object]) -> int:
    """The number of function calls of some work, a measure that does not depend on the load of the computer."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    except CibwError:
        pass
    finally:
        sys.setprofile(before)
    return count


def _overrides(number: int) -> Mapping[str, str]:
    override = '[[tool.cibw.overrides]]\nselect = "*"\ninherit.environment = "append"\nenvironment = "A{}=1"\n'
    return {"toml": "".join(override.format(count) for count in range(number))}


GROWING: Mapping[str, Callable[[int], Mapping[str, str]]] = {
    "overrides": _overrides,
    "variables": lambda number: {f"CIBW_X{count}": "1" for count in range(number)},
    "fields": lambda number: {"CIBW_BUILD_FRONTEND": "; ".join(["args: x"] * number)},
    "patterns": lambda number: {"CIBW_BUILD": " ".join(f"cp{count}-*" for count in range(number))},
    "architectures": lambda number: {"CIBW_ARCHS": " ".join(f"x{count}" for count in range(number))},
    "assignments": lambda number: {"CIBW_ENVIRONMENT": " ".join(f"A{count}=x" for count in range(number))},
    "keys": lambda number: {"toml": MAIN + "\n".join(f"x{count} = 1" for count in range(number))},
    "settings": lambda number: {"CIBW_CONFIG_SETTINGS": " ".join(f"a{count}=b" for count in range(number))},
}


@pytest.mark.parametrize("what", GROWING)
def test_twice_the_input_takes_twice_the_steps(what: str) -> None:
    identifier = BuildIdentifier.parse(CP312)

    def work(number: int) -> int:
        values = dict(GROWING[what](number))
        toml = values.pop("toml", "")

        def read() -> None:
            options = load_options(sources(toml, values), Platform.LINUX)
            options.for_identifier(identifier)
            options.resolver.settings(identifier)
            options.origin("environment", identifier)

        return _calls(read)

    work(10)  # what is imported and kept at the first call does not count
    assert work(2000) < 2.6 * work(1000)
