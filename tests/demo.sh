#!/bin/sh
# SPDX-License-Identifier: MIT
# `make demo`: rosterd at work against the stand-in service on this machine, in a folder of its own
# that is gone afterwards.
set -eu

build=$(cd "${1:-build}" && pwd)
work=$(mktemp -d)
service=
cleanup() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
unset ROSTERD_CONFIG CREDENTIALS_DIRECTORY STATE_DIRECTORY
cd "$work"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }

cat > service.json <<'EOF'
{"projects": [{"id": "0123456789abcdef0123456789abcdef", "name": "cn-north-4"}],
 "keys": [{"access": "DEMOACCESSKEY", "secret": "demo-secret-key", "project_id": "0123456789abcdef0123456789abcdef"}],
 "instances": [{"prefix": "apic", "project_id": "0123456789abcdef0123456789abcdef",
   "instance_id": "6a7b8c9d-0000-4000-8000-000000000001",
   "channels": [
     {"id": "56a7d7358e1b42459c9d730d65b14e59", "name": "payments", "port": 8080, "member_type": "ip",
      "vpc_channel_type": "builtin",
      "member_groups": [{"member_group_id": "9999aaaabbbbccccddddeeeeffff0000", "member_group_name": "blue"}],
      "members": [
        {"host": "10.1.0.5", "port": 8080},
        {"host": "10.1.0.6", "port": 8080, "member_group_name": "blue"},
        {"host": "10.1.0.7", "port": 8080},
        {"host": "10.1.0.8", "port": 8080},
        {"host": "10.9.3.1", "port": 8080},
        {"host": "10.1.0.66", "port": 8080},
        {"host": "10.1.0.5", "port": 9090}]},
     {"id": "7f0e4dfc1a2b4c3d8e9f0a1b2c3d4e5f", "name": "search", "port": 9200, "member_type": "ip",
      "vpc_channel_type": "builtin",
      "members": [{"host": "10.2.0.1", "port": 9200}, {"host": "10.2.0.2", "port": 9200}]}]}]}
EOF
"$build/tests/romasim/romasim" --port 0 --state service.json --port-file port --quiet >service.out 2>&1 &
service=$!
tries=0
until [ -s port ]; do
    tries=$((tries + 1))
    [ "$tries" -le 200 ] && kill -0 "$service" 2>/dev/null || {
        cat service.out
        echo "the stand-in service did not start" >&2
        exit 1
    }
    sleep 0.05
done

cat > rosterd.yaml <<EOF
version: 1
instances:
  demo:
    endpoint: http://127.0.0.1:$(cat port)
    project_id: 0123456789abcdef0123456789abcdef
    instance_id: 6a7b8c9d-0000-4000-8000-000000000001
    auth: {method: aksk, access_key_file: demo.ak, secret_key_file: demo.sk}
mode: prune
rosters: [rosters.d]
retry: {base: 400ms}
state_dir: $work/state
EOF
mkdir rosters.d
cat > rosters.d/payments.yaml <<'EOF'
version: 1
channels:
  - name: payments
    members:
      - 10.1.0.5:8080
      - {host: 10.1.0.6, port: 8080, group: blue}
      - 10.1.0.7:8080
      - 10.1.0.8:8080
    ignore:
      - {host: 10.9.0.0/16}
  - name: search
    members: [10.2.0.1, 10.2.0.2]
EOF
printf 'DEMOACCESSKEY\n' > demo.ak
printf 'demo-secret-key\n' > demo.sk
chmod 600 demo.ak demo.sk

title "The roster: what the team wrote down and merged"
cat rosters.d/payments.yaml

title "What a pass would do: somebody added two members by hand"
show rosterctl plan -c rosterd.yaml
"$build/rosterctl" plan -c rosterd.yaml || true

title "A real pass, while the service answers the first deletions with 500"
cat > faults.json <<'EOF'
[{"match": {"op": "delete_member"}, "times": 3,
  "then": {"status": 500, "code": "APIG.9999", "message": "System error"}}]
EOF
curl -sf -X POST -H 'Content-Type: application/json' --data @faults.json \
    "http://127.0.0.1:$(cat port)/_sim/faults" >/dev/null
show rosterd --once -c rosterd.yaml
status=0
"$build/rosterd" --once -c rosterd.yaml || status=$?
echo "exit status $status"

title "Read from the service once more"
show rosterctl plan -c rosterd.yaml
"$build/rosterctl" plan -c rosterd.yaml
echo "exit status 0: in sync"

title "search moves to two new hosts: the mode is sync now, and the roster names these alone"
sed 's/^mode: prune$/mode: sync\nsettle: 1s\nguards: {max_delete_percent: 100}/' rosterd.yaml > sync.yaml
sed 's/\[10\.2\.0\.1, 10\.2\.0\.2\]/[10.2.0.11, 10.2.0.12]/' rosters.d/payments.yaml > moved.yaml
mv sync.yaml rosterd.yaml
mv moved.yaml rosters.d/payments.yaml
grep -A 3 '^mode:' rosterd.yaml
grep -A 1 'name: search' rosters.d/payments.yaml
show rosterctl plan -c rosterd.yaml
"$build/rosterctl" plan -c rosterd.yaml || true

title "The pass: the new ones are added first, and the old ones go a second (settle) after these were listed"
curl -sf -X DELETE "http://127.0.0.1:$(cat port)/_sim/requests" >/dev/null
show rosterd --once -c rosterd.yaml
status=0
"$build/rosterd" --once -c rosterd.yaml || status=$?
echo "exit status $status"

title "What the service was asked of search meanwhile, in this order"
{ curl -sf "http://127.0.0.1:$(cat port)/_sim/requests"; echo; } | sed 's/{"n":/\n/g' |
    sed -n '/"channel":"7f0e4dfc1a2b4c3d8e9f0a1b2c3d4e5f"/s/.*"method":"\([A-Z]*\)".*"op":"\([a-z]*\)_\([a-z]*\)".*/    \1  \2 \3/p'
echo "Nothing of this demonstration is left behind."
