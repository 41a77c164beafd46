# shellcheck shell=bash
# How scripts/rehearse speaks: one line a step on stderr, and of a failing one its last lines.

say() { printf 'rehearse: %s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# since START: the time since then, as "1.2 s".
since() {
    local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
    printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

end_group() {
    kill -TERM -- "-$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# step NAME TEXT COMMAND...: runs it with its output in a log; long ones say that they live.
step() {
    local log=$STATE/log/$1.log text=$2 started=$EPOCHREALTIME child ticks=0 code=0
    shift 2
    say "$text …"
    set -m # a process group of its own, so that an interrupt ends all of it
    "$@" >"$log" 2>&1 9>&- </dev/null &
    child=$!
    set +m
    trap 'end_group "$child"; exit 130' INT
    trap 'end_group "$child"; exit 143' TERM
    while kill -0 "$child" 2>/dev/null; do
        sleep 0.1
        ticks=$((ticks + 1))
        if [ $((ticks % 200)) -eq 0 ]; then
            say "$text … $(since "$started"): $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-120)"
        fi
    done
    wait "$child" || code=$?
    trap - INT TERM
    if [ "$code" -ne 0 ]; then
        tail -n 20 "$log" | sed 's/^/    /' >&2
        fail "$text: failed with exit code $code after $(since "$started"); the whole log: $log"
    fi
    say "$text: done ($(since "$started"))"
}

# quoted TEXT: as one word for any POSIX shell.
quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }
