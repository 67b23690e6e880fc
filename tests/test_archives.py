"""Interpreters out of archives: what a plan fetches, from a server on this computer, and where it then finds them."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from nuget_hashes import Hasher, Release, hash_lines

from cibw.catalog import Catalog
from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.errors import DownloadError
from cibw.execution.fetch.download import DownloadSettings, fetcher_of
from cibw.execution.fetch.http import HttpTransport, trusted
from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts, Mirrors
from cibw.model.plan import Fetch, Run, WheelBuild
from cibw.model.templates import Placeholder
from cibw.planning.plan import make_plan
from cibw.planning.select import select
from tests.served import served

Contents = Mapping[str, bytes]
FACTS = {
    Platform.MACOS: HostFacts(platform=Platform.MACOS, machine="arm64"),
    Platform.WINDOWS: HostFacts(platform=Platform.WINDOWS, machine="AMD64"),
}
NUPKG = {
    "[Content_Types].xml": b"<Types/>",
    "_rels/.rels": b"<Relationships/>",
    "package/services/metadata/core-properties/1a2b.psmdcp": b"<coreProperties/>",
    "python.nuspec": b"<package/>",
    ".signature.p7s": b"signature",
    "tools/python.exe": b"MZ",
    "tools/Lib/os.py": b"",
    "tools/libs/python3.lib": b"!<arch>",
}
"""A package of NuGet: its content lies beside parts of the Open Packaging Conventions (ECMA-376) and a signature."""
PYPY = {"pypy3.11-v7/bin/pypy3": b"#!", "pypy3.11-v7/lib/os.py": b"", "pypy3.11-v7/python.exe": b"MZ"}
"""An archive of PyPy: all of it lies in one directory."""


def zipped(contents: Contents) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(contents: Contents) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


class Site:
    """A server of files, which stands for NuGet and for where the catalog says that archives lie."""

    def __init__(self, root: Path, cache: Path, address: str) -> None:
        self.root = root
        self.cache = cache
        mirrors = Mirrors(chosen=(("https://archives.example", address),), pseudo=(("nuget:", f"{address}/nuget"),))
        transport = HttpTransport(context=trusted({}))
        self.fetching = DownloadSettings(transport=transport, cache=cache, mirrors=mirrors, attempts=1)

    def put(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def bring(self, build: WheelBuild) -> Path:
        """Fetch what a build fetches, and give the Python that its environment is made with."""
        bindings = {Placeholder.CACHE: str(self.cache)}
        fetcher = fetcher_of(lambda: self.fetching)
        for action in build.prepare.actions:
            if isinstance(action, Fetch):
                fetcher(action, action.path.render(bindings))
        commands = [action.command.argv for action in build.prepare.actions if isinstance(action, Run)]
        (made,) = (argv for argv in commands if [str(word) for word in argv[:2]] == ["uv", "venv"])
        return Path(made[made.index(next(word for word in made if str(word) == "--python")) + 1].render(bindings))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    root = tmp_path / "root"
    root.mkdir()
    with served(root) as address:
        yield Site(root, tmp_path / "cache", address)


def build_of(identifier: str, platform: Platform, changed: Mapping[str, str]) -> WheelBuild:
    """The plan's only build, with other texts for some files of the catalog."""
    shipped = Path(__file__).parents[1] / "cibw" / "catalog" / "data"

    def read(name: str) -> str:
        return changed.get(name) or (shipped / name).read_text(encoding="utf-8")

    options = load_options(Sources(config_text="", arguments=Arguments(only=identifier)), platform)
    catalog = Catalog(read)
    plan = make_plan(options, catalog, FACTS[platform], select(options, catalog, FACTS[platform]))
    return plan.jobs[0].builds[0]


def hashes_of(site: Site, *releases: Release) -> str:
    """The table that `bin/update_catalog.py --hashes` writes."""
    hasher = Hasher(known={}, fetching=site.fetching)
    table = "\n".join(hash_lines(releases, hasher))
    assert not hasher.faults
    return table


@pytest.mark.parametrize("proved", [True, False])
def test_a_package_of_nuget(site: Site, proved: bool) -> None:
    site.put("nuget/python/3.12.10", zipped(NUPKG))
    table = hashes_of(site, Release("python", "3.12.10")) if proved else "[none]"
    build = build_of("cp312-win_amd64", Platform.WINDOWS, {"nuget.toml": table})
    python = site.bring(build)
    assert python == site.cache / "interpreters" / "python.3.12.10" / "tools" / "python.exe"
    assert python.read_bytes() == b"MZ"


def test_a_cross_build_for_arm64_fetches_two_packages_with_a_hash_each(site: Site) -> None:
    site.put("nuget/python/3.12.10", zipped(NUPKG))
    site.put("nuget/pythonarm64/3.12.10", zipped({**NUPKG, "tools/python.exe": b"MZ of ARM64"}))
    table = hashes_of(site, Release("python", "3.12.10"), Release("pythonarm64", "3.12.10"))
    build = build_of("cp312-win_arm64", Platform.WINDOWS, {"nuget.toml": table})
    fetches = [action for action in build.prepare.actions if isinstance(action, Fetch)]
    assert len({fetch.sha256 for fetch in fetches}) == 2
    assert site.bring(build).read_bytes() == b"MZ"
    assert (site.cache / "interpreters" / "pythonarm64.3.12.10" / "tools" / "libs" / "python3.lib").exists()


def test_a_package_that_was_changed_is_refused(site: Site) -> None:
    site.put("nuget/python/3.12.10", zipped(NUPKG))
    table = hashes_of(site, Release("python", "3.12.10"))
    site.put("nuget/python/3.12.10", zipped({**NUPKG, "tools/python.exe": b"MZ and more"}))
    build = build_of("cp312-win_amd64", Platform.WINDOWS, {"nuget.toml": table})
    with pytest.raises(DownloadError, match="does not have the expected hash"):
        site.bring(build)
    assert not (site.cache / "interpreters" / "python.3.12.10").exists()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("pypy3.11-v7-macos_arm64.tar.gz", lambda: gzip.compress(tarred(PYPY))),
        ("pypy3.11-v7-macos_arm64.tar.bz2", lambda: bz2.compress(tarred(PYPY))),
        ("pypy3.11-v7-win64.zip", lambda: zipped(PYPY)),
    ],
)
def test_an_archive_of_pypy(site: Site, name: str, pack: Callable[[], bytes]) -> None:
    platform = Platform.MACOS if "macos" in name else Platform.WINDOWS
    identifier = "pp311-macosx_arm64" if platform is Platform.MACOS else "pp311-win_amd64"
    content = pack()
    site.put(name, content)
    row = f'identifier = "{identifier}", version = "3.11", url = "https://archives.example/{name}"'
    proof = f'sha256 = "{hashlib.sha256(content).hexdigest()}"'
    table = f"python_configurations = [{{ {row}, {proof} }}]"
    python = site.bring(build_of(identifier, platform, {f"interpreters-{platform.value}.toml": table}))
    directory = site.cache / "interpreters" / name.partition(".tar")[0].removesuffix(".zip")
    assert python == directory / ("bin/pypy3" if platform is Platform.MACOS else "python.exe")
    assert python.exists()
    assert platform is Platform.WINDOWS or python.stat().st_mode & 0o100
