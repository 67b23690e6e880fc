from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.config.cascade import Arguments
from cibw.config.options import (
    BuildOptions,
    DependencySource,
    DependencyVersions,
    SameForAll,
    StableAbi,
)
from cibw.errors import (
    CibwError,
    ConfigurationError,
    InterpreterMissingError,
    NothingSelectedError,
)
from cibw.model.identifiers import BuildIdentifier, Platform, Target
from cibw.model.machines import ContainerSpec, HostFacts, HostSpec
from cibw.model.plan import Plan, PutText, Run, StepName
from cibw.planning.environment import constraints
from cibw.planning.plan import require_host, with_expectations
from cibw.planning.platforms.linux import host_tag
from unit_test.execution.trials import job_of
from unit_test.planning.planned import CATALOG, DOCKER, HOST, MAC, WINDOWS, options_of, plan_of, plan_with

ONE = 'build = "cp312-manylinux_x86_64"'


def reasons(plan: Plan) -> dict[str, str]:
    return {str(one.identifier): one.reason for one in plan.not_built}


def test_every_identifier_stands_in_the_plan() -> None:
    plan = plan_of('[tool.cibw]\nbuild = "cp31*"')
    known = [entry.identifier for entry in CATALOG.interpreters(Platform.LINUX)]
    assert sorted(map(str, known)) == sorted(map(str, [*plan.identifiers, *(one.identifier for one in plan.not_built)]))


def test_nothing_selected() -> None:
    with pytest.raises(NothingSelectedError) as caught:
        plan_of('[tool.cibw]\nskip = "*"')
    assert "matched by skip" in caught.value.hint


def test_the_reason_of_the_host_is_among_those_of_nothing_selected() -> None:
    with pytest.raises(NothingSelectedError) as caught:
        plan_of('[tool.cibw]\narchs = "aarch64"\nskip = "*-musllinux_*"', HOST)
    assert caught.value.hint.startswith("Reasons: without a container engine, this host builds only for x86_64")


def test_nothing_selected_may_be_allowed() -> None:
    assert plan_of('[tool.cibw]\nskip = "*"', arguments=Arguments(allow_empty=True)).jobs == ()


@pytest.mark.parametrize("platform", Platform)
def test_every_platform_is_planned(platform: Platform) -> None:
    assert plan_with(options_of(platform=platform), MAC).identifiers[0].platform is platform


def test_a_mirror_of_a_registry_counts_for_the_images_of_the_catalog() -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\n[tool.cibw.mirrors]\n"quay.io/pypa" = "near.example"')
    (usual,) = plan_of(f"[tool.cibw]\n{ONE}").jobs
    (job,) = plan.jobs
    assert isinstance(job.machine, ContainerSpec)
    assert isinstance(usual.machine, ContainerSpec)
    reference = usual.machine.image.reference
    assert job.machine.image.reference == reference.replace("quay.io/pypa/", "near.example/")
    assert job.machine.image.reference != reference


def test_a_full_reference_is_taken_as_it_is() -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\nmanylinux-x86_64-image = "my.registry/image:1"')
    machine = plan.jobs[0].machine
    assert isinstance(machine, ContainerSpec)
    assert machine.image.reference == "my.registry/image:1"


@pytest.mark.parametrize("arguments", [Arguments(only="cp313-manylinux_x86_64"), Arguments()])
def test_a_python_that_is_named_must_be_there(arguments: Arguments) -> None:
    with pytest.raises(InterpreterMissingError, match="cp313-manylinux_x86_64") as caught:
        plan_of('[tool.cibw]\nbuild = "{cp313,cp314t}-manylinux_x86_64"\nenable = "pypy"', HOST, arguments)
    assert "uv python install 3.13" in caught.value.hint


def test_pypy_is_asked_of_uv_by_its_name() -> None:
    with pytest.raises(InterpreterMissingError) as caught:
        plan_of("", HOST, Arguments(only="pp311-manylinux_x86_64"))
    assert "uv python install pypy@3.11" in caught.value.hint


def test_other_pythons_that_are_missing_are_left_out() -> None:
    plan = plan_of('[tool.cibw]\nenable = "pypy"', HOST)
    assert [str(one) for one in plan.identifiers] == [
        "cp311-manylinux_x86_64",
        "cp312-manylinux_x86_64",
        "cp311-musllinux_x86_64",
        "cp312-musllinux_x86_64",
    ]
    assert "no such interpreter" in reasons(plan)["cp314t-manylinux_x86_64"]
    assert "no such interpreter" in reasons(plan)["pp311-manylinux_x86_64"]


