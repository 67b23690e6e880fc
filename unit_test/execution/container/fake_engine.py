"""A container engine out of memory."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile

from cibw.execution.container.client import (
    ContainerCommand,
    ContainerCreation,
    LocalContainer,
    LocalImage,
    PullNews,
    RefusedError,
    ServerVersion,
)

ENVIRON = ("cat", "/proc/self/environ")


@dataclass(slots=True)
class FakeEngine:
    """Keeps what it was asked; commands answer from a function, pulls from a list of results."""

    images: dict[str, LocalImage] = field(default_factory=dict)
    pulls: list[RefusedError | LocalImage] = field(default_factory=list)
    answer: Callable[[ContainerCommand, bytes], tuple[list[tuple[bytes, bool]], int]] = lambda _execution, _data: (
        [],
        0,
    )
    api: str = "1.41"
    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": "/bin", "HOME": "/root"})
    refuse_start: RefusedError | None = None
    refuse_creations: list[RefusedError] = field(default_factory=list)
    late: int = 0
    pulled: list[tuple[str, str]] = field(default_factory=list)
    created: list[ContainerCreation] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    executions: list[ContainerCommand] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    refuse_commit: Callable[[], RefusedError | None] = lambda: None
    missing: tuple[str, ...] = ()
    refuse_removal: RefusedError | None = None
    committed: list[tuple[str, str]] = field(default_factory=list)
    removed_images: list[str] = field(default_factory=list)
    removed_volumes: list[str] = field(default_factory=list)
    volumes_in_use: tuple[str, ...] = ()
    closed: bool = False
    codes: dict[str, int] = field(default_factory=dict)

    def server(self) -> ServerVersion:
        return ServerVersion(api=self.api, architecture="amd64")

    def image(self, reference: str) -> LocalImage | None:
        return self.images.get(reference)

    def pull(self, reference: str, oci_platform: str) -> Iterator[PullNews]:
        self.pulled.append((reference, oci_platform))
        result = self.pulls.pop(0)
        yield PullNews(layer="a", status="Downloading", current=3_000_000)
        if isinstance(result, RefusedError):
            raise result
        self.images[reference] = result
        yield PullNews(layer="a", status="Pull complete")

    def create(self, creation: ContainerCreation) -> None:
        if creation.image.startswith(self.missing or "-"):
            raise RefusedError(404, "no such image")
        if self.refuse_creations:
            raise self.refuse_creations.pop()
        self.created.append(creation)

    def attach(self, container: str) -> None:
        self.attached.append(container)

    def start(self, container: str) -> None:
        self.started.append(container)
        if self.refuse_start is not None:
            raise self.refuse_start

    def begin(self, container: str, execution: ContainerCommand) -> str:
        assert container not in self.removed
        self.executions.append(execution)
        return str(len(self.executions) - 1)

    def output(self, execution: str, data: Iterable[bytes] = ()) -> Iterator[tuple[bytes, bool]]:
        asked = self.executions[int(execution)]
        if asked.argv[-2:] == ENVIRON:
            text = "".join(f"{name}={value}\0" for name, value in self.environment.items())
            yield text.encode(), False
            self.codes[execution] = 0
            return
        if asked.argv[-1] == "sh":
            yield from self._shell(data)
            return
        chunks, self.codes[execution] = self.answer(asked, b"".join(data))
        yield from chunks

    def _shell(self, scripts: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
        """What a kept shell writes: the answer to each of its commands, and the marks after it."""
        for script in scripts:
            line, marks = script.decode().rsplit(")", 1)[0], script.decode().rsplit("\n", 2)[1]
            token = marks.split()[4]
            if line == "(cat /proc/$$/environ":
                chunks, code = [("".join(f"{k}={v}\0" for k, v in self.environment.items()).encode(), False)], 0
            else:
                self.executions.append(said_to_shell(line))
                chunks, code = self.answer(self.executions[-1], b"")
            yield from chunks
            yield f"\x1e{token} {code}.".encode(), False
            yield f"\x1e{token} 0.".encode(), True

    def exit_code(self, execution: str) -> int | None:
        if self.late:
            self.late -= 1
            return None
        return self.codes[execution]

    def remove(self, container: str) -> None:
        self.removed.append(container)

    def kill(self, container: str) -> None:
        self.killed.append(container)

    def commit(self, container: str, reference: str, labels: Mapping[str, str]) -> str:
        self.committed.append((container, reference))
        refused = self.refuse_commit()
        if refused is not None:
            raise refused
        identity = f"sha256:of-{container}"
        self.images[reference] = LocalImage(identity=identity, oci_platform="linux/amd64", labels=labels)
        return identity

    def labelled(self, label: str) -> tuple[LocalImage, ...]:
        found: dict[str, LocalImage] = {}
        for name, image in self.images.items():
            if label in image.labels or label in {f"{key}={value}" for key, value in image.labels.items()}:
                earlier = found.get(image.identity)
                found[image.identity] = replace(image, names=(*(earlier.names if earlier else ()), name))
        return tuple(found.values())

    def tag(self, reference: str, name: str) -> None:
        self.images[name] = self.images[reference]

    def remove_image(self, reference: str) -> None:
        self.removed_images.append(reference)
        if self.refuse_removal is not None:
            raise self.refuse_removal
        self.images.pop(reference, None)

    def containers(self, label: str) -> tuple[LocalContainer, ...]:
        return tuple(
            LocalContainer(identity=one.name, name=one.name, labels=one.labels)
            for one in self.created
            if one.name not in self.removed
            if label in one.labels or label in {f"{key}={value}" for key, value in one.labels.items()}
        )

    def remove_volume(self, name: str) -> None:
        if name in self.volumes_in_use:
            raise RefusedError(409, "volume is in use")
        self.removed_volumes.append(name)

    def close(self) -> None:
        self.closed = True


def said_to_shell(line: str) -> ContainerCommand:
    """The command of a line that a kept shell gets."""
    words = shlex.split(line.removeprefix("("))
    if words[6] == "set":
        # The last word before `eval` ends in the semicolon.
        *arguments, last = words[7:-2]
        given = [*arguments, last.removesuffix(";")][1:]
        return ContainerCommand(argv=("sh", "-c", words[-1], "sh", *given), cwd=words[2])
    start = words.index("exec")
    cwd, before, rest = words[2], words[3:start], words[start + 1 :]
    if rest[:1] != ["env"]:
        return ContainerCommand(argv=tuple(rest), cwd=cwd)
    environment = {}
    for number, word in enumerate(before):
        if word == "export":
            name, _, value = before[number + 1].removesuffix(";").partition("=")
            environment[name] = value
    rest = rest[1:]
    while rest[:1] == ["-u"]:
        rest = rest[2:]
    settled = list(takewhile(lambda word: "=" in word, rest))
    environment |= dict(word.split("=", 1) for word in settled)
    return ContainerCommand(argv=tuple(rest[len(settled) :]), cwd=cwd, environment=environment)
