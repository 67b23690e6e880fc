# What each program of WORK/compilers does before it becomes the compiler cache. Values of the user go before ours.

if [ "${tool##*/}" = ccache ]; then
    export CCACHE_DIR="${CCACHE_DIR-$cache/ccache}" CCACHE_MAXSIZE="${CCACHE_MAXSIZE-2G}"
    export CCACHE_STATSLOG="$work/compiler-cache.log"
    # A compiler of another image may be of the same age.
    export CCACHE_COMPILERCHECK="${CCACHE_COMPILERCHECK-content}"
    # CMake and meson build in directories with a new name each time.
    export CCACHE_BASEDIR="${CCACHE_BASEDIR-$PWD}"
    [ -n "${CCACHE_HASHDIR+set}" ] || export CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR-1}"
else
    export SCCACHE_DIR="${SCCACHE_DIR-$cache/sccache}" SCCACHE_CACHE_SIZE="${SCCACHE_CACHE_SIZE-2G}"
fi

# Frontends, too, make build environments under a new name each time. An argument that points into one gets there by a
# link that is named after the packages in it; else nothing that includes a header of a package would be found again.
steady() {
    flag=${argument%%/*} path=${argument#"${argument%%/*}"}
    case $path in
        */builds-v0/.tmp*) start=${path%%/builds-v0/.tmp*}/builds-v0/ ;;
        */pip-build-env-*) start=${path%%/pip-build-env-*}/ ;;
        *) start=${path%%/build-env-*}/ ;;
    esac
    end=${path#"$start"}
    real=$start${end%%/*}
    packages=$(cd "$real" && LC_ALL=C ls -d lib/python*/site-packages/* overlay/lib/python*/site-packages/*) 2>/dev/null
    [ -n "$packages" ] || return
    link=$links/$(echo "$packages" | cksum | tr ' ' -)
    # Of two that are alike and there at the same time, the first has the link.
    [ -e "$link" ] || { rm -f "$link" && ln -sn "$real" "$link"; } 2>/dev/null
    [ ! "$link" -ef "$real" ] || argument=$flag$link${path#"$real"}
}

case " $*" in
    */builds-v0/.tmp* | */pip-build-env-* | */build-env-*)
        for argument in "$@"; do
            case $argument in
                *=*) ;;
                */builds-v0/.tmp* | */pip-build-env-* | */build-env-*) steady ;;
            esac
            shift
            set -- "$@" "$argument"
        done
        ;;
esac
