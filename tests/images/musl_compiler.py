"""A C and C++ compiler for the musllinux image: zig, which needs nothing else in the image."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.images.commands import run

ZIG = "/opt/zig"
TARGET = "x86_64-linux-musl"

# zig's headers and libraries for other systems and processors are most of its size.
_KEPT_INCLUDES = {"any-linux-any", "generic-musl", "x86-linux-any", TARGET}
_KEPT_LIBC = {"include", "musl"}

# zig names the C library `libc.so`, and every loader and auditwheel's policy know it by the other
# name; so what was linked is corrected. Options that zig doesn't know and nobody misses go away.
_WRAPPER = r"""#!/bin/bash
case "$1" in
    -dumpmachine|-print-multiarch|--print-multiarch) echo @TARGET@; exit;;
    -dumpversion) echo 12; exit;;
esac
arguments=() output=a.out linking=yes previous= driver=@DRIVER@
for argument; do
    [[ $previous == -o ]] && output=$argument
    case "$argument" in
        -march=*|-mtune=*|-mcpu=*|-flto*|-fuse-ld=*|-fno-gnu-unique|-static-lib*) ;;
        -Wl,-O*|-Wl,--exclude-libs*|-Wl,-Bsymbolic-functions|-Wl,-z,separate-code) ;;
        *) arguments+=("$argument");;
    esac
    case "$argument" in
        -c|-S|-E|-M|-MM|--version|-v|-fsyntax-only) linking=no;;
        *.cc|*.cpp|*.cxx) driver=c++;;
    esac
    previous=$argument
done
[[ $linking == yes ]] && arguments+=(-dynamic)
@ZIG@/zig "$driver" -target @TARGET@ "${arguments[@]}" -fno-sanitize=undefined -Wno-date-time \
    -Wno-unused-command-line-argument || exit
[[ $linking == yes && -f $output ]] || exit 0
patchelf --replace-needed libc.so libc.musl-x86_64.so.1 "$output" 2>/dev/null
exit 0
"""

# zig finds its own folder by /proc. These mounts end with the process, and touch nothing outside.
_INSIDE = """
mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$@"
"""


def add_compiler(root: Path, source: Path) -> None:
    """Put zig (the unpacked wheel's folder) into root, under the names of a compiler."""
    _copy_zig(source, root / ZIG.lstrip("/"))
    folder = root / "usr/bin"
    for name in ("cc", "c++"):
        text = _WRAPPER.replace("@DRIVER@", name).replace("@TARGET@", TARGET).replace("@ZIG@", ZIG)
        _script(folder / name, text)
    for name in ("ar", "ranlib"):
        _script(folder / name, f'#!/bin/bash\nexec {ZIG}/zig {name} "$@"\n')
    for alias, name in {"gcc": "cc", "g++": "c++"}.items():
        (folder / alias).symlink_to(name)


def warm_up(root: Path, environment: Iterable[str]) -> None:
    """Link once inside root, so that zig's own parts of the target are compiled already."""
    inside = f"{ZIG}/warm-up"
    folder = root / inside.lstrip("/")
    folder.mkdir()
    (folder / "answer.c").write_text("int answer(void) { return 42; }\n")
    for flags in (["-O2"], ["-O2", "-g"]):
        compiler = ["/usr/bin/cc", "-shared", "-fPIC", *flags, f"{inside}/answer.c", "-o", f"{inside}/answer.so"]
        run(["unshare", "--mount", "sh", "-c", _INSIDE, "sh", root, "/bin/env", "-i", *environment, *compiler])
    shutil.rmtree(folder)


def _copy_zig(source: Path, target: Path) -> None:
    def skipped(folder: str, names: list[str]) -> set[str]:
        if folder == str(source / "lib/libc"):
            return set(names) - _KEPT_LIBC
        if folder == str(source / "lib/libc/include"):
            return set(names) - _KEPT_INCLUDES
        if folder == str(source / "lib"):
            return {"docs", "libtsan", "init"} & set(names)
        return set()

    target.mkdir(parents=True)
    shutil.copytree(source / "lib", target / "lib", ignore=skipped)
    os.link(source / "zig", target / "zig")


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
