from __future__ import annotations

import pytest

from cibw.config.cascade import Arguments
from cibw.config.load import load_options
from cibw.config.options import (
    NOTHING,
    AuditCommand,
    BuildFrontend,
    BuildOptions,
    DependencySource,
    DependencyVersions,
    FrontendName,
    Options,
)
from cibw.config.selectors import Selector
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.model.machines import EngineName
from cibw.model.templates import REPAIRED_DIR, Placeholder, Template
from unit_test.config.loading import CP312, MUSL, PYODIDE, build, load, sources

AUDIT = AuditCommand(template=Template.of("abi3audit --strict --report ", Placeholder.WHEEL), only_abi3=True)


@pytest.mark.parametrize(
    ("identifier", "repair", "audit", "image"),
    [
        (CP312, ("auditwheel repair -w {work}/repaired {built_wheel}"), (AUDIT,), "manylinux_2_28"),
        ("cp312-musllinux_armv7l", "auditwheel repair -w {work}/repaired {built_wheel}", (AUDIT,), "musllinux_1_2"),
        ("cp312-manylinux_armv7l", "auditwheel repair -w {work}/repaired {built_wheel}", (AUDIT,), "manylinux_2_31"),
        ("cp312-manylinux_riscv64", "auditwheel repair -w {work}/repaired {built_wheel}", (AUDIT,), "manylinux_2_39"),
        (
            "cp312-macosx_arm64",
            "delocate-wheel --require-archs {delocate_archs} -w {work}/repaired -v {built_wheel}",
            (AUDIT,),
            "",
        ),
        ("cp312-win_amd64", "delvewheel repair -w {work}/repaired -v {built_wheel}", (AUDIT,), ""),
        (
            "cp313-android_x86_64",
            "auditwheel repair --ldpaths {ldpaths} -w {work}/repaired {built_wheel}",
            (AUDIT,),
            "",
        ),
        ("cp313-ios_arm64_iphoneos", "", (AUDIT,), ""),
        (PYODIDE, "", (), ""),
    ],
)
def test_defaults_follow_the_platform(
    identifier: str, repair: str, audit: tuple[AuditCommand, ...], image: str
) -> None:
    options = build(identifier=identifier)
    assert str(options.repair_wheel_command) == repair
    assert options.audit_command == audit
    assert options.image == image
    assert options.audit_requires == ("abi3audit",)
    assert options.test_command == options.before_all == NOTHING
    assert options.container_engine.name is EngineName.AUTO
    assert options.xbuild_tools is None
    assert options.xbuild_files[0][0] == "numpy"
    assert options.dependency_versions == DependencyVersions()
    name = FrontendName.PYODIDE_BUILD if identifier == PYODIDE else FrontendName.DEFAULT
    assert options.build_frontend == BuildFrontend(name=name)


def test_commands_are_joined_and_filled() -> None:
    text = """
[tool.cibw]
before-all = ["yum install x\\n", "", " ./prepare {project} #{project}"]
before-build = "pip install {package}"
before-test = "{wheel}"
repair-wheel-command = "repair {wheel} {dest_dir}"
test-command = ["pytest {project}/tests", "check {wheel}"]
audit-command = "a {wheel} && b {abi3_wheel}"
config-settings = {a = "{project}/x", b = ["1", 2, true]}
"""
    given = sources(text, files={"sub/pyproject.toml": ""}, arguments=Arguments(package_dir="sub"))
    options = load_options(given, Platform.LINUX).for_identifier(BuildIdentifier.parse(CP312))
    assert options.before_all.parts == ("yum install x && ./prepare ", Placeholder.PROJECT, " {project}")
    assert options.before_build.parts == ("pip install ", Placeholder.PROJECT, "/sub")
    assert options.before_test.parts == ("{wheel}",)
    assert options.repair_wheel_command == Template.of("repair ", Placeholder.BUILT_WHEEL, " ", REPAIRED_DIR)
    assert options.test_command.parts == ("pytest ", Placeholder.PROJECT, "/tests && check ", Placeholder.WHEEL)
    assert options.audit_command == (
        AuditCommand(template=Template.of("a ", Placeholder.WHEEL), only_abi3=False),
        AuditCommand(template=Template.of("b ", Placeholder.WHEEL), only_abi3=True),
    )
    assert options.config_settings == (
        ("a", Template.of(Placeholder.PROJECT, "/x")),
        ("b", Template.of("1")),
        ("b", Template.of("2")),
        ("b", Template.of("True")),
    )


