#!/bin/sh
# Check that python and pip on PATH are those of the build, as expected by hooks such as `pip install numpy`.
#
# own_python.sh DIRECTORY
#
# DIRECTORY contains the build's own programs.
for name in python pip; do
    [ -e "$1/$name" ] || continue
    found=$(command -v "$name") || found=missing
    [ "$found" = "$1/$name" ] && continue
    echo "$name on PATH is $found, but the build has its own: $1/$name." >&2
    echo "Append directories to PATH in the environment option, as in PATH=\"\$PATH:/usr/bin\"." >&2
    exit 1
done
