# Every target works in a fresh clone with Go, git and make, and docs with npm besides; see CONTRIBUTING.md.
.PHONY: test check lint bench bench-peers load fuzz cover docs soak mutants

test: ## vet and every package's tests, once
	sh ci/test.sh

check: ## everything else that must pass: lint, race detector, build tags, other systems, benchmarks once, coverage
	sh ci/check.sh

lint: ## gofmt, vet and staticcheck
	sh ci/lint.sh

bench: ## every figure beside its baseline, as a ratio
	sh ci/bench.sh

bench-peers: ## the same work on other systems, installed where root; writes docs/benchmarks.md
	sh ci/bench-peers.sh

load: ## servers of greenlet and of others with up to 10,000 connections; writes docs/benchmarks-load.md
	sh ci/load.sh

fuzz: ## every fuzz target, for FUZZTIME (default 1m) each
	sh ci/fuzz.sh

cover: ## the coverage of the root package and of internal/coro
	sh ci/cover.sh

docs: ## the documentation site, into site/, with every link checked
	sh ci/docs.sh

soak: ## PROGRAMS random programs (default 20000) beside Python's greenlet
	sh ci/soak.sh

mutants: ## faults put into a copy, each of which the random programs must notice
	sh ci/mutants.sh
