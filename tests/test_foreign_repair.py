"""The repair commands of plans for macOS and Windows, run on Linux on real Mach-O and PE files."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from cibw.catalog import load_catalog
from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.execution.host.session import find_uv
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Run, StepName
from cibw.model.templates import Placeholder
from cibw.planning.plan import make_plan
from cibw.planning.select import select
from tests.foreign.tools import architectures, install_names, lay_mac_tools
from tests.foreign.wheels import mac_wheel, windows_wheel

CATALOG = load_catalog()
MACHINES = {Platform.MACOS: "arm64", Platform.WINDOWS: "AMD64"}
_BOTH = ("x86_64", "arm64")
_IMPORTS = """
import sys, pefile
for path in sys.argv[1:]:
    print(*(entry.dll.decode() for entry in pefile.PE(path).DIRECTORY_ENTRY_IMPORT))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """How a repair ended: exit code, all output, and the wheels that it left."""

    exit_code: int
    output: str
    wheels: list[Path]

    def unpack(self) -> tuple[str, Path]:
        """The tag of the one wheel, and a directory with its files."""
        assert self.exit_code == 0, self.output
        (wheel,) = self.wheels
        directory = wheel.parent / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(directory)
        return wheel.stem.rpartition("-")[2], directory


def command_of(identifier: str, bindings: dict[Placeholder, str]) -> str:
    """The command with which the plan for an identifier repairs, its placeholders filled in."""
    platform = BuildIdentifier.parse(identifier).platform
    facts = HostFacts(platform=platform, machine=MACHINES[platform])
    options = load_options(Sources(config_text="", arguments=Arguments(only=identifier)), platform)
    plan = make_plan(options, CATALOG, facts, select(options, CATALOG, facts))
    (step,) = (step for step in plan.jobs[0].builds[0].make if step.name is StepName.REPAIR)
    (action,) = step.actions
    assert isinstance(action, Run)
    # What is meant for cmd.exe runs by a shell of POSIX here.
    return action.command.request(bindings, {}).argv[-1].replace("\\", "/")


def repair(identifier: str, wheel: Path, tools: Path, *path: Path) -> Repaired:
    """Run the plan's command, with the tool's environment and further directories on PATH."""
    work = wheel.parent / "work"
    (work / "repaired").mkdir(parents=True)
    bindings = {
        Placeholder.WORK: str(work),
        Placeholder.BUILT_WHEEL: str(wheel),
        Placeholder.PROJECT: str(wheel.parent),
    }
    folders = ":".join(map(str, (*path, tools, "/usr/bin", "/bin")))
    done = subprocess.run(
        ["sh", "-c", command_of(identifier, bindings)],
        cwd=wheel.parent,
        env={"PATH": folders, "HOME": str(wheel.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Repaired(exit_code=done.returncode, output=done.stdout, wheels=list((work / "repaired").glob("*.whl")))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with delocate and delvewheel, in the versions that builds have."""
    directory = tmp_path_factory.mktemp("tools")
    (directory / "pins.txt").write_text(CATALOG.constraints(f"3.{sys.version_info.minor}"))
    uv, environment = find_uv(os.environ.get("PATH", "")), str(directory / "env")
    subprocess.run([uv, "venv", "-q", "--no-project", "--python", sys.executable, environment], check=True)
    pins = ("--constraint", str(directory / "pins.txt"))
    into = ("--python", f"{environment}/bin/python")
    subprocess.run([uv, "pip", "install", "-q", *into, *pins, "delocate", "delvewheel"], check=True)
    return directory / "env" / "bin"


@pytest.mark.macho
@pytest.mark.parametrize(
    ("identifier", "archs"),
    [
        ("cp312-macosx_arm64", ("arm64",)),
        ("cp312-macosx_x86_64", ("x86_64",)),
        ("cp312-macosx_universal2", _BOTH),
    ],
)
def test_delocate_grafts_a_library(tools: Path, tmp_path: Path, identifier: str, archs: tuple[str, ...]) -> None:
    platform = identifier.partition("macosx_")[2]
    start = f"macosx_{'11_0' if platform == 'arm64' else '10_13'}_{platform}"
    wheel = mac_wheel(tmp_path, start, archs, archs)
    log = lay_mac_tools(tmp_path / "bin")
    tag, directory = repair(identifier, wheel, tools, tmp_path / "bin").unpack()
    assert tag == start
    grafted, extension = directory / "demo" / ".dylibs" / "libhelper.dylib", directory / "demo" / "ext.so"
    assert architectures(grafted) == architectures(extension) == set(archs)
    for one in archs:
        assert "@loader_path/.dylibs/libhelper.dylib" in install_names(extension, one)
        assert "@rpath/libhelper.dylib" not in install_names(extension, one)
    # A file that was changed has lost its signature, and an arm64 Mac runs none without.
    signed = {line.rpartition("/")[2] for line in log.read_text().splitlines() if line.startswith("--force --sign -")}
    assert signed == {"ext.so", "libhelper.dylib"}


@pytest.mark.macho
def test_delocate_refuses_a_library_that_lacks_an_architecture(tools: Path, tmp_path: Path) -> None:
    wheel = mac_wheel(tmp_path, "macosx_11_0_universal2", _BOTH, ("arm64",))
    lay_mac_tools(tmp_path / "bin")
    repaired = repair("cp312-macosx_universal2", wheel, tools, tmp_path / "bin")
    assert repaired.exit_code != 0
    assert "x86_64" in repaired.output
    assert not repaired.wheels


@pytest.mark.macho
def test_delocate_of_one_architecture_is_content_with_it(tools: Path, tmp_path: Path) -> None:
    wheel = mac_wheel(tmp_path, "macosx_11_0_arm64", ("arm64",), _BOTH)
    lay_mac_tools(tmp_path / "bin")
    tag, directory = repair("cp312-macosx_arm64", wheel, tools, tmp_path / "bin").unpack()
    assert tag == "macosx_11_0_arm64"
    assert architectures(directory / "demo" / "ext.so") == {"arm64"}


@pytest.mark.host
@pytest.mark.parametrize("tag", ["win_amd64", "win32", "win_arm64"])
def test_delvewheel_grafts_a_library(tools: Path, tmp_path: Path, tag: str) -> None:
    wheel = windows_wheel(tmp_path, tag)
    repaired_tag, directory = repair(f"cp312-{tag}", wheel, tools, tmp_path / "lib").unpack()
    assert repaired_tag == tag
    (grafted,) = (directory / "demo.libs").iterdir()
    assert grafted.name.startswith("helper-")
    assert grafted.suffix == ".dll"
    extension = str(directory / "demo" / "ext.pyd")
    read = [str(tools / "python"), "-c", _IMPORTS, extension]
    imports = subprocess.run(read, capture_output=True, text=True, check=True).stdout.split()
    assert sorted(imports) == sorted([grafted.name, "python312.dll"])
    assert "demo.libs" in (directory / "demo" / "__init__.py").read_text()


@pytest.mark.host
def test_delvewheel_names_a_library_that_is_nowhere(tools: Path, tmp_path: Path) -> None:
    wheel = windows_wheel(tmp_path, "win_amd64")
    repaired = repair("cp312-win_amd64", wheel, tools)
    assert repaired.exit_code != 0
    assert "helper.dll" in repaired.output
    assert not repaired.wheels
