#!/bin/sh
# Runs the real cargo or rustup, depending on its own name, after installing the compiler for the target.
here=$(cd "$(dirname "$0")" && pwd -P)
name=$(basename "$0")

path=
IFS=:
set -f
for directory in $PATH; do
    real=$(cd "${directory:-.}" 2>/dev/null && pwd -P)
    [ "$real" = "$here" ] || path="$path${path:+:}$directory"
done
set +f
unset IFS

program=$(PATH=$path command -v "$name") || {
    echo "$name is not installed. Install Rust with rustup, for example in before-all." >&2
    exit 127
}
rustup=$(PATH=$path command -v rustup)
if [ -n "$CIBW_HOST_TRIPLET" ] && [ -n "$rustup" ]; then
    "$rustup" target add "$CIBW_HOST_TRIPLET" >/dev/null || exit
fi
exec "$program" "$@"
