"""All options of cibw. Validation, variables, defaults, schema and documentation are derived from this list."""

from __future__ import annotations

from cibw.config.option_groups import (
    CACHE,
    COMPILER_CACHE,
    COPY_IGNORED,
    EMULATION_TOOLCHAIN,
    IMAGES,
    MIRRORS,
    OFFLINE,
    PUBLISH_OPTIONS,
    PYTHON_SOURCE,
    SECRETS,
    SIDE_BY_SIDE,
)
from cibw.config.values.commands import AUDIT, BEFORE_BUILD, ENVIRONMENT, GROUPS, HOOK, REPAIR, SETTINGS, TEST
from cibw.config.values.tools import DEPENDENCY_VERSIONS, ENABLE, ENGINE, FILES, FRONTEND, PATTERNS, RUNTIME, TOOLS
from cibw.config.values.types import (
    ARCHS,
    EVERYWHERE,
    EXTRAS,
    LINUX,
    NOWHERE,
    PATHS,
    REQUIREMENTS,
    SOURCES,
    VARIABLES,
    VERBOSITY,
    VERSION,
    AnyOption,
    Option,
    OptionMeta,
    OptionPlaces,
    Scope,
)
from cibw.model.identifiers import Platform

_SELECTION = OptionPlaces(scope=Scope.PLATFORM, suffixes=NOWHERE)
_LINUX = OptionPlaces(tables=LINUX, suffixes=LINUX)
NUMPY_FILES = (
    "numpy/_core/include/numpy/_numpyconfig.h",
    "numpy/_core/include/numpy/numpyconfig.h",
    "numpy/_core/lib/libnpymath.a",
    "numpy/random/lib/libnpyrandom.a",
)

