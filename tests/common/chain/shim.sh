#!/bin/sh
# Stands before each tool in the kill chain (tests/common/chain/mod.rs): kills the run that calls it at the writes that
# no run has survived yet, one at a time. Tests: tests/kill_chain.rs.
#
# HERE/pid          the run that goes on
# HERE/all          every write is armed, for a kill before and after; without it those whose words lie in HERE/armed, for
#                   what that file says: `before`, `after`, or both where it says nothing
# HERE/amid/TOOL-VERB-NOUN   a kill in its midst, once its output has this file's text, instead of before and after it
# HERE/first/WORDS  one kill, `before` or `after` as this file says, that comes before all others: what lies in HERE/armed
#                   waits for it, the rest goes on
# HERE/before/KEY, HERE/after/KEY, HERE/amidst/KEY     kills that have happened: such a write is survived
# HERE/log          the kills in their order: when, words, key, command line
# HERE/over/PID     runs that were killed
# HERE/beside       the writes beside `eksctl create cluster`, a line each: it takes the lock when each that is armed was
#                   killed at, or after the seconds that HERE/delay says
#
# A write that is armed and not survived holds the lock alone until the run is dead; every other write shares it while it
# runs. So nothing is at work but what is killed, each kill finds the same, and what waits for the lock dies with its
# run. Who holds the lock needs nothing of the run to come to its end, so nobody waits for ever, though the run itself
# runs only a few commands at once.
here='HERE'
tool=${0##*/}
PATH=${PATH#"$here":}
export PATH

# Whether the command only looks. What is not known to look is taken for a write, as the product does.
case "$tool $1 $2" in
    'aws --version '*) exec "$tool" "$@" ;;
    'aws '*' describe-'* | 'aws '*' list-'* | 'aws '*' get-'* | 'aws '*' head-'* | 'aws '*' simulate-'*) exec "$tool" "$@" ;;
    'kubectl get '* | 'kubectl logs '* | 'kubectl version '* | 'kubectl auth '*) exec "$tool" "$@" ;;
    'helm list '* | 'helm get '* | 'helm status '* | 'helm history '* | 'helm template '* | 'helm show '* | 'helm version '*)
        exec "$tool" "$@" ;;
    'eksctl get '* | 'eksctl version '*) exec "$tool" "$@" ;;
esac
for word in "$@"; do
    [ "$word" != --dry-run ] || exec "$tool" "$@"
done

run=$(cat "$here/pid")
input=$here/input.$$
cat >"$input"

# The words that another run has as well: without the private kubeconfig's path, ids by their kind.
words() {
    printf '%s\n' "$tool"
    skip=
    for word in "$@"; do
        if [ -n "$skip" ]; then
            skip=
        elif [ "$word" = --kubeconfig ]; then
            skip=1
        else
            printf '%s\n' "$word"
        fi
    done | sed -E 's/^(subnet|sg|vpc)-[0-9a-f]{8,}/\1-ID/'
}

# One command may write several objects, each by its own document: they are told apart by the kinds and names in it. The
# rest may be another each time, a time or a secret.
names() {
    tr -d '" ' <"$input" | tr '{},' '\n' | grep -E '^(kind|name):.'
}

sum() { sha256sum | cut -c1-64; }

amid="$here/amid/$tool-$1-$2"
sig=$(words "$@" | sum)
key=$({
    words "$@"
    names
} | sum)

# The run ends here: WHEN it is killed, for the log.
end() {
    : >"$here/$1/$key"
    rm -f "$here/first/$sig"
    when=$1
    shift
    printf '%s\t%s\t%s\t%s\n' "$when" "$sig" "$key" "$tool $(printf '%s ' "$@" | tr '\n\t' '  ')" >>"$here/log"
    : >"$here/over/$run"
    kill -9 "$run"
    # Others that wait are of the dead run, or of the next one.
    exec 9>&-
    sleep 1
    exit 99
}

# Whether some write beside eksctl is still to be killed at.
awaited() {
    [ -z "$(ls "$here/first")" ] || return 0
    while read -r other; do
        if [ -e "$here/armed/$other" ]; then
            ends=$(cat "$here/armed/$other")
        elif [ -e "$here/all" ]; then
            ends=
        else
            continue
        fi
        for at in ${ends:-before after}; do
            cut -f 1,2 "$here/log" 2>/dev/null | grep -qxF "$(printf '%s\t%s' "$at" "$other")" || return 0
        done
    done <"$here/beside"
    return 1
}

# eksctl works for minutes, and a command of aws that waits for the lock has one: what is written beside it comes first.
case "$tool $1 $2" in
    'eksctl create cluster')
        left=$(cat "$here/delay")
        while [ "$left" -gt 0 ] && [ ! -e "$here/over/$run" ] && awaited; do
            sleep 1
            left=$((left - 1))
        done
        ;;
esac
exec 9<>"$here/lock"
# When a run is to be killed at this write, first ones aside; nothing where it is not.
due() {
    if [ -e "$amid" ]; then
        [ -e "$here/amidst/$key" ] || echo amidst
    elif [ -e "$here/all" ] || [ -e "$here/armed/$sig" ]; then
        ends=
        [ ! -e "$here/armed/$sig" ] || ends=$(cat "$here/armed/$sig")
        if [ "$ends" != after ] && [ ! -e "$here/before/$key" ]; then
            echo before
        elif [ "$ends" != before ] && [ ! -e "$here/after/$key" ]; then
            echo after
        fi
    fi
}
# Nor does an armed write pass unkilled because another one comes first: it waits for its run's death. A command of aws
# has a minute, so this ends before.
left=45
while [ -e "$here/armed/$sig" ] && [ ! -e "$here/first/$sig" ] && [ -n "$(ls "$here/first")" ] && [ -n "$(due)" ] &&
    [ "$left" -gt 0 ]; do
    [ ! -e "$here/over/$run" ] || exit 99
    sleep 1
    left=$((left - 1))
done
if [ "$left" = 0 ] && [ "$tool" = aws ]; then
    # A busy machine. The run tries it again; unkilled it must not pass.
    echo "An error occurred (ThrottlingException) when calling the $2 operation: the kill chain waits" >&2
    exit 254
fi
if [ -z "$(ls "$here/first")" ]; then
    when=$(due)
elif [ -e "$here/first/$sig" ]; then
    when=$(cat "$here/first/$sig")
else
    when=
fi
if [ -z "$when" ]; then
    flock -s 9 || exit 99
    [ ! -e "$here/over/$run" ] || exit 99
    exec "$tool" "$@" <"$input"
fi
flock 9 || exit 99
[ ! -e "$here/over/$run" ] || exit 99
case $when in
    before) end before "$@" ;;
    after)
        "$tool" "$@" <"$input" >"$here/answer" 2>"$here/words" 9>&-
        code=$?
        # An eksctl that failed has made a part of it, and then no later run comes to this write again.
        if [ "$code" = 0 ] || [ "$tool" = eksctl ]; then end after "$@"; fi
        ;;
    amidst)
        : >"$here/answer"
        : >"$here/words"
        # The tool in front, so that it hears the signal by which the product stops what outlives it.
        (
            until grep -qsF "$(cat "$amid")" "$here/answer" "$here/words"; do sleep 0.1; done
            end amidst "$@"
        ) &
        "$tool" "$@" <"$input" >"$here/answer" 2>"$here/words" 9>&-
        code=$?
        [ ! -e "$here/over/$run" ] || exit 99
        kill $! 2>/dev/null
        ;;
esac
# It failed, or ended before its midst: no kill, the run hears of it.
cat "$here/answer"
cat "$here/words" >&2
exit "$code"
