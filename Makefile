# The names that people type. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# What scripts/setup.sh had to install lies in .tools and comes first.
export PATH := $(CURDIR)/.tools/bin:$(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

INSTEAD := $(shell scripts/toolchain.sh)
ifneq ($(INSTEAD),)
export RUSTUP_TOOLCHAIN := $(INSTEAD)
endif

XTASK := cargo run --quiet --package xtask --
LISTEN ?= 127.0.0.1:8080
SECONDS_EACH ?= 60
SEEDS ?= 100000
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
PAGES := examples/dashboard/dist

.PHONY: help demo test packages packages-all wasm types check bench fuzz soak release ci clean
.PHONY: setup-demo setup-check setup-test built-packages dashboard own-engine rust-page server test-server format size bench-smoke

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: setup-demo server built-packages dashboard ## build everything and serve the live dashboard (LISTEN=127.0.0.1:8080)
	@echo "[demo] the dashboard:           http://$(LISTEN)/"
	@echo "[demo] the page with no server: http://$(LISTEN)/local/"
	@echo "[demo] rules and a firehose:    http://$(LISTEN)/rules/"
	@echo "[demo] a technician's app:      http://$(LISTEN)/field/"
	@echo "[demo] Ctrl-C stops the server"
	@exec $(TARGET_DIR)/demo/aimdb-server --demo --listen $(LISTEN) --files $(PAGES) --data $(TARGET_DIR)/demo/data

test: setup-test built-packages dashboard own-engine rust-page test-server ## run every test but the matrix of places
	@$(XTASK) test

packages: setup-test built-packages test-server ## install the packages where people work, and look (docs/install.md)
	@$(XTASK) test packages

packages-all: setup-test built-packages test-server ## that, and the rows that take long
	@AIMDB_PACKAGES_ALL=1 $(XTASK) test packages

wasm: setup-demo ## build the wasm engine and hold it against its size budget
	@$(XTASK) wasm

types: ## write the client's types and numbers from Rust
	@$(XTASK) types

check: setup-check built-packages own-engine ## format, lints, strict types, and the rules of the house
	cargo fmt --all --check
	cargo fmt --check --manifest-path examples/own-engine/Cargo.toml
	cargo fmt --check --manifest-path examples/rust-page/Cargo.toml
	cargo fmt --check --manifest-path bench/fanout/Cargo.toml
	cargo fmt --check --manifest-path bench/channels/Cargo.toml
	cargo fmt --check --manifest-path bench/durable/Cargo.toml
	cargo fmt --check --manifest-path tests/fuzz/Cargo.toml
	cargo clippy --workspace --features aimdb-wasm-adapter/engine,aimdb-server/fuzzing --all-targets --quiet -- -D warnings
	CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) \
	  cargo clippy --manifest-path bench/fanout/Cargo.toml --all-targets --quiet -- -D warnings && \
	  cargo clippy --manifest-path bench/channels/Cargo.toml --all-targets --quiet -- -D warnings && \
	  cargo clippy --manifest-path bench/durable/Cargo.toml --all-targets --quiet -- -D warnings && \
	  cargo clippy --manifest-path tests/fuzz/Cargo.toml --quiet -- -D warnings
	CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) \
	  cargo clippy --manifest-path examples/own-engine/Cargo.toml --quiet -- -D warnings && \
	  cargo clippy --manifest-path examples/rust-page/Cargo.toml --target wasm32-unknown-unknown --quiet -- -D warnings
	npm run --workspaces --if-present --silent typecheck
	node_modules/.bin/biome check --error-on-warnings
	@$(XTASK) check

bench: setup-test built-packages ## measure against the floor and against others
	npm run --workspace @aimdb/bench --silent bench

soak: ## run many worlds from their seeds: clients, tabs, a server, bad networks (SEEDS=100000)
	cargo run --release --quiet --package aimdb-sim -- --seeds $(SEEDS) --progress

fuzz: ## look for inputs that break what reads them, a minute for each target (SECONDS_EACH=60)
	@tests/fuzz/run.sh $(SECONDS_EACH)

release: setup-test built-packages ## pack all that is published and try it; VERSION=0.2.0 writes that version first
	node scripts/release/release.mjs $(VERSION)

ci: check test packages size bench-smoke ## what CI runs

clean: ## remove what was built
	rm -rf target client/wasm client/{dist,cjs} react-hooks/{dist,cjs} examples/*/dist examples/own-engine/pkg node_modules .tools
	find client react-hooks -mindepth 2 -name package.json -not -path '*/node_modules/*' -delete

# ---- inner targets

setup-demo:
	@scripts/setup.sh demo

setup-check:
	@scripts/setup.sh check

setup-test:
	@scripts/setup.sh test
	@scripts/json-schema-suite.sh

built-packages: wasm
	@npm run --silent --if-present --workspace @aimdb/wasm build
	@npm run --silent --workspace @aimdb/react build
	@npm run --silent --workspace @aimdb/pipeline-twin build

dashboard: built-packages
	@echo "[build] pages"
	@npm run --silent --workspace @aimdb/example-dashboard build -- --logLevel warn
	@npm run --silent --workspace @aimdb/example-local-demo build -- --logLevel warn
	@rm -rf $(PAGES)/local && cp -r examples/local-demo/dist $(PAGES)/local
	@npm run --silent --workspace @aimdb/example-rules-demo build -- --logLevel warn
	@rm -rf $(PAGES)/rules && cp -r examples/rules-demo/dist $(PAGES)/rules
	@npm run --silent --workspace @aimdb/example-field-pwa build -- --logLevel warn
	@rm -rf $(PAGES)/field && cp -r examples/field-pwa/dist $(PAGES)/field
	@npm run --silent --workspace @aimdb/example-orders build -- --logLevel warn

# Without the optimisation over all crates: twice as large, and built in a tenth of the time.
own-engine: built-packages
	@echo "[build] an engine of one's own"
	@set -a; [ ! -f target/wasm-toolchain.env ] || . target/wasm-toolchain.env; \
	  CARGO_PROFILE_RELEASE_LTO=false CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) examples/own-engine/build.sh
	@npm run --silent --workspace @aimdb/example-own-engine build -- --logLevel warn

rust-page: setup-demo
	@echo "[build] a page in Rust alone"
	@set -a; [ ! -f target/wasm-toolchain.env ] || . target/wasm-toolchain.env; \
	  CARGO_PROFILE_RELEASE_LTO=false CARGO_TARGET_DIR=$(abspath $(TARGET_DIR)) examples/rust-page/build.sh

server: setup-demo
	@echo "[build] server"
	@cargo build --package aimdb-server --profile demo

test-server:
	@cargo build --package aimdb-server

format:
	cargo fmt --all
	node_modules/.bin/biome check --write

size: built-packages
	@$(XTASK) size

bench-smoke: built-packages
	npm run --workspace @aimdb/bench --silent smoke
