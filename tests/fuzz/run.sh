#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh BUILD SECONDS NAME...: fuzzes each target for so long, two side by side, from its seeds and from
# what earlier runs of this build found to be new. What breaks a target is kept in BUILD/found.
set -eu

build=$1
seconds=$2
shift 2

# fuzz NAME: leaves a file NAME.failed where the target broke.
fuzz() {
    corpus=$build/corpus/$1
    mkdir -p "$corpus" "$build/found"
    if "$build/tests/fuzz/$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -verbosity=0 -print_final_stats=1 -artifact_prefix="$build/found/$1-" \
        "$corpus" "tests/fuzz/seeds/${1#fuzz_}" >"$build/$1.log" 2>&1; then
        printf '%s: %s runs\n' "$1" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$1.log")"
    else
        : >"$build/$1.failed"
        tail -40 "$build/$1.log"
        printf '%s: failed, the input is in %s/found\n' "$1" "$build"
    fi
}

rm -f "$build"/*.failed
running=0
for name in "$@"; do
    fuzz "$name" &
    running=$((running + 1))
    [ $((running % 2)) != 0 ] || wait
done
wait
failed=$(find "$build" -maxdepth 1 -name '*.failed' | wc -l)
echo "fuzz: $(($# - failed)) passed, $failed failed"
[ "$failed" = 0 ]
