"""The configuration of CircleCI."""

from __future__ import annotations

from cibw.model.identifiers import Architecture, Platform
from cibw.workflows.common import (
    BuildJob,
    CiRunner,
    Matrix,
    ReadTemplate,
    Runners,
    Workflow,
    WorkflowFile,
    WorkflowOptions,
    build_command,
    check_command,
    common_values,
    environment_names,
    fill,
    first_look,
    linux_runners,
    make_matrix,
    publish_with,
    requirement,
    scalar,
    sdist_command,
    sequence,
    tag_step,
    test_arguments,
    version_steps,
)

PATH = ".circleci/config.yml"
# Hosted Macs have only ARM processors, and Windows runners only x86_64: the rest is cross-built.
_MAC = CiRunner(label="m4pro.medium")
_WINDOWS = CiRunner(label="windows.medium")
RUNNERS: Runners = {
    **linux_runners(
        {Architecture.X86_64: "medium", Architecture.I686: "medium", Architecture.AARCH64: "arm.medium"},
        emulating="medium",
    ),
    (Platform.MACOS, Architecture.ARM64): _MAC,
    (Platform.MACOS, Architecture.X86_64): _MAC,
    (Platform.MACOS, Architecture.UNIVERSAL2): _MAC,
    (Platform.WINDOWS, Architecture.WIN_AMD64): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_X86): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_ARM64): _WINDOWS,
}
_PLATFORMS = (Platform.LINUX, Platform.MACOS, Platform.WINDOWS)
_SDIST = "artifacts/cibw-sdist"
_PARAMETERS = ("<< parameters.selection >>", "artifacts/<< parameters.artifact >>")


def circleci_workflow(options: WorkflowOptions, read: ReadTemplate) -> Workflow:
    """The configuration file."""
    matrix = make_matrix(options.groups, RUNNERS)
    source = read("circleci-sdist.yml") if options.from_sdist else "- whole_history\n"
    builds = {"cibw": requirement(options), "build_wheels": build_command(options, *_PARAMETERS), "source": source}
    common = common_values(options)
    values = {
        **common,
        "build_sdist": sdist_command(options, _SDIST),
        "check": check_command(options, "dist"),
        "publish": publish_with(options, "<< parameters.index >>", "dist"),
        "to_test": scalar(test_arguments(options)),
        "tag_filter": f"/^{common['tag_regex']}.*/",
        "jobs": "\n".join(_call(job, options) for job in matrix.jobs),
        "required": sequence(["sdist", *(job.group.name for job in matrix.jobs)]),
    }
    tag_environment = values["tag_environment"]
    values["environment_of_job"] = f"environment:\n  {tag_environment}" if tag_environment else ""
    values |= {f"wheels_{one.value}": _wheels(one, matrix, builds, read) for one in _PLATFORMS}
    values["test_index"] = fill(read("circleci-test-index.yml"), values) if options.test_index else ""
    file = WorkflowFile(path=PATH, text=fill(read("circleci.yml"), values))
    return Workflow(files=(file,), next_steps=_next_steps(options), left_out=matrix.left_out)


def _wheels(platform: Platform, matrix: Matrix, values: dict[str, str], read: ReadTemplate) -> str:
    if all(job.group.platform is not platform for job in matrix.jobs):
        return ""
    return fill(read(f"circleci-{platform.value}.yml"), values)


def _call(job: BuildJob, options: WorkflowOptions) -> str:
    group = job.group
    qemu = ["qemu: true"] if job.runner.is_emulated else []
    requires = ["requires: [sdist]"] if options.from_sdist else []
    first = [f"name: {scalar(group.name)}", f"artifact: {scalar(group.artifact)}", *qemu, *requires]
    second = [f"selection: {scalar(group.selection)}", f"resource_class: {scalar(job.runner.label)}"]
    return (
        f"- wheels_{group.platform.value}:\n"
        f"    {{ {', '.join(first)},\n"
        f"      {', '.join(second)}, filters: *every_push }}"
    )


def _next_steps(options: WorkflowOptions) -> tuple[str, ...]:
    contexts = environment_names(options)
    trusted = "If the index accepts CircleCI as a trusted publisher, register the project there with its IDs."
    return (
        first_look(options.output or PATH),
        f"In the organization's settings, under Contexts, create {contexts}, and restrict who can use pypi.",
        trusted,
        (
            f"Otherwise, create an API token for {options.project} only, and store it in each context as "
            "TWINE_PASSWORD, with __token__ as TWINE_USERNAME."
        ),
        "The availability of macOS runners depends on your organization's plan.",
        *version_steps(options),
        tag_step(options),
    )
