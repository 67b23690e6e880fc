from __future__ import annotations

from pathlib import Path

import pytest

from cibw.errors import MissingToolError
from cibw.execution.container.session import bring_uv
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, Put, RecordingMachine


def lacks_uv(request: CommandRequest) -> Answer:
    return Answer(exit_code=127 if "command -v uv" in request.argv else 0)


def put_by(machine: RecordingMachine) -> list[str]:
    return [asked.target for asked in machine.asked if isinstance(asked, Put)]


def installs(request: CommandRequest) -> Answer:
    program = Path(request.argv[request.argv.index("--target") + 1], "bin", "uv")
    program.parent.mkdir(parents=True)
    program.write_bytes(b"uv")
    return Answer()


def test_an_image_that_has_uv_is_left_alone(tmp_path: Path) -> None:
    machine, host = RecordingMachine(), RecordingMachine()
    bring_uv(machine, host, "uv", "linux/amd64", tmp_path)
    assert put_by(machine) == []
    assert host.requests == []


def test_uv_is_fetched_once_for_the_platform_of_the_container(tmp_path: Path) -> None:
    host = RecordingMachine(installs)
    for _ in range(2):
        machine = RecordingMachine(lacks_uv)
        bring_uv(machine, host, "/bin/uv", "linux/arm64", tmp_path)
        assert put_by(machine) == ["/usr/local/bin/uv"]
    (request,) = host.requests
    assert request.argv[0] == "/bin/uv"
    assert "aarch64-unknown-linux-musl" in request.argv


def test_without_a_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    host = RecordingMachine(lambda _request: Answer(exit_code=1, stderr="no network"))
    with pytest.raises(MissingToolError, match="no network") as caught:
        bring_uv(RecordingMachine(lacks_uv), host, "uv", "linux/amd64", tmp_path)
    assert "image that contains uv" in caught.value.hint


def test_an_architecture_that_uv_can_not_name(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match="linux/386") as caught:
        bring_uv(RecordingMachine(lacks_uv), RecordingMachine(), "uv", "linux/386", tmp_path)
    assert "image that contains uv" in caught.value.hint
