"""What builds print and compute: secrets turn up nowhere, and nothing has power over the CI or the terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builds import copy_project
from tests.image_settings import image_settings
from tests.index_servers import PASSWORD
from tests.installing import here
from tests.planter import PLANTED, Planter
from tests.secret_watch import leaks_in_text

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the processes are read from /proc")

SPEAKING = """\
import base64, os, sys
key = "BEGIN EC " + "PRIVATE KEY-----"
print("-----" + key, "plantedKey05" * 2, "-----" + key.replace("BEGIN", "END"), sep="\\n")
print("curl -H token:", "gh" + "p_" + "planted06" * 4)
print("in base64", base64.b64encode(("user:" + os.environ.get("API_TOKEN", "")).encode()).decode())
for name, value in os.environ.items():
    print("value", repr(value), file=sys.stderr)
    print(f"{name} is {value}")
"""
"""Prints all that it knows, as a careless script does."""
EVIL = r"""
import sys
for line in (
    b"##vso[task.setvariable variable=PATH]x", b"##[add-path]x", b"::add-path::x", b"  ::stop-commands::x",
    b"##teamcity[buildStatus status='SUCCESS']", b"travis_fold:start:evil", b"section_start:0:evil\r\x1b[0Kx",
    b"\x1b]52;c;eHg=\x07", b"\x1b[2J", b"\x1b[?1049h", b"\x1bc", b"\x1bP$qm\x1b\\", b"\x1b]0;title\x07", b"\xc2\x9b2J",
):
    sys.stdout.buffer.write(line + b"\n")
"""
"""Prints what CIs and terminals act on."""


def planted(name: str, *parts: str) -> str:
    """An assignment whose value stands nowhere before it is computed."""
    return f'{name}="$({"; ".join(f"printf {part}" for part in parts)})"'


def secrets_of_a_build(planter: Planter, tag: str) -> dict[str, str]:
    """Settings that plant secrets wherever a build may get them from, and print them in each of its steps."""
    (planter.directory / "speak.py").write_text(SPEAKING)
    link = f"LINK=https://{PLANTED['a token in an address']}@index.example/simple"
    return {
        "TWINE_PASSWORD": PASSWORD,
        "CIBW_PUBLISH_TOKEN": PLANTED["a wrong password"],
        "X_PAT": PLANTED["a variable that is passed on"],
        "COMPANY_PIN": PLANTED["a variable that the option secrets names"],
        "SLACK_WEBHOOK_URL": f"https://chat.example/{PLANTED['the address of a webhook']}",
        "CIBW_ENVIRONMENT_PASS": "X_PAT COMPANY_PIN SLACK_WEBHOOK_URL",
        "CIBW_SECRETS": "COMPANY_*",
        "CIBW_ENVIRONMENT": f"{planted('API_TOKEN', 'planted-', 'computed-97')} {link} "
        f"BUILD_TOKEN={PLANTED['the variable of the build']}",
        "CIBW_TEST_ENVIRONMENT": f"{planted('MYSQL_PWD', 'planted-', 'tested-98')} "
        f"API_KEY={PLANTED['the variable of the tests']} DB_PASS={PLANTED['a password of a database']}",
        "CIBW_BEFORE_ALL": "python3 speak.py || python speak.py",
        "CIBW_BEFORE_BUILD": "python speak.py && sleep 0.3",
        "CIBW_TEST_COMMAND": "python {project}/speak.py",
        "CIBW_BUILD": f"{tag}-manylinux_x86_64",
        "CIBW_CACHE": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(planter.directory / "summary.md"),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
    }


@pytest.mark.parametrize(
    "engine", [pytest.param("host", marks=pytest.mark.host), pytest.param("docker", marks=pytest.mark.docker)]
)
def test_building(engine: str, tmp_path: Path) -> None:
    planter = Planter(directory=copy_project("c", tmp_path))
    [tag] = here("cp311") or [f"cp3{sys.version_info.minor}"]
    given = secrets_of_a_build(planter, tag)
    earlier = images() if engine == "docker" else frozenset()
    if engine == "docker":
        create = f"create-args: --env API_KEY={PLANTED['a variable of the container']}"
        given |= {**image_settings("manylinux_x86_64"), "CIBW_CONTAINER_ENGINE": f"docker; {create}"}
    chosen = () if engine == "docker" else ("--engine", engine)
    for arguments in (("plan",), ("plan", "--json"), ("config", "show", "--explain"), ("config", "show", "--json")):
        assert planter(*arguments, given=given) == 0, planter.printed
    assert planter("build", *chosen, "--explain-cache", given=given) == 0, planter.printed
    failing = {**given, "CIBW_TEST_COMMAND": "python {project}/speak.py; exit 1"}
    assert planter("build", *chosen, "--explain-cache", "--debug-traceback", given=failing) == 1
    assert planter("build", *chosen, given={**given, "CIBW_ENVIRONMENT": "A_TOKEN=$(printf planted-; exit 1)"}) == 1
    assert planter.printed.count("***") > 30
    assert planter.watch.looks > 50
    assert planter.watch.children > 0 or engine == "docker"
    assert planter.leaks() == []
    if engine == "docker":
        kept = images() - earlier
        assert kept
        assert leaks_in_text(told_of(kept), PLANTED) == []


def images() -> frozenset[str]:
    """The images that the engine has."""
    command = ["docker", "image", "ls", "--quiet", "--no-trunc"]
    return frozenset(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def told_of(names: frozenset[str]) -> str:
    """What the engine tells of some images."""
    command = ["docker", "image", "inspect", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.host
@pytest.mark.parametrize("ci", ["GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI", "TRAVIS", "NONE"])
def test_output_has_no_power_over_the_ci_and_the_terminal(ci: str, tmp_path: Path) -> None:
    planter = Planter(directory=copy_project("pure", tmp_path))
    [tag] = here("cp311") or [f"cp3{sys.version_info.minor}"]
    (planter.directory / "evil.py").write_text(EVIL)
    given = {
        "CIBW_BUILD": f"{tag}-manylinux_x86_64",
        "CIBW_BEFORE_BUILD": "python evil.py && exit 1",
        "FORCE_COLOR": "1",
        "GITHUB_STEP_SUMMARY": str(planter.directory / "summary.md"),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
        ci: "true",
    }
    assert planter("build", "--engine", "host", given=given) == 1
    logs = [*planter.directory.rglob("*.log"), planter.directory / "summary.md"]
    texts = [planter.printed, *(path.read_text(encoding="utf-8") for path in logs)]
    assert sum("task.setvariable" in text for text in texts) >= 2
    for text in texts:
        for command in ("##vso[task.set", "##[add", "##teamcity[", "fold:start:evil\n", "section_start:0:evil"):
            assert command not in text.replace("travis_ fold", "")
        assert not re.search(r"^\s*::(?:add-path|stop-commands)", text, re.MULTILINE)
        # Colours, and what cibw itself says to GitLab.
        assert not re.search(r"\x1b(?!\[[0-9;]*m|\[0K)|\x9b|[\x00-\x08]", text)
    assert not any("\x1b" in path.read_text(encoding="utf-8") for path in logs)
