#!/usr/bin/env bash
# Make Docker, Podman and the emulation of arm64 ready for the tests, on Debian, as root.
# What stands already is left alone, so a second call takes about a second.
set -euo pipefail

readonly ENGINE_PACKAGES=(
    docker.io iptables ca-certificates
    podman catatonit crun runc containernetworking-plugins
)
readonly EMULATION_PACKAGES=(qemu-user-static binfmt-support)
readonly BINFMT=/proc/sys/fs/binfmt_misc
readonly QEMU_CONF=/usr/lib/binfmt.d/qemu-aarch64.conf
readonly LOG=${DOCKERD_LOG:-/var/log/dockerd.log}

say() { printf 'start_engines: %s\n' "$*"; }

fail() {
    printf 'start_engines: %s\n' "$*" >&2
    exit 1
}

install_packages() {
    local package missing=()
    for package in "${ENGINE_PACKAGES[@]}" "${EMULATION_PACKAGES[@]}"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# Podman's defaults ask for limits that a container may not set, and crun refuses a host
# with both versions of cgroups mounted.
configure_podman() {
    local file=${CONTAINERS_CONF:-/etc/containers/containers.conf}
    [[ -e $file ]] && return
    say "writing $file"
    mkdir -p "$(dirname "$file")"
    cat >"$file" <<'TOML'
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=32768:32768"]

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
TOML
}

docker_answers() { timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_docker() {
    docker_answers && return
    if ! pgrep -x dockerd >/dev/null; then
        say "starting dockerd, its log is $LOG"
        # A daemon that was killed leaves its pid file behind and then refuses to start.
        rm -f /var/run/docker.pid
        setsid dockerd </dev/null >"$LOG" 2>&1 &
    fi
    local _
    for _ in {1..120}; do
        docker_answers && return
        sleep 0.5
    done
    tail -n 20 "$LOG" >&2
    fail "dockerd does not answer after 60 s; its log is $LOG"
}

# The flag F opens the emulator when it is registered: containers need no copy of it.
register_emulation() {
    [[ $(uname -m) == aarch64 ]] && return
    [[ -e $BINFMT/status ]] || mount -t binfmt_misc binfmt_misc "$BINFMT"
    [[ -e $BINFMT/qemu-aarch64 ]] && return
    [[ -r $QEMU_CONF ]] || fail "$QEMU_CONF is missing; reinstall qemu-user-static"
    say "registering qemu-aarch64"
    cat "$QEMU_CONF" >"$BINFMT/register"
}

((EUID == 0)) || fail "must run as root: it installs packages and starts dockerd"
install_packages
configure_podman
register_emulation
start_docker
say "docker $(docker version --format '{{.Server.Version}}'), $(podman --version), arm64 by qemu"
