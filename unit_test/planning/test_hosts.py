from __future__ import annotations

from dataclasses import replace

import pytest

from cibw.errors import ConfigurationError
from cibw.model.facts import Facts
from cibw.model.target import Platform
from cibw.planning.hosts import require_host
from unit_test.planning.planned import DOCKER, MAC, WINDOWS, plan_of


@pytest.mark.parametrize(
    ("platform", "facts"),
    [
        (Platform.MACOS, DOCKER),
        (Platform.WINDOWS, MAC),
        (Platform.PYODIDE, WINDOWS),
        (Platform.IOS, DOCKER),
    ],
)
def test_a_host_that_cannot_build_names_those_that_can(platform: Platform, facts: Facts) -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_host(platform, facts)
    assert f"Wheels for {platform.value} cannot be built on" in caught.value.message
    assert f"cibw plan --platform {platform.value}" in caught.value.hint


@pytest.mark.parametrize(
    ("platform", "facts"),
    [(Platform.MACOS, MAC), (Platform.IOS, MAC), (Platform.WINDOWS, WINDOWS), (Platform.LINUX, WINDOWS)],
)
def test_a_host_that_can(platform: Platform, facts: Facts) -> None:
    require_host(platform, facts)
    assert facts.platform is Platform.MACOS or platform in (Platform.LINUX, facts.platform)


@pytest.mark.parametrize("facts", [DOCKER, MAC])
def test_pyodide_is_built_on_linux_and_macs(facts: Facts) -> None:
    require_host(Platform.PYODIDE, facts)
    assert plan_of("", facts, platform=Platform.PYODIDE).jobs


ANDROID_SDK = replace(DOCKER, android_home="/sdk", has_android_home=True)


@pytest.mark.parametrize("facts", [ANDROID_SDK, replace(MAC, android_home="/sdk", has_android_home=True)])
def test_a_host_with_an_sdk_builds_for_android(facts: Facts) -> None:
    require_host(Platform.ANDROID, facts)
    assert facts.has_android_home


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (DOCKER, "Wheels for android need an Android SDK, but ANDROID_HOME is not set."),
        (replace(MAC, android_home="/nowhere"), "ANDROID_HOME is /nowhere, which is not a directory"),
        (replace(ANDROID_SDK, machine="aarch64"), "cannot be built on Linux on aarch64"),
        (WINDOWS, "on a Windows computer, only on a Linux computer or a Mac"),
    ],
)
def test_what_android_needs_is_told_before_anything_is_built(facts: Facts, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_host(Platform.ANDROID, facts)
    assert message in caught.value.message
    assert caught.value.hint
