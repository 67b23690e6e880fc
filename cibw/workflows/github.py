"""Workflow files for GitHub Actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from shlex import quote

from packaging.utils import canonicalize_name

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
    publisher_step,
    rows,
    scalar,
    sdist_command,
    tag_step,
    test_arguments,
    version_steps,
)

WORKFLOW = "wheels.yml"
_DIRECTORY = ".github/workflows"
DEPENDABOT_PATH = ".github/dependabot.yml"
PINS: Mapping[str, str] = {
    "checkout": "actions/checkout@df4cb1c069e1874edd31b4311f1884172cec0e10 # v6.0.3",
    "setup_python": "actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0",
    "upload_artifact": "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1",
    "download_artifact": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "setup_qemu": "docker/setup-qemu-action@ce360397dd3f832beb865e1373c09c0e9f86d70a # v4.0.0",
}
"""The pinned commit of each action, and its version."""
_UBUNTU = "ubuntu-24.04"
_IS_TAG = "github.ref_type == 'tag'"
_RELEASE = "--to pypi --require-tag"
_MAC = CiRunner(label="macos-15")
_INTEL_MAC = CiRunner(label="macos-15-intel")
RUNNERS: Runners = {
    **linux_runners(
        {
            Architecture.X86_64: _UBUNTU,
            Architecture.I686: _UBUNTU,
            Architecture.AARCH64: f"{_UBUNTU}-arm",
        },
        emulating=_UBUNTU,
    ),
    # 32-bit ARM programs need little or no emulation on ARM processors.
    (Platform.LINUX, Architecture.ARMV7L): CiRunner(label=f"{_UBUNTU}-arm", is_emulated=True),
    (Platform.MACOS, Architecture.ARM64): _MAC,
    (Platform.MACOS, Architecture.X86_64): _INTEL_MAC,
    (Platform.MACOS, Architecture.UNIVERSAL2): _MAC,
    (Platform.WINDOWS, Architecture.WIN_AMD64): CiRunner(label="windows-2025"),
    (Platform.WINDOWS, Architecture.WIN_X86): CiRunner(label="windows-2025"),
    (Platform.WINDOWS, Architecture.WIN_ARM64): CiRunner(label="windows-11-arm"),
    (Platform.PYODIDE, Architecture.WASM32): CiRunner(label=_UBUNTU),
    (Platform.ANDROID, Architecture.X86_64): CiRunner(label=_UBUNTU),
    # No hosted runner can run its emulator, so these wheels are built but not tested.
    (Platform.ANDROID, Architecture.ARM64_V8A): CiRunner(label=_UBUNTU),
    (Platform.IOS, Architecture.ARM64_IPHONEOS): _MAC,
    (Platform.IOS, Architecture.ARM64_IPHONESIMULATOR): _MAC,
    (Platform.IOS, Architecture.X86_64_IPHONESIMULATOR): _INTEL_MAC,
}


def github_workflow(options: WorkflowOptions, read: ReadTemplate) -> Workflow:
    """The GitHub Actions workflow, and the Dependabot file that keeps its actions up to date."""
    matrix = make_matrix(options.groups, RUNNERS)
    name = _name(options)
    values = {
        **common_values(options),
        **PINS,
        "version": options.cibw_version,
        "again": f"cibw init github{f' --package {quote(options.package)}' if options.package else ''} --force",
        "workflow": name,
        # Runs of workflows with the same name cancel each other.
        "name": scalar(name.partition(".")[0]),
        "tag_pattern": scalar(_tag_pattern(options)),
        "build_sdist": sdist_command(options, "dist"),
        "build_wheels": build_command(options, "$SELECTION", "wheelhouse"),
        "check": check_command(options, "dist"),
    }
    values |= _publishing(options)
    values |= _parts(options, matrix, values, read)
    path = f"{_DIRECTORY}/{name}"
    return Workflow(
        files=(
            WorkflowFile(path=path, text=fill(read("github.yml"), values)),
            WorkflowFile(path=DEPENDABOT_PATH, text=read("dependabot.yml"), is_companion=True),
        ),
        next_steps=_next_steps(options, options.output or path),
        left_out=matrix.left_out,
    )


def _name(options: WorkflowOptions) -> str:
    usual = f"wheels-{canonicalize_name(options.project)}.yml" if options.package else WORKFLOW
    return options.output.rpartition("/")[2] or usual


def _tag_pattern(options: WorkflowOptions) -> str:
    # Escapes pattern characters. Without a prefix, a leading digit marks release tags.
    return re.sub(r"([*?+!\[\]\\])", r"\\\1", options.tag_prefix) + ("*" if options.tag_prefix else "[0-9]*")


def _publishing(options: WorkflowOptions) -> dict[str, str]:
    """Parts of the publishing job: tags go to the index, branch pushes to the test index."""
    if not options.test_index:
        return {
            "condition": "if: github.event_name == 'push' && github.ref_type == 'tag'",
            "environment_name": "pypi",
            "publish": f"run: {publish_with(options, _RELEASE, 'dist')}",
        }
    arguments = f"{_IS_TAG} && '{_RELEASE}' || '{test_arguments(options)}'"
    return {
        "condition": "if: github.event_name == 'push' # tags go to the index, other pushes to its test instance",
        "environment_name": f"${{{{ {_IS_TAG} && 'pypi' || 'testpypi' }}}}",
        "publish": f"run: {publish_with(options, '$INDEX', 'dist')}\nenv:\n  INDEX: ${{{{ {arguments} }}}}",
    }


def _parts(options: WorkflowOptions, matrix: Matrix, values: Mapping[str, str], read: ReadTemplate) -> dict[str, str]:
    has_android = any(job.group.platform is Platform.ANDROID for job in matrix.jobs)
    blocks = {
        "matrix": rows(_row(job) for job in matrix.jobs),
        "needs_sdist": "needs: sdist" if options.from_sdist else "",
        "source": fill(read("github-sdist.yml" if options.from_sdist else "github-checkout.yml"), values),
        "qemu": fill(read("github-qemu.yml"), values) if matrix.is_emulated else "",
        "kvm": read("github-kvm.yml") if has_android else "",
    }
    variables = values["tag_environment"]
    return {
        "jobs": fill(read("github-pure.yml" if options.is_pure else "github-wheels.yml"), {**values, **blocks}),
        "last": "build" if options.is_pure else "check",
        "environment_of_all": f"\nenv: {{ {variables} }}" if variables else "",
    }


def _row(job: BuildJob) -> dict[str, str]:
    row = {"name": job.group.name, "runner": job.runner.label, "selection": job.group.selection}
    return {**row, "qemu": "yes"} if job.runner.is_emulated else row


def _next_steps(options: WorkflowOptions, path: str) -> tuple[str, ...]:
    values = f"the owner and the name of this repository, workflow name {_name(options)}"
    environments = environment_names(options)
    return (
        first_look(f"{path} and {DEPENDABOT_PATH}"),
        publisher_step(options, "GitHub", values),
        (
            f"In the repository settings, under Environments, create {environments}. For pypi, require manual approval "
            f"and allow only the tags {_tag_pattern(options)}."
        ),
        "Remove API tokens from earlier releases from the repository secrets, and revoke them.",
        *version_steps(options),
        tag_step(options),
    )
