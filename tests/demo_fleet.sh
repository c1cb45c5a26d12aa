#!/bin/sh
# SPDX-License-Identifier: MIT
# `make demo-fleet`: two rosterd of one fleet, with etcd and the stand-in service on this machine, in a
# folder of its own that is gone afterwards. Each step says what it shows and fails where it is not so.
set -eu

build=$(cd "${1:-build}" && pwd)
work=$(mktemp -d)
started=
cleanup() {
    for pid in $started; do kill -9 "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT PIPE TERM
unset ROSTERD_CONFIG CREDENTIALS_DIRECTORY STATE_DIRECTORY RUNTIME_DIRECTORY
cd "$work"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }
fail() {
    echo "NOT AS IT SHOULD BE: $*" >&2
    for log in *.log; do
        echo "--- $log" >&2
        tail -n 40 "$log" >&2
    done
    exit 1
}
# until WHAT SECONDS COMMAND...: waits for it to be so.
until_so() {
    what=$1 tries=$(($2 * 10))
    shift 2
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "$what did not come"
        sleep 0.1
    done
}

# ---- the service, etcd, two hosts ----

wanted='10.1.0.1 10.1.0.2 10.1.0.3 10.1.0.4'
extra='10.1.0.11 10.1.0.12 10.1.0.13 10.1.0.14 10.1.0.15 10.1.0.16 10.1.0.17 10.1.0.18'

members() { for host in "$@"; do printf '%s{"host": "%s"}' "${comma:-}" "$host" && comma=', '; done; }
# shellcheck disable=SC2086 # lists of words
cat > service.json <<EOF
{"projects": [{"id": "p1", "name": "cn-north-4"}],
 "tokens": [{"token": "T-admin-a", "project_id": "p1", "who": "admin-a"},
            {"token": "T-admin-b", "project_id": "p1", "who": "admin-b"}],
 "instances": [{"prefix": "apic", "project_id": "p1", "instance_id": "i1", "change_ms": 800, "channels": [
   {"id": "56a7d7358e1b42459c9d730d65b14e59", "name": "payments", "port": 8080, "member_type": "ip",
    "vpc_channel_type": "builtin", "members": [$(comma='' && members $wanted $extra)]}]}]}
EOF
"$build/tests/romasim/romasim" --port 0 --state service.json --port-file port --quiet >service.log 2>&1 &
started="$started $!"
until_so "the stand-in service" 20 test -s port
service="http://127.0.0.1:$(cat port)"

# Other programs have ports of their own: those that are free show by etcd's start.
port=$((20000 + $$ % 20000))
etcd_is_there() { curl -sf -X POST -d '{}' "$etcd/v3/maintenance/status" | grep -q '"leader"'; }
etcd_is_settled() { ! kill -0 "$pid" 2>/dev/null || etcd_is_there; }
begin_etcd() {
    port=$((port + 2))
    etcd="http://127.0.0.1:$port" peer="http://127.0.0.1:$((port + 1))"
    rm -rf etcd.data
    ETCD_UNSUPPORTED_ARCH=arm64 etcd --name one --data-dir etcd.data --listen-client-urls "$etcd" \
        --advertise-client-urls "$etcd" --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
        --initial-cluster "one=$peer" >etcd.log 2>&1 &
    pid=$!
    started="$started $pid"
    until_so etcd 60 etcd_is_settled
    kill -0 "$pid" 2>/dev/null
}
until_so "two free ports" 5 begin_etcd

for host in admin-a admin-b; do
    mkdir -p $host/rosters.d
    printf 'T-%s\n' $host > $host/token
    chmod 600 $host/token
    cat > $host/rosterd.yaml <<EOF
version: 1
instances:
  demo: {endpoint: "$service", project_id: p1, instance_id: i1, auth: {method: token, token_file: token}}
mode: prune
interval: 1s
limits: {timeout: 3s}
guards: {max_delete_percent: 100}
state_dir: $work/$host/state
control_socket: $work/$host/control.sock
fleet:
  etcd: {endpoints: ["$etcd"]}
  host: $host
  lease: 5s
  handover: 4s
