# shellcheck shell=bash disable=SC2153
# The account itself: a network that leads nowhere else, and one container at a fixed address on it.

# Tried in this order; the first that no route and no network of this machine uses.
SUBNETS=(172.29.77.0/24 10.213.77.0/24 192.168.213.0/24 198.18.77.0/24)
API_PORT=4566
DNS_PORT=5353
REGISTRY_PORT=5443

has_network() { docker network inspect "$NAME" >/dev/null 2>&1; }

network_subnet() { docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' "$NAME" 2>/dev/null; }

# address: .2 of the network; other containers get theirs from its upper half.
address() {
    local subnet
    subnet=$(network_subnet) || return 1
    echo "${subnet%.*}.2"
}

endpoint() { echo "http://$(address):$API_PORT"; }

registry() { echo "oci://$(address):$REGISTRY_PORT/ingext"; }

routed_elsewhere() {
    command -v ip >/dev/null && ip -4 route show to match "${1%/*}" 2>/dev/null | grep -qv '^default'
}

create_network() {
    local subnet
    for subnet in "$@"; do
        if ! [[ $subnet =~ ^([0-9]+\.){3}0/24$ ]]; then
            echo "$subnet is not a /24 network such as 172.29.77.0/24"
            return 1
        fi
        if routed_elsewhere "$subnet"; then
            echo "$subnet: this machine has a route to it already"
            continue
        fi
        # --internal: nothing on it reaches the world, so no mistake reaches a real account.
        docker network create --internal --label "$NAME=1" --subnet "$subnet" --ip-range "${subnet%.*}.128/25" "$NAME" && return
    done
    echo "no free network: set LAKEHOUSE_REHEARSAL_SUBNET to a /24 of your choice"
    return 1
}

ensure_network() {
    if has_network; then
        [ "$(docker network inspect -f "{{index .Labels \"$NAME\"}}" "$NAME")" = 1 ] ||
            fail "the network $NAME is not the rehearsal's: remove it (docker network rm $NAME) and run this again"
        return 0
    fi
    if [ -n "${LAKEHOUSE_REHEARSAL_SUBNET:-}" ]; then SUBNETS=("$LAKEHOUSE_REHEARSAL_SUBNET"); fi
    step network "making the network $NAME" create_network "${SUBNETS[@]}"
}

# account_reset: brings the seed back; clusters that were made are stopped, which takes some seconds.
account_reset() {
    local ip line
    ip=$(address) || return 1
    (
        exec 3<>"/dev/tcp/$ip/$API_PORT" || exit 1
        printf 'POST /_ministack/reset HTTP/1.0\r\nHost: %s\r\nContent-Length: 0\r\n\r\n' "$ip" >&3
        IFS= read -r -t 60 line <&3 && [[ $line == *' 200'* ]]
    ) 2>/dev/null
}

# account_answers: asks it, by its address, from here.
account_answers() {
    local ip line
    ip=$(address) || return 1
    (
        exec 3<>"/dev/tcp/$ip/$API_PORT" || exit 1
        printf 'GET /_ministack/health HTTP/1.0\r\nHost: %s\r\n\r\n' "$ip" >&3
        IFS= read -r -t 5 line <&3 && [[ $line == *' 200'* ]]
    ) 2>/dev/null
}

start_container() {
    local tries REHEARSAL_TLS REHEARSAL_SITE_TLS
    docker rm -f "$NAME" >/dev/null 2>&1 || true
    REHEARSAL_TLS=$(create_certificate "$(address)" "IP:$(address),DNS:registry.rehearsal.test") || return 1
    REHEARSAL_SITE_TLS=$(create_certificate rehearsal.test 'DNS:rehearsal.test,DNS:*.rehearsal.test,DNS:*.k8.rehearsal.test') || return 1
    export REHEARSAL_TLS REHEARSAL_SITE_TLS # handed on by name: no file to mount, no key in any argument
    docker run -d --name "$NAME" --hostname rehearsal --label "$NAME=1" \
        --label "$NAME.authority=$(authority_mark)" --env REHEARSAL_TLS --env REHEARSAL_SITE_TLS --network "$NAME" --ip "$(address)" \
        --init --cap-drop ALL --security-opt no-new-privileges --read-only \
        --tmpfs /tmp:rw,nosuid,nodev,noexec,size=64m \
        --tmpfs /clusters:rw,nosuid,nodev,noexec,size=1g,mode=0700,uid=10001,gid=10001 --memory 3g --pids-limit 1024 \
        --log-opt max-size=10m "$IMAGE" || return 1
    for tries in {1..300}; do
        account_answers && return
        [ "$(docker inspect -f '{{.State.Running}}' "$NAME")" = true ] || break
        sleep 0.1
    done
    docker logs --tail 20 "$NAME"
    echo "the account does not answer at $(endpoint) (asked $tries times)"
    return 1
}

ensure_container() {
    local running
    running=$(docker inspect -f "{{.State.Running}} {{.Config.Image}} {{index .Config.Labels \"$NAME.authority\"}}" "$NAME" 2>/dev/null) || running=
    if [ "$running" = "true $IMAGE $(authority_mark)" ] && account_answers; then return; fi
    step account "starting the account" start_container
}

remove_account() {
    docker rm -f "$NAME" >/dev/null 2>&1 || true
    if has_network; then
        docker network rm "$NAME" >/dev/null || fail "the network $NAME is in use: end the containers on it (docker network inspect $NAME)"
    fi
}

# remove_everything: images and folder too. The toolbox and the base image are lakehouse's (toolbox prune).
remove_everything() {
    local images label labels=("$NAME")
    # The clusters' programs serve every account: they go with the machine's own.
    if [ "$NAME" = lakehouse-rehearsal ]; then labels+=("$CLUSTER_IMAGE"); fi
    images=$(for label in "${labels[@]}"; do docker image ls -q --filter "label=$label"; done | sort -u)
    # shellcheck disable=SC2086 # one word an image
    [ -z "$images" ] || docker image rm -f $images >/dev/null
    if [ -f "$STATE/.lakehouse-rehearsal" ]; then rm -rf "$STATE"; fi
}

status() {
    local code=0 image binary
    if ! engine_answers; then
        echo "engine:  not answering ($(engine_advice))"
        return 1
    fi
    echo "engine:  $(docker version --format '{{.Server.Version}}')"
    image=$(image_tag)
    if has_image "$image"; then echo "image:   $image"; else echo "image:   $image not built"; fi
    if has_network; then echo "network: $NAME $(network_subnet)"; else echo "network: none"; fi
    if account_answers; then
        echo "account: up at $(endpoint), DNS at $(address):$DNS_PORT, charts at $(registry)"
        echo "config:  $STATE/aws"
    else
        echo "account: not up"
        code=1
    fi
    if binary=$(find_binary); then echo "binary:  $binary"; else echo "binary:  none"; fi
    return "$code"
}
