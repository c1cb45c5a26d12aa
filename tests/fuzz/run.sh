#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh BUILD SECONDS NAME...: fuzzes each target for so long, from its seeds and from what earlier
# runs of this build found to be new. What breaks a target is kept in BUILD/found.
set -eu

build=$1
seconds=$2
shift 2
passed=0
failed=0
for name in "$@"; do
    corpus=$build/corpus/$name
    mkdir -p "$corpus" "$build/found"
    if "$build/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -verbosity=0 -print_final_stats=1 -artifact_prefix="$build/found/$name-" \
        "$corpus" "tests/fuzz/seeds/${name#fuzz_}" >"$build/$name.log" 2>&1; then
        passed=$((passed + 1))
        printf '%s: %s runs\n' "$name" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")"
    else
        failed=$((failed + 1))
        tail -40 "$build/$name.log"
        printf '%s: failed, the input is in %s/found\n' "$name" "$build"
    fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" = 0 ]
