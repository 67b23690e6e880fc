#!/bin/sh
# Replaces pip in a build environment and installs it on the first call, because most builds never call it.
#
# pip_on_demand.sh --into DIRECTORY    copy this file there as pip and pip3
if [ "${1:-}" = --into ]; then
    for name in pip pip3; do
        rm -f "$2/$name" && cp "$0" "$2/$name" && chmod 755 "$2/$name" || exit
    done
    exit
fi
directory=$(cd "$(dirname "$0")" && pwd)
# The real pip overwrites this file.
uv pip install --quiet --python "$directory/python" pip && exec "$directory/pip" "$@"
