from __future__ import annotations

import pytest

from cibw.errors import CibwError, ConfigurationError, ErrorContext, Mistake, NothingSelectedError
from cibw.model import templates as layout
from cibw.model.events import Failure, Report
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions, EngineName, HostSpec, Image
from cibw.model.plan import Job, Plan, Run, Step, StepName
from cibw.model.templates import Command, Template
from cibw.reporting.codecs import plan_to_json, report_to_json
from cibw.reporting.errors import error_text
from cibw.reporting.markdown import summary_markdown
from cibw.reporting.plan import plan_text
from cibw.reporting.terminal import TerminalStyle, exit_code
from unit_test.conftest import Golden
from unit_test.reporting.scenario import CP310, PLAN, REPORT

MISTAKES = (
    Mistake(
        place="pyproject.toml: tool.cibw.buld",
        message="There is not an option of that name.",
        hint="Did you mean `build`?",
    ),
    Mistake(place="CIBW_ARCHS", message="x86_63 is no architecture.", hint="It may be x86_64, i686, or\naarch64."),
    Mistake(place="", message="Nothing to build."),
)


def test_a_plan_as_json(golden: Golden) -> None:
    golden.check("plan.json", plan_to_json(PLAN))


def test_a_report_as_json(golden: Golden) -> None:
    golden.check("report.json", report_to_json(REPORT))


def test_a_plan_as_text(golden: Golden) -> None:
    golden.check("plan.txt", plan_text(PLAN, TerminalStyle(width=80)))


def test_a_plan_in_ascii() -> None:
    assert plan_text(PLAN, TerminalStyle(unicode=False)).isascii()


def test_an_empty_plan() -> None:
    assert plan_text(Plan(jobs=()), TerminalStyle()) == "0 jobs, 0 builds\n"


def test_a_summary(golden: Golden) -> None:
    golden.check("summary.md", summary_markdown(REPORT))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("configuration", ConfigurationError("The configuration is wrong.", mistakes=MISTAKES, hint="See the manual.")),
        ("plain", NothingSelectedError("No build identifier is selected.", hint="`cibw plan` says why.\n" + "x " * 70)),
        (
            "place",
            CibwError(
                "The test failed.\nTwice.",
                context=ErrorContext(
                    identifier=str(CP310), step="test", command="pytest", exit_code=127, last_lines=("sh: pytest",)
                ),
            ),
        ),
        ("step", CibwError("before-all failed.", context=ErrorContext(step="before-all"))),
    ],
)
def test_an_error(name: str, error: CibwError, golden: Golden) -> None:
    golden.check(f"errors/{name}.txt", error_text(error, TerminalStyle(width=80)) + "\n")


def test_a_summary_has_failures_and_warnings_of_no_build() -> None:
    failure = Failure(
        reference="engine-unavailable",
        message="Docker does not answer.",
        hint="",
        exit_code=11,
        context=ErrorContext(last_lines=("```",)),
    )
    text = summary_markdown(Report(results=(), failure=failure, exit_code=11), [("", "old | engine")])
    assert text.startswith("## ❌ 0 wheels in 0.0 s, exit code 11\n")
    assert "> **run**: old \\| engine" in text
    assert "### Failed (engine-unavailable)\n\nDocker does not answer.\n" in text
    assert "````text\n```\n````" in text


def test_a_plan_names_all_that_is_special() -> None:
    command = Command(argv=(Template.of("a\nb"),), cwd=layout.PROJECT, shell=True, path_entry=layout.AUDIT_ENVIRONMENT)
    create = CreateOptions(privileged=True, labels=(("a", "b"),))
    machine = ContainerSpec(
        engine=ContainerEngine(name=EngineName.PODMAN, create=create, disable_host_mount=True),
        image=Image(reference="image", oci_platform="linux/386"),
        linux32=True,
    )
    step = Step(name=StepName.BEFORE_ALL, actions=(Run(command=command),))
    text = plan_text(
        Plan(jobs=(Job(name="job", machine=machine, builds=(), before_all=step, before_all_inputs=("a", "b")),)),
        TerminalStyle(),
    )
    assert "    depends on: a b\n" in text
    assert "container of image (linux/386, linux32; engine: podman)" in text
    assert "labels=a=b, privileged=true" in text
    assert "the host's files are not mounted" in text
    assert "    $ a  (with {work}/audit-env on PATH)\n      b\n" in text
    assert "own compilers" in plan_text(Plan(jobs=(Job(name="job", machine=HostSpec(), builds=()),)), TerminalStyle())


def test_an_indented_line_of_a_message_keeps_its_indent() -> None:
    path = "/cache/" + "a" * 100
    text = error_text(CibwError(f"missing:\n  here\n    {path}\n    {'word ' * 20}", hint=""), TerminalStyle(width=60))
    lines = text.splitlines()
    assert lines[1:4] == ["  missing:", "    here", f"      {path}"]
    assert all(line.startswith("      word") and len(line) <= 60 for line in lines[4:-1])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0xC0000005, "exit code 0xC0000005 (access violation)"),
        (-1073741819, "exit code 0xC0000005 (access violation)"),
        (0xC0000135, "exit code 0xC0000135 (a required DLL was not found)"),
        (0xC00002B4, "exit code 0xC00002B4"),
        (-11, "signal 11 (segmentation fault)"),
        (139, "exit code 139 (segmentation fault)"),
        (9009, "exit code 9009 (command not found)"),
        (0x7FFFFFFF, "exit code 2147483647"),
    ],
)
def test_what_an_exit_code_means(code: int, text: str) -> None:
    assert exit_code(code) == text
