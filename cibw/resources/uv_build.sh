#!/bin/sh
# Build a wheel with uv in an environment that is kept between runs, with the bytecode of modules that builds import.
# For a small project `uv build` spends most of its time on installing and compiling them.
#
# uv_build.sh KEPT PYTHON ENVIRONMENT PACKAGE DIGEST REQUIREMENT... -- ARGUMENT...
#
# The environment is kept at KEPT, plus a suffix for everything else that determines its contents, and unpacked to
# ENVIRONMENT. DIGEST is the SHA-256 of the pyproject.toml that names the requirements. If anything goes wrong,
# `uv build` creates its own environment.
set -u
. "$(dirname "$0")/uv_kept.sh"
kept=$1 python=$2 target=$3 package=$4 digest=$5
wants_memory=yes
shift 5
requires=$(mktemp)
trap 'rm -f "$requires"' EXIT
while [ "$1" != -- ]; do
    printf '%s\n' "$1" >>"$requires"
    shift
done
shift
found=$(sha256sum <"$package/pyproject.toml" 2>/dev/null)
kept=$(kept_name "$kept" "$digest")

# uv applies these constraints to build environments, but this environment is installed explicitly.
install() {
    UV_CONSTRAINT=${UV_BUILD_CONSTRAINT:-} uv pip install --python "$target/bin/python" "$@" -r "$requires"
}

# As long as uv itself caches an index response. Without network access there is no index to query.
is_fresh() {
    [ -n "${UV_OFFLINE:-}" ] && return
    is_checked "$kept" 10 && return
    install --dry-run --upgrade 2>&1 | grep -q 'no changes' && touch "$kept/checked"
}

unpacked() {
    unpack_kept "$kept" "$target" && is_fresh && add_bytecode
}

new() {
    rm -rf "$target" ${in_memory:+"$in_memory"}
    uv venv -q --no-project --relocatable --python "$python" "$target" && install -q -q || return
    keep "$target" "$kept"
    return 0
}

# Compile what an earlier build has imported, before this build can change anything. The list of that build determines
# which modules are compiled, but not their contents.
add_bytecode() {
    [ -s "$kept/modules" ] || return 0
    grep -E '^\./lib/.*\.py$' "$kept/modules" | grep -v -F /../ >"$requires.modules"
    (cd "$target/" && bin/python -I -m compileall -q -i "$requires.modules") >/dev/null 2>&1
    rm -f "$requires.modules"
    keep "$target" "$kept"
    : 2>/dev/null >"$kept/modules"
    return 0
}

list_modules() {
    [ -d "$kept" ] && [ ! -e "$kept/modules" ] || return
    half=$(mktemp "$kept/modules.XXXXXX") || return
    (cd "$target/" && find . -name '*.pyc') | sed 's|__pycache__/\([^/.]*\)\.[^/]*$|\1.py|' >"$half"
    mv "$half" "$kept/modules"
}

if [ "${found%% *}" != "$digest" ] || ! { unpacked || new; }; then
    uv build --python "$python" "$@" "$package"
    exit
fi
PATH=$target/bin:$PATH uv build --no-build-isolation --python "$target/bin/python" "$@" "$package" || exit
list_modules 2>/dev/null
rm -rf ${in_memory:+"$in_memory"}
exit 0
