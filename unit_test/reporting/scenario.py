"""A plan and a scripted run of it: a job on Docker with a good, a reused, a failed and a cancelled build."""

from __future__ import annotations

from cibw.errors import ErrorContext
from cibw.model import templates as layout
from cibw.model.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    CommandStarted,
    Event,
    Failure,
    JobStarted,
    OutputLine,
    Progress,
    Report,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
    StepTime,
    WarningRaised,
    WheelFile,
)
from cibw.model.identifiers import BuildIdentifier, NotBuilt
from cibw.model.machines import (
    CacheHits,
    CompilerCache,
    ContainerEngine,
    ContainerSpec,
    CreateOptions,
    EngineName,
    HostSpec,
    Image,
)
from cibw.model.plan import Check, Job, Plan, PutText, Run, Step, StepName, WheelBuild, When
from cibw.model.templates import Command, EnvExpr, Placeholder, Template, Variable

CP310, CP311, CP312, CP313 = (
    BuildIdentifier.parse(f"cp3{minor}-manylinux_x86_64") for minor in ("10", "11", "12", "13")
)
JOB = "manylinux_x86_64"
NO_NATIVE_FILE = "the wheel has a platform tag but holds no native file; was an optional extension left out?"
UNTESTED = "no interpreter of that architecture is here"


def _run(*argv: str | Template, when: When = When.ALWAYS) -> Run:
    arguments = tuple(Template.of(argument) for argument in argv)
    return Run(command=Command(argv=arguments, cwd=layout.PROJECT), when=when)


def build(identifier: BuildIdentifier, untested: str = "") -> WheelBuild:
    """A build with an action of each kind."""
    python = f"/opt/python/{identifier.interpreter}/bin/python"
    test = Command(argv=(Template.of("pytest ", Placeholder.PROJECT, "/tests"),), cwd=layout.TEST_DIR, shell=True)
    built = Template.of(layout.BUILT_DIR)
    return WheelBuild(
        identifier=identifier,
        prepare=Step(
            name=StepName.SET_UP,
            actions=(
                PutText(path=layout.CONSTRAINTS, text="build==1.4.0\n"),
                _run("uv", "venv", "--python", python, layout.BUILD_ENVIRONMENT),
            ),
        ),
        make=(
            Step(
                name=StepName.BUILD,
                actions=(_run(python, "-m", "build", "--wheel", "--outdir", built, layout.PROJECT),),
                checks=(Check.ONE_BUILT_WHEEL, Check.NOT_PURE),
            ),
        ),
        test=()
        if untested
        else (
            Step(name=StepName.TEST, actions=(Run(command=test),)),
            Step(
                name=StepName.AUDIT,
                actions=(_run("abi3audit", Template.of(Placeholder.WHEEL), when=When.WHEEL_IS_ABI3),),
            ),
        ),
        environment=(EnvExpr("CFLAGS", (Variable("CFLAGS", default=("-O2",)), " -g")),),
        environment_pass=("TOKEN",),
        test_environment=(EnvExpr("PYTHONDEVMODE", ("1",)),),
        platform_tag="manylinux_2_17_x86_64",
        untested=untested,
    )


PLAN = Plan(
    jobs=(
        Job(
            name=JOB,
            machine=ContainerSpec(
                engine=ContainerEngine(name=EngineName.DOCKER, create=CreateOptions(volumes=("/data:/data",))),
                image=Image(reference="example.org/manylinux2014_x86_64:2026.10", oci_platform="linux/amd64"),
            ),
            builds=(build(CP310, UNTESTED), build(CP311), build(CP312)),
            before_all=Step(name=StepName.BEFORE_ALL, actions=(_run("yum", "install", "-y", "libyaml-devel"),)),
            environment=(EnvExpr("LANG", ("C.UTF-8",)),),
        ),
        Job(name="host", machine=HostSpec(toolchain_tag="manylinux2014_x86_64"), builds=(build(CP313),)),
    ),
    not_built=tuple(
        NotBuilt(identifier=BuildIdentifier.parse(text), reason=reason)
        for text, reason in (
            ("cp38-manylinux_x86_64", "requires-python is >=3.10"),
            ("cp39-manylinux_x86_64", "requires-python is >=3.10"),
            ("cp310-musllinux_x86_64", "skip has *-musllinux_*"),
            ("cp314t-manylinux_x86_64", "the group cpython-prerelease is not enabled"),
        )
    ),
    notes=("container-engine is auto: Docker 27.1 answers",),
)

