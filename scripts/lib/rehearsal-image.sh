# shellcheck shell=bash disable=SC2153
# The rehearsal's image: the toolbox's base image, or the same made from packages, and docker/rehearsal on it.

SOURCE=$REPO/docker/rehearsal
LOCK=$REPO/docker/toolbox/toolbox.lock.json
SUITE=trixie

# pinned_base: debian:trixie-slim@sha256:… as the toolbox's lock has it.
pinned_base() {
    local digest=''
    [ ! -r "$LOCK" ] || digest=$(grep -o -m 1 'sha256:[0-9a-f]\{64\}' "$LOCK" | head -n 1) || true
    echo "debian:$SUITE-slim${digest:+@$digest}"
}

base_reference() { echo "${LAKEHOUSE_REHEARSAL_BASE:-$(pinned_base)}"; }

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# find_base: prints the base image to build on, fetched or made if need be.
find_base() {
    local pinned made=lakehouse-base:$SUITE bootstrap=$REPO/docker/toolbox/bootstrap-base.sh
    pinned=$(base_reference)
    if has_image "$pinned"; then echo "$pinned"; return; fi
    if [ -z "${LAKEHOUSE_REHEARSAL_BASE:-}" ] && has_image "$made"; then echo "$made"; return; fi
    if timeout 120 docker pull -q "$pinned" >&2; then echo "$pinned"; return; fi
    [ -z "${LAKEHOUSE_REHEARSAL_BASE:-}" ] || { echo "$pinned cannot be pulled" >&2; return 1; }
    if [ "$(id -u)" -ne 0 ]; then
        echo "no image registry answers, and only root can make $made from packages: run scripts/rehearse up as root once" >&2
        return 1
    fi
    if ! command -v debootstrap >/dev/null && may_install; then
        install_packages debootstrap debian-archive-keyring >&2 || return 1
    fi
    sh "$bootstrap" "$SUITE" "$made" >&2 && echo "$made"
}

# image_tag: changes with every file of docker/rehearsal and with the base.
image_tag() {
    local hash
    hash=$(cd "$SOURCE" && {
        find . -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        base_reference
    } | sha256sum)
    echo "$NAME:${hash:0:12}"
}

# ca_bundle: the certificates that this machine trusts, for registries behind an authority of its own.
ca_bundle() {
    local file
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
        if [ -n "$file" ] && [ -r "$file" ]; then cat "$file"; return; fi
    done
}

build_image() {
    local tag=$1 base context code=0 name arguments=()
    base=$(find_base) || return 1
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
        [ -z "${!name:-}" ] || arguments+=(--build-arg "$name") # the value goes by environment
    done
    [ -z "${LAKEHOUSE_APT_MIRROR:-}" ] || arguments+=(--build-arg "APT_MIRROR=$LAKEHOUSE_APT_MIRROR")
    context=$(mktemp -d "${TMPDIR:-/tmp}/lakehouse-rehearsal.XXXXXX")
    cp -R "$SOURCE/." "$context"
    chmod -R u+rwX,go+rX "$context"
    ca_bundle >"$context/host-ca.crt"
    docker build --build-arg "BASE_IMAGE=$base" "${arguments[@]}" --label "$NAME=1" -t "$tag" "$context" || code=$?
    rm -rf "$context"
    return "$code"
}

ensure_image() {
    IMAGE=$(image_tag)
    has_image "$IMAGE" || step image "building the image $IMAGE" build_image "$IMAGE"
}
