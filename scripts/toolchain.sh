#!/bin/sh
# Prints the rustup toolchain to use in place of what rust-toolchain.toml pins, or nothing when that can be used.
#
# The pin is right wherever rustup has that version or may fetch it, and says nothing where there is no rustup. On a
# machine that has another version and no way to fetch this one, rustup would refuse every call; there the default
# toolchain is named, if it is not older than `rust-version` in Cargo.toml.
cd "$(dirname "$0")/.." || exit 1

command -v rustup >/dev/null 2>&1 || exit 0
[ -z "${RUSTUP_TOOLCHAIN:-}" ] || exit 0
cargo --version >/dev/null 2>&1 && exit 0

oldest="$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)"
pinned="$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)"
# The pinned one by its name first: it may be here and lack a component that could not be fetched.
for name in "$pinned" "$(cd / && rustup default 2>/dev/null | cut -d ' ' -f 1)"; do
  [ -n "$name" ] || continue
  found="$(RUSTUP_TOOLCHAIN="$name" RUSTUP_AUTO_INSTALL=0 rustc --version 2>/dev/null | cut -d ' ' -f 2)"
  [ -n "$found" ] || continue
  [ "$(printf '%s\n%s\n' "$oldest" "$found" | sort -V | head -n 1)" = "$oldest" ] || continue
  echo "[toolchain] Rust $pinned is pinned and not complete here: going on with $name, which is $found" >&2
  echo "$name"
  exit 0
done
