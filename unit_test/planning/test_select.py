from __future__ import annotations

from fnmatch import fnmatchcase

import bracex
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from cibw.catalog import load_catalog
from cibw.config.options import Options
from cibw.config.project.python_versions import PythonVersions
from cibw.config.selectors import EnableGroup, Selector
from cibw.errors import ConfigurationError, DeprecatedError, UnfitArchitectureError
from cibw.model.identifiers import ARCHITECTURES, Architecture, BuildIdentifier, Platform
from cibw.model.machines import HostFacts
from cibw.planning.select import Selection, SelectionProblems, native_architecture, select, wanted_architectures

INTEL = HostFacts(platform=Platform.LINUX, machine="x86_64", runs_32bit=True)
I686 = HostFacts(platform=Platform.LINUX, machine="i686", runs_32bit=True)
ARM = HostFacts(platform=Platform.LINUX, machine="aarch64")
ARM_32 = HostFacts(platform=Platform.LINUX, machine="aarch64", runs_32bit=True)
POWER = HostFacts(platform=Platform.LINUX, machine="ppc64le")
RARE = HostFacts(platform=Platform.LINUX, machine="loongarch64")
MAC = HostFacts(platform=Platform.MACOS, machine="arm64")
OLD_MAC = HostFacts(platform=Platform.MACOS, machine="x86_64")
WINDOWS = HostFacts(platform=Platform.WINDOWS, machine="AMD64")
WINDOWS_ARM = HostFacts(platform=Platform.WINDOWS, machine="ARM64")


@pytest.mark.parametrize(
    ("words", "platform", "facts", "expected"),
    [
        ("auto", Platform.LINUX, INTEL, {"x86_64"}),
        ("native", Platform.LINUX, ARM, {"aarch64"}),
        ("auto64", Platform.LINUX, INTEL, {"x86_64"}),
        ("auto32", Platform.LINUX, INTEL, {"i686"}),
        ("auto32", Platform.LINUX, I686, {"i686"}),
        ("auto32", Platform.LINUX, ARM_32, {"armv7l"}),
        ("auto", Platform.LINUX, POWER, {"ppc64le"}),
        ("auto", Platform.LINUX, MAC, {"aarch64"}),
        ("auto", Platform.LINUX, WINDOWS, {"x86_64"}),
        ("auto64 auto32", Platform.LINUX, INTEL, {"x86_64", "i686"}),
        ("s390x RISCV64", Platform.LINUX, INTEL, {"s390x", "riscv64"}),
        ("auto", Platform.MACOS, INTEL, {"x86_64"}),
        ("auto", Platform.MACOS, ARM, {"arm64"}),
        ("auto64", Platform.MACOS, MAC, {"arm64"}),
        ("universal2 auto", Platform.MACOS, OLD_MAC, {"universal2", "x86_64"}),
        ("auto", Platform.WINDOWS, WINDOWS, {"AMD64", "x86"}),
        ("auto", Platform.WINDOWS, INTEL, {"AMD64", "x86"}),
        ("native", Platform.WINDOWS, INTEL, {"AMD64"}),
        ("auto", Platform.WINDOWS, I686, {"x86"}),
        ("auto32", Platform.WINDOWS, WINDOWS, {"x86"}),
        ("auto", Platform.WINDOWS, WINDOWS_ARM, {"ARM64"}),
        ("arm64", Platform.WINDOWS, WINDOWS, {"ARM64"}),
        ("auto", Platform.ANDROID, ARM, {"arm64_v8a"}),
        ("auto", Platform.ANDROID, MAC, {"arm64_v8a"}),
        ("auto", Platform.ANDROID, OLD_MAC, {"x86_64"}),
        ("auto", Platform.IOS, MAC, {"arm64_iphonesimulator", "arm64_iphoneos"}),
        ("native", Platform.IOS, MAC, {"arm64_iphonesimulator"}),
        ("auto", Platform.IOS, OLD_MAC, {"x86_64_iphonesimulator"}),
        ("auto", Platform.PYODIDE, INTEL, {"wasm32"}),
        ("x86_64", Platform.PYODIDE, INTEL, {"wasm32"}),
        ("auto64", Platform.PYODIDE, INTEL, {"wasm32"}),
        ("auto32", Platform.PYODIDE, INTEL, {"wasm32"}),
    ],
)
def test_words_stand_for_architectures(words: str, platform: Platform, facts: HostFacts, expected: set[str]) -> None:
    problems = SelectionProblems()
    wanted = wanted_architectures(tuple(words.split()), platform, facts, problems)
    assert {architecture.value for architecture in wanted} == expected
    assert not problems.is_bad


