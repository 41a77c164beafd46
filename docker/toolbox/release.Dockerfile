# The toolbox of the source `release`: official downloads of aws, eksctl, kubectl and helm, at the versions of toolbox.lock.json.
#
# Works in the classic builder as well as in BuildKit, as the Dockerfile beside it, whose first stage and last steps it
# shares: a test holds them against each other.
#
# The context holds host-ca.crt, as there, and release/{aws.zip,eksctl.tar.gz,helm.tar.gz,kubectl}. Nothing is downloaded
# here but packages of Debian's: whoever fetched the files has checked them, and no address or credential comes along.

ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS base

# What is excluded here is never unpacked, so no layer carries it. Licences stay.
RUN set -eu; \
    printf '%s\n' \
        'path-exclude=/usr/share/doc/*' \
        'path-include=/usr/share/doc/*/copyright' \
        'path-exclude=/usr/share/man/*' \
        'path-exclude=/usr/share/info/*' \
        'path-exclude=/usr/share/locale/*' \
        'path-exclude=/usr/share/lintian/*' \
        'path-exclude=/usr/lib/python3/dist-packages/awscli/examples/*' \
        'path-exclude=/usr/lib/python3/dist-packages/awscli/data/ac.index' \
        'path-exclude=/usr/lib/python3/dist-packages/awscli/botocore/cacert.pem' \
        > /etc/dpkg/dpkg.cfg.d/lakehouse; \
    printf '%s\n' \
        'APT::Install-Recommends "false";' \
        'Acquire::Retries "3";' \
        'Dir::Cache::pkgcache "";' \
        'Dir::Cache::srcpkgcache "";' \
        > /etc/apt/apt.conf.d/lakehouse

# APT_MIRROR stands for the archive's URI; the security archive is looked for beside it, as on every Debian mirror.
ARG APT_MIRROR
RUN set -eu; \
    if [ -n "${APT_MIRROR:-}" ]; then \
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do \
            [ -f "$file" ] || continue; \
            APT_MIRROR="${APT_MIRROR%/}" awk ' \
                /^(deb|deb-src|URIs:)[ \t]/ { \
                    for (i = 2; i <= NF; i++) \
                        if ($i ~ /^[a-z+]+:\/\//) $i = ENVIRON["APT_MIRROR"] ($i ~ /-security\/?$/ ? "-security" : "") \
                } \
                { print }' "$file" > /tmp/sources; \
            cat /tmp/sources > "$file"; \
        done; \
        rm -f /tmp/sources; \
    fi

# Until ca-certificates is there, an https mirror can only be trusted by the host's own bundle.
# update-ca-certificates wants one certificate a file; those that the system already trusts are left out.
COPY host-ca.crt /usr/local/share/lakehouse/host-ca.crt
RUN set -eu; echo 'lakehouse-step: certificates'; \
    ca=/usr/local/share/lakehouse/host-ca.crt; \
    system=/etc/ssl/certs/ca-certificates.crt; \
    if [ ! -s "$system" ]; then \
        if [ -s "$ca" ]; then printf 'Acquire::https::CaInfo "%s";\n' "$ca" > /etc/apt/apt.conf.d/lakehouse-ca; fi; \
        apt-get -qq update; \
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y ca-certificates > /tmp/log 2>&1 || { cat /tmp/log >&2; exit 1; }; \
        rm -rf /tmp/log /etc/apt/apt.conf.d/lakehouse-ca /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*; \
    fi; \
    if [ -s "$ca" ]; then \
        mkdir -p /usr/local/share/ca-certificates; \
        awk ' \
            { sub(/\r$/, "") } \
            /^-----BEGIN CERTIFICATE-----/ { body = ""; inside = 1; next } \
            /^-----END CERTIFICATE-----/ { \
                inside = 0; \
                if (!(body in seen) && FILENAME != ARGV[1]) { \
                    file = sprintf("/usr/local/share/ca-certificates/lakehouse-host-%03d.crt", ++count); \
                    print "-----BEGIN CERTIFICATE-----" > file; \
                    for (at = 1; at <= length(body); at += 64) print substr(body, at, 64) > file; \
                    print "-----END CERTIFICATE-----" > file; \
                    close(file) \
                } \
                seen[body] = 1; next \
            } \
            inside { gsub(/[ \t]/, ""); body = body $0 } \
            END { printf "host certificates added: %d\n", count }' "$system" "$ca"; \
        update-ca-certificates > /tmp/log 2>&1 || { cat /tmp/log >&2; exit 1; }; \
        rm /tmp/log; \
    fi


# The files of `release/` were downloaded and held against the lock before they came here; unzip stays in this stage.
FROM base AS unpack
ARG TOOLBOX_ARCH=amd64
RUN set -eu; echo 'lakehouse-step: unzip'; \
    arch="$(dpkg --print-architecture)"; \
    if [ "$arch" != "$TOOLBOX_ARCH" ]; then \
        echo "lakehouse: the base image is for $arch, the toolbox was asked for $TOOLBOX_ARCH" >&2; exit 1; \
    fi; \
    apt-get -qq update; \
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y unzip > /tmp/log 2>&1 || { cat /tmp/log >&2; exit 1; }; \
    rm -rf /tmp/log /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*

