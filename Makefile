# Entry points for people and for CI. `make run` and `make test` work on a fresh Debian 12: they install what is missing.
SHELL := /bin/bash
JOBS ?= $(shell nproc)

.PHONY: help setup build run test bench lint nightly clean

help:
	@echo "make run      install, build, start Baton with an example process, print where each instance is"
	@echo "make test     install, build, run all tests"
	@echo "make build    build build/release/baton, baton-bench, baton-conformance"
	@echo "make bench    run the benchmarks"
	@echo "make lint     formatting and clang-tidy of what differs from main"
	@echo "make nightly  sanitizers, fuzzing, full clang-tidy, long runs"

setup:
	@scripts/setup build

build: setup
	@cmake --preset release > build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@ninja -C build/release -j $(JOBS) baton baton-bench baton-conformance

run: build
	@scripts/run

test: setup
	@scripts/setup test
	@scripts/test release

bench: build
	@scripts/bench

lint:
	@scripts/setup lint
	@scripts/lint changed

nightly:
	@scripts/setup test
	@scripts/setup lint
	@scripts/nightly

clean:
	rm -rf build
