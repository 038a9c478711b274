#!/usr/bin/env bash
# Runs each fuzz target for some seconds, and brings along what that needs.
#
#   tests/fuzz/run.sh [SECONDS] [TARGET...]    60 seconds and all targets if nothing is said
#
# What a target finds is kept in tests/fuzz/artifacts/TARGET; what it has learned, in tests/fuzz/corpus/TARGET, where the
# next run goes on. Seeds are tests/fuzz/seeds/TARGET, and for frames the golden files of the protocol.
set -euo pipefail

seconds="${1:-60}"
shift || true
cd "$(dirname "${BASH_SOURCE[0]}")"
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(frames topics websocket hub config contract)

die() { printf '[fuzz] cannot go on: %s\n' "$1" >&2; exit 1; }
command -v rustup >/dev/null || die "fuzzing needs nightly Rust, which comes with rustup (https://rustup.rs)"
rustup toolchain list | grep -q '^nightly' || rustup toolchain install nightly --profile minimal
tools="$(cd ../.. && pwd)/.tools"
export PATH="$tools/bin:$PATH"
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked --root "$tools" --no-track

cargo +nightly fuzz build --fuzz-dir .
failed=()
for target in "${targets[@]}"; do
  corpus="corpus/$target"
  mkdir -p "$corpus"
  seeds=()
  [ ! -d "seeds/$target" ] || seeds+=("seeds/$target")
  [ "$target" != frames ] || seeds+=(../../ws-protocol/tests/golden)
  echo "[fuzz] $target for $seconds s"
  cargo +nightly fuzz run --fuzz-dir . "$target" "$corpus" "${seeds[@]}" -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -verbosity=0 -print_final_stats=1 || failed+=("$target")
done
[ "${#failed[@]}" -eq 0 ] || die "these found something: ${failed[*]}"
echo "[fuzz] nothing was found"
