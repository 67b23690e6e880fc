"""Finds the addresses of container engines, within a millisecond and without their libraries."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cibw.model.machines import EngineName
from cibw.untrusted.limits import parse_json, read_limited

_UNIX = "unix://"
_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An engine address and its origin. `explicit` is set if the user chose it."""

    url: str
    origin: str
    explicit: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether the engine runs on another computer."""
        return not self.url.startswith((_UNIX, "npipe://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The engine that `auto` selects, and the reason in one line."""

    name: EngineName
    reason: str


def resolve_auto(environment: Mapping[str, str]) -> Choice:
    """Select Docker if it is listening, else Podman if it is listening or installed, else the host."""
    endpoint = docker_endpoint(environment)
    docker_fault = fault_of(endpoint)
    if not docker_fault:
        return Choice(name=EngineName.DOCKER, reason=f"Docker listens at {endpoint.url}")
    no_docker = f"Docker is not running ({docker_fault})"
    for podman in podman_endpoints(environment):
        if not fault_of(podman):
            return Choice(name=EngineName.PODMAN, reason=f"{no_docker}: building in Podman at {podman.url}")
    program = podman_program(environment)
    if program:
        return Choice(name=EngineName.PODMAN, reason=f"{no_docker}: building in Podman ({program})")
    return Choice(name=EngineName.HOST, reason=f"{no_docker}, Podman is not installed: building on the host")


def docker_endpoint(environment: Mapping[str, str]) -> Endpoint:
    """Return Docker's address: DOCKER_HOST, else the current context, else the default socket."""
    if environment.get("DOCKER_HOST"):
        return Endpoint(url=environment["DOCKER_HOST"], origin="DOCKER_HOST", explicit=True)
    context = _context_url(environment)
    if context:
        return Endpoint(url=context, origin="the current Docker context", explicit=True)
    usual = "npipe:////./pipe/docker_engine" if os.name == "nt" else "unix:///var/run/docker.sock"
    return Endpoint(url=usual, origin="the default Docker socket")


def podman_endpoints(environment: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """Return the possible addresses of Podman: only CONTAINER_HOST if it is set, else the default sockets."""
    if environment.get("CONTAINER_HOST"):
        return (Endpoint(url=environment["CONTAINER_HOST"], origin="CONTAINER_HOST", explicit=True),)
    paths = ["/run/podman/podman.sock"]
    if environment.get("XDG_RUNTIME_DIR"):
        paths.insert(0, f"{environment['XDG_RUNTIME_DIR']}/podman/podman.sock")
    if environment.get("HOME"):
        paths.append(f"{environment['HOME']}/.local/share/containers/podman/machine/podman.sock")
    return tuple(Endpoint(url=_UNIX + path, origin="the default Podman socket") for path in paths)


def podman_program(environment: Mapping[str, str]) -> str:
    """Return the path of the `podman` program, or an empty string."""
    return shutil.which("podman", path=environment.get("PATH", os.defpath)) or ""


def fault_of(endpoint: Endpoint) -> str:
    """Return why nothing can be listening on a local socket, or an empty string. Other addresses are not checked."""
    if not endpoint.url.startswith(_UNIX):
        on_windows = endpoint.url.startswith("npipe://")
        return f"no {endpoint.url}" if on_windows and not _pipe(endpoint.url).exists() else ""
    path = endpoint.url.removeprefix(_UNIX)
    if not Path(path).exists():
        return f"no {path}"
    return _connection_fault(path)


def _connection_fault(path: str) -> str:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_SECONDS)
            probe.connect(path)
    except PermissionError:
        return f"no permission to use {path}"
    except OSError as error:
        return f"nothing is listening at {path}: {error.strerror or error}"
    return ""


def _pipe(url: str) -> Path:
    return Path(url.removeprefix("npipe://").replace("/", "\\"))


def _context_url(environment: Mapping[str, str]) -> str:
    """Return the address of the Docker CLI's current context, if it is a plain socket."""
    home = environment.get("HOME") or environment.get("USERPROFILE") or ""
    folder = Path(environment.get("DOCKER_CONFIG") or Path(home, ".docker"))
    name = environment.get("DOCKER_CONTEXT") or _text_at(folder / "config.json", "currentContext")
    if not name or name == "default":
        return ""
    identity = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    url = _text_at(folder / "contexts" / "meta" / identity / "meta.json", "Endpoints", "docker", "Host")
    return url if url.startswith((_UNIX, "npipe://")) else ""


def _text_at(path: Path, *keys: str) -> str:
    """Return a string from a JSON file, or an empty string if the file or the key is missing or invalid."""
    try:
        found: object = parse_json(read_limited(path))
    except (OSError, ValueError):
        return ""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
