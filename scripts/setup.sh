#!/usr/bin/env bash
# Brings a machine to the point where this repository builds and tests.
#
#   scripts/setup.sh demo    what `make demo` and `make wasm` need
#   scripts/setup.sh check   that, and what `make check` needs beyond it
#   scripts/setup.sh test    what the demo needs, and the browsers that `make test` drives (the default)
#
# Every step looks first and acts only when something is missing, so a second run takes well under
# a second. It installs with apt-get, rustup, cargo and npm, and nothing else. A tool that is in PATH with
# the right version is used; any other goes into .tools, so that nobody's own tools are replaced. What it cannot
# install it names, with what to do about it.
#
# Settings, all optional:
#   AIMDB_CHROMIUM, AIMDB_CHROMEDRIVER, AIMDB_FIREFOX   use these binaries, install none
#   CARGO_HOME                                          where cargo puts bin/ (default ~/.cargo)
set -euo pipefail

mode="${1:-test}"
case "$mode" in
  demo | check | test) ;;
  *) echo "usage: scripts/setup.sh [demo|check|test]" >&2; exit 2 ;;
esac

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
cargo_bin="${CARGO_HOME:-$HOME/.cargo}/bin"
tools="$root/.tools"
export PATH="$tools/bin:$cargo_bin:$PATH"
wasm_target=wasm32-unknown-unknown
bare_target=thumbv7em-none-eabihf
wasm_env="$root/target/wasm-toolchain.env"
worked=

if [ -z "${RUSTUP_TOOLCHAIN:-}" ]; then
  instead="$(scripts/toolchain.sh)"
  [ -z "$instead" ] || export RUSTUP_TOOLCHAIN="$instead"
fi

