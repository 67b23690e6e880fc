from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from cibw.errors import EngineUnavailableError
from cibw.execution.container.connection import connect
from cibw.execution.container.endpoints import (
    Endpoint,
    docker_endpoint,
    fault_of,
    podman_endpoints,
    podman_program,
    resolve_auto,
)
from cibw.model.machines import EngineName


def write_context(folder: Path, host: str) -> None:
    (folder / "config.json").write_text(json.dumps({"currentContext": "mine"}))
    meta = folder / "contexts" / "meta" / hashlib.sha256(b"mine").hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Endpoints": {"docker": {"Host": host}}}))


def test_docker_listens_where_the_variable_says() -> None:
    endpoint = docker_endpoint({"DOCKER_HOST": "tcp://far:2375", "DOCKER_CONTEXT": "x"})
    assert (endpoint.url, endpoint.is_remote, endpoint.explicit) == ("tcp://far:2375", True, True)


def test_docker_listens_where_the_current_context_says(tmp_path: Path) -> None:
    write_context(tmp_path, "unix:///home/me/docker.sock")
    endpoint = docker_endpoint({"DOCKER_CONFIG": str(tmp_path)})
    assert (endpoint.url, endpoint.is_remote) == ("unix:///home/me/docker.sock", False)
    assert docker_endpoint({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "default"}).origin.startswith(
        "the default"
    )


def test_a_context_that_is_no_plain_socket_is_passed_over(tmp_path: Path) -> None:
    write_context(tmp_path, "ssh://me@far")
    assert docker_endpoint({"DOCKER_CONFIG": str(tmp_path)}).url == "unix:///var/run/docker.sock"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"currentContext": 1}', '{"currentContext": "gone"}'])
def test_a_broken_configuration_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert docker_endpoint({"HOME": "/nowhere", "DOCKER_CONFIG": str(tmp_path)}).url == "unix:///var/run/docker.sock"


def test_podman_listens_at_the_users_socket_before_that_of_root() -> None:
    urls = [endpoint.url for endpoint in podman_endpoints({"XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/h"})]
    assert urls[:2] == ["unix:///run/user/7/podman/podman.sock", "unix:///run/podman/podman.sock"]
    (only,) = podman_endpoints({"CONTAINER_HOST": "unix:///x", "HOME": "/h"})
    assert (only.url, only.explicit) == ("unix:///x", True)


def test_a_missing_socket_is_a_fault_and_an_unknown_transport_is_not(tmp_path: Path) -> None:
    assert fault_of(Endpoint(url=f"unix://{tmp_path}/s", origin="")) == f"no {tmp_path}/s"
    assert not fault_of(Endpoint(url="ssh://far", origin=""))


def test_auto_is_the_host_where_nothing_is_there(tmp_path: Path) -> None:
    missing = f"unix://{tmp_path}/s"
    choice = resolve_auto({"DOCKER_HOST": missing, "CONTAINER_HOST": missing, "PATH": str(tmp_path)})
    assert choice.name is EngineName.HOST
    assert choice.reason == f"Docker is not running (no {tmp_path}/s), Podman is not installed: building on the host"


def test_auto_is_podman_where_it_is_installed(tmp_path: Path) -> None:
    program = tmp_path / "podman"
    program.touch(mode=0o755)
    missing = f"unix://{tmp_path}/s"
    environment = {"DOCKER_HOST": missing, "CONTAINER_HOST": missing, "PATH": str(tmp_path)}
    assert podman_program(environment) == str(program)
    assert resolve_auto(environment).name is EngineName.PODMAN


def test_auto_is_docker_where_another_computer_is_named() -> None:
    assert resolve_auto({"DOCKER_HOST": "tcp://far:2375"}).name is EngineName.DOCKER


@pytest.mark.parametrize(
    ("name", "words"), [(EngineName.DOCKER, "Start Docker"), (EngineName.PODMAN, "CONTAINER_HOST")]
)
def test_an_engine_that_is_not_there_is_told_with_what_to_do(tmp_path: Path, name: EngineName, words: str) -> None:
    missing = f"unix://{tmp_path}/s"
    with pytest.raises(EngineUnavailableError) as caught:
        connect(name, {"DOCKER_HOST": missing, "CONTAINER_HOST": missing, "PATH": ""})
    assert words in caught.value.hint
    assert "--engine host" in caught.value.hint


def test_no_connection_is_made_to_what_is_no_engine() -> None:
    with pytest.raises(ValueError, match="not a container engine"):
        connect(EngineName.HOST, {})
