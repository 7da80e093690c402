# SPDX-License-Identifier: MIT
#
# Everything a person does with this repository. `make help` lists it.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

scripts := Tests/Scripts
swift_folders := Sources Tests plugins Package.swift
debug := .build/debug/posthorn
release := .build/release/posthorn
build_flags := --explicit-target-dependency-import-check error

.PHONY: help demo up build release test lint format chaos bench sanitize clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## See it work: build, then the main job from nothing to a result (no account, no network)
	@$(scripts)/prerequisites run
	@$(scripts)/build-product
	@$(debug) demo

up: ## Run PostgreSQL, simulator and workers until ^C
	@$(scripts)/prerequisites run
	@$(scripts)/build-product
	@exec $(debug) up

build: ## Debug build of everything, tests included; the layering is checked
	@$(scripts)/prerequisites build
	swift build --build-tests $(build_flags)

release: ## Optimised binary with the Swift runtime inside: .build/release/posthorn
	@$(scripts)/prerequisites build
	swift build -c release --product posthorn --static-swift-stdlib

test: ## Every test, on a PostgreSQL of its own, and every request that was sent; ends with "N passed, N failed"
	@$(scripts)/prerequisites test
	@$(scripts)/spec-check install
	swift build --build-tests $(build_flags)
	@$(scripts)/with-postgres $(scripts)/run-tests

lint: ## Format, sources, scripts and deploy files are as they should be
	@$(scripts)/prerequisites lint
	swift format lint --strict --recursive --parallel --configuration .swift-format $(swift_folders)
	@$(scripts)/check-sources
	@$(scripts)/check-deploy

format: ## Lay out every Swift file
	swift format --in-place --recursive --parallel --configuration .swift-format $(swift_folders)

chaos: ## Publish 5,000 posts while everything breaks; prints the counts. `posts=100000` is the full size, optimised; `other=FILE` another release beside, `pgbouncer=1` a pooler
	@$(scripts)/prerequisites run
	@$(if $(posts),$(MAKE) release,$(scripts)/build-product)
	@mkdir -p .build
	@$$(command -v clang || command -v cc) -O1 -shared -fPIC -o .build/clock-shift.so Tests/Shims/clock-shift.c -ldl
	@$(if $(posts),$(release) chaos --posts $(posts),$(debug) chaos) --clock-shim "$$PWD/.build/clock-shift.so" \
		$(if $(pgbouncer),--pgbouncer) $(if $(other),--other-binary "$(other)")

bench: release ## Measure the queue beside PostgreSQL itself, in turn, on a durable server with 1 GB of buffers; prints JSON. `rounds=8` so often, with medians
	@$(scripts)/prerequisites run
	@POSTHORN_PG_SETTINGS="$${POSTHORN_PG_SETTINGS-shared_buffers=1GB}" $(scripts)/with-postgres $(scripts)/run-bench $(release) $(or $(rounds),1)

sanitize: ## Thread and address sanitizer on the modules without the HTTP stack
	@$(scripts)/prerequisites test
	TSAN_OPTIONS="suppressions=$$PWD/Tests/Shims/thread-sanitizer.supp" POSTHORN_ONLY=Domain,PQClient,JobQueue,Analysis \
		$(scripts)/with-postgres swift test --disable-xctest --sanitize=thread --scratch-path .build-tsan
	POSTHORN_ONLY=Domain,PQClient,JobQueue,Analysis $(scripts)/with-postgres swift test --disable-xctest --sanitize=address --scratch-path .build-asan

clean: ## Remove what was built; data in ./.posthorn stays
	rm -rf .build .build-tsan .build-asan