@pytest.mark.parametrize("platform", Platform)
def test_all_stands_for_every_architecture_of_the_platform(platform: Platform) -> None:
    assert wanted_architectures(("all",), platform, INTEL, SelectionProblems()) == set(ARCHITECTURES[platform])


@pytest.mark.parametrize(
    ("words", "platform", "facts"),
    [
        ("", Platform.LINUX, INTEL),
        ("auto64", Platform.LINUX, I686),
        ("auto32", Platform.LINUX, ARM),
        ("auto32", Platform.LINUX, POWER),
        ("auto32", Platform.MACOS, OLD_MAC),
        ("auto", Platform.MACOS, I686),
        ("auto", Platform.MACOS, POWER),
        ("auto", Platform.IOS, INTEL),
        ("auto", Platform.LINUX, RARE),
        ("auto", Platform.WINDOWS, RARE),
        ("arm64", Platform.LINUX, INTEL),
        ("x86_64 AMD64", Platform.LINUX, INTEL),
    ],
)
def test_no_architecture_and_those_of_another_platform_are_unfit(
    words: str, platform: Platform, facts: HostFacts
) -> None:
    problems = SelectionProblems()
    wanted_architectures(tuple(words.split()), platform, facts, problems)
    (mistake,) = problems.unfit
    assert mistake.place == "archs"
    assert "auto64" in mistake.hint
    assert not problems.mistakes


@pytest.mark.parametrize(
    ("word", "platform", "hint"),
    [
        ("x8664", Platform.LINUX, "did you mean 'x86_64'?"),
        ("?", Platform.LINUX, "linux has"),
        ("AUTO", Platform.PYODIDE, ""),
    ],
)
def test_an_unknown_word_is_a_mistake(word: str, platform: Platform, hint: str) -> None:
    problems = SelectionProblems()
    wanted_architectures((word,), platform, INTEL, problems)
    (mistake,) = problems.mistakes
    assert word in mistake.message
    assert hint in mistake.hint
    assert not problems.unfit


def test_a_host_may_have_no_name_on_a_platform() -> None:
    assert native_architecture(Platform.MACOS, I686) is None
    assert native_architecture(Platform.LINUX, RARE) is None
    assert native_architecture(Platform.PYODIDE, RARE) is Architecture.WASM32


CATALOG = load_catalog()
LINUX = HostFacts(platform=Platform.LINUX, machine="x86_64")
EVERY_GROUP = frozenset(EnableGroup)


def options(
    build: str = "*",
    *,
    skip: str = "",
    test_skip: str = "",
    archs: str = "auto",
    enable: frozenset[EnableGroup] = frozenset(),
    requires_python: str | None = None,
    platform: Platform = Platform.LINUX,
    only: str | None = None,
) -> Options:
    return Options(
        platform=platform,
        build=Selector.parse(build),
        skip=Selector.parse(skip),
        test_skip=Selector.parse(test_skip),
        archs=tuple(archs.split()),
        enable=enable,
        requires_python=None if requires_python is None else PythonVersions.parse(requires_python),
        only=None if only is None else BuildIdentifier.parse(only),
    )


def names(selection: Selection) -> list[str]:
    return [str(entry.identifier) for entry in selection.selected]


def reason(selection: Selection, identifier: str) -> str:
    return next(one.reason for one in selection.not_built if str(one.identifier) == identifier)


def test_the_default_is_every_living_cpython_of_the_host() -> None:
    selected = names(select(options(), CATALOG, LINUX))
    tags = ["cp39", "cp310", "cp311", "cp312", "cp313", "cp314", "cp314t", "cp315", "cp315t"]
    expected = [f"{tag}-{libc}_x86_64" for libc in ("manylinux", "musllinux") for tag in tags]
    assert selected == expected


