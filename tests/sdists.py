"""Real projects of the package index: their pinned sdists, and what shows that their wheels work."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.builds import CACHE, environment
from tests.downloads import download_sdist


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdist:
    """A release of a project; `check` is a statement that works with its native code and prints something.

    `is_outdated` says that its own configuration has options which ended before cibw began.
    """

    name: str
    version: str
    check: str
    settings: Mapping[str, str] = field(default_factory=dict)
    is_outdated: bool = False

    @property
    def test_command(self) -> str:
        """The check as a command for the shell; it holds no double quote."""
        return f'python -c "{self.check}"'


_YAML = "import yaml; print(yaml.load('[1, 2]', Loader=yaml.CSafeLoader))"
_YAML_SETTINGS = {
    "CIBW_BEFORE_ALL": "sh build_libyaml.sh",
    "CIBW_ENVIRONMENT": (
        "PYYAML_FORCE_LIBYAML=1 CPATH=$(pwd)/vendor/include LIBRARY_PATH=$(pwd)/vendor/lib "
        "LD_LIBRARY_PATH=$(pwd)/vendor/lib"
    ),
}

FAST = (
    Sdist(
        name="markupsafe",
        version="3.0.2",
        check="from markupsafe import _speedups; print(_speedups._escape_inner('<'))",
    ),
    Sdist(name="msgpack", version="1.1.1", check="from msgpack._cmsgpack import Packer; print(Packer().pack([1]))"),
    Sdist(name="pyyaml", version="6.0.2", check=_YAML, settings=_YAML_SETTINGS),
    Sdist(name="regex", version="2024.11.6", check=r"import regex; print(regex.findall(r'\p{Lu}', 'aBc'))"),
    Sdist(name="ujson", version="5.10.0", check="import ujson; print(ujson.dumps([1.5, 'x']))"),
    Sdist(
        name="kiwisolver",
        version="1.4.8",
        check="import kiwisolver as k; s = k.Solver(); x = k.Variable('x'); "
        "s.addConstraint((x == 3) | 'strong'); s.updateVariables(); print(x.value())",
    ),
    Sdist(
        name="psutil",
        version="7.0.0",
        check="import psutil; print(psutil.virtual_memory().total > 0)",
        # The index that a test asks may lack the newest of the pinned audit tools.
        settings={"CIBW_DEPENDENCY_VERSIONS": "latest"},
    ),
    Sdist(
        name="greenlet",
        version="3.2.3",
        check="from greenlet import greenlet, getcurrent; "
        "g = greenlet(lambda: getcurrent().parent.switch(1)); print(g.switch())",
    ),
)
SLOW = (
    Sdist(
        name="contourpy",
        version="1.3.2",
        is_outdated=True,
        check="from contourpy import contour_generator as c; print(len(c(z=[[0, 1], [1, 2]]).lines(0.5)))",
    ),
)


def download(sdist: Sdist) -> Path:
    """The sdist's archive, from the index once and then from the cache."""
    return download_sdist(sdist.name, sdist.version, CACHE / "sdists", environment())


def libyaml_source() -> Path:
    """libyaml's source as Debian has it, by apt once and then from the cache; LookupError without Debian's apt."""
    directory = CACHE / "libyaml"
    found = sorted(directory.glob("libyaml_*.orig.tar.*"))
    if found:
        return found[0]
    if not shutil.which("apt-get"):
        raise LookupError("libyaml's source comes by apt, which is not here")
    for name in ("lists/partial", "archives/partial", "sources"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    (directory / "sources" / "source.sources").write_text(_source_stanza(), encoding="utf-8")
    options = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": str(directory / "sources"),
        "Dir::State::Lists": str(directory / "lists"),
        "Dir::Cache": str(directory),
    }
    apt = ["apt-get", "-qq", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    _run([*apt, "update"], directory)
    _run([*apt, "source", "--download-only", "libyaml"], directory)
    return next(directory.glob("libyaml_*.orig.tar.*"))


def _source_stanza() -> str:
    """The host's own Debian archive, for sources in place of packages."""
    for file in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for stanza in file.read_text(encoding="utf-8").split("\n\n"):
            if "/debian\n" in stanza or "/debian/\n" in stanza:
                return stanza.replace("Types: deb\n", "Types: deb-src\n")
    raise LookupError("no Debian archive among the sources of apt")


def _run(command: list[str], directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
