from __future__ import annotations

import os
import threading
from typing import IO

from cibw.execution.host.processes import PipeReader
from cibw.execution.machine import OutputSplitter
from unit_test.execution.trials import PATIENCE

Lines = list[tuple[str, bool]]


def pipe() -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb", 0), os.fdopen(writing, "wb", 0)


def test_both_streams_are_read_to_their_ends() -> None:
    lines: Lines = []
    (out, into_out), (err, into_err) = pipe(), pipe()
    reader = PipeReader({False: out, True: err})
    with into_out, into_err:
        into_out.write(b"one\ntwo\n")
        into_err.write(b"bad\n")
    splitter = OutputSplitter(lambda line, is_error: lines.append((line, is_error)))
    reader.read(splitter, lambda: False)
    assert splitter.close() == "one\ntwo\n"
    assert sorted(lines) == [("bad", True), ("one", False), ("two", False)]


def test_a_service_that_holds_the_output_is_not_waited_for() -> None:
    lines: Lines = []
    (out, into_out), (err, into_err) = pipe(), pipe()
    reader = PipeReader({False: out, True: err})
    into_out.write(b"ready\n")
    reader.read(OutputSplitter(lambda line, is_error: lines.append((line, is_error))), lambda: True)
    assert lines == [("ready", False)]
    # Nobody stops who goes on writing: more goes through than a pipe holds.
    for _ in range(64):
        into_out.write(b"x" * (1 << 16))
    into_out.close()
    into_err.close()


def test_an_error_of_the_sink_ends_the_reading() -> None:
    out, into_out = pipe()
    reader = PipeReader({False: out})

    def refuse(_line: str, _is_error: bool) -> None:
        raise KeyboardInterrupt

    writer = threading.Thread(target=_write_much, args=(into_out,))
    writer.start()
    try:
        reader.read(OutputSplitter(refuse), lambda: False)
    except KeyboardInterrupt:
        writer.join(PATIENCE)
    assert not writer.is_alive()


def _write_much(stream: IO[bytes]) -> None:
    with stream:
        for _ in range(100):
            stream.write(b"line\n" * 10_000)
