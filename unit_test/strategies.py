"""Hypothesis strategies for every value of the model that a plan or a report holds."""

from __future__ import annotations

from hypothesis import strategies as st

from cibw.errors import ErrorContext
from cibw.model.events import (
    BuildResult,
    Failure,
    PublishReport,
    Report,
    Status,
    StepTime,
    UploadResult,
    UploadStatus,
    WheelFile,
)
from cibw.model.identifiers import ARCHITECTURES, BuildIdentifier, Family, Implementation, Interpreter, NotBuilt, Target
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions, EngineName, HostSpec, Image, MachineSpec
from cibw.model.plan import Action, Check, Job, Plan, PutText, Run, Step, StepName, WheelBuild, When
from cibw.model.templates import Command, EnvExpr, EnvPart, Placeholder, Substitution, Template, Variable

words = st.text("abcdefgh-_.", max_size=12)
texts = st.text(max_size=20)
lines = st.lists(texts, max_size=3).map(tuple)
seconds = st.floats(min_value=0, max_value=1e6, allow_nan=False)
pairs = st.lists(st.tuples(words, texts), max_size=2).map(tuple)

interpreters = st.builds(
    Interpreter,
    st.sampled_from(Implementation),
    st.integers(2, 4),
    st.integers(0, 30),
    free_threaded=st.booleans(),
    release=st.sampled_from(["", "250", "73"]),
)
targets = st.sampled_from(
    [Target(family, architecture) for family in Family for architecture in ARCHITECTURES[family.platform]]
)
identifiers = st.builds(BuildIdentifier, interpreters, targets)

templates = st.lists(st.one_of(texts, st.sampled_from(Placeholder)), max_size=4).map(lambda parts: Template.of(*parts))


def _env_parts(inner: st.SearchStrategy[EnvPart]) -> st.SearchStrategy[EnvPart]:
    default = st.none() | st.lists(inner, max_size=2).map(tuple)
    return st.builds(Variable, words, default=default, or_empty=st.booleans())


_simple_parts: st.SearchStrategy[EnvPart] = st.one_of(
    texts, st.sampled_from(Placeholder), st.builds(Substitution, texts)
)
env_parts: st.SearchStrategy[EnvPart] = st.recursive(_simple_parts, _env_parts, max_leaves=4)
env_exprs = st.builds(EnvExpr, words, st.lists(env_parts, max_size=3).map(tuple))
_environments = st.lists(env_exprs, max_size=2).map(tuple)

commands = st.builds(
    Command,
    argv=st.lists(templates, min_size=1, max_size=3).map(tuple),
    cwd=templates,
    shell=st.booleans(),
    path_entry=st.none() | templates,
)
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Run, command=commands, when=st.sampled_from(When)), st.builds(PutText, path=templates, text=texts)
)
steps = st.builds(
    Step,
    name=st.sampled_from(StepName),
    actions=st.lists(actions, max_size=3).map(tuple),
    checks=st.lists(st.sampled_from(Check), max_size=2).map(tuple),
)
_step_tuples = st.lists(steps, max_size=2).map(tuple)
create_options = st.builds(
    CreateOptions,
    volumes=lines,
    environment=pairs,
    network=words,
    add_hosts=pairs,
    labels=pairs,
    privileged=st.booleans(),
    init=st.booleans(),
)
engines = st.builds(
    ContainerEngine, name=st.sampled_from(EngineName), create=create_options, disable_host_mount=st.booleans()
)
machines: st.SearchStrategy[MachineSpec] = st.one_of(
    st.builds(
        ContainerSpec,
        engine=engines,
        image=st.builds(Image, reference=words, oci_platform=words),
        linux32=st.booleans(),
    ),
    st.builds(HostSpec, toolchain_tag=words),
)
wheel_builds = st.builds(
    WheelBuild,
    identifier=identifiers,
    prepare=steps,
    make=_step_tuples,
    test=_step_tuples,
    environment=_environments,
    environment_pass=lines,
    test_environment=_environments,
    platform_tag=words,
    untested=texts,
)
jobs = st.builds(
    Job,
    name=words,
    machine=machines,
    builds=st.lists(wheel_builds, max_size=2).map(tuple),
    before_all=st.none() | steps,
    environment=_environments,
    environment_pass=lines,
    before_all_inputs=lines,
)
_not_built = st.lists(st.builds(NotBuilt, identifier=identifiers, reason=texts), max_size=3).map(tuple)
plans = st.builds(Plan, jobs=st.lists(jobs, max_size=2).map(tuple), not_built=_not_built, notes=lines)

contexts = st.builds(
    ErrorContext,
    identifier=words,
    step=words,
    command=texts,
    exit_code=st.none() | st.integers(-64, 255),
    last_lines=lines,
    log_file=words,
)
failures = st.builds(
    Failure, reference=words, message=texts, hint=texts, exit_code=st.integers(1, 130), context=contexts
)
wheel_files = st.builds(
    WheelFile, filename=words, size=st.integers(0, 10**10), sha256=st.text("0123456789abcdef", min_size=64, max_size=64)
)
results = st.builds(
    BuildResult,
    identifier=identifiers,
    status=st.sampled_from(Status),
    seconds=seconds,
    wheel=st.none() | wheel_files,
    tested=st.booleans(),
    untested=texts,
    steps=st.lists(st.builds(StepTime, step=st.sampled_from(StepName), seconds=seconds), max_size=3).map(tuple),
    warnings=lines,
    failure=st.none() | failures,
    log_file=words,
)
upload_results = st.builds(
    UploadResult,
    filename=words,
    size=st.integers(0, 10**10),
    sha256=words,
    status=st.sampled_from(UploadStatus),
    attempts=st.integers(0, 9),
    seconds=seconds,
    message=texts,
    attestations=lines,
    since=seconds,
)
publish_reports = st.builds(
    PublishReport,
    index=words,
    project=words,
    version=words,
    uploads=st.lists(upload_results, max_size=2).map(tuple),
    exit_code=st.integers(0, 130),
)
reports = st.builds(
    Report,
    results=st.lists(results, max_size=3).map(tuple),
    not_built=_not_built,
    seconds=seconds,
    exit_code=st.integers(0, 130),
    failure=st.none() | failures,
    publish=st.none() | publish_reports,
)