def test_lists_have_a_form_as_text() -> None:
    options = build(
        CIBW_TEST_REQUIRES="pytest 'numpy >= 2'",
        CIBW_TEST_EXTRAS="a, b",
        CIBW_TEST_SOURCES="tests 'a b'",
        CIBW_ENVIRONMENT_PASS="A B",
        CIBW_AUDIT_REQUIRES="x",
        CIBW_CONFIG_SETTINGS="a=b 'c=d e' a=f",
        CIBW_XBUILD_TOOLS="cmake ninja",
        CIBW_XBUILD_FILES="numpy: a b; scipy: c",
        CIBW_TEST_RUNTIME="args: --x 'y z'",
        CIBW_BUILD_VERBOSITY="-7",
        CIBW_PYODIDE_VERSION="0.29",
    )
    assert options.test_requires == ("pytest", "numpy >= 2")
    assert options.test_extras == ("a", "b")
    assert options.test_sources == ("tests", "a b")
    assert options.environment_pass == ("A", "B")
    assert options.audit_requires == ("x",)
    assert options.config_settings == (("a", Template.of("b")), ("c", Template.of("d e")), ("a", Template.of("f")))
    assert options.xbuild_tools == ("cmake", "ninja")
    assert options.xbuild_files == (("numpy", ("a", "b")), ("scipy", ("c",)))
    assert options.test_runtime == ("--x", "y z")
    assert options.build_verbosity == -3
    assert options.pyodide_version == "0.29"


def test_empty_variables_replace_what_the_file_says() -> None:
    text = '[tool.cibw]\ntest-command = "x"\nrepair-wheel-command = "y"\nbuild-verbosity = 1\nbuild-frontend = "pip"'
    options = build(
        text,
        CIBW_TEST_COMMAND="",
        CIBW_REPAIR_WHEEL_COMMAND="",
        CIBW_BUILD_VERBOSITY="",
        CIBW_BUILD_FRONTEND="",
        CIBW_XBUILD_TOOLS="",
        CIBW_DEPENDENCY_VERSIONS="",
        CIBW_CONTAINER_ENGINE="",
        CIBW_MANYLINUX_X86_64_IMAGE="",
    )
    assert options.test_command == options.repair_wheel_command == NOTHING
    assert options.build_verbosity == 0
    assert options.build_frontend == BuildFrontend()
    assert options.xbuild_tools == ()
    assert options.dependency_versions.source is DependencySource.LATEST
    assert options.container_engine.name is EngineName.AUTO
    assert options.image == "manylinux_2_28"


def test_later_places_go_before_earlier_ones() -> None:
    text = """
[tool.cibw]
test-command = "main"
[tool.cibw.linux]
test-command = "linux"
[tool.cibw.macos]
test-command = "macos"
[[tool.cibw.overrides]]
select = "cp312-*"
test-command = "first"
[[tool.cibw.overrides]]
select = ["*-musllinux_*", "pp*"]
test-command = "second"
"""
    assert str(build(text, "cp311-manylinux_x86_64").test_command) == "linux"
    assert str(build(text, "cp311-macosx_arm64").test_command) == "macos"
    assert str(build(text, "cp311-win32").test_command) == "main"
    assert str(build(text).test_command) == "first"
    assert str(build(text, MUSL).test_command) == "second"
    assert str(build(text, MUSL, CIBW_TEST_COMMAND="variable").test_command) == "variable"
    both = {"CIBW_TEST_COMMAND": "variable", "CIBW_TEST_COMMAND_LINUX": "special", "CIBW_TEST_COMMAND_MACOS": "no"}
    assert str(build(text, MUSL, **both).test_command) == "special"


