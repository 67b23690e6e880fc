"""Container images and engines, facts about the host, compiler caches, and downloads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cibw.model.identifiers import Family, Interpreter, Platform

# Container images and engines.


class EngineName(Enum):
    """The values of `container-engine`; `host` means no container."""

    AUTO = "auto"
    DOCKER = "docker"
    PODMAN = "podman"
    HOST = "host"


class EmulationToolchain(Enum):
    """The compilers for containers of another architecture: zig on the host, or the image's own."""

    ZIG = "zig"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image reference, with a digest if pinned, and its OCI platform (`linux/arm64`)."""

    reference: str
    oci_platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """The container options that `create-args` can set, parsed from command-line flags."""

    volumes: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    passed: tuple[str, ...] = ()
    """Variables of cibw's own environment, from `--env NAME`."""
    network: str = ""
    user: str = ""
    hostname: str = ""
    memory: str = ""
    cpus: str = ""
    cpuset: str = ""
    shm_size: str = ""
    devices: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    add_hosts: tuple[tuple[str, str], ...] = ()
    dns: tuple[str, ...] = ()
    ulimits: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    tmpfs: tuple[str, ...] = ()
    privileged: bool = False
    init: bool = False
    more: tuple[tuple[str, str], ...] = ()
    """Other flags and their values, as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEngine:
    """The engine of a build, and how its containers are created."""

    name: EngineName = EngineName.AUTO
    create: CreateOptions = CreateOptions()
    disable_host_mount: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """A container to prepare: engine, image, options; `linux32` requests a 32-bit personality.

    `emulation_toolchain` applies only if the engine emulates the image's architecture.
    """

    engine: ContainerEngine
    image: Image
    linux32: bool = False
    emulation_toolchain: EmulationToolchain = EmulationToolchain.ZIG


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """The host as a machine.

    `toolchain_tag` is the platform tag that the zig toolchain compiles for (`manylinux2014_x86_64`,
    `musllinux_1_2_x86_64`); if empty, the host's own compilers are used.
    """

    toolchain_tag: str = ""


MachineSpec = ContainerSpec | HostSpec


# Facts about the computer that cibw runs on; input of the planner.


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInterpreter:
    """A Python on the host; `libc` is MANYLINUX for glibc and MUSLLINUX for musl."""

    interpreter: Interpreter
    path: str
    libc: Family = Family.MANYLINUX


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """The host's platform and processor, the engine for `auto`, and its Pythons.

    `machine` is the processor name from `platform.machine()`; `runs_32bit` says whether the processor also runs
    32-bit programs; `engine` is AUTO if it was not probed, and then containers are planned. `image_tag` is the
    platform tag if the host itself is a manylinux image, otherwise empty. `deployment_target` and `android_home`
    are MACOSX_DEPLOYMENT_TARGET and ANDROID_HOME of the user's environment; `has_android_home` says whether the
    latter is a directory.
    """

    platform: Platform
    machine: str
    runs_32bit: bool = False
    engine: EngineName = EngineName.AUTO
    interpreters: tuple[HostInterpreter, ...] = ()
    image_tag: str = ""
    deployment_target: str = ""
    android_home: str = ""
    has_android_home: bool = False


# Compiler caches: the one that a build uses, and its hits.


class CompilerCache(Enum):
    """The values of `compiler-cache`."""

    AUTO = "auto"
    """The first of ccache and sccache that the machine has, otherwise none."""
    CCACHE = "ccache"
    SCCACHE = "sccache"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHits:
    """The numbers of files of a build that came from a compiler cache and that were compiled."""

    tool: CompilerCache
    hits: int = 0
    misses: int = 0

    @property
    def files(self) -> int:
        """All files that went through the cache."""
        return self.hits + self.misses


# Downloads: their URLs, hashes and mirrors.

_BOUNDARIES = ("/", ":")
Replacements = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to download; `sha256` is in lowercase hexadecimal, and empty if unknown."""

    address: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """Mirrors: pairs of a URL prefix and its replacement.

    `pseudo` maps prefixes such as `maven:` to their default URLs; `chosen` are the mirrors of the user, which can
    replace a pseudo prefix or its default URL.
    """

    chosen: Replacements = ()
    pseudo: Replacements = ()

    def resolve(self, address: str) -> str:
        """The URL to download from; the longest matching prefix is replaced."""
        found = _replaced(self.chosen, address)
        if found is not None:
            return found
        usual = _replaced(self.pseudo, address) or address
        return _replaced(self.chosen, usual) or usual

    def image(self, reference: str) -> str:
        """The image to pull; the longest matching registry is replaced.

        A reference without a registry refers to docker.io, where `ubuntu` means `library/ubuntu`.
        """
        pairs = tuple(pair for pair in self.chosen if "://" not in pair[1])
        return _replaced(pairs, reference) or _replaced(pairs, _in_full(reference)) or reference


def _in_full(reference: str) -> str:
    first, slash, _ = reference.partition("/")
    if not slash:
        return f"docker.io/library/{reference}"
    has_registry = first == "localhost" or "." in first or ":" in first
    return reference if has_registry else f"docker.io/{reference}"


def _replaced(pairs: Replacements, address: str) -> str | None:
    fitting = [pair for pair in pairs if _fits(pair[0], address)]
    if not fitting:
        return None
    beginning, instead = max(fitting, key=lambda pair: len(pair[0]))
    return f"{instead.rstrip('/')}/{address[len(beginning) :].lstrip('/')}"


def _fits(beginning: str, address: str) -> bool:
    """Match whole components only: `https://example.com` is not a prefix of `https://example.community`."""
    rest = address[len(beginning) :]
    return address.startswith(beginning) and (beginning.endswith(_BOUNDARIES) or rest[:1] in ("", "/"))
