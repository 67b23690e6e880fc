# Functions for environments that are kept between runs. Sourced by other scripts.
#
# A kept environment is a directory with these files:
#   environment.tar   the environment as installed, before a build or a test ran in it
#   sha256            the SHA-256 of the archive
#   checked           its modification time is when the environment was created or last found to be up to date
#   modules           the modules that builds import; empty once the archive contains their bytecode
# It is unpacked into a new directory for each use, so that no build or test can affect a later one.

# With links into uv's cache, a build could change the files of all others.
export UV_LINK_MODE="${UV_LINK_MODE-copy}"

# A directory in memory, where files are created several times as fast as on most disks. On the host its path is in a
# variable; in a container it is beside the scripts.
memory=${KEPT_ENVIRONMENTS_MEMORY:-$(dirname "$0")/../memory}
memory_limit=33554432
in_memory=

# Credentials do not affect the contents of an index, and no secret may be derivable from a name.
without_secrets() {
    grep -v -E '^UV_[A-Z0-9_]*(PASSWORD|TOKEN|SECRET|USERNAME)[A-Z0-9_]*=' | sed 's|://[^/@]*@|://|g'
}

# The contents of the files $*, and of those that they include (`-r other.txt`, `--constraint=other.txt`).
contents() {
    for file in "$@"; do
        [ -f "$file" ] || continue
        printf '%s\n' "$file"
        cat "$file"
        # A file that includes itself must not be read forever.
        [ "${depth:-0}" -lt 4 ] || continue
        included=$(sed -n -E 's/^[[:space:]]*(-[rc]|--requirements?|--constraints?)[[:space:]=]*([^[:space:]#]+).*/\2/p' "$file")
        (
            depth=$((${depth:-0} + 1))
            cd "$(dirname "$file")" && contents $included
        )
    done
}

# Everything else that determines the contents of an environment: the settings of uv, and the files that they name.
settings() {
    env | grep '^UV_' | grep -v -E '^UV_(PYTHON|CACHE_DIR|OFFLINE|LINK_MODE)=' | LC_ALL=C sort
    # These variables hold lists of files, separated by spaces.
    contents ${UV_CONSTRAINT:-} ${UV_BUILD_CONSTRAINT:-} ${UV_OVERRIDE:-} ${UV_EXCLUDE:-}
    grep -q -s '^ *\[tool\.uv' pyproject.toml && contents pyproject.toml
    config=${XDG_CONFIG_HOME:-${HOME:-}/.config}/uv/uv.toml
    [ -n "${UV_NO_CONFIG:-}" ] || contents "${UV_CONFIG_FILE:-uv.toml}" "$config" /etc/uv/uv.toml
}

# The name of a kept environment: $1, plus a suffix for everything else that determines its contents, such as $2.
kept_name() {
    ending=$({ printf '%s\n' "$2"; settings | without_secrets; } | sha256sum | cut -c 1-12)
    printf '%s-%s\n' "$1" "$ending"
}

# The SHA-256 of the file $1; openssl is several times as fast as most implementations of sha256sum.
digest() {
    { openssl dgst -sha256 -r "$1" || sha256sum "$1"; } 2>/dev/null | cut -c 1-64
}

# Whether the environment $1 was created, or found to be up to date, in the last $2 minutes.
is_checked() {
    [ -n "$(find "$1/checked" -mmin "-$2" 2>/dev/null)" ]
}

# Whether the archive of the kept environment $1 is intact.
is_whole() {
    [ -f "$1/environment.tar" ] && [ -s "$1/sha256" ] &&
        [ "$(digest "$1/environment.tar")" = "$(cat "$1/sha256")" ]
}

# Unpack the kept environment $1 into the new directory $2, or into a directory in memory that $2 links to.
unpack_kept() {
    [ -e "$1" ] || [ -L "$1" ] || return
    if ! is_whole "$1" 2>/dev/null; then
        echo "cibw: The cached environment $1 is damaged; removing and recreating it." >&2
        rm -rf "$1"
        return 1
    fi
    rm -rf "$2"
    unpack_in_memory "$1" "$2" || { mkdir -p "$2" && tar -xf "$1/environment.tar" -C "$2" 2>/dev/null; }
}

unpack_in_memory() {
    [ -n "${wants_memory:-}" ] && [ -d "$memory" ] || return
    [ "$(wc -c <"$1/environment.tar")" -le "$memory_limit" ] || return
    in_memory=$(mktemp -d "$memory/XXXXXX") || return
    mkdir -p "${2%/*}" && tar -xf "$1/environment.tar" -C "$in_memory" 2>/dev/null && ln -s "$in_memory" "$2" && return
    rm -rf "$in_memory"
    in_memory=
    return 1
}

# Keep the new environment $1 as $2, if possible.
keep() {
    half=$({ mkdir -p "${2%/*}" && mktemp -d "$2.XXXXXX"; } 2>/dev/null)
    if [ -n "$half" ] && tar -cf "$half/environment.tar" -C "$1/" . 2>/dev/null &&
        digest "$half/environment.tar" >"$half/sha256" && touch "$half/checked" && rm -rf "$2" &&
        mv -T "$half" "$2" 2>/dev/null; then
        return
    fi
    [ -z "$half" ] || rm -rf "$half"
    echo "cibw: Could not save the environment for later builds in ${2%/*}." >&2
}
