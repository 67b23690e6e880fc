from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cibw.errors import CommandFailedError, ReleaseFaultError
from cibw.model.command import Outcome, Request
from cibw.running.machine import OutputSink
from cibw.running.sdist import build_sdist, build_wheel


class Builder:
    """A host whose build leaves some files, or fails."""

    def __init__(self, *files: str, exit_code: int = 0) -> None:
        self.requests: list[Request] = []
        self._files = files
        self._exit_code = exit_code

    def run(self, request: Request, output: OutputSink) -> Outcome:
        self.requests.append(request)
        for name in self._files:
            Path(request.cwd, name).touch()
        for number in range(30):
            output(f"line {number}", False)
        return Outcome(exit_code=self._exit_code)

    def environment(self) -> Mapping[str, str]:
        return {"A": "1"}


def _ignore(_line: str, _is_error: bool) -> None:
    """Output that nobody wants."""


IGNORE: Callable[[str, bool], None] = _ignore


def test_the_library_build_is_asked_once(tmp_path: Path) -> None:
    builder, lines = Builder("demo-1.0.tar.gz", "notes.txt"), list[str]()
    path = build_sdist(builder, tmp_path / "project", tmp_path, lambda line, _is_error: lines.append(line))
    assert path == tmp_path / "demo-1.0.tar.gz"
    (request,) = builder.requests
    assert request.argv[1:] == (
        *("-m", "build", "--sdist", "--installer", "uv", "--outdir", str(tmp_path), str(tmp_path / "project")),
    )
    assert (request.cwd, request.environment) == (str(tmp_path), {"A": "1"})
    assert lines[0] == "line 0"


def test_the_wheel_is_built_in_the_same_way(tmp_path: Path) -> None:
    builder = Builder("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz")
    assert build_wheel(builder, tmp_path, tmp_path, IGNORE).name == "demo-1.0-py3-none-any.whl"
    assert "--wheel" in builder.requests[0].argv
    with pytest.raises(CommandFailedError, match="Building the wheel failed"):
        build_wheel(Builder(exit_code=1), tmp_path, tmp_path, IGNORE)
    (tmp_path / "demo-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ReleaseFaultError) as caught:
        build_wheel(Builder("demo-1.0.tar.gz"), tmp_path, tmp_path, IGNORE)
    assert caught.value.hint.startswith("A wheel ends in .whl")


def test_a_failure_shows_the_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError) as caught:
        build_sdist(Builder(exit_code=1), tmp_path, tmp_path, IGNORE)
    assert caught.value.context.last_lines[-1] == "line 29"
    assert caught.value.context.exit_code == 1


@pytest.mark.parametrize("files", [(), ("a-1.tar.gz", "b-1.tar.gz"), ("a-1.zip",)])
def test_a_build_gives_one_sdist(files: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ReleaseFaultError, match="instead of one"):
        build_sdist(Builder(*files), tmp_path, tmp_path, IGNORE)