COPY release /tmp/release
COPY host-ca.crt /tmp/host-ca.crt
RUN set -eu; echo 'lakehouse-step: unpack'; \
    unpacked() { \
        name="$1"; shift; \
        "$@" > /tmp/log 2>&1 || { cat /tmp/log >&2; echo "lakehouse: the file of $name cannot be unpacked" >&2; exit 1; }; \
    }; \
    cd /tmp/release; \
    unpacked eksctl tar -xzf eksctl.tar.gz --no-same-owner -C /usr/local/bin eksctl; \
    unpacked helm tar -xzf helm.tar.gz --no-same-owner --strip-components=1 -C /usr/local/bin "linux-$TOOLBOX_ARCH/helm"; \
    unpacked kubectl install -m 0755 kubectl /usr/local/bin/kubectl; \
    unpacked aws unzip -q aws.zip -d /tmp; \
    unpacked aws sh /tmp/aws/install -i /usr/local/aws-cli -b /usr/local/bin; \
    chmod 0755 /usr/local/bin/*; \
    # What only a person at a prompt would use; AWS's own image leaves it out too.
    rm -rf /usr/local/bin/aws_completer; \
    find /usr/local/aws-cli \( -path '*/dist/aws_completer' -o -path '*/awscli/data/ac.index' -o -path '*/awscli/examples' \) \
        -prune -exec rm -rf {} +; \
    # botocore brings certificates of its own, which know nothing of the host's: it is given the system's.
    find /usr/local/aws-cli -name cacert.pem ! -type d > /tmp/bundles; \
    if [ -s /tmp/host-ca.crt ] && [ ! -s /tmp/bundles ]; then \
        echo 'lakehouse: this aws has no cacert.pem: it cannot be made to trust the certificates of this machine' >&2; exit 1; \
    fi; \
    while IFS= read -r bundle; do ln -sf /etc/ssl/certs/ca-certificates.crt "$bundle"; done < /tmp/bundles; \
    rm -rf /tmp/aws /tmp/release /tmp/host-ca.crt /tmp/bundles /tmp/log


FROM base AS toolbox
COPY --from=unpack /usr/local/bin/ /usr/local/bin/
COPY --from=unpack /usr/local/aws-cli/ /usr/local/aws-cli/

# `kill` is only a builtin of the shells in Debian's minimal system; `docker exec` needs a file. bash's knows `--`, sh's does not.
# The home folder is open to any uid, since a tmpfs over it takes its mode.
RUN set -eu; printf '#!/bin/bash\nkill "$@"\n' > /usr/local/bin/kill; \
    chmod 0755 /usr/local/bin/kill; \
    echo 'lakehouse:x:65532:' >> /etc/group; \
    echo 'lakehouse:x:65532:65532:lakehouse:/home/lakehouse:/bin/sh' >> /etc/passwd; \
    mkdir -p /home/lakehouse; \
    chown 65532:65532 /home/lakehouse; \
    chmod 1777 /home/lakehouse

# No pager and no shell history; nothing tries to write beside the programs.
ENV HOME=/home/lakehouse HISTFILE=/dev/null LANG=C.UTF-8 AWS_PAGER= PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /home/lakehouse

ARG AWSCLI_VERSION
ARG EKSCTL_VERSION
ARG KUBECTL_VERSION
ARG HELM_VERSION
LABEL org.opencontainers.image.title="lakehouse-toolbox" \
      io.ingext.lakehouse.toolbox.aws="${AWSCLI_VERSION}" \
      io.ingext.lakehouse.toolbox.eksctl="${EKSCTL_VERSION}" \
      io.ingext.lakehouse.toolbox.kubectl="${KUBECTL_VERSION}" \
      io.ingext.lakehouse.toolbox.helm="${HELM_VERSION}"

# A toolbox that says other versions than its lock is none.
RUN set -eu; echo 'lakehouse-step: verify'; \
    export HOME=/tmp/verify; mkdir -p "$HOME"; \
    expect() { \
        case "$2" in \
            *"$3"*) echo "$1 says what the lock says";; \
            *) echo "lakehouse: $1 says '$2', toolbox.lock.json says '$3'" >&2; exit 1;; \
        esac; \
    }; \
    expect aws "$(aws --version)" "aws-cli/$AWSCLI_VERSION "; \
    expect eksctl "=$(eksctl version)=" "=$EKSCTL_VERSION="; \
    expect kubectl "$(kubectl version --client -o json)" "\"gitVersion\": \"v$KUBECTL_VERSION\""; \
    expect helm "=$(helm version --template '{{.Version}}')=" "=v$HELM_VERSION="; \
    rm -rf "$HOME"

CMD ["cat"]
