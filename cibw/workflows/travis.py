"""The configuration of Travis CI."""

from __future__ import annotations

from shlex import quote

from cibw.model.identifiers import Architecture, Platform
from cibw.model.manifest import artifact_name
from cibw.workflows.common import (
    BuildJob,
    CiRunner,
    ReadTemplate,
    Runners,
    Workflow,
    WorkflowFile,
    WorkflowOptions,
    build_command,
    check_command,
    common_values,
    fill,
    first_look,
    linux_runners,
    make_matrix,
    paragraphs,
    publish_command,
    requirement,
    scalar,
    sdist_command,
    sequence,
    tag_step,
    token_names,
    token_step,
    version_steps,
)

PATH = ".travis.yml"
# Macs and Windows runners have only x86_64 processors: the rest is cross-built.
_MAC = CiRunner(label="osx")
_WINDOWS = CiRunner(label="windows")
RUNNERS: Runners = {
    **linux_runners(
        {
            Architecture.X86_64: "amd64",
            Architecture.I686: "amd64",
            Architecture.AARCH64: "arm64",
            Architecture.PPC64LE: "ppc64le",
            Architecture.S390X: "s390x",
        },
        emulating="amd64",
    ),
    (Platform.MACOS, Architecture.ARM64): _MAC,
    (Platform.MACOS, Architecture.X86_64): _MAC,
    (Platform.MACOS, Architecture.UNIVERSAL2): _MAC,
    (Platform.WINDOWS, Architecture.WIN_AMD64): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_X86): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_ARM64): _WINDOWS,
}
_SDIST = f"artifacts/{artifact_name()}"
_BRING_SDIST = """\
# The wheels are built from the sdist, so that builds from it produce the same result.
- cp -r artifacts/cibw-sdist dist
"""
_PRINTED = "REPLACE_BY_WHAT_travis_encrypt_PRINTS_FOR="
_QEMU = "before_script: docker run --privileged --rm tonistiigi/binfmt --install all"


def travis_workflow(options: WorkflowOptions, read: ReadTemplate) -> Workflow:
    """The configuration file."""
    matrix = make_matrix(options.groups, RUNNERS)
    values = {
        **common_values(options),
        "build_sdist": sdist_command(options, _SDIST),
        "check": check_command(options, "dist"),
        "publish": _deploy(options, "pypi", 'CIBW_REQUIRE_TAG=true TWINE_PASSWORD="$PYPI_API_TOKEN"'),
        "jobs": paragraphs(_job(job, options, read) for job in matrix.jobs),
        "artifacts": sequence([artifact_name(), *(job.group.artifact for job in matrix.jobs)]),
    }
    # If the line is quoted, Travis treats it as a single shell assignment.
    global_env = f"env:\n  global:\n    - CIBW_TAG_FORMAT={scalar(options.tag_format)}\n\n"
    values["global_env"] = global_env if options.tag_format else ""
    values["encrypt_test"] = "#        travis encrypt --com 'TESTPYPI_API_TOKEN=pypi-...'" if options.test_index else ""
    values["test_secret"] = f"- secure: {_PRINTED}TESTPYPI_API_TOKEN" if options.test_index else ""
    to_test = {**values, "publish": _deploy(options, "testpypi", 'TWINE_PASSWORD="$TESTPYPI_API_TOKEN"')}
    values["test_index"] = fill(read("travis-test-index.yml"), to_test) if options.test_index else ""
    file = WorkflowFile(path=PATH, text=fill(read("travis.yml"), values))
    return Workflow(files=(file,), next_steps=_next_steps(options), left_out=matrix.left_out)


def _deploy(options: WorkflowOptions, index: str, variables: str) -> str:
    """A single command, as the provider requires; variables are set in a shell to hide them from process lists."""
    command = publish_command(options, index, "dist")
    return f"bash -c {quote(f'{variables} {command}')}"


def _job(job: BuildJob, options: WorkflowOptions, read: ReadTemplate) -> str:
    group = job.group
    output = f"artifacts/{group.artifact}"
    used = f"use: {artifact_name()}\n" if options.from_sdist else ""
    values = {
        "cibw": requirement(options),
        "name": group.name,
        "runner": scalar(job.runner.label),
        "build_wheels": build_command(options, group.selection, output),
        "qemu": _QEMU if job.runner.is_emulated else "",
        "source": _BRING_SDIST if options.from_sdist else "",
        "workspaces": f"{used}create:\n  name: {group.artifact}\n  paths: [{output}]",
    }
    return fill(read(f"travis-{group.platform.value}.yml"), values)


def _next_steps(options: WorkflowOptions) -> tuple[str, ...]:
    path = options.output or PATH
    return (
        token_step(options, "Travis CI"),
        (
            f"Encrypt {token_names(options)} with `travis encrypt --com 'PYPI_API_TOKEN=pypi-...'`; put the token in "
            f"single quotes. Add the output to {path} as the value of `secure`."
        ),
        first_look(path),
        *version_steps(options),
        tag_step(options),
    )
