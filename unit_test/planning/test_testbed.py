"""Test commands that run inside an app."""

from __future__ import annotations

import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.options import BuildOptions
from cibw.config.toml import BadValueError
from cibw.config.values.commands import meanings_in_tests, parse_template
from cibw.errors import ConfigurationError, Mistake
from cibw.model.identifiers import Platform
from cibw.model.machines import HostSpec
from cibw.model.plan import PutText, Step, StepName
from cibw.model.templates import CONSTRAINTS, Template
from cibw.planning import steps
from cibw.planning.actions import BuildInputs, PlatformSetup, RefusedBuild
from cibw.planning.environment import SourcePackage
from cibw.planning.plan import require_fit
from cibw.planning.testbed import Invocation, RunFlag, app_tests, parse_invocations
from unit_test.planning.planned import CATALOG, MAC, options_of


def read(text: str, *, allows_code: bool = False) -> list[tuple[str, str, tuple[str, ...]]]:
    command = parse_template(text, meanings_in_tests("."))
    found = parse_invocations(command, allows_code=allows_code)
    return [(one.entry.value, one.name, one.arguments) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python -m pytest tests", [("-m", "pytest", ("tests",))]),
        ("python3 -m demo", [("-m", "demo", ())]),
        ("pytest -k 'a b' tests", [("-m", "pytest", ("-k", "a b", "tests"))]),
        ("python -m a && python -m b x&&pytest", [("-m", "a", ()), ("-m", "b", ("x",)), ("-m", "pytest", ())]),
        ("python -m a '&&' \"a;b|c\" d\\;e '' x\\ y", [("-m", "a", ("&&", "a;b|c", "d;e", "", "x y"))]),
        ("python -m a --flag='x y'z \\\n  #{project}", [("-m", "a", ("--flag=x yz", "\n", "{project}"))]),
    ],
)
def test_what_runs_in_an_app(text: str, expected: object) -> None:
    assert read(text) == expected


def test_code_where_it_is_allowed() -> None:
    text = "python -c 'import a; a.b()' x && python -m c"
    assert read(text, allows_code=True) == [("-c", "import a; a.b()", ("x",)), ("-m", "c", ())]
    with pytest.raises(BadValueError, match=r"must begin with `python -m`$"):
        read(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "pytest {project}/tests",
            "{project} or {package}, which does not exist on the device that runs the tests",
            "test-sources",
        ),
        ("python -m a {wheel}", "uses {wheel}", "test-sources"),
        ("tox -e py", "`tox -e py` must begin with `python -m`", "python -m pytest tests"),
        ("python tests/run.py", "must begin with", "python -m"),
        ("python -m", "must begin with", "python -m"),
        ("python -m a; python -m b", "contains `;`", "only with &&"),
        ("python -m a | tee log", "contains `|`", "only with &&"),
        ("python -m a || true", "contains `|`", "only with &&"),
        ("(python -m a)", "contains `(`", "only with &&"),
        ("python -m a > log", "contains `>`", "only with &&"),
        ("python -m a 'b", "an unclosed quote", "quote each"),
        ("python -m a &&", "missing command before or after &&", "both sides"),
        ("&& python -m a", "missing command before or after &&", "both sides"),
    ],
)
def test_what_does_not(text: str, message: str, hint: str) -> None:
    with pytest.raises(BadValueError) as caught:
        read(text)
    assert message in str(caught.value)
    assert hint in caught.value.hint


@given(st.lists(st.lists(st.text(alphabet="ab '\"\\&|;#$(\n", max_size=5), max_size=3), min_size=1, max_size=3))
def test_arguments_come_through_as_they_were_quoted(commands: list[list[str]]) -> None:
    text = " && ".join(shlex.join(["python", "-m", "demo", *arguments]) for arguments in commands)
    found = parse_invocations(Template.of(text), allows_code=False)
    assert [list(one.arguments) for one in found] == commands


@given(st.text(alphabet="pythonest -m'\"\\&|;<>() \n$"))
def test_any_text_is_read_or_refused(text: str) -> None:
    found: object = None
    with suppress(BadValueError):
        found = parse_invocations(Template.of(text), allows_code=True)
    assert found != ()


@pytest.mark.parametrize(
    ("invocation", "needed"),
    [
        (Invocation(entry=RunFlag.MODULE, name="pytest"), True),
        (Invocation(entry=RunFlag.MODULE, name="unittest", arguments=("-v",)), True),
        (Invocation(entry=RunFlag.MODULE, name="pytest", arguments=("--pyargs", "demo")), False),
        (Invocation(entry=RunFlag.MODULE, name="demo.tests"), False),
        (Invocation(entry=RunFlag.CODE, name="pytest"), False),
    ],
)
def test_what_looks_for_tests_where_it_runs(invocation: Invocation, needed: bool) -> None:
    assert invocation.needs_sources is needed


def judged(toml: str) -> tuple[Invocation, ...] | RefusedBuild:
    options = options_of(f"[tool.cibw]\n{toml}", platform=Platform.IOS)
    entry = CATALOG.interpreters(Platform.IOS)[0]
    resolved = options.for_identifier(entry.identifier)
    return app_tests(
        BuildInputs(entry=entry, resolved=resolved, options=options, catalog=CATALOG, facts=MAC), allows_code=False
    )


@pytest.mark.parametrize("toml", ["", 'test-command = "tox"\ntest-skip = "*"'])
def test_nothing_is_judged_without_tests(toml: str) -> None:
    assert judged(toml) == ()


def test_tests_that_are_there() -> None:
    found = (Invocation(entry=RunFlag.MODULE, name="pytest"),)
    assert judged('test-command = "python -m pytest"\ntest-sources = ["tests"]') == found
    assert judged('test-command = "python -m demo"') == (Invocation(entry=RunFlag.MODULE, name="demo"),)


@pytest.mark.parametrize(
    ("toml", "place", "message"),
    [
        ('test-command = "tox"', "test-command", "`tox` must begin with"),
        ('test-command = "pytest"', "test-command", "no tests would be found"),
        ('test-command = "pytest"\ntest-sources = ["../tests"]', "test-sources", "'../tests' is outside the project"),
    ],
)
def test_a_mistake_has_its_place(toml: str, place: str, message: str) -> None:
    refused = judged(toml)
    assert isinstance(refused, RefusedBuild)
    (mistake,) = refused.mistakes
    assert place in mistake.place
    assert message in mistake.message
    assert mistake.hint


def test_the_same_mistake_of_several_builds_is_told_once() -> None:
    refused = [RefusedBuild((Mistake(place="a.toml:1", message=name, hint="h"),)) for name in ("b", "b", "a")]
    with pytest.raises(ConfigurationError, match="2 errors") as caught:
        require_fit(refused)
    assert [one.message for one in caught.value.mistakes] == ["b", "a"]
    require_fit([])


def test_a_platform_may_build_and_test_in_its_own_way() -> None:
    template = Template.of("py")
    own = PutText(path=CONSTRAINTS, text="")
    step = Step(name=StepName.TEST)
    setup = PlatformSetup(
        machine=HostSpec(), base_python=template, python=template, bin_dir=template, build=(own,), tests=(step,)
    )
    package = SourcePackage(identifier=CATALOG.interpreters(Platform.IOS)[0].identifier, directory=template)
    options = BuildOptions(test_command=Template.of("python -m a"))
    assert next(one for one in steps.make_steps(options, package, setup) if one.name is StepName.BUILD).actions == (
        own,
    )
    assert steps.test_steps(options, package, setup) == (step,)
    assert steps.test_steps(BuildOptions(), package, setup) == ()
    assert steps.test_environment(options, setup) == ()
