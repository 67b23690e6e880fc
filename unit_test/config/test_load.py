from __future__ import annotations

import pytest

from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.config.project.python_versions import PythonVersions
from cibw.config.selectors import EnableGroup
from cibw.errors import ConfigurationError
from cibw.model.identifiers import BuildIdentifier, Platform
from cibw.untrusted.limits import UnreadableFileError
from unit_test.config.loading import CP312, load, mistake, mistakes_in, sources

LINUX = Platform.LINUX


def test_without_any_configuration_the_defaults_hold() -> None:
    options = load_options(Sources(), LINUX)
    assert options.build.patterns == ("*",)
    assert options.skip.patterns == options.test_skip.patterns == ()
    assert options.archs == ("auto",)
    assert (options.output_dir, options.package_dir, options.allow_empty) == ("wheelhouse", ".", False)
    assert options.requires_python is None
    assert options.notes == ()


def test_selection_options_are_read() -> None:
    options = load(
        '[tool.cibw]\nbuild = ["cp312-*", "cp313-*"]\nskip = "*i686 *musl*"\ntest-skip = "cp313-*"\nenable = ["pypy"]'
    )
    assert options.build.patterns == ("cp312-*", "cp313-*")
    assert options.skip.patterns == ("*i686", "*musl*")
    assert options.test_skip.patterns == ("cp313-*",)
    assert options.enable == {EnableGroup.PYPY}


def test_an_empty_build_selects_all() -> None:
    assert load('[tool.cibw]\nbuild = "cp312-*"', CIBW_BUILD="").build.patterns == ("*",)


def test_a_blank_build_selects_nothing() -> None:
    assert load(CIBW_BUILD=" ").build.patterns == ()
    assert not load(CIBW_BUILD=" ").build.matches(CP312)


def test_variables_and_arguments_add_groups() -> None:
    given = sources(
        '[tool.cibw]\nenable = "pypy"', {"CIBW_ENABLE": "graalpy"}, arguments=Arguments(enable=("cpython-prerelease",))
    )
    groups = {EnableGroup.PYPY, EnableGroup.GRAALPY, EnableGroup.CPYTHON_PRERELEASE}
    assert load_options(given, LINUX).enable == groups
    assert load('[tool.cibw]\nenable = "pypy"', CIBW_ENABLE="graalpy", CIBW_INHERIT="enable: none").enable == {
        EnableGroup.GRAALPY
    }


@pytest.mark.parametrize("value", ["x86_64,i686", "x86_64 i686", " x86_64, i686 "])
def test_archs_stand_apart_by_commas_or_blanks(value: str) -> None:
    assert load(CIBW_ARCHS=value).archs == ("x86_64", "i686")
    assert load_options(sources(arguments=Arguments(archs=value)), LINUX).archs == ("x86_64", "i686")


@pytest.mark.parametrize("value", ['["x86_64 i686"]', '["x86_64,i686", "x86_64"]'])
def test_words_in_an_array_are_split_like_those_of_a_string(value: str) -> None:
    assert load(f"[tool.cibw]\narchs = {value}").archs == ("x86_64", "i686")


def test_selection_may_differ_by_platform() -> None:
    text = (
        '[tool.cibuildwheel]\nbuild = "cp312-*"\nskip = "*i686"\n[tool.cibuildwheel.linux]\n'
        'inherit.skip = "append"\nskip = "*musl*"\nenable = ["pypy"]\n[tool.cibuildwheel.macos]\n'
        'build = "cp313-*"\ntest-skip = "*arm64"'
    )
    linux, macos = load(text), load(text, Platform.MACOS)
    assert linux.build.patterns == ("cp312-*",)
    assert linux.skip.patterns == ("*i686", "*musl*")
    assert linux.enable == {EnableGroup.PYPY}
    assert macos.build.patterns == ("cp313-*",)
    assert macos.skip.patterns == ("*i686",)
    assert macos.test_skip.patterns == ("*arm64",)
    assert macos.enable == frozenset()


@pytest.mark.parametrize("group", ["cpython-freethreading", "cpython-experimental-riscv64"])
def test_a_group_of_a_past_release_is_worth_a_note(group: str) -> None:
    options = load(f'[tool.cibw]\nenable = ["{group}", "pypy"]')
    assert options.enable == {EnableGroup.PYPY}
    assert any(group in note for note in options.notes)


def test_empty_archs_do_not_count() -> None:
    assert load('[tool.cibw]\narchs = "all"\n[tool.cibw.linux]\narchs = []', CIBW_ARCHS="").archs == ("all",)


def test_archs_have_platform_tables_and_variables() -> None:
    text = '[tool.cibw]\narchs = "all"\n[tool.cibw.linux]\narchs = "i686"\n[tool.cibw.macos]\narchs = "arm64"'
    assert load(text).archs == ("i686",)
    assert load(text, Platform.MACOS).archs == ("arm64",)
    assert load(text, CIBW_ARCHS="native", CIBW_ARCHS_LINUX="auto32", CIBW_ARCHS_MACOS="x86_64").archs == ("auto32",)


def test_jobs_are_a_number_or_left_to_the_computer() -> None:
    text = "[tool.cibw]\njobs = 4"
    assert load().jobs is None
    assert load(text).jobs == 4
    assert load(text, CIBW_JOBS="2").jobs == 2
    assert load(text, CIBW_JOBS="auto").jobs is None
    assert load_options(sources(text, {"CIBW_JOBS": "2"}, arguments=Arguments(jobs=3)), LINUX).jobs == 3


