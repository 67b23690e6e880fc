"""Giving a finished root file system to Docker or Podman, and asking whether it stands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.images.commands import ImageError, run, scratch, succeeds

ENGINES = ("docker", "podman")
_OCI_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def check_engine(engine: str) -> None:
    """Fail with advice when the engine isn't installed or doesn't answer."""
    if not shutil.which(engine):
        raise ImageError(f"{engine} is not installed; run: bin/start_engines.sh")
    try:
        run([engine, "version"])
    except ImageError as error:
        raise ImageError(f"{engine} does not answer; run: bin/start_engines.sh\n{error}") from None


def full_name(engine: str, reference: str) -> str:
    """Return the name under which the engine lists a local image."""
    return f"localhost/{reference}" if engine == "podman" else reference


def stands(engine: str, reference: str) -> bool:
    """Tell whether the engine has the image."""
    return succeeds([engine, "image", "inspect", full_name(engine, reference)])


def load(engine: str, reference: str, tar: Path, arch: str, env: Mapping[str, str]) -> None:
    """Make an image of the tar file, with the environment and the architecture recorded in it."""
    oci = _OCI_ARCHITECTURES[arch]
    changes = [f"ENV {name}={value}" for name, value in env.items()] + ['CMD ["/bin/sh"]']
    name = full_name(engine, reference)
    if engine == "podman":
        flags = [word for change in changes for word in ("--change", change)]
        run(["podman", "import", "--quiet", "--os=linux", f"--arch={oci}", *flags, tar, name])
    else:
        _docker_build(name, tar, oci, changes)


def _docker_build(name: str, tar: Path, oci: str, changes: list[str]) -> None:
    # `docker import --platform` of Engine 20.10 records the host's own architecture.
    with scratch() as context:
        os.link(tar, context / "root.tar")
        lines = ["FROM scratch", "ADD root.tar /", *changes]
        (context / "Dockerfile").write_text("\n".join(lines) + "\n")
        options = ["--quiet", "--platform", f"linux/{oci}", "--tag", name]
        run(["docker", "build", *options, context], env={"DOCKER_BUILDKIT": "0"})