def test_values_are_merged_where_inherit_says_so() -> None:
    text = """
[tool.cibw]
inherit = "repair-wheel-command; before-all: prepend"
repair-wheel-command = "check {wheel}"
before-all = "a"
test-requires = ["pytest"]
environment = {A = "1"}
config-settings = {a = "1", b = "2"}
[tool.cibw.linux]
inherit.before-all = "prepend"
before-all = "b"
[[tool.cibw.overrides]]
select = "*"
inherit = {test-requires = "append", environment = "append", config-settings = "append", xbuild-tools = "append"}
test-requires = ["numpy"]
environment = "A=$A:2"
config-settings = "b=3"
xbuild-tools = "cmake"
"""
    options = build(
        text,
        CIBW_BEFORE_ALL="c",
        CIBW_BEFORE_ALL_LINUX="d",
        CIBW_CONFIG_SETTINGS="a=9 z=8",
        CIBW_INHERIT="before-all before-all-linux; config-settings: prepend; test-command: none",
    )
    repair = "auditwheel repair -w {work}/repaired {built_wheel} && check {built_wheel}"
    assert str(options.repair_wheel_command) == repair
    assert str(options.before_all) == "b && a && c && d"
    assert options.test_requires == ("pytest", "numpy")
    assert [str(expr) for expr in options.environment] == ["A=1", "A=${A}:2"]
    assert {key: str(value) for key, value in options.config_settings} == {"a": "1", "b": "3", "z": "8"}
    assert options.xbuild_tools == ("cmake",)


def test_groups_add_requirements() -> None:
    text = '[dependency-groups]\ntest = ["pytest"]\n[tool.cibw]\ntest-groups = "test"\ntest-requires = "numpy"'
    assert build(text).test_requires == ("numpy", "pytest")


def test_values_know_where_they_came_from() -> None:
    text = """
[tool.cibw]
before-all = "x"
[tool.cibw.linux]
before-build = "x"
[[tool.cibw.overrides]]
select = "cp312-*"
before-test = "x"
"""
    options = load(text, CIBW_TEST_COMMAND="x", CIBW_BEFORE_ALL_LINUX="y", CIBW_INHERIT="before-all-linux")
    origins = {
        name: options.origin(name, BuildIdentifier.parse(CP312))
        for name in ("before-all", "before-build", "before-test", "test-command", "environment")
    }
    assert origins == {
        "before-all": "pyproject.toml [tool.cibw] before-all + CIBW_BEFORE_ALL_LINUX",
        "before-build": "pyproject.toml [tool.cibw.linux] before-build",
        "before-test": "override 1 (select = 'cp312-*')",
        "test-command": "CIBW_TEST_COMMAND",
        "environment": "default",
    }
    with pytest.raises(KeyError):
        options.origin("image", BuildIdentifier.parse("cp312-win32"))


def test_options_can_be_the_same_for_all() -> None:
    nothing = Selector.parse(())
    options = Options(platform=Platform.LINUX, build=nothing, skip=nothing, test_skip=nothing)
    assert options.for_identifier(BuildIdentifier.parse(CP312)) == BuildOptions()
    assert options.origin("before-all", BuildIdentifier.parse(CP312)) == "default"


def test_tables_in_config_settings_are_dotted_names() -> None:
    text = """[tool.cibuildwheel.config-settings]
skbuild.cmake.define.FAST = "ON"
skbuild.targets = ["a", "b"]
"plain" = 1
"""
    options = load_options(sources(text), Platform.LINUX)
    build = options.for_identifier(BuildIdentifier.parse("cp312-manylinux_x86_64"))
    assert [(key, str(value)) for key, value in build.config_settings] == [
        ("skbuild.cmake.define.FAST", "ON"),
        ("skbuild.targets", "a"),
        ("skbuild.targets", "b"),
        ("plain", "1"),
    ]
    assert any('quote it as "skbuild.cmake.define.FAST"' in note for note in options.notes)
    assert any('quote it as "skbuild.targets"' in note for note in options.notes)
