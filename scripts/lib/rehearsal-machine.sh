# shellcheck shell=bash disable=SC2153
# What the machine must have: an engine that answers, the lakehouse binary, the toolbox image.

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

may_install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null && grep -qsE '^(ID|ID_LIKE)=.*(debian|ubuntu)' /etc/os-release
}

# engine_advice: one line about what keeps the engine from answering.
engine_advice() {
    local words
    words=$(docker version 2>&1) || true
    if ! command -v docker >/dev/null; then
        echo 'install Docker Engine (Debian or Ubuntu: apt-get install docker.io, or run this as root) and run this again'
    elif [[ ${words,,} == *'permission denied'* ]]; then
        echo "the docker engine refuses this user: add it to the group docker (usermod -aG docker $(id -un 2>/dev/null || id -u)) and log in again"
    else
        echo 'the docker engine does not answer: start it (systemctl start docker, or Docker Desktop), or mend DOCKER_HOST'
    fi
}

install_packages() {
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# need_tool COMMAND PACKAGE...: installs it where we may, else says what to install.
need_tool() {
    local tool=$1
    shift
    command -v "$tool" >/dev/null && return
    may_install || fail "$tool is missing: install $* and run this again"
    step install "installing $*" install_packages "$@"
}

# start_engine: where no service manager does, in a session of its own, so that it outlives us and our terminal.
start_engine() {
    if [ -d /run/systemd/system ]; then
        step service 'starting the docker engine' systemctl start docker
    else
        setsid dockerd >"$STATE/log/dockerd.log" 2>&1 </dev/null 9>&- &
        ENGINE=$!
    fi
}

wait_for_engine() {
    local tries
    for tries in {1..300}; do
        engine_answers && return
        [ -z "${ENGINE:-}" ] || kill -0 "$ENGINE" 2>/dev/null || break
        sleep 0.2
    done
    [ -z "${ENGINE:-}" ] || tail -n 5 "$STATE/log/dockerd.log"
    echo "the engine does not answer (asked $tries times)"
    return 1
}

ensure_engine() {
    engine_answers && return
    # An engine somewhere else, or one that only this user cannot reach, is not ours to start.
    if [ -n "${DOCKER_HOST:-}" ] || ! may_install; then fail "$(engine_advice)"; fi
    if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null; then
        step install 'installing the docker engine' install_packages docker.io iptables debootstrap ca-certificates
    fi
    engine_answers || start_engine
    step engine 'waiting for the docker engine' wait_for_engine
}

find_cargo() {
    command -v cargo || { [ -x "${HOME}/.cargo/bin/cargo" ] && echo "${HOME}/.cargo/bin/cargo"; }
}

find_binary() {
    if [ -x "$BINARY" ]; then echo "$BINARY"; else command -v lakehouse; fi
}

# The quickly built one, as `cargo test` builds it: a rehearsal waits for tools, not for us, and a release build takes minutes.
build_binary() {
    local cargo
    if ! cargo=$(find_cargo); then
        say "no cargo here: the lakehouse binary is not built"
    else
        step cargo 'building lakehouse' "$cargo" build --locked --manifest-path "$REPO/Cargo.toml"
    fi
}

# lakehouse builds its own toolbox; it does nothing where the image exists.
build_toolbox() {
    local binary
    binary=$(find_binary) && "$binary" toolbox --help >/dev/null 2>&1 || return 0
    step toolbox 'building the toolbox image' env LAKEHOUSE_CA_BUNDLE="$AUTHORITY/build.crt" "$binary" toolbox build
}