def test_the_host_builds_for_its_own_architecture_only() -> None:
    plan = plan_of('[tool.cibw]\narchs = "x86_64 aarch64"\nbuild = "cp312-*"', HOST)
    assert "only for x86_64" in reasons(plan)["cp312-manylinux_aarch64"]


def test_a_musl_wheel_is_tested_where_there_is_a_musl_python() -> None:
    plan = plan_of('[tool.cibw]\nbuild = "*-musllinux_x86_64"\ntest-command = "true"', HOST)
    untested = {str(build.identifier): build.untested for job in plan.jobs for build in job.builds}
    assert untested == {
        "cp311-musllinux_x86_64": "the host has no musl Python to run the tests",
        "cp312-musllinux_x86_64": "",
    }


def test_inside_a_manylinux_image_its_own_compiler_builds() -> None:
    facts = replace(HOST, image_tag="manylinux_2_28_x86_64")
    plan = plan_of(f"[tool.cibw]\n{ONE}", facts)
    assert plan.jobs[0].machine == HostSpec()
    assert plan.jobs[0].builds[0].platform_tag == "manylinux_2_28_x86_64"


@pytest.mark.parametrize(
    ("target", "image", "expected"),
    [
        ("manylinux_x86_64", "", "manylinux2014_x86_64"),
        ("manylinux_x86_64", "manylinux2014", "manylinux2014_x86_64"),
        ("manylinux_aarch64", "manylinux_2_28", "manylinux_2_28_aarch64"),
        ("manylinux_x86_64", "quay.io/pypa/manylinux_2_34_x86_64:latest", "manylinux_2_34_x86_64"),
        ("manylinux_x86_64", "my/own", "manylinux2014_x86_64"),
        ("musllinux_x86_64", "musllinux_1_2", "musllinux_1_2_x86_64"),
    ],
)
def test_the_tag_that_the_host_builds_for(target: str, image: str, expected: str) -> None:
    assert host_tag(Target.parse(target), image) == expected


def test_the_policy_of_the_image_that_is_chosen_counts_on_the_host() -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\nmanylinux-x86_64-image = "manylinux_2_28"', HOST)
    assert plan.jobs[0].machine == HostSpec(toolchain_tag="manylinux_2_28_x86_64")


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (DependencyVersions(), CATALOG.constraints("3.12")),
        (DependencyVersions(source=DependencySource.LATEST), ""),
        (DependencyVersions(source=DependencySource.PACKAGES, packages=("build==1",)), "build==1\n"),
    ],
)
def test_constraints(versions: DependencyVersions, expected: str) -> None:
    identifier = BuildIdentifier.parse("cp312-manylinux_x86_64")
    assert constraints(BuildOptions(dependency_versions=versions), identifier, CATALOG) == expected


def test_without_constraints_no_file_is_laid_and_none_is_used() -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\ndependency-versions = "latest"\nbuild-frontend = "build"', HOST)
    actions = plan.jobs[0].builds[0].prepare.actions
    assert not any(isinstance(action, PutText) for action in actions)
    assert not any("--constraint" in str(action.command) for action in actions if isinstance(action, Run))


@pytest.mark.parametrize(
    ("options", "is_pinned"),
    [
        ("", True),
        ('audit-requires = ["abi3audit", "mine"]', False),
        ('dependency-versions = "latest"', False),
    ],
)
def test_the_default_audit_is_pinned(options: str, is_pinned: bool) -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\n{options}\naudit-command = "check {{wheel}}"')
    (audit,) = (step for step in plan.jobs[0].builds[0].make if step.name is StepName.AUDIT)
    assert ("--constraint" in str(audit.actions[1])) == is_pinned


def test_an_audit_without_requirements_needs_no_environment() -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\naudit-requires = []\naudit-command = "check {{wheel}}"')
    (audit,) = (step for step in plan.jobs[0].builds[0].make if step.name is StepName.AUDIT)
    assert len(audit.actions) == 1


def test_an_engine_that_is_asked_for_beats_the_one_that_was_found() -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\n[tool.cibw.linux]\ncontainer-engine = "podman"', HOST)
    assert isinstance(plan.jobs[0].machine, ContainerSpec)


def test_facts_without_engine_plan_a_container_for_any_engine() -> None:
    facts = HostFacts(platform=Platform.LINUX, machine="x86_64")
    machine = plan_of(f"[tool.cibw]\n{ONE}", facts).jobs[0].machine
    assert isinstance(machine, ContainerSpec)
    assert machine.engine.name.value == "auto"


