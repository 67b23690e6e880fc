"""Container images and engines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class EngineName(Enum):
    """What `container-engine` names; `host` means no container at all."""

    AUTO = "auto"
    DOCKER = "docker"
    PODMAN = "podman"
    HOST = "host"


class EmulationToolchain(Enum):
    """Whose compilers serve where a container is of a foreign architecture: zig of this computer, or the image's."""

    ZIG = "zig"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image's reference, with digest where one is pinned, and its OCI platform (`linux/arm64`)."""

    reference: str
    oci_platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """The container options that `create-args` may set, translated from command-line flags."""

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
    """Further flags and their values, as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEngine:
    """The engine a build asks for, and how its containers are created."""

    name: EngineName = EngineName.AUTO
    create: CreateOptions = CreateOptions()
    disable_host_mount: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """A container to prepare: engine, image, options; `linux32` asks for a 32-bit personality.

    `emulation_toolchain` is asked only where the engine turns out to emulate the image's architecture.
    """

    engine: ContainerEngine
    image: Image
    linux32: bool = False
    emulation_toolchain: EmulationToolchain = EmulationToolchain.ZIG


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """The host as a machine.

    `toolchain_tag` is the platform tag that the zig toolchain compiles for (`manylinux2014_x86_64`,
    `musllinux_1_2_x86_64`); without one the compilers are the host's own.
    """

    toolchain_tag: str = ""


MachineSpec = ContainerSpec | HostSpec