FAILURE = Failure(
    reference="command-failed",
    message="The build frontend ended with a failure.",
    hint="Read the last lines above; `cibw plan` prints the command, which you can run by hand in the image.",
    exit_code=1,
    context=ErrorContext(
        identifier=str(CP312),
        step="build",
        command="python -m build --wheel --outdir /work/built /project",
        exit_code=137,
        last_lines=("src/_demo.c: In function 'add':", "cc: fatal error: Killed signal terminated program cc1"),
        log_file="logs/cp312-manylinux_x86_64.log",
    ),
)
RESULTS = (
    BuildResult(
        identifier=CP310,
        status=Status.BUILT,
        seconds=14.23,
        wheel=WheelFile(
            filename="demo-1.0-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
            size=18_345,
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        steps=(
            StepTime(step=StepName.SET_UP, seconds=0.81),
            StepTime(step=StepName.BUILD, seconds=13.42),
        ),
        untested=UNTESTED,
        warnings=(NO_NATIVE_FILE,),
        log_file="logs/cp310-manylinux_x86_64.log",
        compiler_cache=CacheHits(tool=CompilerCache.CCACHE, hits=5, misses=2),
    ),
    BuildResult(
        identifier=CP311,
        status=Status.REUSED,
        seconds=2.5,
        wheel=WheelFile(
            filename="demo-1.0-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
            size=18_345,
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        tested=True,
        steps=(StepTime(step=StepName.TEST, seconds=2.5),),
        log_file="logs/cp311-manylinux_x86_64.log",
    ),
    BuildResult(
        identifier=CP312,
        status=Status.FAILED,
        seconds=65,
        steps=(StepTime(step=StepName.BUILD, seconds=65),),
        failure=FAILURE,
        log_file="logs/cp312-manylinux_x86_64.log",
    ),
    BuildResult(identifier=CP313, status=Status.CANCELLED),
)
REPORT = Report(results=RESULTS, not_built=PLAN.not_built, seconds=83.4, exit_code=1)


def _step(scope: str, step: StepName, seconds: float, *inside: Event, succeeded: bool = True) -> list[Event]:
    end = StepFinished(scope=scope, step=step, seconds=seconds, succeeded=succeeded)
    return [StepStarted(scope=scope, step=step), *inside, end]


def _output(scope: str, command: str, *lines: str) -> list[Event]:
    return [CommandStarted(scope=scope, text=command), *(OutputLine(scope=scope, text=line) for line in lines)]


EVENTS: tuple[Event, ...] = (
    RunStarted(plan=PLAN, output_dir="wheelhouse"),
    JobStarted(job=JOB, machine="Docker, example.org/manylinux2014_x86_64:2026.10"),
    Progress(job=JOB, text="pulling the image: 120 of 240 MB"),
    *_step(JOB, StepName.BEFORE_ALL, 6.2, *_output(JOB, "yum install -y libyaml-devel", "Complete!")),
    BuildStarted(identifier=CP310),
    *_step(str(CP310), StepName.SET_UP, 0.81),
    *_step(
        str(CP310),
        StepName.BUILD,
        13.42,
        *_output(
            str(CP310),
            "python -m build --wheel --outdir /work/built /project",
            "\x1b[1m* Creating isolated environment\x1b[0m",
            "::set-env name=X::1",
            " 10 %\r100 %",
        ),
    ),
    WarningRaised(scope=str(CP310), message=NO_NATIVE_FILE),
    BuildFinished(result=RESULTS[0]),
    BuildStarted(identifier=CP311),
    *_step(str(CP311), StepName.TEST, 2.5, *_output(str(CP311), "pytest /project/tests", "3 passed")),
    BuildFinished(result=RESULTS[1]),
    BuildStarted(identifier=CP312),
    *_step(
        str(CP312),
        StepName.BUILD,
        65,
        *_output(str(CP312), FAILURE.context.command, *FAILURE.context.last_lines),
        succeeded=False,
    ),
    BuildFinished(result=RESULTS[2]),
    BuildFinished(result=RESULTS[3]),
    RunFinished(report=REPORT),
)