def test_every_identifier_is_selected_or_has_a_reason() -> None:
    selection = select(options("cp3{9,12}-* pp*", skip="*musl*", enable=EVERY_GROUP), CATALOG, LINUX)
    known = {entry.identifier for entry in CATALOG.interpreters(Platform.LINUX)}
    chosen = {entry.identifier for entry in selection.selected}
    left = {one.identifier for one in selection.not_built}
    assert chosen | left == known
    assert not chosen & left
    assert all(one.reason for one in selection.not_built)


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ("cp310-manylinux_x86_64", "not matched by build"),
        ("cp39-musllinux_x86_64", "matched by skip"),
        ("cp312-manylinux_x86_64", "requires-python is <3.12"),
        ("pp39-manylinux_x86_64", "the group pypy-eol is not enabled"),
        ("cp39-manylinux_aarch64", "archs (auto) does not include the architecture"),
        ("cp38-manylinux_x86_64", "to build it, add cp38-* to build"),
    ],
)
def test_reasons_say_what_left_an_identifier_out(identifier: str, said: str) -> None:
    selection = select(options("?p*[892]-*", skip="*musl*", requires_python="<3.12"), CATALOG, LINUX)
    assert said in reason(selection, identifier)


@pytest.mark.parametrize(
    ("requires_python", "first"),
    [(">=3.9.2", "cp39"), (">=3.10", "cp310"), (">3.9", "cp39"), (">3.9.99", "cp310"), ("~=3.12", "cp312")],
)
def test_a_version_counts_with_its_last_patch_release(requires_python: str, first: str) -> None:
    assert names(select(options(requires_python=requires_python), CATALOG, LINUX))[0] == f"{first}-manylinux_x86_64"


@pytest.mark.parametrize(
    ("build", "count"), [("cp38-*", 2), ("cp3{8,9}-*", 4), ("cp38-manylinux_x86_64", 1), ("cp3*", 18), ("*", 18)]
)
def test_an_ended_version_is_built_where_it_is_named(build: str, count: int) -> None:
    assert len(names(select(options(build), CATALOG, LINUX))) == count


def test_only_one_is_built_whatever_else_is_said() -> None:
    chosen = options("pp*", skip="*", archs="s390x", only="cp38-manylinux_aarch64")
    selection = select(chosen, CATALOG, LINUX)
    assert names(selection) == ["cp38-manylinux_aarch64"]
    assert reason(selection, "cp39-manylinux_x86_64") == "--only selects cp38-manylinux_aarch64"


def test_requires_python_holds_for_only_too() -> None:
    selection = select(options(only="cp39-manylinux_x86_64", requires_python=">=3.10"), CATALOG, LINUX)
    assert names(selection) == []
    assert reason(selection, "cp39-manylinux_x86_64") == "requires-python is >=3.10"


def test_only_has_to_name_an_identifier_of_the_catalog() -> None:
    with pytest.raises(ConfigurationError) as caught:
        select(options("cp313t-manylinux_x86_64", only="cp313t-manylinux_x86_64"), CATALOG, LINUX)
    (mistake,) = caught.value.mistakes
    assert mistake.place == "--only"
    assert "cp313-manylinux_x86_64" in mistake.hint


@pytest.mark.parametrize(
    ("build", "said", "hint"),
    [
        ("cp31-*", "matches no build identifier of any platform", "did you mean 'cp31"),
        ("*-manylinux_x86-64", "matches no build identifier", "did you mean '*-manylinux_x86_64'?"),
        ("nonsense", "matches no build identifier", "--print-build-identifiers"),
    ],
)
def test_a_build_pattern_has_to_match_something(build: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        select(options(build), CATALOG, LINUX)
    assert caught.value.exit_code == 2
    assert said in caught.value.mistakes[0].message
    assert hint in caught.value.mistakes[0].hint


@pytest.mark.parametrize("build", ["cp313-* pp*-*_aarch64", "cp313-* pp310-*"])
def test_a_pattern_of_a_group_that_is_not_enabled_stops_no_build(build: str) -> None:
    selection = select(options(build), CATALOG, LINUX)
    assert names(selection) == ["cp313-manylinux_x86_64", "cp313-musllinux_x86_64"]
    (note,) = selection.notes
    assert build.split()[1] in note
    assert 'set enable = "pypy' in note


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("cp38*", "end of life"),
        ("cp3[8]-*", "end of life"),
        ("cp27-*", "no longer built"),
        ("cp36-* cp37-*", r"'cp37-\*' names a Python"),
        ("pp38-*", "no longer built"),
        ("cp313t-*", "no longer built"),
    ],
)
def test_patterns_of_ended_versions_are_deprecated(build: str, said: str) -> None:
    with pytest.raises(DeprecatedError, match=said) as caught:
        select(options(build), CATALOG, LINUX)
    assert caught.value.exit_code == 4
    assert caught.value.hint


def test_a_pattern_of_another_platform_is_no_mistake() -> None:
    assert names(select(options("cp39-win32 cp310-macosx* *wasm32 cp313-ios*"), CATALOG, LINUX)) == []


