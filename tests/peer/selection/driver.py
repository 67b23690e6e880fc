"""Run a command-line module many times, each in a process of its own that has everything imported already.

python driver.py MODULE < calls.json > answers.json
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import tempfile
from typing import IO

WARM = {
    "cibuildwheel": ("cibuildwheel.options", "cibuildwheel.platforms", "cibuildwheel.bashlex_eval", "bracex"),
    "cibw": (
        "cibw.cli.main",
        "cibw.cli.facts",
        "cibw.planning.plan",
        "cibw.reporting.plan",
        "cibw.config.load",
        "bracex",
    ),
}


def main() -> None:
    """Answer the calls of standard input, in order."""
    module = sys.argv[1]
    calls = json.load(sys.stdin)
    for name in WARM[module]:
        importlib.import_module(name)
    json.dump([answer(module, **call) for call in calls], sys.stdout)


def answer(
    module: str, directory: str, arguments: list[str], environment: dict[str, str], *, stubbed: bool
) -> dict[str, str | int]:
    """Run one call; `stubbed` lets the peer do all of a build but the building."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if not child:
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            # An exception ends this process with a traceback, as it would end the program.
            os._exit(_run(module, directory, arguments, environment, stubbed=stubbed))
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        return {"code": code, "stdout": _text(stdout), "stderr": _text(stderr)}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8")


def _run(module: str, directory: str, arguments: list[str], environment: dict[str, str], *, stubbed: bool) -> int:
    os.chdir(directory)
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    if stubbed:
        for platform in importlib.import_module("cibuildwheel.platforms").ALL_PLATFORM_MODULES.values():
            platform.build = lambda *_: None
    code: object = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    main()
