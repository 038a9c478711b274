#!/usr/bin/env bash
# Builds the page into pkg/: rust_page.js, rust_page_bg.wasm and their types.
#
# It needs the target wasm32-unknown-unknown, and wasm-bindgen-cli at the version in Cargo.lock.
# Settings, all optional: CARGO, CARGO_TARGET_DIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

wanted="$(awk '/^name = "wasm-bindgen"$/ {getline; gsub(/"/, "", $3); print $3}' Cargo.lock)"
found="$(wasm-bindgen --version 2>/dev/null || true)"
if [ "$found" != "wasm-bindgen $wanted" ]; then
  echo "build.sh: wasm-bindgen $wanted is wanted, and here is '${found:-none}'" >&2
  echo "          cargo install wasm-bindgen-cli --version $wanted, or cargo update -p wasm-bindgen --precise <yours>" >&2
  exit 1
fi

"${CARGO:-cargo}" build --quiet --release --target wasm32-unknown-unknown
wasm-bindgen --target web --out-dir pkg --remove-name-section --remove-producers-section \
  "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/release/rust_page.wasm"