say() { printf '[setup %3ss] %s\n' "$SECONDS" "$*"; worked=1; }
die() { printf '[setup] cannot go on: %s\n' "$1" >&2; shift; printf '        %s\n' "$@" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
have_any() { local name; for name in "$@"; do have "$name" && return 0; done; return 1; }

# ---- Debian packages: only for commands that are not there
apt_updated=
apt_install() { # apt_install WHAT-FOR PACKAGE...
  local purpose="$1" runner=()
  shift
  have apt-get || die "$purpose is missing and there is no apt-get here" "install by hand: $*"
  if [ "$(id -u)" != 0 ]; then
    have sudo || die "$purpose is missing; installing it takes root" "run as root: apt-get install $*"
    runner=(sudo -n)
  fi
  say "apt-get install $* ($purpose)"
  if [ -z "$apt_updated" ]; then
    "${runner[@]}" apt-get update -qq || die "apt-get update failed" "check the package sources"
    apt_updated=1
  fi
  "${runner[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@" >/dev/null || die "apt-get could not install $*" "install it by hand"
}

# ---- what must already be here
have cargo || die "cargo is not in PATH" "install Rust from https://rustup.rs ($(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml) or newer)"
have node || die "node is not in PATH" "install Node.js 20.19 or newer"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  die "node $(node --version) is too old" "install Node.js 20.19 or newer"
have npm || die "npm is not in PATH" "it comes with Node.js"
have cc || apt_install "a C compiler for linking" gcc libc6-dev

# ---- the wasm standard library
has_std() { compgen -G "$(rustc --print sysroot)/lib/rustlib/$1/lib/libcore-*.rlib" >/dev/null; }
has_wasm_std() { has_std "$wasm_target"; }
if ! has_wasm_std && [ ! -f "$wasm_env" ]; then
  if have rustup; then
    say "rustup target add $wasm_target"
    rustup target add "$wasm_target" >/dev/null 2>&1 || true
  fi
  if ! has_wasm_std; then
    # rustup's host is out of reach. Debian's rustc-web is new enough, and builds std from source.
    apt_install "$wasm_target, which rustup could not fetch" rustc-web cargo-web rust-web-src lld-19
    mkdir -p target
    cat >"$wasm_env" <<'ENV'
CARGO=/usr/bin/cargo
RUSTC=/usr/bin/rustc
RUSTDOC=/usr/bin/rustdoc
RUSTC_BOOTSTRAP=1
CARGO_UNSTABLE_BUILD_STD=std,panic_abort
CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
ENV
    say "wasm builds use Debian's compiler (settings in target/wasm-toolchain.env)"
  fi
fi

# ---- the standard library's source: the modules that a tab downloads are built without panic messages,
# which is a tenth less. Without it they are built the plain way, and are larger.
has_std_source() { [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library/std" ]; }
if ! has_std_source && [ ! -f "$wasm_env" ] && have rustup; then
  say "rustup component add rust-src"
  rustup component add rust-src >/dev/null 2>&1 || say "rust-src is not to be had: wasm modules will be larger"
fi

# ---- tools written in Rust: into .tools, with the project's compiler
# From /, so that this repository's own .cargo/config.toml has no say in it. Not --locked: a published lockfile can name
# a dependency that the registry's index does not show yet.
cargo_install() { # cargo_install PACKAGE VERSION ARGUMENT...
  local package="$1" version="$2"
  shift 2
  if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && have rustup; then
    local RUSTUP_TOOLCHAIN
    RUSTUP_TOOLCHAIN="$(rustup show active-toolchain | cut -d ' ' -f 1)"
    export RUSTUP_TOOLCHAIN
  fi
  (cd / && CARGO_PROFILE_DEV_DEBUG=false CARGO_INCREMENTAL=0 cargo install "$package" --version "=$version" \
    --root "$tools" --no-track --debug --force "$@")
}

# ---- wasm-bindgen and its test runner, at exactly the version that Cargo.lock pins
# Unoptimised except for the crates that do the work: half the build time of a release build, and a
# test run is only 0.3 s slower.
bindgen_version="$(awk '/^name = "wasm-bindgen"$/ {found=1; next} found && /^version = / {gsub(/"/,"",$3); version=$3; found=0} END {print version}' Cargo.lock)"
if [ -n "$bindgen_version" ]; then
  installed="$(wasm-bindgen --version 2>/dev/null || true)"
  if [ "$installed" != "wasm-bindgen $bindgen_version" ] || ! have wasm-bindgen-test-runner; then
    say "cargo install wasm-bindgen-cli $bindgen_version (about a minute on two cores)"
    config=()
    for hot in walrus wasmparser gimli wasm-encoder; do
      config+=(--config "profile.dev.package.$hot.opt-level=2")
    done
    cargo_install wasm-bindgen-cli "$bindgen_version" --no-default-features "${config[@]}" \
      --bin wasm-bindgen --bin wasm-bindgen-test-runner || die "wasm-bindgen-cli $bindgen_version did not install" "see cargo's message above"
  fi
fi

# ---- for `make check`: a target without an operating system, and cargo-deny. A check that lacks its tool says so.
if [ "$mode" = check ]; then
  if have rustup && [ ! -f "$wasm_env" ] && ! has_std "$bare_target"; then
    say "rustup target add $bare_target"
    rustup target add "$bare_target" >/dev/null 2>&1 || say "$bare_target is not to be had"
  fi
  deny_version="$(sed -n 's/.*DENY_VERSION: &str = "\(.*\)";$/\1/p' xtask/src/deny.rs)"
  if [ "$(cargo-deny --version 2>/dev/null || true)" != "cargo-deny $deny_version" ]; then
    say "cargo install cargo-deny $deny_version (about a minute on two cores)"
    cargo_install cargo-deny "$deny_version" --no-default-features || say "cargo-deny $deny_version did not install"
  fi
fi

# ---- JavaScript packages. No package here needs an install script.
lock_sum="$(sha256sum <package-lock.json)"
stamp=node_modules/.setup-stamp
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$lock_sum" ]; then
  say "npm ci"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ||
    die "npm ci failed" "see npm's message above"
  printf '%s' "$lock_sum" >"$stamp"
fi

# ---- browsers, for tests only
if [ "$mode" = test ]; then
  missing=()
  [ -n "${AIMDB_CHROMIUM:-}" ] || have_any chromium google-chrome chromium-browser || missing+=(chromium)
  [ -n "${AIMDB_CHROMEDRIVER:-}" ] || have chromedriver || missing+=(chromium-driver)
  [ -n "${AIMDB_FIREFOX:-}" ] || have_any firefox-esr firefox || missing+=(firefox-esr)
  [ ${#missing[@]} = 0 ] || apt_install "browsers to test in" "${missing[@]}"
fi

[ -z "$worked" ] || say "ready"