def test_options_may_be_the_same_for_all() -> None:
    options = replace(options_of(f"[tool.cibw]\n{ONE}"), resolver=SameForAll(options=BuildOptions(image="me/it:1")))
    plan = plan_with(options)
    assert plan.jobs[0].builds[0].untested == "no test-command is set"


def test_an_interpreter_of_the_image_is_there_before_before_all() -> None:
    plan = plan_of(f'[tool.cibw]\n{ONE}\nbefore-all = "python --version"')
    (job,) = plan.jobs
    assert job.before_all is not None
    assert [str(action.command) for action in job.before_all.actions if isinstance(action, Run)] == [
        "test -x '/opt/python/cp312-cp312/bin/python' || manylinux-interpreters ensure cp312-cp312",
        "python --version",
    ]
    assert "PIP_ROOT_USER_ACTION=ignore" in map(str, job.environment)


@pytest.mark.parametrize(("facts", "inputs"), [(DOCKER, ("deps/**", "make it.sh")), (HOST, ())])
def test_what_before_all_depends_on_is_planned_for_containers(facts: HostFacts, inputs: tuple[str, ...]) -> None:
    text = f'[tool.cibw]\n{ONE}\nbefore-all = "true"\nbefore-all-inputs = ["deps/**", "make it.sh"]'
    assert plan_of(text, facts=facts).jobs[0].before_all_inputs == inputs


def test_what_nothing_depends_on_is_not_planned() -> None:
    assert plan_of(f'[tool.cibw]\n{ONE}\nbefore-all-inputs = ["deps"]').jobs[0].before_all_inputs == ()


def test_builds_whose_before_all_depends_on_other_files_are_jobs_of_their_own() -> None:
    text = """
        [tool.cibw]
        build = "cp311-manylinux_x86_64 cp312-manylinux_x86_64"
        before-all = "true"
        before-all-inputs = "a"
        overrides = [{ select = "cp312-*", before-all-inputs = "b" }]
    """
    assert [job.before_all_inputs for job in plan_of(text).jobs] == [("a",), ("b",)]


@pytest.mark.parametrize("facts", [HOST, DOCKER])
def test_uv_finds_the_environment_of_the_tests(facts: HostFacts) -> None:
    (build,) = plan_of(f'[tool.cibw]\n{ONE}\ntest-command = "true"', facts=facts).jobs[0].builds
    assert "UV_PYTHON={work}/test-env/bin/python" in map(str, build.test_environment)


SETTINGS = """
[tool.cibw]
build = "cp312-manylinux_x86_64"
environment = {PIP_CONSTRAINT = "pins.txt", PIP_INDEX_URL = "https://a", UV_INDEX_URL = "https://b"}
environment-pass = ["PIP_FIND_LINKS"]
"""


def test_uv_hears_what_pip_is_told() -> None:
    (build,) = plan_of(SETTINGS).jobs[0].builds
    assert [str(one) for one in build.environment][-3:] == [
        "UV_FIND_LINKS=${PIP_FIND_LINKS}",
        "UV_CONSTRAINT=${PIP_CONSTRAINT}",
        "UV_BUILD_CONSTRAINT=${PIP_CONSTRAINT}",
    ]


def test_pip_needs_no_settings_of_uv() -> None:
    (build,) = plan_of(f'{SETTINGS}build-frontend = "pip"').jobs[0].builds
    assert not [one for one in build.environment if one.name.startswith("UV_") and one.name != "UV_PYTHON"][1:]


@pytest.mark.parametrize(
    ("toml", "arguments", "place"),
    [
        ('[tool.cibw]\nbuild = "cp399-*"', Arguments(), "pyproject.toml [tool.cibw] build"),
        ('[tool.cibw]\narchs = "vax"', Arguments(), "pyproject.toml [tool.cibw] archs"),
        ("", Arguments(archs="vax"), "--archs"),
    ],
)
def test_a_mistake_of_the_selection_says_where_it_stands(toml: str, arguments: Arguments, place: str) -> None:
    with pytest.raises(CibwError) as caught:
        plan_of(toml, arguments=arguments)
    found = caught.value
    shown = found.message if not isinstance(found, ConfigurationError) else found.mistakes[0].place
    assert place in shown


ABI3 = StableAbi(minors=frozenset(range(10, 20)), place="setup.cfg [bdist_wheel]")


def expected(*pythons: str, abi: StableAbi | None = ABI3) -> dict[str, str]:
    job = with_expectations(job_of("one", *pythons), abi)
    assert [str(build.identifier.interpreter) for build in job.builds] == list(pythons)
    return {
        str(build.identifier.interpreter): str(build.expects.identifier.interpreter)
        for build in job.builds
        if build.expects is not None
    }


