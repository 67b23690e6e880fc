"""Keys of the store: the inputs of a wheel part by part, so that a miss can be explained."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cibw.model.plan import Job, WheelBuild
from cibw.running.canonical import canonical

SOURCE = "the source"
IMAGE = "the image"
_CHECKS = "2: the C++ libraries of its objects"
"""The checks that every stored wheel has passed. Changing it invalidates older wheels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Inputs of a wheel that are not part of a plan.

    `tools` are identities by name, such as `the image`, `the source` or `zig`. `variables` are values that reach
    the build from outside. `files` are hashes of files and directories outside the project that the build names,
    and `test_files` of those that its tests name. `unfollowed` are reasons why the inputs of the build or of its
    tests are not all known.
    """

    tools: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    test_files: Mapping[str, str] = field(default_factory=dict)
    unfollowed: tuple[str, ...] = ()
    unfollowed_by_tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Hashes by the names of the parts that they stand for."""

    parts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Return all parts as one name, regardless of their order."""
        text = "\n".join(f"{name}={value}" for name, value in sorted(self.parts.items()))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class Seal:
    """Computes hashes with a secret, so that nobody can guess the value behind a hash."""

    secret: bytes = field(repr=False)

    def __call__(self, data: bytes | str) -> str:
        """Return the hash of bytes or text, in hexadecimal digits."""
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        return hmac.new(self.secret, raw, hashlib.sha256).hexdigest()


def key_of_wheel(job: Job, build: WheelBuild, around: Surroundings, seal: Seal) -> Key:
    """Return the key of the wheel that a build makes."""
    parts = dict(_ground(job, build, around))
    parts["the platform tag"] = build.platform_tag
    parts["the checks of wheels"] = _CHECKS
    for step in build.make:
        parts[f"the step {step.name.value}"] = canonical(step)
    return _sealed(parts, seal)


def key_of_tests(job: Job, build: WheelBuild, around: Surroundings, wheel: str, seal: Seal) -> Key:
    """Return the key of the tests of a wheel, which is identified by its SHA-256."""
    parts = dict(_ground(job, build, around))
    parts["the wheel"] = wheel
    parts["the tests"] = canonical((build.test, build.test_environment, sorted(around.test_files.items())))
    return _sealed(parts, seal)


def _ground(job: Job, build: WheelBuild, around: Surroundings) -> Iterator[tuple[str, str]]:
    yield "the identifier", canonical(build.identifier)
    yield "the machine", canonical(job.machine)
    if job.before_all is not None:
        yield "the step before-all", canonical((job.before_all, job.environment))
    yield f"the step {build.prepare.name.value}", canonical(build.prepare)
    yield "the option environment", canonical((build.environment, build.environment_pass))
    yield from around.tools.items()
    for name, value in around.variables.items():
        yield f"the variable {name}", value
    for name, digest in around.files.items():
        yield f"the file {name}", digest


def _sealed(parts: Mapping[str, str], seal: Seal) -> Key:
    return Key(parts={name: seal(value) for name, value in parts.items()})


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Describe how two tables differ: `CFLAGS changed`, `b.h is new`, `c.h is gone`."""
    found = [f"{name} changed" for name in new if name in old and old[name] != new[name]]
    found += [f"{name} is new" for name in new if name not in old]
    found += [f"{name} is gone" for name in old if name not in new]
    return found


def shortened(words: Sequence[str], joint: str = ", ", *, most: int = 5) -> str:
    """Return the first words, and the number of omitted ones."""
    rest = len(words) - most
    return joint.join(words[:most]) + (f" and {rest} more" if rest > 0 else "")
