"""Where the time of one warm run of cibw goes, from what it asks of the engine and when."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cases import WARM_WORK
from benchmarks.computer import circumstances, load
from benchmarks.engine_calls import Call, calls
from benchmarks.engine_traffic import Traffic
from benchmarks.environment import environment
from benchmarks.programs import MeasureError
from benchmarks.tools import Cibw
from cibw.execution.container.endpoints import docker_endpoint

_SHORTEST = 0.02
_WIDEST = 100
_WORK = "/tmp/cibw/work/"  # noqa: S108
"""Where builds work in a container; each has a folder there, named by its identifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    calls: Sequence[Call]
    start: float
    end: float


def profile() -> str:
    """Run twice, to warm up and to record, and tell about the second in Markdown; MeasureError."""
    recorded = [_record() for _ in range(2)][-1]
    lines = [f"Recorded {time.strftime('%Y-%m-%d %H:%M')}, {load()}, on {circumstances()}.", ""]
    lines += [*_summary(recorded), "", *_kinds(recorded), "", *_timeline(recorded)]
    return "\n".join(lines) + "\n"


def _record() -> _Recorded:
    url = docker_endpoint(environment()).url
    if not url.startswith("unix://"):
        raise MeasureError(f"only an engine behind a Unix socket can be watched, not {url}")
    traffic = Traffic(Path(url.removeprefix("unix://")))
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="cibw-profile-")))
        stack.enter_context(traffic.listening(place / "engine.sock"))
        run = Cibw(works=(WARM_WORK,), settings={"DOCKER_HOST": f"unix://{place / 'engine.sock'}"})
        start = time.monotonic()
        sample = run(place)
    return _Recorded(calls=calls(traffic.chunks), start=start, end=start + sample.seconds)


def _summary(recorded: _Recorded) -> Iterator[str]:
    first = min(call.start for call in recorded.calls)
    last = max(call.end for call in recorded.calls)
    commands = [call for call in recorded.calls if call.is_command]
    yield "| part of the run | ms |"
    yield "|---|---:|"
    yield f"| before cibw asks the engine for anything | {_ms(first - recorded.start)} |"
    yield f"| from its first to its last answer | {_ms(last - first)} |"
    for number, seconds in sorted(_occupancy(commands, first, last).items()):
        yield f"| ... while {number or 'no'} command{'s' * (number != 1)} ran in containers | {_ms(seconds)} |"
    yield f"| after the last answer | {_ms(recorded.end - last)} |"
    yield f"| the whole run | {_ms(recorded.end - recorded.start)} |"


def _kinds(recorded: _Recorded) -> Iterator[str]:
    groups: dict[str, list[Call]] = {}
    for call in recorded.calls:
        groups.setdefault("commands" if call.is_command else call.what, []).append(call)
    yield "| asked of the engine | times | ms, all together |"
    yield "|---|---:|---:|"
    for what, group in sorted(groups.items(), key=lambda item: -sum(call.seconds for call in item[1])):
        yield f"| {what} | {len(group)} | {_ms(sum(call.seconds for call in group))} |"


def _timeline(recorded: _Recorded) -> Iterator[str]:
    yield f"Everything that took {_ms(_SHORTEST)} ms or longer, by its start:"
    yield ""
    yield "| at ms | for ms | what |"
    yield "|---:|---:|---|"
    for call in recorded.calls:
        if call.seconds >= _SHORTEST:
            yield f"| {_ms(call.start - recorded.start)} | {_ms(call.seconds)} | {_shown(call)} |"


def _shown(call: Call) -> str:
    if not call.is_command:
        return call.what
    text = call.what.replace(_WORK, "").removeprefix("sh -c ")
    text = text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."
    return f"`{text.replace('|', chr(92) + '|').replace('`', ' ')}`"


def _occupancy(commands: Sequence[Call], first: float, last: float) -> dict[int, float]:
    """The seconds between two times during which so many commands ran."""
    begun, ended = [(call.start, 1) for call in commands], [(call.end, -1) for call in commands]
    found: dict[int, float] = {}
    running, at = 0, first
    for when, change in [*sorted(begun + ended, key=lambda one: (one[0], -one[1])), (last, 0)]:
        found[running] = found.get(running, 0.0) + when - at
        running, at = running + change, when
    return found


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
