"""The pipeline of Azure Pipelines."""

from __future__ import annotations

from collections.abc import Iterable

from cibw.model.identifiers import Architecture, Platform
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
    environment_names,
    fill,
    first_look,
    flow,
    linux_runners,
    make_matrix,
    publish_command,
    sdist_command,
    tag_step,
    token_names,
    token_step,
    version_steps,
)

PATH = "azure-pipelines.yml"
_UBUNTU = "ubuntu-24.04"
# Hosted runners have only x86_64 processors: other architectures are emulated on Linux, and cross-built elsewhere.
_MAC = CiRunner(label="macOS-15")
_WINDOWS = CiRunner(label="windows-2025")
RUNNERS: Runners = {
    **linux_runners({Architecture.X86_64: _UBUNTU, Architecture.I686: _UBUNTU}, emulating=_UBUNTU),
    (Platform.MACOS, Architecture.ARM64): _MAC,
    (Platform.MACOS, Architecture.X86_64): _MAC,
    (Platform.MACOS, Architecture.UNIVERSAL2): _MAC,
    (Platform.WINDOWS, Architecture.WIN_AMD64): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_X86): _WINDOWS,
    (Platform.WINDOWS, Architecture.WIN_ARM64): _WINDOWS,
    (Platform.PYODIDE, Architecture.WASM32): CiRunner(label=_UBUNTU),
}
_DOWNLOADED = "$(Pipeline.Workspace)/dist"


def azure_workflow(options: WorkflowOptions, read: ReadTemplate) -> Workflow:
    """The pipeline file."""
    matrix = make_matrix(options.groups, RUNNERS)
    values = {
        **common_values(options),
        "build_sdist": sdist_command(options, "dist"),
        "build_wheels": build_command(options, "$SELECTION", "wheelhouse"),
        "check": check_command(options, "dist"),
        "publish": publish_command(options, "pypi", _DOWNLOADED),
        "needs_sdist": "dependsOn: sdist" if options.from_sdist else "",
        "source": read("azure-sdist.yml" if options.from_sdist else "azure-checkout.yml"),
        "matrix": _rows(matrix.jobs),
        "qemu": read("azure-qemu.yml") if matrix.is_emulated else "",
    }
    values["wheels"] = "" if options.is_pure else "\n" + fill(read("azure-wheels.yml"), values)
    values["variables"] = f"\nvariables:\n  {values['tag_environment']}" if options.tag_format else ""
    to_test = {**values, "publish": publish_command(options, "testpypi", _DOWNLOADED)}
    values["test_index"] = fill(read("azure-test-index.yml"), to_test) if options.test_index else ""
    file = WorkflowFile(path=PATH, text=fill(read("azure.yml"), values))
    return Workflow(files=(file,), next_steps=_next_steps(options), left_out=matrix.left_out)


def _rows(jobs: Iterable[BuildJob]) -> str:
    return "\n".join(_row(job) for job in jobs)


def _row(job: BuildJob) -> str:
    group = job.group
    row = {"runner": job.runner.label, "selection": group.selection, "artifact": group.artifact}
    emulated = {"qemu": "yes"} if job.runner.is_emulated else {}
    # Azure names contain only letters, digits and underscores.
    return f"{group.name.replace('-', '_')}: {flow({**row, **emulated})}"


def _next_steps(options: WorkflowOptions) -> tuple[str, ...]:
    return (
        first_look(options.output or PATH),
        token_step(options, "Azure Pipelines"),
        f"In the pipeline settings, add {token_names(options)} as secret variables.",
        f"Under Pipelines > Environments, create {environment_names(options)}, and require manual approval for pypi.",
        *version_steps(options),
        tag_step(options),
    )
