"""A look at an engine's images through its socket, before any library is loaded for more."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import quote

from cibw.model.images import EngineName, Image
from cibw.running.container_api import LocalImage
from cibw.running.container_endpoints import Endpoint, docker_endpoint, fault_of, podman_endpoints
from cibw.running.container_images import local_image

_UNIX = "unix://"
_SECONDS = 5.0
_OK = b"200"


def peek_image(name: EngineName, image: Image, environment: Mapping[str, str]) -> str:
    """The identity of the image that an engine would take; empty where it has none, or can't be asked so easily."""
    endpoints = (docker_endpoint(environment),) if name is EngineName.DOCKER else podman_endpoints(environment)
    listening = next((one for one in endpoints if one.url.startswith(_UNIX) and not fault_of(one)), None)
    if listening is None:
        return ""
    try:
        found = local_image(lambda reference: _look(listening, reference), image)
    except (OSError, ValueError):
        return ""
    return found.identity if found else ""


def _look(endpoint: Endpoint, reference: str) -> LocalImage | None:
    status, body = _get(endpoint.url.removeprefix(_UNIX), f"/images/{quote(reference, safe='/:@')}/json")
    told: object = json.loads(body) if status == _OK else None
    return LocalImage.of(told) if isinstance(told, dict) else None


def _get(path: str, resource: str) -> tuple[bytes, bytes]:
    """The status and the body of an answer of HTTP 1.0, which comes in one piece and ends with the connection."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(path)
        connection.sendall(f"GET {resource} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return head.split(b" ", 2)[1] if head.count(b" ") > 1 else b"", body