def test_skip_patterns_without_effect_are_noted() -> None:
    chosen = options(skip="cp36-* pp* *musl* cp38-*", test_skip="cp39-* *i386")
    notes = select(chosen, CATALOG, LINUX).notes
    assert [note.split(" matches")[0] for note in notes] == [
        "skip: the pattern 'cp36-*'",
        "skip: the pattern 'pp*'",
        "test-skip: the pattern '*i386'",
    ]


@pytest.mark.parametrize(
    ("build", "platform", "count"),
    [
        ("cp38-* cp312-*", Platform.MACOS, 1),
        ("cp38-*linux* cp312-*", Platform.WINDOWS, 1),
        ("cp3{8,9}-*", Platform.MACOS, 0),
        ("cp38-* cp312-*", Platform.LINUX, 0),
    ],
)
def test_a_python_that_is_built_elsewhere_alone_is_noted(build: str, platform: Platform, count: int) -> None:
    machine = "AMD64" if platform is Platform.WINDOWS else "x86_64"
    notes = select(options(build, platform=platform), CATALOG, HostFacts(platform=platform, machine=machine)).notes
    assert [note.partition(": ")[2].partition(":")[0] for note in notes] == [
        f"the pattern {build.split(maxsplit=1)[0]!r} selects nothing on {platform.value}"
    ] * count


@pytest.mark.parametrize(
    ("test_skip", "count"),
    [
        ("*_universal2:arm64 cp39-macosx_universal2:x86_64 *:arm64", 0),
        ("*_universal2:i386", 1),
        ("*_universal2:", 1),
        ("*-win32:arm64", 1),
        ("*_universal2:arm64:x", 1),
    ],
)
def test_test_skip_may_name_one_half_of_a_universal2_wheel(test_skip: str, count: int) -> None:
    assert len(select(options(test_skip=test_skip), CATALOG, LINUX).notes) == count


def test_pypy_for_arm_macs_needs_an_arm_mac() -> None:
    chosen = options("*macosx_arm64", archs="all", platform=Platform.MACOS, enable=EVERY_GROUP)
    on_intel = select(chosen, CATALOG, HostFacts(platform=Platform.MACOS, machine="x86_64"))
    on_arm = select(chosen, CATALOG, HostFacts(platform=Platform.MACOS, machine="arm64"))
    assert len(on_intel.selected) == 9
    assert len(on_arm.selected) == 15
    assert "cannot be built" in reason(on_intel, "pp39-macosx_arm64")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        select(options("cp27-* x y", archs="arm64 z"), CATALOG, LINUX)
    assert [mistake.place for mistake in caught.value.mistakes] == ["build", "build", "archs", "archs", "build"]
    assert caught.value.exit_code == 2
    with pytest.raises(UnfitArchitectureError) as unfit:
        select(options("cp27-*", archs="arm64"), CATALOG, LINUX)
    assert len(unfit.value.mistakes) == 2
    assert unfit.value.exit_code == 4


words = st.sampled_from(
    ["*", "cp3*", "cp3{9,1?}-*", "*x86_64", "*-manylinux_*", "cp31[0-3]-*", "pp*", "*musl*", "cp315t-*", "gp*"]
)
patterns = st.lists(words, max_size=3).map(" ".join)


@given(patterns, patterns, st.sampled_from(["auto", "all", "aarch64 i686"]), st.sampled_from([None, ">=3.11", "<3.13"]))
def test_selection_is_what_its_rules_say(build: str, skip: str, archs: str, requires_python: str | None) -> None:
    chosen = options(build, skip=skip, archs=archs, enable=EVERY_GROUP, requires_python=requires_python)
    wanted = {"auto": ("x86_64",), "all": ("",), "aarch64 i686": ("aarch64", "i686")}[archs]

    def is_matched(text: str, identifier: str) -> bool:
        return any(fnmatchcase(identifier, piece) for word in text.split() for piece in bracex.expand(word))

    expected = [
        str(entry.identifier)
        for entry in CATALOG.interpreters(Platform.LINUX)
        if not entry.eol
        and is_matched(build, str(entry.identifier))
        and not is_matched(skip, str(entry.identifier))
        and str(entry.identifier).endswith(wanted)
        and (requires_python is None or SpecifierSet(requires_python).contains(f"{entry.version}.99"))
    ]
    assert names(select(chosen, CATALOG, LINUX)) == expected
