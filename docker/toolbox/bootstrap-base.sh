#!/bin/sh
# Makes the toolbox's base image from Debian packages, for hosts that no image registry answers.
#
#   bootstrap-base.sh SUITE NAME        as root; for example: bootstrap-base.sh trixie lakehouse-base:trixie
#
# LAKEHOUSE_APT_MIRROR: the Debian archive to take instead of debootstrap's own default.
# NAME exists only once the image is complete. Progress goes to stdout as `lakehouse-step:` lines.
set -eu
umask 022

fail() {
    echo "lakehouse: $1" >&2
    exit 1
}

[ $# -eq 2 ] || { echo 'usage: bootstrap-base.sh SUITE NAME' >&2; exit 2; }
suite=$1
name=$2
case "$suite" in
    *[!a-z0-9.-]* | '' | -* | .*) fail "'$suite' is not the name of a Debian suite, such as trixie" ;;
esac
case "$name" in
    *[!a-z0-9._/:-]* | '' | -*) fail "'$name' is not an image name, such as lakehouse-base:trixie" ;;
esac
mirror=${LAKEHOUSE_APT_MIRROR:-}
case "$mirror" in
    '' | http://?* | https://?* | file:///?*) ;;
    *) fail "LAKEHOUSE_APT_MIRROR is '$mirror': it must begin with http://, https:// or file:///" ;;
esac

[ "$(uname -s)" = Linux ] || fail "a base image can only be bootstrapped on Linux, not on $(uname -s)"
[ "$(id -u)" -eq 0 ] || fail 'a base image can only be bootstrapped by root: run lakehouse as root once, or let it reach an image registry'
for tool in debootstrap docker tar setsid; do
    command -v "$tool" > /dev/null 2>&1 || fail "$tool is missing: install it (apt-get install debootstrap), or let lakehouse reach an image registry"
done
[ -e "/usr/share/debootstrap/scripts/$suite" ] || fail "this host's debootstrap does not know the suite '$suite'"
docker version > /dev/null 2>&1 || fail 'the docker engine does not answer: start it, or mend DOCKER_HOST'

case "${TMPDIR:-}" in
    *[[:space:]]*) fail "debootstrap cannot work below TMPDIR='$TMPDIR': its path has a space" ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/lakehouse-base.XXXXXX") || fail "no temporary folder can be made in ${TMPDIR:-/tmp}"
root=$work/root
log=$work/log
child=
# A TMPDIR of the host means nothing inside the new root.
unset TMPDIR

# debootstrap mounts /proc and /sys below the root: nothing is removed through a mount.
clean() {
    trap '' INT TERM HUP
    if [ -n "$child" ]; then
        kill -TERM "-$child" 2> /dev/null || true
        # dpkg ends what it is unpacking; two seconds are enough for a folder that goes anyway.
        for _ in 1 2; do
            kill -0 "-$child" 2> /dev/null || break
            sleep 1
        done
        kill -KILL "-$child" 2> /dev/null || true
        wait "$child" 2> /dev/null || true
    fi
    awk -v below="$root/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r |
        while IFS= read -r mount; do umount "$mount" 2> /dev/null || umount -l "$mount" 2> /dev/null || true; done
    rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# In a session of its own, and waited for, so that a signal ends it at once.
run() {
    setsid "$@" >> "$log" 2>&1 < /dev/null &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    return "$status"
}

last_words() {
    { grep -E '^(E:|W: Failure)' "$log" || tail -n 1 "$log"; } | tail -n 1
}

mkdir -m 0755 "$root"
: > "$log"

echo 'lakehouse-step: bootstrap'
# Without the check, debootstrap goes on with an unsigned archive when the host has no Debian keyring.
set -- --variant=minbase --include=ca-certificates --force-check-gpg "$suite" "$root"
[ -z "$mirror" ] || set -- "$@" "$mirror"
run debootstrap "$@" || fail "debootstrap failed for $suite: $(last_words)"

echo 'lakehouse-step: prune'
# A layer keeps what it was imported with, so everything superfluous goes before. Licences stay.
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/cache/debconf/*-old "$root"/var/log/* \
    "$root"/usr/share/man/* "$root"/usr/share/info/* "$root"/usr/share/locale/* "$root"/usr/share/lintian/* \
    "$root"/etc/resolv.conf "$root"/etc/hostname "$root"/etc/machine-id "$root"/tmp/*
find "$root/usr/share/doc" ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -depth -type d -empty -delete

echo 'lakehouse-step: import'
# By way of a file: an archive that ended early must not become an image.
run tar -C "$root" --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' --numeric-owner -cf "$work/base.tar" . ||
    fail "the base cannot be packed: $(last_words)"
run docker import \
    -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    -c 'CMD ["/bin/sh"]' \
    -c "LABEL io.ingext.lakehouse.base=debootstrap-$suite" \
    "$work/base.tar" "$name" || fail "docker cannot import the base as $name: $(last_words)"
echo 'lakehouse-step: done'
