"""Run by cibuildwheel's Python: the commands that it would run, as JSON.

python cibuildwheel_side.py < calls.json > answers.json
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace as Foreign

from tests.peer.commands.calls import Answer, Call
from tests.peer.commands.cibuildwheel_container import container
from tests.peer.commands.cibuildwheel_stand_ins import NoProcess, StandIns

# Objects of the peer are taken for name spaces, because its types are not known where this is checked.


def main() -> None:
    """Answer the calls of standard input, in order, each in a process of its own."""
    calls: list[Call] = json.load(sys.stdin)
    for name in ("linux", "macos", "windows"):
        importlib.import_module(f"cibuildwheel.platforms.{name}")
    json.dump([answer(call) for call in calls], sys.stdout)


def answer(call: Call) -> Answer:
    """The commands of one configuration; what is replaced for it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="peer-") as directory:
        file = Path(directory) / "answer.json"
        child = os.fork()
        if not child:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            # An exception ends this process with a traceback, and the answer is missing.
            file.write_text(json.dumps(_answer(call, Path(directory))), encoding="utf-8")
            os._exit(0)
        os.waitpid(child, 0)
        found: Answer = json.loads(file.read_text(encoding="utf-8"))
        return found


def _answer(call: Call, place: Path) -> Answer:
    os.chdir(call["directory"])
    os.environ.clear()
    os.environ.update(call["base"] | call["variables"])
    os.environ["CIBUILDWHEEL"] = "1"
    stand_ins = StandIns(call, place)
    error = ""
    try:
        _build(call, place, stand_ins)
    except (Exception, importlib.import_module("cibuildwheel.errors").FatalError) as fault:  # noqa: BLE001 - it ends the peer
        error = f"{type(fault).__name__}: {fault}"
    return {"records": stand_ins.records, "error": error, "defaults": []}


def _build(call: Call, place: Path, stand_ins: StandIns) -> None:
    module: Foreign = vars(importlib.import_module("cibuildwheel.platforms"))["ALL_PLATFORM_MODULES"][call["platform"]]
    options = _options(call, place)
    stand_ins.install(module)
    if call["platform"] == "linux":
        module.OCIContainer = partial(container, stand_ins)
        module.subprocess = NoProcess()
    module.build(options, place / "run")


def _options(call: Call, place: Path) -> Foreign:
    module = importlib.import_module("cibuildwheel.options")
    arguments: Foreign = module.CommandLineArguments.defaults()
    arguments.platform, arguments.archs, arguments.enable = call["platform"], "all", ["all"]
    arguments.package_dir = (Path(call["directory"]) / call["package"]).resolve()
    arguments.output_dir = place / "wheelhouse"
    arguments.output_dir.mkdir()
    (place / "run").mkdir()
    (place / "cache").mkdir()
    options: Foreign = module.Options(platform=call["platform"], command_line_arguments=arguments, env=dict(os.environ))
    return options


if __name__ == "__main__":
    main()