@pytest.mark.parametrize(
    ("pythons", "expectations"),
    [
        (("cp310", "cp311", "cp312"), {"cp311": "cp310", "cp312": "cp310"}),
        (("cp312", "cp311"), {"cp312": "cp311"}),
        (("cp38", "cp39", "cp311", "cp312"), {"cp312": "cp311"}),
        (("cp38", "cp39"), {}),
        (("cp310",), {}),
        (("cp310", "cp313t", "pp311", "cp313"), {"cp313": "cp310"}),
        (("pp310", "cp313t", "cp313"), {}),
        (("cp310", "cp315", "cp315t"), {"cp315": "cp310"}),
        (("cp314t", "cp315", "cp315t"), {"cp315t": "cp315"}),
    ],
)
def test_later_pythons_expect_the_wheel_of_the_oldest_that_makes_one(
    pythons: tuple[str, ...], expectations: dict[str, str]
) -> None:
    assert expected(*pythons) == expectations


def test_without_knowledge_nothing_is_expected() -> None:
    assert expected("cp310", "cp311", abi=None) == {}


def test_the_reason_names_the_place() -> None:
    (_, later) = with_expectations(job_of("one", "cp310", "cp311"), ABI3).builds
    assert later.expects is not None
    assert later.expects.reason == "abi3, by setup.cfg [bdist_wheel]"


def test_pyodide_expects_nothing() -> None:
    toml = '[tool.cibw]\nenable = "all"\n[tool.distutils.bdist_wheel]\npy-limited-api = "cp312"'
    (job,) = plan_of(toml, platform=Platform.PYODIDE).jobs
    assert [build.expects for build in job.builds] == [None] * 4


def test_each_job_has_its_own() -> None:
    plan = plan_of('[tool.cibw]\nbuild = "cp31{0,1}-*_x86_64"\n[tool.distutils.bdist_wheel]\npy-limited-api = "cp310"')
    assert [
        (str(build.identifier), str(build.expects.identifier))
        for job in plan.jobs
        for build in job.builds
        if build.expects
    ] == [(f"cp311-{target}", f"cp310-{target}") for target in ("manylinux_x86_64", "musllinux_x86_64")]


@pytest.mark.parametrize(
    ("platform", "facts"),
    [
        (Platform.MACOS, DOCKER),
        (Platform.WINDOWS, MAC),
        (Platform.PYODIDE, WINDOWS),
        (Platform.IOS, DOCKER),
    ],
)
def test_a_host_that_cannot_build_names_those_that_can(platform: Platform, facts: HostFacts) -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_host(platform, facts)
    assert f"Wheels for {platform.value} cannot be built on" in caught.value.message
    assert f"cibw plan --platform {platform.value}" in caught.value.hint


@pytest.mark.parametrize(
    ("platform", "facts"),
    [(Platform.MACOS, MAC), (Platform.IOS, MAC), (Platform.WINDOWS, WINDOWS), (Platform.LINUX, WINDOWS)],
)
def test_a_host_that_can(platform: Platform, facts: HostFacts) -> None:
    require_host(platform, facts)
    assert facts.platform is Platform.MACOS or platform in (Platform.LINUX, facts.platform)


@pytest.mark.parametrize("facts", [DOCKER, MAC])
def test_pyodide_is_built_on_linux_and_macs(facts: HostFacts) -> None:
    require_host(Platform.PYODIDE, facts)
    assert plan_of("", facts, platform=Platform.PYODIDE).jobs


ANDROID_SDK = replace(DOCKER, android_home="/sdk", has_android_home=True)


@pytest.mark.parametrize("facts", [ANDROID_SDK, replace(MAC, android_home="/sdk", has_android_home=True)])
def test_a_host_with_an_sdk_builds_for_android(facts: HostFacts) -> None:
    require_host(Platform.ANDROID, facts)
    assert facts.has_android_home


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (DOCKER, "Wheels for android need an Android SDK, but ANDROID_HOME is not set."),
        (replace(MAC, android_home="/nowhere"), "ANDROID_HOME is /nowhere, which is not a directory"),
        (replace(ANDROID_SDK, machine="aarch64"), "cannot be built on Linux on aarch64"),
        (WINDOWS, "on a Windows computer, only on a Linux computer or a Mac"),
    ],
)
def test_what_android_needs_is_told_before_anything_is_built(facts: HostFacts, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_host(Platform.ANDROID, facts)
    assert message in caught.value.message
    assert caught.value.hint
