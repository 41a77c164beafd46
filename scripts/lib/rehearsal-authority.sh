# shellcheck shell=bash disable=SC2153
# The rehearsal's own certificate authority: made once a machine, so that the chart registry speaks TLS as a real one
# does. Its key never leaves the state folder, and the certificate vouches for nothing but the rehearsal's addresses.

AUTHORITY=$STATE/authority
# What host_ca in src/gateway/docker/context.rs asks, in its order.
CA_VARIABLES=(LAKEHOUSE_CA_BUNDLE AWS_CA_BUNDLE SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS)
CA_FOLDERS=(/usr/local/share/ca-certificates /etc/pki/ca-trust/source/anchors)

# Private networks, and a subnet of one's own: an authority that more machines come to trust must not reach further.
permitted() {
    local own=${LAKEHOUSE_REHEARSAL_SUBNET:-}
    printf 'permitted;DNS:rehearsal.test,permitted;IP:10.0.0.0/255.0.0.0,permitted;IP:172.16.0.0/255.240.0.0'
    printf ',permitted;IP:192.168.0.0/255.255.0.0,permitted;IP:198.18.0.0/255.254.0.0'
    [ -z "$own" ] || printf ',permitted;IP:%s/255.255.255.0' "${own%/*}"
}

create_authority() {
    local new=$AUTHORITY.new
    rm -rf "$new"
    mkdir -m 0700 "$new"
    {
        printf '[req]\ndistinguished_name = name\nx509_extensions = authority\nprompt = no\n'
        printf '[name]\nCN = lakehouse rehearsal, %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
        printf '[authority]\nsubjectKeyIdentifier = hash\nbasicConstraints = critical,CA:TRUE,pathlen:0\n'
        printf 'keyUsage = critical,keyCertSign,cRLSign\nnameConstraints = critical,%s\n' "$(permitted)"
    } >"$new/config"
    (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$new/ca.key") &&
        openssl req -x509 -new -sha256 -days 3650 -config "$new/config" -key "$new/ca.key" -out "$new/ca.crt" &&
        mv "$new" "$AUTHORITY" # whole or not at all
}

# host_certificates: what this machine trusts beyond the usual, as lakehouse itself would find it. Our own files
# don't count: whoever runs this inside `scripts/rehearse env` must get the same again.
host_certificates() {
    local name file
    for name in "${CA_VARIABLES[@]}"; do
        file=${!name:-}
        case "$file" in '' | "$STATE"/*) continue ;; esac
        cat "$file" || fail "$name=$file cannot be read"
        return
    done
    for name in "${CA_FOLDERS[@]}"; do
        for file in "$name"/*; do
            [ ! -f "$file" ] || { cat "$file" && echo; }
        done
    done
}

# trusted_certificates: everything that a Go program on this machine trusts, to which ours is added.
trusted_certificates() {
    local file
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
        case "$file" in '' | "$STATE"/*) continue ;; esac
        if [ -r "$file" ]; then cat "$file"; return; fi
    done
}

# ensure_authority: the authority, and the bundles with it. In the rehearsal's own environment the bundles stay as
# they are: the machine's settings are hidden there, and another bundle would be another toolbox image.
ensure_authority() {
    need_tool openssl openssl
    [ -s "$AUTHORITY/ca.crt" ] || step authority "making the rehearsal's certificate authority" create_authority
    if [ "${LAKEHOUSE_CA_BUNDLE:-}" = "$AUTHORITY/build.crt" ] && [ -s "$AUTHORITY/build.crt" ]; then return; fi
    local host own
    own=$(cat "$AUTHORITY/ca.crt") && host=$(host_certificates) || exit 1
    printf '%s\n%s\n' "$host" "$own" | put "$AUTHORITY/build.crt"
    host=$(trusted_certificates) || exit 1
    printf '%s\n%s\n' "$host" "$own" | put "$AUTHORITY/trusted.crt"
}

# authority_mark: which authority a container's certificate is of.
authority_mark() { openssl x509 -in "$AUTHORITY/ca.crt" -noout -fingerprint -sha256 | tr -dc '[:xdigit:]' | tail -c 16; }

# create_certificate NAME ALTERNATIVES: a key and a certificate, printed together.
create_certificate() {
    local work code=0
    work=$(mktemp -d "$STATE/run/certificate.XXXXXX")
    printf 'subjectAltName = %s\nbasicConstraints = critical,CA:FALSE\n' "$2" >"$work/leaf"
    printf 'keyUsage = critical,digitalSignature\nextendedKeyUsage = serverAuth\n' >>"$work/leaf"
    # shellcheck disable=SC2015 # each step needs the one before
    (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$work/key") &&
        openssl req -new -key "$work/key" -subj "/CN=$1" -out "$work/request" &&
        openssl x509 -req -sha256 -in "$work/request" -days 825 -CA "$AUTHORITY/ca.crt" -CAkey "$AUTHORITY/ca.key" \
            -CAserial "$work/serial" -CAcreateserial -extfile "$work/leaf" -out "$work/crt" 2>/dev/null &&
        openssl verify -CAfile "$AUTHORITY/ca.crt" "$work/crt" >/dev/null &&
        cat "$work/key" "$work/crt" || code=$?
    rm -rf "$work"
    if [ "$code" -ne 0 ]; then
        echo "no certificate for $1: the authority in $AUTHORITY is damaged or of another network; remove it, then scripts/rehearse up" >&2
    fi
    return "$code"
}
