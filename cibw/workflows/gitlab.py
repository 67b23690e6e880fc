"""The pipeline of GitLab CI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    publish_command,
    publisher_step,
    requirement,
    rows,
    sdist_command,
    tag_step,
    version_steps,
)

PATH = ".gitlab-ci.yml"
_X64 = "saas-linux-medium-amd64"
# Hosted Macs have only ARM processors, and Windows runners only x86_64: the rest is cross-built.
_MAC = CiRunner(label="saas-macos-medium-m1")
_WINDOWS = CiRunner(label="saas-windows-medium-amd64")
RUNNERS: Runners = {
    **linux_runners(
        {Architecture.X86_64: _X64, Architecture.I686: _X64, Architecture.AARCH64: "saas-linux-medium-arm64"},
        emulating=_X64,
    ),
    (Platform.MACOS, Architecture.ARM64): _MAC,
    (Platform.MACOS, Architecture.X86_64): _MAC,
    (Platform.MACOS, Architecture.UNIVERSAL2): _MAC,
    (Platform.WINDOWS, Architecture.WIN_AMD64): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_X86): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_ARM64): _WINDOWS,
}
_SDIST = "artifacts/cibw-sdist"
_BRING_SDIST = """\
# The wheels are built from the sdist, so that builds from it produce the same result.
- cp -r artifacts/cibw-sdist dist
"""


def gitlab_workflow(options: WorkflowOptions, read: ReadTemplate) -> Workflow:
    """The pipeline file."""
    matrix = make_matrix(options.groups, RUNNERS)
    values = {
        **common_values(options),
        "branch_text": options.branch,
        "workflow": options.output or PATH,
        "build_sdist": sdist_command(options, _SDIST),
        "check": check_command(options, "dist"),
        "publish": publish_command(options, "pypi", "dist"),
    }
    to_test = {**values, "publish": publish_command(options, "testpypi", "dist")}
    values |= {
        "test_index": fill(read("gitlab-test-index.yml"), to_test) if options.test_index else "",
        **{f"wheels_{one.value}": _wheels(one, options, matrix, read) for one in _SHELLS},
    }
    file = WorkflowFile(path=PATH, text=fill(read("gitlab.yml"), values))
    return Workflow(files=(file,), next_steps=_next_steps(options), left_out=matrix.left_out)


_SHELLS: Mapping[Platform, str] = {Platform.LINUX: "$", Platform.MACOS: "$", Platform.WINDOWS: "$env:"}
"""The prefix of variables in the shell of a platform's runners."""


def _wheels(platform: Platform, options: WorkflowOptions, matrix: Matrix, read: ReadTemplate) -> str:
    jobs = [job for job in matrix.jobs if job.group.platform is platform]
    if not jobs:
        return ""
    sign = _SHELLS[platform]
    is_single = jobs[0].group.is_single
    selection = f"--only {sign}ONLY" if is_single else f"--platform {platform.value} --archs {sign}ARCHS"
    build = build_command(options, selection, f"artifacts/{sign}ARTIFACT")
    values = {
        "cibw": requirement(options),
        "matrix": rows(_rows(jobs)),
        "needed": "sdist" if options.from_sdist else "",
        "source": _BRING_SDIST if options.from_sdist else "",
        "build_wheels": f"py -3.13 -m {build}" if platform is Platform.WINDOWS else build,
        "qemu": read("gitlab-qemu.yml") if any(job.runner.is_emulated for job in jobs) else "",
    }
    return fill(read(f"gitlab-{platform.value}.yml"), values)


def _rows(jobs: Iterable[BuildJob]) -> Iterable[dict[str, str]]:
    for job in jobs:
        group = job.group
        chosen = {"ONLY": group.name} if group.is_single else {"ARCHS": group.architecture.value}
        row = {**chosen, "ARTIFACT": group.artifact, "RUNNER": job.runner.label}
        yield {**row, "QEMU": "yes"} if job.runner.is_emulated else row


def _next_steps(options: WorkflowOptions) -> tuple[str, ...]:
    path = options.output or PATH
    values = f"the namespace and the name of this project, top-level pipeline file path {path}"
    return (
        first_look(path),
        publisher_step(options, "GitLab", values),
        (
            f"Under Operate > Environments, create {environment_names(options)}. Under Settings > Repository, protect "
            f"the tags {options.tag_prefix}* to restrict who can release."
        ),
        "Hosted macOS and Windows runners depend on your group's plan; other runners have other tags.",
        *version_steps(options),
        tag_step(options),
    )
