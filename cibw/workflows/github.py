"""Workflow files for GitHub Actions."""

from __future__ import annotations

from collections.abc import Mapping

from cibw.model.target import Architecture, Platform
from cibw.workflows.commands import build_command, check_command, publish_command, sdist_command
from cibw.workflows.common import common_values, environment_names, first_look, publisher_step, tag_step
from cibw.workflows.matrix import Runners, linux_runners, make_matrix
from cibw.workflows.templates import fill, rows
from cibw.workflows.values import BuildJob, Matrix, ReadTemplate, Runner, Wishes, Workflow, WorkflowFile

WORKFLOW = "wheels.yml"
PATH = f".github/workflows/{WORKFLOW}"
DEPENDABOT_PATH = ".github/dependabot.yml"
PINS: Mapping[str, str] = {
    "checkout": "actions/checkout@df4cb1c069e1874edd31b4311f1884172cec0e10 # v6.0.3",
    "setup_python": "actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0",
    "upload_artifact": "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1",
    "download_artifact": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "setup_qemu": "docker/setup-qemu-action@ce360397dd3f832beb865e1373c09c0e9f86d70a # v4.0.0",
}
"""The commit of each action, and the version that it is."""
_UBUNTU = "ubuntu-24.04"
_MAC = Runner(label="macos-15")
_INTEL_MAC = Runner(label="macos-15-intel")
RUNNERS: Runners = {
    **linux_runners(
        {
            Architecture.X86_64: _UBUNTU,
            Architecture.I686: _UBUNTU,
            Architecture.AARCH64: f"{_UBUNTU}-arm",
        },
        emulating=_UBUNTU,
    ),
    # 32-bit programs of ARM need less emulation, if any, on a processor of ARM.
    (Platform.LINUX, Architecture.ARMV7L): Runner(label=f"{_UBUNTU}-arm", is_emulated=True),
    (Platform.MACOS, Architecture.ARM64): _MAC,
    (Platform.MACOS, Architecture.X86_64): _INTEL_MAC,
    (Platform.MACOS, Architecture.UNIVERSAL2): _MAC,
    (Platform.WINDOWS, Architecture.WIN_AMD64): Runner(label="windows-2025"),
    (Platform.WINDOWS, Architecture.WIN_X86): Runner(label="windows-2025"),
    (Platform.WINDOWS, Architecture.WIN_ARM64): Runner(label="windows-11-arm"),
    (Platform.PYODIDE, Architecture.WASM32): Runner(label=_UBUNTU),
    (Platform.ANDROID, Architecture.X86_64): Runner(label=_UBUNTU),
    # Its emulator runs on no hosted computer, so these wheels are built and not tested.
    (Platform.ANDROID, Architecture.ARM64_V8A): Runner(label=_UBUNTU),
    (Platform.IOS, Architecture.ARM64_IPHONEOS): _MAC,
    (Platform.IOS, Architecture.ARM64_IPHONESIMULATOR): _MAC,
    (Platform.IOS, Architecture.X86_64_IPHONESIMULATOR): _INTEL_MAC,
}


def github_workflow(wishes: Wishes, read: ReadTemplate) -> Workflow:
    """The workflow of GitHub Actions, and the file that has Dependabot look after its actions."""
    matrix = make_matrix(wishes.groups, RUNNERS)
    values = {**common_values(wishes), **PINS, "workflow": _name(wishes), **_commands(wishes)}
    values |= _parts(wishes, matrix, values, read)
    text = fill(read("github.yml"), values)
    return Workflow(
        files=(
            WorkflowFile(path=PATH, text=text),
            WorkflowFile(path=DEPENDABOT_PATH, text=read("dependabot.yml"), is_companion=True),
        ),
        next_steps=_next_steps(wishes),
        left_out=matrix.left_out,
    )


def _name(wishes: Wishes) -> str:
    return wishes.output.rpartition("/")[2] or WORKFLOW


def _commands(wishes: Wishes) -> dict[str, str]:
    return {
        "build_sdist": sdist_command(wishes, "dist"),
        "build_wheels": build_command(wishes, "$SELECTION", "wheelhouse"),
        "check": check_command(wishes, "dist"),
        "publish": publish_command(wishes, "pypi", "dist"),
    }


def _parts(wishes: Wishes, matrix: Matrix, values: Mapping[str, str], read: ReadTemplate) -> dict[str, str]:
    has_android = any(job.group.platform is Platform.ANDROID for job in matrix.jobs)
    to_test = {**values, "publish": publish_command(wishes, "testpypi", "dist")}
    return {
        "matrix": rows(_row(job) for job in matrix.jobs),
        "needs_sdist": "needs: sdist" if wishes.from_sdist else "",
        "source": fill(read("github-sdist.yml" if wishes.from_sdist else "github-checkout.yml"), values),
        "qemu": fill(read("github-qemu.yml"), values) if matrix.is_emulated else "",
        "kvm": read("github-kvm.yml") if has_android else "",
        "test_index": fill(read("github-test-index.yml"), to_test) if wishes.test_index else "",
    }


def _row(job: BuildJob) -> dict[str, str]:
    row = {"name": job.group.name, "runner": job.runner.label, "selection": job.group.selection}
    return {**row, "qemu": "yes"} if job.runner.is_emulated else row


def _next_steps(wishes: Wishes) -> tuple[str, ...]:
    values = f"the owner and the name of this repository, workflow name {_name(wishes)}"
    environments = environment_names(wishes)
    return (
        first_look(f"{wishes.output or PATH} and {DEPENDABOT_PATH}"),
        publisher_step(wishes, "GitHub", values),
        (
            f"In the repository's settings, below Environments: create {environments}. Let a person approve "
            f"deployments to pypi, and allow it for the tags {wishes.tag_prefix}* alone."
        ),
        "Remove API tokens of earlier releases from the repository's secrets, and revoke them.",
        tag_step(wishes),
    )
