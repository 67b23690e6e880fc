"""Looks up a local image without loading an engine library or starting a service."""

from __future__ import annotations

import socket
from contextlib import closing
from functools import partial
from urllib.parse import quote

from cibw.limited import parse_json
from cibw.model.command import Request
from cibw.model.images import EngineName, Image
from cibw.running.container_api import LocalImage
from cibw.running.container_endpoints import Endpoint, docker_endpoint, fault_of, podman_endpoints, podman_program
from cibw.running.container_images import Look, local_image
from cibw.running.git import Runner

_UNIX = "unix://"
_SECONDS = 5.0
_OK = b"200"


def peek_image(name: EngineName, image: Image, runner: Runner) -> str:
    """Return the id of the image that an engine would use, or an empty string if there is none or it is unknown.

    `runner` is this computer. Its environment determines the engine addresses, and it runs the Podman program.
    """
    look = _look(name, runner)
    if look is None:
        return ""
    try:
        found = local_image(look, image)
    except (OSError, ValueError):
        return ""
    return found.identity if found else ""


def _look(name: EngineName, runner: Runner) -> Look | None:
    environment = runner.environment()
    endpoints = (docker_endpoint(environment),) if name is EngineName.DOCKER else podman_endpoints(environment)
    for endpoint in endpoints:
        if endpoint.url.startswith(_UNIX) and not fault_of(endpoint):
            return partial(_at_socket, endpoint)
    program = podman_program(environment)
    is_local = name is EngineName.PODMAN and not endpoints[0].explicit
    return partial(_by_program, program, runner) if is_local and program else None


def _at_socket(endpoint: Endpoint, reference: str) -> LocalImage | None:
    status, body = _get(endpoint.url.removeprefix(_UNIX), f"/images/{quote(reference, safe='/:@')}/json")
    told: object = parse_json(body) if status == _OK else None
    return LocalImage.of(told) if isinstance(told, dict) else None


def _by_program(program: str, runner: Runner, reference: str) -> LocalImage | None:
    lines: list[str] = []
    request = Request(argv=(program, "image", "inspect", reference), cwd="/", environment=runner.environment())
    outcome = runner.run(request, lambda line, is_error: None if is_error else lines.append(line))
    told: object = parse_json("\n".join(lines)) if outcome.exit_code == 0 else None
    return LocalImage.of(told[0]) if isinstance(told, list) and told and isinstance(told[0], dict) else None


def _get(path: str, resource: str) -> tuple[bytes, bytes]:
    """Return the status and body of an HTTP 1.0 response, which comes in one piece and ends with the connection."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(path)
        connection.sendall(f"GET {resource} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return head.split(b" ", 2)[1] if head.count(b" ") > 1 else b"", body
