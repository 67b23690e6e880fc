"""Run cibuildwheel's own integration tests with cibw in its place, and write docs/peer-suite.md.

The tests come from cibuildwheel's sdist, which is downloaded from the package index. They build in Docker, for Linux on
x86_64. tests/peer/suite/verdicts.toml declares which of them fail, and why. The exit code is 1 where a test fails that
is not declared, where one fails in another way than declared, and where one passes that is declared to fail.

python -m tests.peer.run_suite
python -m tests.peer.run_suite --python cp310 --python cp311 -k before_all

More arguments are for pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.downloads import download_sdist, unpack
from tests.images.commands import run
from tests.images.recipes import recipes
from tests.peer.peer import CIBUILDWHEEL_CACHE, CIBUILDWHEEL_RELEASE, cibuildwheel_python
from tests.peer.suite.driver import Image, Outcome, read_outcomes
from tests.peer.suite.page import page
from tests.peer.suite.verdicts import DECLARED, Verdict, judge, missing, read_failures

ROOT = Path(__file__).resolve().parents[2]
DRIVER = ROOT / "tests" / "peer" / "suite" / "driver.py"
PAGE = ROOT / "docs" / "peer-suite.md"
PACKAGES = ("build", "jinja2", "pytest>=9", "pytest-rerunfailures", "pytest-timeout", "pytest-xdist", "uv")
OUTCOMES = CIBUILDWHEEL_CACHE / "suite-outcomes.jsonl"
FAMILIES = ("manylinux", "musllinux")
_FOREIGN = ("CIBW_", "VIRTUAL_ENV", "UV_PYTHON", "PYTHONPATH", "GITHUB_", "TF_BUILD", "GITLAB_CI", "TRAVIS", "CI")
_NEWEST = (3, 14)
"""The Python that the tests build with where one is enough."""


class Arguments(argparse.Namespace):
    """What the command line says."""

    python: list[str]
    resume: bool
    seconds: int


def main() -> int:
    """Run the tests, print what is not as declared, write the page after a whole run, and give the exit code."""
    arguments, rest = _parser().parse_known_args(namespace=Arguments())
    images = {family: _image(family, arguments.python) for family in FAMILIES}
    failures = read_failures(DECLARED.read_text(encoding="utf-8"))
    outcomes = _run_tests(images, [f"--timeout={arguments.seconds}", *rest], resume=arguments.resume)
    judged = [judge(outcome, failures) for outcome in outcomes]
    if not rest:
        judged += missing(judged, failures)
        PAGE.write_text(page(CIBUILDWHEEL_RELEASE, images, judged), encoding="utf-8")
    faults = [one for one in judged if one.verdict is Verdict.FAULT]
    for one in faults:
        print(f"--- {one.outcome.test}: {one.why}\n{one.outcome.text}")
    print(f"{len(judged)} tests, {len(faults)} of them not as declared.")
    return 1 if faults or not judged else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--python", action="append", default=[], help="use only this one of the images, such as cp311")
    parser.add_argument("--resume", action="store_true", help="keep the outcomes of the last run, and run other tests")
    parser.add_argument("--seconds", type=int, default=300, help="the limit of a test; default: 300")
    return parser


def _image(family: str, chosen: Collection[str]) -> Image:
    recipe = recipes()[f"{family}-x86_64"]
    reference = os.environ.get(recipe.setting) or recipe.reference
    script = "echo $AUDITWHEEL_POLICY; ls /opt/python"
    policy, *pythons = run(["docker", "run", "--rm", reference, "sh", "-c", script]).split()
    kept = [tag for tag in pythons if tag.startswith("cp") and (not chosen or tag.split("-")[0] in chosen)]
    return Image(reference=reference, policy=policy, pythons=kept)


def _single_python(images: Mapping[str, Image]) -> tuple[int, int]:
    """The newest Python that all images have, or that of manylinux has."""
    common = set.intersection(*(set(image.pythons) for image in images.values())) or images["manylinux"].pythons
    minors = [minor for minor in range(_NEWEST[1] + 1) if f"cp3{minor}-cp3{minor}" in common]
    if not minors:
        sys.exit("The image of manylinux has none of these Pythons.")
    return 3, max(minors)


def _run_tests(images: Mapping[str, Image], arguments: Sequence[str], *, resume: bool) -> list[Outcome]:
    sdists = CIBUILDWHEEL_CACHE / "sdists"
    sdists.mkdir(parents=True, exist_ok=True)
    archive = download_sdist("cibuildwheel", CIBUILDWHEEL_RELEASE, sdists, os.environ)
    OUTCOMES.touch()
    if not resume:
        OUTCOMES.write_text("", encoding="utf-8")
    with TemporaryDirectory() as directory:
        settings = Path(directory) / "settings.json"
        values = {
            "own_python": sys.executable,
            "images": {family: vars(image) for family, image in images.items()},
            "single_python": _single_python(images),
            "outcomes": str(OUTCOMES),
        }
        settings.write_text(json.dumps(values), encoding="utf-8")
        options = ["-o", "addopts=", "-p", "no:cacheprovider", "-v", f"--basetemp={directory}/pytest"]
        command = [cibuildwheel_python("suite-", PACKAGES), str(DRIVER), str(settings), *options, "test", *arguments]
        subprocess.run(command, cwd=unpack(archive, Path(directory)), env=_environment(images), check=True)
    return read_outcomes(OUTCOMES)


def _environment(images: Mapping[str, Image]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    own = {
        "CIBW_PLATFORM": "linux",
        "CIBW_CONTAINER_ENGINE": "docker",
        "CIBW_CACHE": "false",
        "CIBW_CACHE_PATH": str(CIBUILDWHEEL_CACHE / "suite-cache"),
        "CIBW_CACHE_PROJECT": "peer-suite",
        "CIBW_PREPARED_IMAGES": "no",
        # A mirror of the index may lack what is pinned for audits.
        "CIBW_DEPENDENCY_VERSIONS": "latest",
    }
    return kept | own | {f"CIBW_{family.upper()}_X86_64_IMAGE": images[family].reference for family in FAMILIES}


if __name__ == "__main__":
    sys.exit(main())
