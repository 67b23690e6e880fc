"""What a container of a foreign architecture borrows, and what becomes of it where something lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cibw.execution.container.session import mount_programs, mount_toolchain
from cibw.execution.host.session import HostSettings
from cibw.execution.toolchain import MountedPrograms, ZigSettings
from cibw.model.machines import ContainerEngine, ContainerSpec, EmulationToolchain, Image
from cibw.model.templates import CommandRequest
from tests.doubles.machine import Answer, RecordingMachine

FOREIGN = ContainerSpec(engine=ContainerEngine(), image=Image(reference="x:1", oci_platform="linux/arm64"))
MANYLINUX = {"PATH": "/bin", "AUDITWHEEL_PLAT": "manylinux_2_28_aarch64"}
UV_BESIDE_PYTHON = {"PATH": "/usr/bin:/bin"}


class Lender:
    """Lends zig and uv, and keeps the settings of the compilers that were laid."""

    def __init__(self) -> None:
        self.laid: list[ZigSettings] = []
        self.programs = MountedPrograms(toolchains=Path("/t"), lay=self.lay, zig=Path("/z/zig"), uv=Path("/u/uv"))

    def lay(self, settings: ZigSettings) -> Path:
        self.laid.append(settings)
        return Path("/t/aarch64-1")


def container(found: str, environment: dict[str, str] | None = None) -> RecordingMachine:
    def answer(request: CommandRequest) -> Answer:
        folders = "".join(f"{word}\n" for word in request.argv if word == "/usr/lib64")
        return Answer(stdout=found + folders)

    return RecordingMachine(answer, environment or MANYLINUX)


def test_a_container_compiles_with_zig_for_its_libc() -> None:
    lender = Lender()
    machine = container("zig\nuv\n")
    mounted_toolchain = mount_toolchain(machine, lender.programs, "/cache")
    assert mounted_toolchain.description == "compilers: zig, running natively"
    assert mounted_toolchain.toolchain["CC"] == "/opt/cibw/toolchains/aarch64-1/cc"
    assert mounted_toolchain.environment == {**mounted_toolchain.toolchain, "PATH": "/opt/cibw/bin:/bin"}
    assert [(one.target, one.link_arguments) for one in lender.laid] == [("aarch64-linux-gnu.2.28", ("-L/usr/lib64",))]
    assert len(machine.requests) == 1


@pytest.mark.parametrize(
    ("found", "environment", "reason"),
    [
        ("uv\n", MANYLINUX, "zig does not run in the container"),
        ("zig\nuv\n", {"PATH": "/bin"}, "whose AUDITWHEEL_PLAT names no libc"),
        ("zig\nuv\n", {**MANYLINUX, "CC": "gcc-13"}, "which sets CC"),
    ],
)
def test_the_compilers_of_the_image_serve_where_zig_can_not(
    found: str, environment: dict[str, str], reason: str
) -> None:
    lender = Lender()
    mounted_toolchain = mount_toolchain(container(found, environment), lender.programs, "/cache")
    assert mounted_toolchain.description.startswith("compilers: from the image, ")
    assert reason in mounted_toolchain.description
    assert (mounted_toolchain.environment, mounted_toolchain.toolchain) == ({"PATH": "/opt/cibw/bin:/bin"}, {})
    assert lender.laid == []


def test_a_uv_that_does_not_run_is_not_on_the_path() -> None:
    assert "PATH" not in mount_toolchain(container("zig\n"), Lender().programs, "/cache").environment


def mounted(cache: Path, spec: ContainerSpec = FOREIGN, package: str = "a_package_that_nobody_has") -> MountedPrograms:
    static = cache / "uv" / "x86_64-unknown-linux-musl" / "bin" / "uv"
    static.parent.mkdir(parents=True)
    static.touch()
    settings = HostSettings(environment=UV_BESIDE_PYTHON, cache_dir=cache)
    return mount_programs(spec, settings, "linux/amd64", package=package)


def test_without_zig_uv_is_lent_alone(tmp_path: Path) -> None:
    found = mounted(tmp_path)
    assert [volume.partition(":")[2] for volume in found.volumes] == ["/opt/cibw/bin:ro"]
    assert "pip install 'cibw[host]'" in found.reason


def test_the_option_keeps_zig_away(tmp_path: Path) -> None:
    found = mounted(tmp_path, replace(FOREIGN, emulation_toolchain=EmulationToolchain.IMAGE))
    assert (found.zig, found.reason) == (None, "as set by emulation-toolchain")


def test_zig_is_lent_with_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "a_package_with_zig"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "zig").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = mounted(tmp_path / "cache", package="a_package_with_zig")
    assert found.volumes[:2] == (f"{package}:/opt/cibw/zig:ro", f"{tmp_path}/cache/toolchains:/opt/cibw/toolchains:ro")
    assert (tmp_path / "cache" / "toolchains").is_dir()


def test_a_colon_in_a_path_ends_the_source_of_a_mount(tmp_path: Path) -> None:
    found = mounted(tmp_path / "a:b", replace(FOREIGN, emulation_toolchain=EmulationToolchain.ZIG))
    assert found.volumes == ()
    assert found.reason


def test_an_unknown_processor_lends_no_uv(tmp_path: Path) -> None:
    settings = HostSettings(environment=UV_BESIDE_PYTHON, cache_dir=tmp_path)
    assert mount_programs(FOREIGN, settings, "linux/alpha", package="a_package_that_nobody_has").uv is None
