"""The calls of an engine in recorded traffic: requests, and commands that a kept shell reads."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.engine_traffic import Chunk

_REQUEST = re.compile(rb"^(GET|POST|PUT|DELETE|HEAD) (?:/v[\d.]+)?/(\S*) HTTP/1\.1\r\n")
_ASSIGNMENT = re.compile(r"^\w+=")
_NAMES = (
    ("POST containers/create", "create a container"),
    ("POST containers/*/start", "start a container"),
    ("POST containers/*/exec", "announce a command"),
    ("POST exec/*/start", "begin a command"),
    ("GET exec/*/json", "ask for an exit code"),
    ("PUT containers/*/archive", "copy in"),
    ("GET containers/*/archive", "copy out"),
    ("HEAD containers/*/archive", "look at a path"),
    ("GET containers/*/json", "look at a container"),
    ("POST containers/*/kill", "kill a container"),
    ("POST containers/*/wait", "wait for a container"),
    ("DELETE containers/*", "remove a container"),
    ("POST commit", "make an image of a container"),
    ("DELETE images/*", "remove an image"),
    ("GET images/*/json", "look at an image"),
    ("GET containers/json", "list containers"),
    ("GET version", "ask for the version"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call from its first byte to the last of its answer, in monotonic seconds."""

    start: float
    end: float
    what: str
    is_command: bool

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(slots=True, kw_only=True)
class _Exchange:
    start: float
    end: float
    asked: bytes
    answer: bytes = field(default=b"")


def calls(chunks: Iterable[Chunk]) -> list[Call]:
    """The calls, by their start."""
    exchanges = sorted(_exchanges(chunks), key=lambda one: one.start)
    commands: dict[str, str] = {}
    return [_call(exchange, commands) for exchange in exchanges]


def _exchanges(chunks: Iterable[Chunk]) -> Iterator[_Exchange]:
    """What a client sends without an answer between belongs together, with the answer until it sends again."""
    open_ones: dict[int, _Exchange] = {}
    for chunk in chunks:
        current = open_ones.get(chunk.connection)
        if not chunk.from_client:
            if current is not None:
                current.end = chunk.when
                current.answer += chunk.data
        elif current is None or current.answer:
            if current is not None:
                yield current
            open_ones[chunk.connection] = _Exchange(start=chunk.when, end=chunk.when, asked=chunk.data)
        else:
            current.asked += chunk.data
    yield from open_ones.values()


def _call(exchange: _Exchange, commands: dict[str, str]) -> Call:
    """`commands` maps the engine's identity of an announced command to its text."""
    found = _REQUEST.match(exchange.asked)
    if found is None:
        what = _short(exchange.asked.decode("utf-8", "replace"))
        return Call(start=exchange.start, end=exchange.end, what=what, is_command=True)
    path = found[2].decode().partition("?")[0]
    name = _name(found[1].decode(), path)
    if name == "announce a command":
        commands[_identity(exchange.answer)] = _announced(exchange.asked)
    what = commands.get(path.split("/")[1], name) if name == "begin a command" else name
    return Call(start=exchange.start, end=exchange.end, what=what, is_command=what != name)


def _name(method: str, path: str) -> str:
    asked = f"{method} {path}"
    for pattern, name in _NAMES:
        if re.fullmatch(re.escape(pattern).replace(r"\*", ".+"), asked):
            return name
    return asked


def _identity(answer: bytes) -> str:
    found = re.search(rb'"Id":\s*"(\w+)"', answer)
    return found[1].decode() if found else ""


def _announced(request: bytes) -> str:
    body = request.partition(b"\r\n\r\n")[2]
    try:
        words: list[str] = json.loads(body)["Cmd"]
    except (ValueError, KeyError):
        return "a command"
    return _line(words)


def _short(script: str) -> str:
    """The command in a line that a kept shell reads, without its directory and environment."""
    text = script.partition("exec ")[2].partition(") </dev/null")[0] or script.strip("(").partition(") </dev/null")[0]
    try:
        return _line(shlex.split(text))
    except ValueError:
        return " ".join(text.split())


def _line(words: list[str]) -> str:
    rest = list(words)
    if rest[:1] == ["env"]:
        del rest[0]
        while rest and (rest[0].startswith("-") or _ASSIGNMENT.match(rest[0])):
            del rest[: 2 if rest[0] == "-u" else 1]
    return " ".join(" ".join(rest).split()) or "a shell"
