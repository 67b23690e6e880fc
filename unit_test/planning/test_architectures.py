from __future__ import annotations

import pytest

from cibw.model.facts import Facts
from cibw.model.target import ARCHITECTURES, Architecture, Platform
from cibw.planning.architectures import native_architecture, wanted_architectures
from cibw.planning.verdict import Verdict

INTEL = Facts(platform=Platform.LINUX, machine="x86_64", runs_32bit=True)
I686 = Facts(platform=Platform.LINUX, machine="i686", runs_32bit=True)
ARM = Facts(platform=Platform.LINUX, machine="aarch64")
ARM_32 = Facts(platform=Platform.LINUX, machine="aarch64", runs_32bit=True)
POWER = Facts(platform=Platform.LINUX, machine="ppc64le")
RARE = Facts(platform=Platform.LINUX, machine="loongarch64")
MAC = Facts(platform=Platform.MACOS, machine="arm64")
OLD_MAC = Facts(platform=Platform.MACOS, machine="x86_64")
WINDOWS = Facts(platform=Platform.WINDOWS, machine="AMD64")
WINDOWS_ARM = Facts(platform=Platform.WINDOWS, machine="ARM64")


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
def test_words_stand_for_architectures(words: str, platform: Platform, facts: Facts, expected: set[str]) -> None:
    verdict = Verdict()
    wanted = wanted_architectures(tuple(words.split()), platform, facts, verdict)
    assert {architecture.value for architecture in wanted} == expected
    assert not verdict.is_bad


@pytest.mark.parametrize("platform", Platform)
def test_all_stands_for_every_architecture_of_the_platform(platform: Platform) -> None:
    assert wanted_architectures(("all",), platform, INTEL, Verdict()) == set(ARCHITECTURES[platform])


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
def test_no_architecture_and_those_of_another_platform_are_unfit(words: str, platform: Platform, facts: Facts) -> None:
    verdict = Verdict()
    wanted_architectures(tuple(words.split()), platform, facts, verdict)
    (mistake,) = verdict.unfit
    assert mistake.place == "archs"
    assert "auto64" in mistake.hint
    assert not verdict.mistakes


@pytest.mark.parametrize(
    ("word", "platform", "hint"),
    [
        ("x8664", Platform.LINUX, "did you mean 'x86_64'?"),
        ("?", Platform.LINUX, "linux has"),
        ("AUTO", Platform.PYODIDE, ""),
    ],
)
def test_an_unknown_word_is_a_mistake(word: str, platform: Platform, hint: str) -> None:
    verdict = Verdict()
    wanted_architectures((word,), platform, INTEL, verdict)
    (mistake,) = verdict.mistakes
    assert word in mistake.message
    assert hint in mistake.hint
    assert not verdict.unfit


def test_a_host_may_have_no_name_on_a_platform() -> None:
    assert native_architecture(Platform.MACOS, I686) is None
    assert native_architecture(Platform.LINUX, RARE) is None
    assert native_architecture(Platform.PYODIDE, RARE) is Architecture.WASM32
