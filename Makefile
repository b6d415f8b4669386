# What a target builds with goes to stderr, its result to stdout.

# RocksDB and the engine take long to compile: ccache keeps their C++ objects
# beyond `cargo clean` and between clones.
ifeq ($(origin CC),default)
CC := ccache gcc
endif
ifeq ($(origin CXX),default)
CXX := ccache g++
endif
export CC CXX

CARGO ?= cargo
# One profile for everything, so that each dependency is compiled once.
PROFILE := --release
# Where cargo puts the binaries: CARGO_TARGET_DIR if set, target/ otherwise.
TARGET := $(or $(CARGO_TARGET_DIR),target)/release
# Where the Python verifier's packages go.
VERIFIER_ENV := $(abspath $(or $(CARGO_TARGET_DIR),target)/verifier-python)
# Passed on to `counterfoil demo`, e.g. DEMO_ARGS="-o json".
DEMO_ARGS ?=
# Passed on to the soak, e.g. SOAK_ARGS="--connections 1000 --seconds 60".
SOAK_ARGS ?=
# Passed on to the benchmark, e.g. BENCH_ARGS="--runs 1 --json".
BENCH_ARGS ?=

.NOTPARALLEL:
.PHONY: help prerequisites build demo test verifiers bench benchmarks conformance check fmt deny fuzz mutants soak

help:
	@echo "make demo   build, then run 2,466 invoices through four validators (DEMO_ARGS are passed on)"
	@echo "make test   build, then run every test"
	@echo "make verifiers"
	@echo "            test the verifiers of proofs in Python and JavaScript, and their page in a browser"
	@echo "make bench  measure four validators under load, in verifications for each signature (BENCH_ARGS are passed on)"
	@echo "make conformance"
	@echo "            build, run every test, and list each clause of the specification with its tests"
	@echo "make benchmarks"
	@echo "            time checking, executing, bytes, proofs, the tree and the store by themselves"
	@echo "make check  formatting and lints"
	@echo "make deny   licences, bans, sources and advisories of the dependencies"
	@echo "make fmt    format the sources"
	@echo "make fuzz   feed proofs, transactions and genesis files changed bytes, SECONDS=60 for each of four targets"
	@echo "make soak   hold 10,000 connections and 1,000 subscribers for ten minutes (SOAK_ARGS are passed on)"
	@echo "make mutants SHARD=k/n or SAMPLE=100"
	@echo "            put faults into the rules and count those that the tests catch"

prerequisites:
	@sh .ci/prerequisites

# The whole workspace at once: a part of it would select other features of the
# shared dependencies, and compile them a second time for the tests.
build: prerequisites
	@echo "Building. The first time on two cores takes about half an hour, most of it RocksDB and the consensus engine." >&2
	@$(CARGO) build $(PROFILE) --workspace --locked >&2

demo: build
	@$(TARGET)/counterfoil demo $(DEMO_ARGS)

# The scenarios start the binaries `counterfoil` and `counterfoild`: they are built first.
test: build
	$(CARGO) test $(PROFILE) --workspace --locked

# They share nothing with the Rust sources but the golden files.
verifiers:
	@sh .ci/prerequisites verifiers
	python3 -m venv $(VERIFIER_ENV)
	$(VERIFIER_ENV)/bin/python -m pip install --quiet --requirement verifier/python/requirements.txt
	cd verifier/python && $(VERIFIER_ENV)/bin/python -m unittest discover -s tests
	cd verifier/web && npm ci --no-audit --no-fund && npm run check && npm test && npm run test:page

# Minutes, in which the machine should have nothing else to do.
bench: build
	@$(TARGET)/bench $(BENCH_ARGS)

# Fails as long as a clause of the specification has no test that ran and passed.
conformance: build
	@$(TARGET)/conformance

check: prerequisites
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(PROFILE) --workspace --all-targets --locked -- -D warnings

deny: prerequisites
	@sh .ci/deny

fmt:
	$(CARGO) fmt --all

# Parts by themselves: checking and executing, bytes, the tree and the store. Some minutes.
benchmarks: prerequisites
	$(CARGO) bench --workspace --locked --bench kernel --bench codecs --bench proofs --bench store

# Eleven minutes, and some gigabytes of memory: no other target calls it.
soak: build
	@$(TARGET)/soak $(SOAK_ARGS)

# Needs a nightly compiler, which it installs, so that no other target calls it.
fuzz: prerequisites
	@sh .ci/fuzz $(or $(SECONDS),60)

# Hours for all of them, so that no other target calls it.
mutants: prerequisites
	@sh .ci/mutants $(if $(SHARD),shard $(SHARD),sample $(or $(SAMPLE),100))
