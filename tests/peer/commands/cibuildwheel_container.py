"""What stands in for cibuildwheel's containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from types import SimpleNamespace as Foreign

from tests.peer.commands.calls import MACHINE, SHELL, printed
from tests.peer.commands.cibuildwheel_stand_ins import Argument, StandIns

_TESTING_DIRECTORY = "/tmp/testing"


class Container:
    """A container that keeps its commands with the stand-ins and runs none."""

    def __init__(self, stand_ins: StandIns, image: str, cwd: PurePath) -> None:
        self.image = image
        self._stand_ins = stand_ins
        self._cwd = cwd

    def copy_into(self, _source: Path, _target: PurePath) -> None:
        """Copy nothing."""

    def copy_out(self, _source: PurePath, target: Path) -> None:
        """Make the directory that gets the files."""
        target.mkdir(parents=True, exist_ok=True)

    def glob(self, directory: PurePosixPath, _pattern: str) -> list[PurePosixPath]:
        """The one wheel that is in each directory."""
        return [directory / self._stand_ins.wheel]

    def get_environment(self) -> dict[str, str]:
        """The variables of the image, and what its creation hands on."""
        return {**self._stand_ins.call_of_case["base"], "CIBUILDWHEEL": "1"}

    def environment_executor(self, command: Sequence[str], _environment: dict[str, str]) -> str:
        """What a command prints that gives a value to `environment`."""
        return printed(" ".join(command))

    def call(
        self,
        args: Sequence[Argument],
        env: Mapping[str, str] | None = None,
        capture_output: bool = False,
        cwd: Argument | None = None,
    ) -> str:
        """Keep a command, and give what it would print."""
        words = [str(word) for word in args]
        asked = [SHELL, words[2]] if words[:2] == ["sh", "-c"] else words
        given = {} if env is None else env
        self._stand_ins.record(*asked, env=given, cwd=cwd or self._cwd)
        return _output(words, given) if capture_output else ""


@contextmanager
def container(
    stand_ins: StandIns, *, image: str, oci_platform: Foreign, cwd: PurePath, engine: Foreign
) -> Iterator[Container]:
    """A container in place of the peer's own."""
    mount = "" if engine.disable_host_mount else "/host"
    stand_ins.scope = ""
    stand_ins.record(MACHINE, image, oci_platform.value, mount, *engine.create_args)
    yield Container(stand_ins, image, cwd)


def _output(words: list[str], env: Mapping[str, str]) -> str:
    match words:
        case ["which", "uv"]:
            return "/usr/local/bin/uv"
        case ["which", program]:
            directories = (one for one in env["PATH"].split(":") if one.startswith("/opt/python/"))
            return f"{next(directories, '/usr/bin')}/{program}"
        case ["mktemp", "-d"]:
            return _TESTING_DIRECTORY
        case _:
            return ""
