"""Opens a container and waits in it to be interrupted, twice: once while it works, once while it cleans up."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from cibw.execution.container.connection import ContainerSettings, connect, open_container
from cibw.model.machines import ContainerEngine, ContainerSpec, EngineName, Image
from cibw.model.templates import CommandRequest


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Raise now, and once more a moment later."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    raise KeyboardInterrupt


def main(name: str, run_id: str, reference: str) -> None:
    """Run a long command in a container."""
    spec = ContainerSpec(
        engine=ContainerEngine(name=EngineName(name)), image=Image(reference=reference, oci_platform="linux/amd64")
    )
    signal.signal(signal.SIGTERM, interrupt)
    with (
        connect(spec.engine.name, os.environ) as engine,
        open_container(engine, spec, ContainerSettings(run_id=run_id)) as machine,
    ):
        request = CommandRequest(argv=("sh", "-c", "echo ready; sleep 100"), cwd="/", environment=machine.environment())
        machine.run(request, lambda line, _is_error: print(line, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
