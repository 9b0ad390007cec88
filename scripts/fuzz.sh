#!/bin/sh
# Fuzzes the code that reads unauthenticated input, guided by coverage (LLVM's libFuzzer), and stops at the first failure:
#
#   scripts/fuzz.sh [seconds for each target] [target ...]
#
# Begins with the seeds of crates/fuzz/seeds and stores its corpus in target/fuzz/corpus. Needs a C++ compiler.
set -eu

cd "$(dirname "$0")/.."
seconds=${1:-100}
[ $# -gt 0 ] && shift
targets=${*:-tokens redirects forms}
host=$(rustc -vV | sed -n 's/^host: //p')
instrument="-C passes=sancov-module -C llvm-args=-sanitizer-coverage-level=4
  -C llvm-args=-sanitizer-coverage-inline-8bit-counters -C llvm-args=-sanitizer-coverage-pc-table
  -C llvm-args=-sanitizer-coverage-trace-compares -C debug-assertions=on -C overflow-checks=on -C codegen-units=1"

# With an explicit target, Cargo does not instrument build scripts and macros.
RUSTFLAGS=$(echo $instrument) cargo build --locked --release --target "$host" --target-dir target/fuzz \
    --package freehold-fuzz --features libfuzzer --config 'profile.release.lto=false'
for target in $targets; do
    corpus=target/fuzz/corpus/$target
    mkdir -p "$corpus" "target/fuzz/found/$target"
    "target/fuzz/$host/release/fuzz-$target" "$corpus" "crates/fuzz/seeds/$target" \
        -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="target/fuzz/found/$target/" 2>"target/fuzz/$target.log" || {
        tail -40 "target/fuzz/$target.log" >&2
        echo "$target: failed; the failing input is in target/fuzz/found/$target" >&2
        exit 1
    }
    echo "$target: $(grep -o 'number_of_executed_units: *[0-9]*' "target/fuzz/$target.log" | grep -o '[0-9]*$') inputs in $seconds s," \
        "$(grep -o 'cov: [0-9]*' "target/fuzz/$target.log" | tail -1), nothing found"
done
