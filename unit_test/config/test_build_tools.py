from __future__ import annotations

import pytest

from cibw.config.cascade import Arguments
from cibw.config.load import load_options
from cibw.config.options import BuildFrontend, FrontendName
from cibw.errors import ConfigurationError
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import CompilerCache, CreateOptions, EmulationToolchain, EngineName
from unit_test.config.loading import CP312, MUSL, PYODIDE, build, load, mistake, sources


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"build[uv]"', BuildFrontend(name=FrontendName.BUILD_UV)),
        ("\"pip; args: -a 'b c'\"", BuildFrontend(name=FrontendName.PIP, args=("-a", "b c"))),
        ('{name = "uv", args = ["-a", "b c"]}', BuildFrontend(name=FrontendName.UV, args=("-a", "b c"))),
        ('{name = "build", args = "-a b"}', BuildFrontend(name=FrontendName.BUILD, args=("-a", "b"))),
    ],
)
def test_build_frontends(value: str, expected: BuildFrontend) -> None:
    assert build(f"[tool.cibw]\nbuild-frontend = {value}").build_frontend == expected


def test_pyodide_has_its_own_frontend() -> None:
    text = '[tool.cibw]\nbuild-frontend = "pip"\n[tool.cibw.pyodide]\nbuild-frontend = "build; args: -x"'
    assert build(text, PYODIDE).build_frontend == BuildFrontend(name=FrontendName.PYODIDE_BUILD, args=("-x",))
    assert "pyodide-build instead of build" in " ".join(load(text, Platform.PYODIDE).notes)
    assert load(text).notes == ()
    override = '[[tool.cibw.overrides]]\nselect = "*"\nbuild-frontend = "pyodide-build"'
    with pytest.raises(ConfigurationError, match="cannot build cp312-manylinux_x86_64"):
        build(override)


@pytest.mark.parametrize("choice", list(CompilerCache))
def test_compiler_caches(choice: CompilerCache) -> None:
    assert build(f'[tool.cibw]\ncompiler-cache = "{choice.value}"').compiler_cache is choice


def test_an_unknown_compiler_cache() -> None:
    found = mistake('[tool.cibw]\ncompiler-cache = "cache"')
    assert (found.message, found.hint) == ("unknown value 'cache'", "did you mean 'ccache'?")


@pytest.mark.parametrize("choice", list(EmulationToolchain))
def test_emulation_toolchains(choice: EmulationToolchain) -> None:
    text = f'[[tool.cibw.overrides]]\nselect = "cp312-*"\nemulation-toolchain = "{choice.value}"'
    assert build(text).emulation_toolchain is choice
    assert build(text, "cp313-manylinux_x86_64").emulation_toolchain is EmulationToolchain.ZIG


def test_an_option_of_our_own_has_no_place_in_the_table_of_the_peer() -> None:
    found = mistake('[tool.cibuildwheel.linux]\ncompiler-cache = "ccache"')
    assert found.message == "compiler-cache cannot be set in another tool's table"
    override = '[[tool.cibuildwheel.overrides]]\nselect = "*"\ncompiler-cache = "ccache"'
    assert mistake(override).hint == "set it in [tool.cibw] or with an environment variable"
    by_variable = load_options(sources("[tool.cibuildwheel]", {"CIBW_COMPILER_CACHE": "none"}), Platform.LINUX)
    assert by_variable.for_identifier(BuildIdentifier.parse(CP312)).compiler_cache is CompilerCache.NONE


@pytest.mark.parametrize(
    "value",
    [
        '"podman; create-args: --network host --platform x; disable-host-mount: true"',
        '"podman; create_args: --network=host; disable_host_mount: yes"',
        '{name = "podman", create-args = ["--network", "host"], disable-host-mount = true}',
    ],
)
def test_container_engines(value: str) -> None:
    engine = build(f"[tool.cibw]\ncontainer-engine = {value}").container_engine
    assert engine.name is EngineName.PODMAN
    assert engine.create == CreateOptions(network="host")
    assert engine.disable_host_mount


@pytest.mark.parametrize("value", ['"docker; disable-host-mount: treu"', '{disable-host-mount = "yes please"}'])
def test_a_typing_error_does_not_mount_the_host(value: str) -> None:
    message = mistake(f"[tool.cibw]\ncontainer-engine = {value}")
    assert "disable-host-mount must be true or false" in message.message
    assert message.hint == "write true or false"


def test_an_engine_on_the_command_line_keeps_the_rest() -> None:
    text = '[tool.cibw]\ncontainer-engine = {create-args = "--init", disable-host-mount = false}'
    options = load_options(sources(text, arguments=Arguments(engine="host")), Platform.LINUX)
    identifier = BuildIdentifier.parse(CP312)
    engine = options.for_identifier(identifier).container_engine
    assert engine.name is EngineName.HOST
    assert engine.create == CreateOptions(init=True)
    assert not engine.disable_host_mount
    assert options.origin("container-engine", identifier) == "--engine"


FILES = {"c/pins.v1.txt": "all", "c/pins.v1-python312.txt": "312", "c/pins.v1-pyodide313.txt": "wasm", "plain": "p"}


@pytest.mark.parametrize(
    ("value", "identifier", "text"),
    [
        ('"c/pins.v1.txt"', "cp311-win32", "all"),
        ('"file: c/pins.v1.txt"', "cp312-win32", "312"),
        ('{file = "c/pins.v1.txt"}', "gp312_250-win_amd64", "312"),
        ('"c/pins.v1.txt"', PYODIDE, "wasm"),
        ('"plain"', CP312, "p"),
        ('"packages: build==1.2 pip==25"', CP312, "build==1.2\npip==25\n"),
        ('{packages = ["build == 1.2"]}', CP312, "build == 1.2\n"),
        ('"pinned"', CP312, ""),
        ('"latest"', CP312, ""),
    ],
)
def test_dependency_versions(value: str, identifier: str, text: str) -> None:
    parsed = BuildIdentifier.parse(identifier)
    options = load_options(sources(f"[tool.cibw]\ndependency-versions = {value}", files=FILES), parsed.platform)
    assert options.for_identifier(parsed).dependency_versions.text_for(parsed) == text


@pytest.mark.parametrize(
    ("identifier", "image", "option"),
    [
        (CP312, "here", "manylinux-x86_64-image"),
        ("pp311-manylinux_x86_64", "pypy", "manylinux-pypy_x86_64-image"),
        ("pp311-manylinux_i686", "manylinux_2_28", "default"),
        ("gp312_250-manylinux_x86_64", "here", "manylinux-x86_64-image"),
        (MUSL, "there", "CIBW_MUSLLINUX_X86_64_IMAGE"),
    ],
)
def test_images(identifier: str, image: str, option: str) -> None:
    text = '[tool.cibw]\nmanylinux-x86_64-image = "here"\n[tool.cibw.linux]\nmanylinux-pypy_x86_64-image = "pypy"'
    options = load(text, CIBW_MUSLLINUX_X86_64_IMAGE="there")
    parsed = BuildIdentifier.parse(identifier)
    assert options.for_identifier(parsed).image == image
    assert options.origin("image", parsed).endswith(option)
