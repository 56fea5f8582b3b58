# Every target works in a fresh clone with Go, git and make; see CONTRIBUTING.md.
.PHONY: test lint bench fuzz cover

test: ## everything that must pass, in every module
	sh ci/test.sh

lint: ## gofmt, vet and staticcheck
	sh ci/lint.sh

bench: ## every figure beside its baseline, as a ratio
	sh ci/bench.sh

fuzz: ## random programs against the model, for FUZZTIME (default 1m)
	sh ci/fuzz.sh

cover: ## the coverage of the root package and of internal/coro
	sh ci/cover.sh
