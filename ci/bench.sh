# Runs every benchmark COUNT times (default 5) and prints the medians with their ratios to the baselines. What the
# benchmarks printed stays in bench.out.
set -eu
cd "$(dirname "$0")/../bench"
go version
go test -run '^$' -bench "${BENCH:-.}" -count "${COUNT:-5}" -timeout 60m . >../bench.out || { cat ../bench.out; exit 1; }
grep -E '^(goos|goarch|cpu):' ../bench.out
go run ./ratio <../bench.out