BUILD_SELECTOR = Option(
    type=PATTERNS,
    meta=OptionMeta(
        name="build", description="Patterns of the build identifiers to build.", default="*", places=_SELECTION
    ),
)
SKIP = Option(
    type=PATTERNS,
    meta=OptionMeta(name="skip", description="Patterns of the build identifiers to skip.", places=_SELECTION),
)
TEST_SKIP = Option(
    type=PATTERNS,
    meta=OptionMeta(
        name="test-skip",
        description="Patterns of the build identifiers whose wheels are not tested. "
        "For one architecture of a universal2 wheel, use `identifier:architecture`.",
        places=_SELECTION,
    ),
)
ENABLE_GROUPS = Option(
    type=ENABLE,
    meta=OptionMeta(
        name="enable",
        description="Additional groups of build identifiers to build, such as `pypy`; `all` enables every group.",
        default=(),
        places=_SELECTION,
        env_adds=True,
    ),
)
ARCHITECTURES = Option(
    type=ARCHS,
    meta=OptionMeta(
        name="archs",
        description="Architectures to build for: names, `auto`, `native`, `auto64`, `auto32` or `all`.",
        default=("auto",),
        places=OptionPlaces(scope=Scope.PLATFORM),
        ignore_empty=True,
    ),
)
BUILD_FRONTEND = Option(
    type=FRONTEND,
    meta=OptionMeta(
        name="build-frontend",
        description="Build frontend, and extra arguments for it.",
        default="default",
        platform_defaults={Platform.PYODIDE: "pyodide-build"},
        places=OptionPlaces(suffixes=NOWHERE),
    ),
)
CONFIG_SETTINGS = Option(
    type=SETTINGS,
    meta=OptionMeta(name="config-settings", description="Settings for the build backend.", default={}),
)
DEPENDENCY_VERSION_CHOICE = Option(
    type=DEPENDENCY_VERSIONS,
    meta=OptionMeta(
        name="dependency-versions",
        description="Versions of the build tools: `pinned` for those that cibw pins, `latest`, a constraints file, or "
        "packages. For Python 3.12, a file next to the constraints file whose name ends in `-python312` is used "
        "instead.",
        default="pinned",
        places=OptionPlaces(tables=EVERYWHERE - LINUX),
    ),
)
ENVIRONMENT_VARIABLES = Option(
    type=ENVIRONMENT,
    meta=OptionMeta(
        name="environment", description="Environment variables of the build, evaluated where it runs.", default={}
    ),
)
ENVIRONMENT_PASS = Option(
    type=VARIABLES,
    meta=OptionMeta(
        name="environment-pass",
        description="Environment variables of the host to pass into the container.",
        default=(),
        places=_LINUX,
    ),
)
BEFORE_ALL = Option(
    type=HOOK,
    meta=OptionMeta(name="before-all", description="Command that prepares the machine once for all its builds."),
)
BEFORE_ALL_INPUTS = Option(
    type=PATHS,
    meta=OptionMeta(
        name="before-all-inputs",
        description="Globs of the project files that `before-all` depends on; empty for all files. "
        "Later runs reuse its result until one of these files changes.",
        default=(),
        places=_LINUX,
        is_own=True,
    ),
)
BEFORE_BUILD_HOOK = Option(
    type=BEFORE_BUILD, meta=OptionMeta(name="before-build", description="Command to run before each build.")
)
XBUILD_TOOLS = Option(
    type=TOOLS,
    meta=OptionMeta(
        name="xbuild-tools",
        description="Host programs that a cross build for iOS may use. An empty list allows none; so does `false`, the "
        "default, but with a note.",
        default=False,
    ),
)
XBUILD_FILES = Option(
    type=FILES,
    meta=OptionMeta(
        name="xbuild-files",
        description="Package files that a cross build for Android takes from the target's wheel.",
        default={"numpy": NUMPY_FILES},
    ),
)
REPAIR_WHEEL_COMMAND = Option(
    type=REPAIR,
    meta=OptionMeta(
        name="repair-wheel-command",
        description="Command that grafts shared libraries into a wheel; empty for none.",
        platform_defaults={
            Platform.LINUX: "auditwheel repair -w {dest_dir} {wheel}",
            Platform.MACOS: "delocate-wheel --require-archs {delocate_archs} -w {dest_dir} -v {wheel}",
            Platform.WINDOWS: "delvewheel repair -w {dest_dir} -v {wheel}",
            Platform.ANDROID: "auditwheel repair --ldpaths {ldpaths} -w {dest_dir} {wheel}",
        },
    ),
)
CONTAINER_ENGINE = Option(
    type=ENGINE,
    meta=OptionMeta(
        name="container-engine",
        description="Container engine: `auto` tries Docker, then Podman, then the host without a container. Containers "
        "can read and write all files of the host at `/host`, unless `disable-host-mount` is true; set it for projects "
        "that you do not trust.",
        default="auto",
        places=_LINUX,
    ),
)
TEST_COMMAND = Option(
    type=TEST, meta=OptionMeta(name="test-command", description="Command that tests the installed wheel.")
)
BEFORE_TEST = Option(
    type=HOOK,
    meta=OptionMeta(
        name="before-test", description="Command to run in the test environment before the wheel is installed."
    ),
)
TEST_SOURCES = Option(
    type=SOURCES,
    meta=OptionMeta(
        name="test-sources",
        description="Files and directories to copy into the tests' working directory, such as `tests` or `../tests`.",
        default=(),
    ),
)
TEST_REQUIRES = Option(
    type=REQUIREMENTS,
    meta=OptionMeta(name="test-requires", description="Packages to install for the tests.", default=()),
)
TEST_EXTRAS = Option(
    type=EXTRAS,
    meta=OptionMeta(name="test-extras", description="Extras of the wheel to install for the tests.", default=()),
)
TEST_GROUPS = Option(
    type=GROUPS,
    meta=OptionMeta(
        name="test-groups",
        description="Dependency groups of the package's pyproject.toml to install for the tests.",
        default=(),
    ),
)
TEST_ENVIRONMENT = Option(
    type=ENVIRONMENT,
    meta=OptionMeta(
        name="test-environment",
        description="Environment variables of the tests, added to `environment` and evaluated where the tests run.",
        default={},
    ),
)
TEST_RUNTIME = Option(
    type=RUNTIME,
    meta=OptionMeta(
        name="test-runtime",
        description="Arguments for the Android and iOS test runner.",
        default={},
    ),
)
AUDIT_REQUIRES = Option(
    type=REQUIREMENTS,
    meta=OptionMeta(
        name="audit-requires", description="Packages to install for the audit commands.", default=("abi3audit",)
    ),
)
AUDIT_COMMAND = Option(
    type=AUDIT,
    meta=OptionMeta(
        name="audit-command",
        description="Commands that audit a repaired wheel. Each must contain either `{wheel}` or `{abi3_wheel}`.",
        default="abi3audit --strict --report {abi3_wheel}",
        platform_defaults={Platform.PYODIDE: ""},
    ),
)
BUILD_VERBOSITY = Option(
    type=VERBOSITY,
    meta=OptionMeta(name="build-verbosity", description="Verbosity of the build frontend.", default=0),
)
PYODIDE_VERSION = Option(
    type=VERSION,
    meta=OptionMeta(
        name="pyodide-version",
        description="Pyodide version; empty for the default of the build identifier.",
        places=OptionPlaces(suffixes=NOWHERE),
    ),
)

ALL_OPTIONS: tuple[AnyOption, ...] = (
    BUILD_SELECTOR,
    SKIP,
    TEST_SKIP,
    ENABLE_GROUPS,
    ARCHITECTURES,
    SIDE_BY_SIDE,
    BUILD_FRONTEND,
    CONFIG_SETTINGS,
    DEPENDENCY_VERSION_CHOICE,
    ENVIRONMENT_VARIABLES,
    ENVIRONMENT_PASS,
    BEFORE_ALL,
    BEFORE_ALL_INPUTS,
    BEFORE_BUILD_HOOK,
    XBUILD_TOOLS,
    XBUILD_FILES,
    REPAIR_WHEEL_COMMAND,
    *IMAGES.values(),
    CONTAINER_ENGINE,
    TEST_COMMAND,
    BEFORE_TEST,
    TEST_SOURCES,
    TEST_REQUIRES,
    TEST_EXTRAS,
    TEST_GROUPS,
    TEST_ENVIRONMENT,
    TEST_RUNTIME,
    AUDIT_REQUIRES,
    AUDIT_COMMAND,
    BUILD_VERBOSITY,
    COMPILER_CACHE,
    EMULATION_TOOLCHAIN,
    PYTHON_SOURCE,
    PYODIDE_VERSION,
    CACHE,
    COPY_IGNORED,
    MIRRORS,
    OFFLINE,
    SECRETS,
    *PUBLISH_OPTIONS,
)
