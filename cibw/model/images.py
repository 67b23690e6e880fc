"""Container images and engines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
