#!/bin/sh
# Stands for pip in the environment of a build until something calls it, because most builds never do.
#
# pip_on_demand.sh --into DIRECTORY    put this file there as pip and pip3
if [ "${1:-}" = --into ]; then
    for name in pip pip3; do
        rm -f "$2/$name" && cp "$0" "$2/$name" && chmod 755 "$2/$name" || exit
    done
    exit
fi
directory=$(cd "$(dirname "$0")" && pwd)
# It makes way for the real one.
mv -f "$directory/pip" "$directory/.pip" 2>/dev/null
rm -f "$directory/pip3"
if ! uv pip install --quiet --python "$directory/python" pip; then
    cp "$directory/.pip" "$directory/pip3" && mv -f "$directory/.pip" "$directory/pip"
    exit 1
fi
exec "$directory/pip" "$@"
