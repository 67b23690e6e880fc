from __future__ import annotations

from pathlib import Path

import pytest

from cibw.config.cascade import Arguments
from cibw.model.identifiers import Platform
from cibw.reporting.codecs import plan_from_json, plan_to_json
from cibw.reporting.plan import plan_text
from cibw.reporting.terminal import TerminalStyle
from unit_test.conftest import Golden
from unit_test.planning.planned import DOCKER, HOST, INTEL_MAC, MAC, WINDOWS, WINDOWS_ON_ARM, plan_of

CASES = Path(__file__).parents[1] / "golden" / "plans"
HOSTS = {"host": HOST, "mac": MAC, "intel-mac": INTEL_MAC, "windows": WINDOWS, "windows-on-arm": WINDOWS_ON_ARM}
NAMES = sorted(path.stem for path in CASES.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_plan(name: str, golden: Golden) -> None:
    """The first line of a case gives the host, the platform, and the package directory."""
    text = (CASES / f"{name}.toml").read_text()
    words = text.partition("\n")[0].removeprefix("# ").split()
    facts = next((HOSTS[word] for word in words if word in HOSTS), DOCKER)
    package_dir = next((word.removeprefix("package=") for word in words if word.startswith("package=")), ".")
    platform = next((one for one in Platform if one.value in words), facts.platform)
    plan = plan_of(text, facts, Arguments(package_dir=package_dir), platform)
    golden.check(f"plans/{name}.txt", plan_text(plan, TerminalStyle()))
    assert plan_from_json(plan_to_json(plan)) == plan


def test_there_are_cases() -> None:
    assert len(NAMES) >= 6
