#!/bin/sh
# Build a wheel with uv in a copy of an environment that is kept between runs, with the bytecode that its packages have
# come to. Compiling that anew is most of what `uv build` does for a small project.
#
# uv_build.sh KEPT PYTHON ENVIRONMENT PACKAGE DIGEST REQUIREMENT... -- ARGUMENT...
#
# KEPT is where the environment is kept (an ending is added for what else decides what is in it), ENVIRONMENT is where
# its copy shall be. DIGEST is the SHA-256 of the pyproject.toml that names the requirements. Where anything stands in
# the way, `uv build` makes an environment of its own.
set -u
. "$(dirname "$0")/uv_kept.sh"
kept=$1 python=$2 target=$3 package=$4 digest=$5
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

# uv applies these constraints to build environments, and here the environment is installed by hand.
install() {
    UV_CONSTRAINT=${UV_BUILD_CONSTRAINT:-} uv pip install --python "$1/bin/python" "$2" "$3" -r "$requires"
}

# As long as uv itself believes an answer of the index; without the network there is nobody to ask.
is_fresh() {
    [ -n "${UV_OFFLINE:-}" ] && return
    is_checked "$kept" 10 && return
    install "$kept" --dry-run --upgrade 2>&1 | grep -q 'no changes' && touch "$kept/.checked"
}

copy_of_kept() {
    [ -x "$kept/bin/python" ] && is_fresh && copy "$kept" "$target"
}

new() {
    rm -rf "$target"
    uv venv -q --no-project --relocatable --python "$python" "$target" && install "$target" -q -q || return
    keep "$target" "$kept"
    return 0
}

# Links appear whole, whoever copies the kept environment at that moment.
keep_bytecode() {
    cd "$target" || return
    find . -name '*.pyc' -links 1 >"$requires"
    [ -s "$requires" ] && xargs sh -c 'cp -l --parents "$@" "$0"' "$kept" <"$requires" 2>/dev/null
}

if [ "${found%% *}" != "$digest" ] || ! { copy_of_kept || new; }; then
    uv build --python "$python" "$@" "$package"
    exit
fi
PATH=$target/bin:$PATH uv build --no-build-isolation --python "$target/bin/python" "$@" "$package" || exit
keep_bytecode
exit 0
