# Sourced by each program of WORK/compilers before it runs the compiler cache. User settings take precedence.

if [ "${tool##*/}" = ccache ]; then
    export CCACHE_DIR="${CCACHE_DIR-$cache/ccache}" CCACHE_MAXSIZE="${CCACHE_MAXSIZE-2G}"
    export CCACHE_STATSLOG="$work/compiler-cache.log"
    # Compilers of different images may have the same modification time.
    export CCACHE_COMPILERCHECK="${CCACHE_COMPILERCHECK-content}"
    # CMake and meson use build directories with a new name each time.
    export CCACHE_BASEDIR="${CCACHE_BASEDIR-$PWD}"
    [ -n "${CCACHE_HASHDIR+set}" ] || export CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR-1}"
else
    export SCCACHE_DIR="${SCCACHE_DIR-$cache/sccache}" SCCACHE_CACHE_SIZE="${SCCACHE_CACHE_SIZE-2G}"
fi

# Frontends, too, create build environments under a new name each time. A path into one is replaced by a path through a
# link that is named after the packages in it. Otherwise files that include a header of a package would never be cached.
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
    # If two equal environments exist at the same time, the first one has the link.
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
