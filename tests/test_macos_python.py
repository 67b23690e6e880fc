"""The script that installs CPython on a Mac, with programs that stand for those of a Mac."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "cibw" / "resources" / "macos_python.sh"


class Mac:
    """A directory of programs, of which sudo installs a Python and notes how it was called."""

    def __init__(self, place: Path) -> None:
        self.python = place / "framework" / "python3.14"
        self.log = place / "log"
        self._place = place
        python = f'mkdir -p {self.python.parent}; printf "#!/bin/sh\\ncat >/dev/null\\n" >{self.python}'
        sudo = place / "bin" / "sudo"
        sudo.parent.mkdir()
        sudo.write_text(f'#!/bin/sh\nfor word; do echo "$word"; done >>{self.log}\n{python}; chmod +x {self.python}\n')
        sudo.chmod(0o755)

    def install(self, version: str = "3.14", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the script for a package."""
        path = f"{self._place / 'bin'}:/usr/bin:/bin"
        return subprocess.run(
            ["sh", SCRIPT, "the.pkg", version, self.python],
            env={"PATH": path, "TMPDIR": str(self._place), **variables},
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    @property
    def words(self) -> list[str]:
        """What sudo was told."""
        return self.log.read_text().split() if self.log.exists() else []


def test_a_python_that_is_there_is_left_alone(tmp_path: Path) -> None:
    mac = Mac(tmp_path)
    mac.python.parent.mkdir()
    mac.python.touch(0o755)
    assert mac.install(CI="1").returncode == 0
    assert mac.words == []


@pytest.mark.parametrize("variables", [{}, {"CI": "false"}, {"CI": "0", "TF_BUILD": "", "TRAVIS": "False"}])
def test_nothing_is_installed_on_the_computer_of_a_user(tmp_path: Path, variables: dict[str, str]) -> None:
    mac = Mac(tmp_path)
    outcome = mac.install(**variables)
    assert outcome.returncode == 1
    assert "open 'the.pkg'" in outcome.stderr
    assert 'python-source = "uv"' in outcome.stderr
    assert mac.words == []


@pytest.mark.parametrize(("version", "has_choices"), [("3.9", False), ("3.13", False), ("3.14", True)])
def test_a_ci_installs_it(tmp_path: Path, version: str, has_choices: bool) -> None:
    mac = Mac(tmp_path)
    outcome = mac.install(version, CI="true")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert mac.words[:3] == ["installer", "-pkg", "the.pkg"]
    assert ("-applyChoiceChangesXML" in mac.words) is has_choices
    assert mac.python.exists()
    assert not list(tmp_path.glob("*.lock"))