def test_only_one_identifier() -> None:
    given = sources('[tool.cibw]\nskip = "*"\narchs = "i686"', arguments=Arguments(only=CP312))
    options = load_options(given, LINUX)
    assert options.only == BuildIdentifier.parse(CP312)
    assert options.build.patterns == (CP312,)
    assert options.skip.patterns == ()
    assert options.archs == ("all",)
    assert options.enable == frozenset(EnableGroup)


def test_a_wrong_only_is_a_mistake() -> None:
    (found,) = mistakes_in(sources(arguments=Arguments(only="cp312")))
    assert found.place == "--only"
    (found,) = mistakes_in(sources(arguments=Arguments(only="cp312-win32")))
    assert found.message == "cp312-win32 is for windows, but this run is for linux"


def test_wrong_arguments_are_mistakes() -> None:
    found = mistakes_in(sources(arguments=Arguments(enable=("pypi",), engine="dokcer")))
    assert [(one.place, one.hint) for one in found] == [
        ("--enable", "did you mean 'pypy'?"),
        ("--engine", "did you mean 'docker'?"),
    ]


@pytest.mark.parametrize(("text", "expected"), [("1", True), ("YES", True), ("", False), ("0", False), ("no", False)])
def test_allow_empty(text: str, expected: bool) -> None:
    assert load(CIBW_ALLOW_EMPTY=text).allow_empty is expected
    assert load_options(sources(arguments=Arguments(allow_empty=True)), LINUX).allow_empty


def test_the_output_directory() -> None:
    assert load(CIBW_OUTPUT_DIR="out").output_dir == "out"
    given = sources(environ={"CIBW_OUTPUT_DIR": "out"}, arguments=Arguments(output_dir="dist"))
    assert load_options(given, LINUX).output_dir == "dist"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.cfg": "[options]\npython_requires = >=3.11"}, ">=3.11"),
        ({"setup.py": "setup(python_requires='>=3.12')"}, ">=3.12"),
        ({}, ">=3.10"),
    ],
)
def test_requires_python_comes_from_the_project(files: dict[str, str], expected: str) -> None:
    text = None if files else '[project]\nrequires-python = ">=3.10"'
    assert load_options(sources(text, files=files), LINUX).requires_python == PythonVersions.parse(expected)


def test_requires_python_comes_from_the_package() -> None:
    files = {"sub/pyproject.toml": '[project]\nrequires-python = ">=3.12"', "setup.cfg": "[broken"}
    given = sources('[project]\nrequires-python = ">=3.10"', files=files, arguments=Arguments(package_dir="./sub"))
    assert load_options(given, LINUX).requires_python == PythonVersions.parse(">=3.12")


def test_a_variable_goes_before_requires_python() -> None:
    text = '[project]\nrequires-python = ">=3.10"'
    assert load(text, CIBW_PROJECT_REQUIRES_PYTHON=">=3.13").requires_python == PythonVersions.parse(">=3.13")
    assert mistake(text, CIBW_PROJECT_REQUIRES_PYTHON="x").place == "CIBW_PROJECT_REQUIRES_PYTHON"


def test_a_wrong_requires_python_is_a_mistake() -> None:
    found = mistake('[project]\nrequires-python = "three"')
    assert found.place == "pyproject.toml [project] requires-python"
    assert "'three' is not a version specifier" in found.message


def test_broken_toml_is_a_mistake_with_its_line() -> None:
    found = mistake("[tool.cibw]\nbuild = !")
    assert found.place == "pyproject.toml"
    assert "line 2" in found.message


def test_a_broken_package_is_a_mistake() -> None:
    given = sources("", files={"sub/pyproject.toml": "x"}, arguments=Arguments(package_dir="sub"))
    (found,) = mistakes_in(given)
    assert found.place == "sub/pyproject.toml"


def test_the_table_of_the_peer_is_read_where_ours_is_missing() -> None:
    options = load('[tool.cibuildwheel]\nskip = "*i686"')
    assert options.skip.patterns == ("*i686",)
    assert options.notes == ("[tool.cibuildwheel] in pyproject.toml is used because there is no [tool.cibw]",)
    both = load('[tool.cibuildwheel]\nskip = "*i686"\n[tool.cibw]\nskip = "*musl*"')
    assert both.skip.patterns == ("*musl*",)
    assert both.notes == ("[tool.cibuildwheel] in pyproject.toml is ignored because [tool.cibw] exists",)


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("false", False), ('"auto"', None), ('"on"', True), ('"No"', False)]
)
def test_the_store_is_a_choice(text: str, expected: bool | None) -> None:
    assert load(f"[tool.cibw]\ncache = {text}").cache is expected
    assert load().cache is None
    assert load(f"[tool.cibw]\ncache = {text}", CIBW_CACHE="0").cache is False


def test_a_wrong_choice_is_a_mistake() -> None:
    found = mistake('[tool.cibw]\ncache = "sometimes"')
    assert "true, false or auto" in found.message


def without(name: str, reason: str) -> Sources:
    def read(path: str) -> str | None:
        if path == name:
            raise UnreadableFileError(name, reason)
        return None

    return Sources(read_text=read, config_label="other.toml", arguments=Arguments(package_dir="sub"))


def test_a_file_that_can_not_be_read_is_a_note() -> None:
    options = load_options(without("sub/setup.py", "is not UTF-8 text"), Platform.LINUX)
    assert options.notes == ("sub/setup.py is not UTF-8 text, so it was ignored",)


def test_a_pyproject_that_can_not_be_read_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_options(without("sub/pyproject.toml", "is not a regular file"), Platform.LINUX)
    (found,) = raised.value.mistakes
    assert (found.place, found.message) == ("sub/pyproject.toml", "the file is not a regular file")
