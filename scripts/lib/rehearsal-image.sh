# shellcheck shell=bash disable=SC2153
# The rehearsal's images: the toolbox's base image, or the same made from packages, and docker/rehearsal on it; and the programs of
# its clusters (docker/rehearsal/cluster), which take minutes to build and change seldom.

SOURCE=$REPO/docker/rehearsal
LOCK=$REPO/docker/toolbox/toolbox.lock.json
SUITE=trixie
CLUSTER_IMAGE=lakehouse-rehearsal-cluster

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

# hash_of FOLDER: changes with every file in it and with the base.
hash_of() {
    local hash
    hash=$(cd "$1" && {
        find . -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        base_reference
    } | sha256sum)
    echo "${hash:0:12}"
}

image_tag() { echo "$NAME:$(hash_of "$SOURCE")"; }

# cluster_tag: one image for all accounts of this machine, whatever their names.
cluster_tag() { echo "$CLUSTER_IMAGE:$(hash_of "$SOURCE/cluster")"; }

# ca_bundle: the certificates that this machine trusts, for registries behind an authority of its own.
ca_bundle() {
    local file
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
        if [ -n "$file" ] && [ -r "$file" ]; then cat "$file"; return; fi
    done
}

# build_from FOLDER TAG LABEL [ARGUMENT...]: the folder as context, with this machine's certificates, proxies and mirrors.
build_from() {
    local folder=$1 tag=$2 label=$3 base context code=0 name arguments=()
    shift 3
    base=$(find_base) || return 1
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy \
        GOPROXY GOSUMDB GONOSUMDB GOPRIVATE; do
        [ -z "${!name:-}" ] || arguments+=(--build-arg "$name") # the value goes by environment
    done
    [ -z "${LAKEHOUSE_APT_MIRROR:-}" ] || arguments+=(--build-arg "APT_MIRROR=$LAKEHOUSE_APT_MIRROR")
    context=$(mktemp -d "${TMPDIR:-/tmp}/lakehouse-rehearsal.XXXXXX")
    cp -R "$folder/." "$context"
    chmod -R u+rwX,go+rX "$context"
    ca_bundle >"$context/host-ca.crt"
    docker build --build-arg "BASE_IMAGE=$base" "${arguments[@]}" "$@" --label "$label=1" -t "$tag" "$context" || code=$?
    rm -rf "$context"
    return "$code"
}

ensure_image() {
    local programs
    IMAGE=$(image_tag)
    has_image "$IMAGE" && return
    programs=$(cluster_tag)
    has_image "$programs" ||
        step cluster "building the clusters' programs (about 6 minutes on 2 cores)" build_from "$SOURCE/cluster" "$programs" "$CLUSTER_IMAGE"
    step image "building the image $IMAGE" build_from "$SOURCE" "$IMAGE" "$NAME" --build-arg "CLUSTER_IMAGE=$programs"
}
