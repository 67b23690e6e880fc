"""Installs uv in a container that does not have it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.model.command import Request
from cibw.running.machine import Machine
from cibw.running.seals import Notice, ignore, remove_damaged, seal_tree

_TRIPLES = {
    "linux/amd64": "x86_64-unknown-linux-musl",
    "linux/arm64": "aarch64-unknown-linux-musl",
    "linux/riscv64": "riscv64-unknown-linux",
}
"""The platforms that uv's `--python-platform` supports."""
_PLACE = "/usr/local/bin/uv"
_HINT = "Use an image that contains uv, such as a manylinux or musllinux image."


def bring_uv(machine: Machine, host: Machine, uv: str, oci_platform: str, cache_dir: Path) -> None:
    """Copy uv from its wheel for the container's platform into the container, unless uv is already installed.

    The musl wheel contains a static program, which runs with any libc. It is cached between runs. Raises
    MissingToolError if uv cannot be installed.
    """
    look = Request(argv=("sh", "-c", "command -v uv"), cwd="/", environment=machine.environment())
    if machine.run(look, _ignore).exit_code == 0:
        return
    machine.put(static_uv(host, uv, oci_platform, cache_dir), _PLACE)


def static_uv(host: Machine, uv: str, oci_platform: str, cache_dir: Path, notice: Notice = ignore) -> Path:
    """Return the path of a static uv program for a platform, which is cached.

    Raise MissingToolError if there is none.
    """
    if oci_platform not in _TRIPLES:
        raise MissingToolError(
            f"The image does not contain uv, and there is no uv wheel for {oci_platform}.", hint=_HINT
        )
    from filelock import FileLock

    triple = _TRIPLES[oci_platform]
    directory = cache_dir / "uv" / triple
    directory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{directory}.lock"):
        if not remove_damaged(directory, notice):
            _fetch(host, uv, triple, directory)
            seal_tree(directory)
    return directory / "bin" / "uv"


def _fetch(host: Machine, uv: str, triple: str, directory: Path) -> None:
    command = ("pip", "install", "--quiet", "--no-deps", "--target", str(directory), "--python-platform", triple, "uv")
    lines: list[str] = []
    request = Request(argv=(uv, *command), cwd="/", environment=host.environment())
    outcome = host.run(request, lambda text, _is_error: lines.append(text))
    if outcome.exit_code != 0:
        raise MissingToolError(
            f"The image does not contain uv, and installing the uv wheel for {triple} failed: {' '.join(lines[-3:])}",
            hint=f"{_HINT} Or {_way_out(request.environment)}.",
        )


def _way_out(environment: Mapping[str, str]) -> str:
    return "run once with network access" if environment.get("UV_OFFLINE") else "check the network connection"


def _ignore(_text: str, _is_error: bool) -> None:
    pass
