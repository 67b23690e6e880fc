# Environments that are kept between runs; sourced by the scripts that copy them.

# What opens an index does not decide what comes from it, and no secret may be guessed from a name.
without_secrets() {
    grep -v -E '^UV_[A-Z0-9_]*(PASSWORD|TOKEN|SECRET|USERNAME)[A-Z0-9_]*=' | sed 's|://[^/@]*@|://|g'
}

# The name of a kept environment: $1, and an ending for all else that decides what is in it, such as the words of $2.
kept_name() {
    settings=$(env | grep '^UV_' | grep -v -E '^UV_(PYTHON|CACHE_DIR|OFFLINE)=' | LC_ALL=C sort | without_secrets)
    files="${UV_CONSTRAINT:-} ${UV_BUILD_CONSTRAINT:-}"
    # The variables hold lists of files, apart by spaces.
    ending=$({ printf '%s\n' "$2" "$settings"; cat $files /dev/null 2>/dev/null; } | sha256sum | cut -c 1-12)
    printf '%s-%s\n' "$1" "$ending"
}

# Whether the environment $1 was made, or found to be up to date, in the last $2 minutes.
is_checked() {
    [ -n "$(find "$1/.checked" -mmin "-$2" 2>/dev/null)" ]
}

# Make $2 a copy of $1, of links.
copy() {
    rm -rf "$2" && cp -al "$1" "$2" 2>/dev/null
}

# Keep a copy of the new environment $1 as $2, where that is possible.
keep() {
    touch "$1/.checked"
    mkdir -p "${2%/*}" 2>/dev/null || return 0
    { copy "$1" "$2.$$" && rm -rf "$2" && mv "$2.$$" "$2"; } 2>/dev/null || rm -rf "$2.$$"
}
