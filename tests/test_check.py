"""Releases checked by the program as users call it, with the linters, and compared with twine's own check."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.index_servers import pypiserver
from unit_test.release.archives import FIELDS, Made

BIN = Path(sys.executable).parent
INFO = "demo-1.0.dist-info"
UNTOLD = tuple(line for line in FIELDS if not line.startswith("Description-Content-Type"))
LINTERS = ("check-wheel-contents", "pydistcheck", "abi3audit")


def run(directory: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program that is installed beside this Python, with more variables."""
    command, environment = [str(BIN / words[0]), *words[1:]], {**os.environ, **more}
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def findings(directory: Path, *words: str) -> dict[str, list[str]]:
    """The messages of each rule that has found something."""
    done = run(directory, "cibw", "check", "--json", *words)
    assert done.stderr == ""
    found: dict[str, list[str]] = {}
    for one in json.loads(done.stdout)["findings"]:
        if one["severity"] != "skipped":
            found.setdefault(one["rule"], []).append(one["message"])
    return found


@pytest.mark.parametrize(
    ("made", "rules"),
    [
        (Made(), set()),
        (Made(fields=UNTOLD), {"no-readme"}),
        (Made(readme="", fields=UNTOLD), {"no-readme"}),
        (Made(readme="Title\n==\n\n:nonsense:`x`\n"), {"readme"}),
        (Made(readme="| a | b\n+---+\n"), {"readme"}),
        (Made(readme=".. raw:: html\n\n   <b>x</b>\n"), {"readme"}),
        (Made(readme=".. image:: x.png\n   :scale: 50%\n"), set()),
        (Made(readme="# *not* closed **", fields=(*UNTOLD, "Description-Content-Type: text/markdown")), set()),
        (Made(readme=":nonsense:`x`", fields=(*UNTOLD, "Description-Content-Type: text/plain")), set()),
    ],
)
def test_twine_has_the_same_opinion_of_readmes(tmp_path: Path, made: Made, rules: set[str]) -> None:
    made.wheel(tmp_path / "dist")
    made.sdist(tmp_path / "dist")
    files = sorted(f"dist/{path.name}" for path in (tmp_path / "dist").iterdir())
    strict = run(tmp_path, "twine", "check", "--strict", *files)
    assert set(findings(tmp_path, "--no-linters")) == rules
    assert strict.returncode == int(bool(rules)), strict.stdout


def test_linters_find_what_they_look_for(tmp_path: Path) -> None:
    missing = [name for name in LINTERS if not (BIN / name).is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    # Any extension that was built for one Python uses more than the stable ABI.
    extension = next(Path(sysconfig.get_path("platlib")).glob("_cffi_backend.cpython-*.so"))
    tag = "cp38-abi3-manylinux_2_17_x86_64"
    Made(tag=tag, extra={"demo/x.abi3.so": extension.read_bytes(), "demo/x.pyc": b"x"}).wheel(tmp_path / "dist")
    files = {"demo-1.0/PKG-INFO": Made().metadata.encode(), "demo-1.0/LICENSE": b"MIT", "demo-1.0/.travis.yml": b""}
    Made().sdist(tmp_path / "dist", files)
    found = findings(tmp_path)
    assert set(found) == set(LINTERS)
    assert found["check-wheel-contents"] == ["W001: Wheel contains .pyc/.pyo files: demo/x.pyc"]
    assert any("unexpected-files" in message for message in found["pydistcheck"])
    assert any("uses symbols that are not in the stable ABI" in message for message in found["abi3audit"])
    done = run(tmp_path, "cibw", "check")
    assert (done.returncode, done.stderr) == (18, "")
    (tmp_path / "pyproject.toml").write_text('[tool.cibw]\ncheck-ignore = ["abi3audit"]\n')
    assert run(tmp_path, "cibw", "check").returncode == 0


def test_good_files_please_the_linters(tmp_path: Path) -> None:
    Made().wheel(tmp_path / "dist")
    Made().sdist(tmp_path / "dist")
    done = run(tmp_path, "cibw", "check", "--tag", "v1.0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ demo 1.0" in done.stdout or "ok demo 1.0" in done.stdout


def test_files_of_this_project_are_fit(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parent.parent
    shutil.copytree(root / "cibw", tmp_path / "cibw", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, tmp_path / name)
    built = run(tmp_path, "pyproject-build", "--installer", "uv", "--outdir", "dist", ".")
    assert built.returncode == 0, built.stdout + built.stderr
    found = findings(tmp_path, "--no-linters")
    assert found == {}


def test_publish_checks_before_it_asks_the_index(tmp_path: Path) -> None:
    Made(tag="cp312-cp312-linux_x86_64").wheel(tmp_path / "dist")
    # Nobody listens there: whoever asks first what the index has would fail otherwise.
    done = run(tmp_path, "cibw", "publish", "--to", "http://127.0.0.1:9/")
    assert done.returncode == 18, done.stderr
    assert "There is no sdist." in done.stdout
    assert "The release has 1 error. Nothing was uploaded." in done.stderr
    assert "The index does not accept wheels for linux_x86_64." in done.stdout.partition("Warnings")[2]


def test_publish_may_leave_the_check_out(tmp_path: Path) -> None:
    Made(tag="cp312-cp312-linux_x86_64").wheel(tmp_path / "dist")
    with pypiserver(tmp_path / "server") as server:
        words = ("publish", "--to", server.upload, "--dry-run")
        checked = run(tmp_path, "cibw", *words)
        assert checked.returncode == 18
        assert "1 to send" in checked.stdout, "a dry run tells the plan, too"
        done = run(tmp_path, "cibw", *words, "--no-check", CIBW_PUBLISH_USERNAME="ci", CIBW_PUBLISH_PASSWORD="secret")
        assert done.returncode == 0, done.stderr
        assert "The release was not checked" in done.stdout
        assert "There is no sdist." not in done.stdout
