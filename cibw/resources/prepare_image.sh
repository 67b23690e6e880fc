#!/bin/sh
# Compile the modules of an image's Pythons, and of the Python that runs auditwheel. Images come without bytecode, so
# each new container would compile the modules that it imports.
#
# prepare_image.sh PYTHON...
set -u

# The default invalidation mode creates the same files as Python does when it imports a module.
program='
import compileall, re, sysconfig
skipped = re.compile(r"[/\\](tests?|idle_test|idlelib|lib2to3|turtledemo|tkinter|ensurepip|pydoc_data)[/\\]")
for path in {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}:
    compileall.compile_dir(path, quiet=2, rx=skipped)
'

pythons() {
    for python; do
        printf '%s\n' "$python"
    done
    auditwheel=$(command -v auditwheel) && sed -n '1s/^#! *\([^ ]*\)$/\1/p' "$auditwheel"
}

pythons "$@" | while read -r python; do
    # One Python may have several paths.
    [ -x "$python" ] && printf '%s\n' "$("$python" -I -B -c 'import sys; print(sys.prefix)')	$python"
done | sort -u -k 1,1 | cut -f 2 |
    xargs -P "$(nproc 2>/dev/null || echo 1)" -n 1 sh -c '"$1" -I -B -c "$0"' "$program"
exit 0
