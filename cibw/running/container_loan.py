"""Mounts programs of this computer in containers of a foreign architecture."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.model.command import Request
from cibw.model.images import ContainerSpec, EmulationToolchain
from cibw.running.bring_uv import static_uv
from cibw.running.container_images import always
from cibw.running.host import HostMachine
from cibw.running.host_session import HostSettings, find_uv
from cibw.running.lent import (
    PLACE,
    LentPrograms,
    Loan,
    container_settings,
    library_folders,
    refusal,
    toolchain_variables,
)
from cibw.running.machine import Machine
from cibw.running.watch import ended_by
from cibw.running.zig import find_zig, misses_copies
from cibw.running.zig_compilers import lay_compilers, zig_compiler
from cibw.running.zig_settings import ZigSettings

_LOOK = f"""
{PLACE}/zig/zig version >/dev/null 2>&1 && echo zig
{PLACE}/bin/uv --version >/dev/null 2>&1 && echo uv
for folder; do [ -d "$folder" ] && echo "$folder"; done
exit 0
"""


def lend_programs(
    spec: ContainerSpec,
    settings: HostSettings,
    server_platform: str,
    *,
    package: str = "ziglang",
    go_on: Callable[[], None] = always,
) -> LentPrograms:
    """Find the programs that can be mounted in containers.

    `server_platform` is that of the engine, such as `linux/amd64`. An error raised by `go_on` cancels waiting for
    uv.
    """
    cache = settings.cache_dir
    zig, reason = _zig(spec, package)
    with closing(HostMachine(settings.environment)) as machine, ended_by(go_on, machine.close):
        uv = _uv(machine, settings, server_platform)

    def lay(chosen: ZigSettings) -> Path:
        program = find_zig(package)
        with closing(HostMachine(settings.environment)) as machine:
            fitting = replace(chosen, stands_in=misses_copies(package))
            return lay_compilers(
                cache / "toolchains", fitting, zig_compiler(machine, program, cache / "zig"), settings.notice
            )

    (cache / "toolchains").mkdir(parents=True, exist_ok=True)
    (cache / "zig").mkdir(parents=True, exist_ok=True)
    # A colon ends the source of a mount.
    if any(":" in str(path) for path in (zig, uv, cache)):
        zig, uv, reason = None, None, reason or "because a path of zig or of the cache contains a colon"
    return LentPrograms(toolchains=cache / "toolchains", lay=lay, zig=zig, uv=uv, reason=reason)


def borrow(container: Machine, lent: LentPrograms, cache: str) -> Loan:
    """Check which mounted programs run in the container, and prepare its compilers. `cache` is a directory in it."""
    environment = container.environment()
    reason = lent.reason or refusal(environment)
    tag = environment.get("AUDITWHEEL_PLAT", "")
    found = _look(container, () if reason else library_folders(tag))
    path = {"PATH": f"{PLACE}/bin:{environment.get('PATH', '')}"} if "uv" in found else {}
    if not reason and "zig" not in found:
        reason = "because zig does not run in the container"
    if reason:
        return Loan(description=f"compilers: from the image, {reason}", environment=path)
    folders = tuple(line for line in found if line.startswith("/"))
    directory = lent.lay(container_settings(tag, folders)).name
    toolchain = toolchain_variables(directory, tag, cache)
    return Loan(description="compilers: zig, running natively", environment={**path, **toolchain}, toolchain=toolchain)


def _zig(spec: ContainerSpec, package: str) -> tuple[Path | None, str]:
    if spec.emulation_toolchain is EmulationToolchain.IMAGE:
        return None, "as set by emulation-toolchain"
    try:
        return find_zig(package), ""
    except MissingToolError:
        return None, "because ziglang is not installed; `pip install 'cibw[host]'` makes this several times faster"


def _uv(machine: Machine, settings: HostSettings, server_platform: str) -> Path | None:
    try:
        uv = find_uv(settings.environment.get("PATH", ""))
        return static_uv(machine, uv, server_platform, settings.cache_dir, settings.notice)
    except MissingToolError:
        # The image's own uv works as well, but is slower.
        return None


def _look(container: Machine, folders: tuple[str, ...]) -> tuple[str, ...]:
    argv = ("sh", "-c", _LOOK, "sh", *folders)
    request = Request(argv=argv, cwd="/", environment=container.environment())
    return tuple(container.run(request, lambda _text, _is_error: None).stdout.splitlines())
