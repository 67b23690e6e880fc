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
settings=$(env | grep '^UV_' | grep -v -e '^UV_PYTHON=' -e '^UV_CACHE_DIR=' | LC_ALL=C sort)
# uv applies these to build environments, and here the environment is installed by hand.
constraint=${UV_BUILD_CONSTRAINT:-}
kept=$kept-$({ printf '%s\n' "$digest" "$settings"; cat $constraint 2>/dev/null; } | sha256sum | cut -c 1-12)

install() {
    UV_CONSTRAINT=$constraint uv pip install --python "$1/bin/python" "$2" "$3" -r "$requires"
}

# As long as uv itself believes an answer of the index.
is_fresh() {
    [ -n "$(find "$kept/.checked" -mmin -10 2>/dev/null)" ] && return
    install "$kept" --dry-run --upgrade 2>&1 | grep -q 'no changes' && touch "$kept/.checked"
}

copy_of_kept() {
    rm -rf "$target"
    [ -x "$kept/bin/python" ] && is_fresh && cp -al "$kept" "$target" 2>/dev/null
}

new() {
    rm -rf "$target" "$kept.$$"
    uv venv -q --no-project --relocatable --python "$python" "$target" && install "$target" -q -q || return
    touch "$target/.checked"
    mkdir -p "${kept%/*}" && cp -al "$target" "$kept.$$" && rm -rf "$kept" && mv "$kept.$$" "$kept"
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