EOF
done
roster() {
    for host in admin-a admin-b; do
        { printf 'version: 1\nchannels:\n  - name: payments\n    members:\n' && printf '      - %s\n' "$@"; } \
            > $host/new.yaml
        mv $host/new.yaml $host/rosters.d/payments.yaml
    done
}
start() {
    "$build/rosterd" -c "$1/rosterd.yaml" --log-format text 2>>"$1.log" &
    newest=$!
    started="$started $newest"
    until_so "the socket of $1" 30 test -S "$1/control.sock"
}
ctl() {
    host=$1 command=$2
    shift 2
    "$build/rosterctl" "$command" -c "$host/rosterd.yaml" "$@"
}
told() { ctl "$1" fleet --json 2>/dev/null | sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" | tail -n 1; }
says() { [ "$(told "$1" "$2")" = "$3" ]; }
live() { curl -sf "$service/_sim/members?channel=payments" | grep -o '"host":' | wc -l; }
at_most() { [ "$(live)" -le "$1" ]; }
in_sync() { ctl "$1" status --exit-code >/dev/null 2>&1; }

# ---- what it shows ----

title "Two hosts, one owner: the one that was there first; the other stands by"
# shellcheck disable=SC2086
roster $wanted $extra
start admin-a
victim=$newest
until_so "the first owner" 30 says admin-a state owned
start admin-b
until_so "the other host" 30 says admin-b state elsewhere
until_so "the first pass" 30 in_sync admin-b
show rosterctl fleet
ctl admin-b fleet
says admin-b owner admin-a || fail "admin-a does not own it"
[ "$(live)" = 12 ] || fail "something was deleted before anybody wanted it"

title "A commit takes eight members out of the roster: admin-a deletes them, one in 0.8 s"
# shellcheck disable=SC2086
roster $wanted
until_so "the second deletion" 30 at_most 10
show "kill -9 \$(pidof rosterd)     # on admin-a, in the middle of it"
kill -9 "$victim"
left=$(live)
echo "$left of 12 members are live, 4 are wanted"
[ "$left" -gt 4 ] || fail "there was no middle"

title "admin-b waits for the lease of admin-a to lapse, takes over, reads, and changes nothing for handover (4 s)"
until_so "the take-over" 60 says admin-b state waits
waiting=$(live)
show rosterctl fleet
ctl admin-b fleet
while now=$(live) && says admin-b state waits; do
    [ "$now" = "$waiting" ] || fail "something was changed during handover"
    sleep 0.1
done
[ "$left" -le $((waiting + 1)) ] || fail "more than the request under way was carried out after the kill"
echo "nothing was changed meanwhile: $waiting members are live"

title "Then it goes on. A pause on the host that stands by holds on the one that owns"
until_so "its first deletion" 60 at_most $((waiting - 1))
start admin-a
until_so "admin-a, which stands by now" 30 says admin-a state elsewhere
show "rosterctl pause payments --reason 'look at it first'     # on admin-a"
ctl admin-a pause payments --reason 'look at it first' || fail "the pause was not taken"
sleep 1 # a request that was under way
paused=$(live)
[ "$paused" -gt 4 ] || fail "the pause came too late to show anything"
sleep 4 # some passes
show "rosterctl status     # on admin-b"
ctl admin-b status
ctl admin-b status | grep -q 'look at it first' || fail "admin-b does not tell the pause"
[ "$(live)" = "$paused" ] || fail "something was deleted against the pause"
echo "$paused members are live, as when it was paused"

title "resume, on the other host; in the end it is in sync"
show "rosterctl resume payments     # on admin-b"
ctl admin-b resume payments
until_so "the last deletion" 60 at_most 4
until_so "the last pass" 60 in_sync admin-b
until_so "what admin-a is told of it" 60 in_sync admin-a

title "fleet drain gives it away at once, for maintenance"
show "rosterctl fleet drain     # on admin-b"
ctl admin-b fleet drain
until_so "the next owner" 10 says admin-a state owned
show rosterctl fleet
ctl admin-a fleet
until_so "its pass" 30 in_sync admin-a

title "What the service saw"
curl -sf "$service/_sim/effects" | sed 's/{"kind/\n{"kind/g' > effects
for host in $extra; do
    [ "$(grep -c "\"delete\".*\"$host\"" effects)" = 1 ] || fail "$host was not deleted exactly once"
done
for host in $wanted; do
    ! grep -q "\"$host\"" effects || fail "$host was touched"
done
echo "each of the eight was deleted once, and the four stayed"
echo "Nothing of this demonstration is left behind."
