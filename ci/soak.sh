# Compares PROGRAMS random programs (default 20000) with Python's greenlet, and prints how often each feature occurred.
# SEED repeats a run.
set -eu
cd "$(dirname "$0")/../conformance"
go test -v -count 1 -timeout 24h -run '^TestRandomPrograms$' . -programs "${PROGRAMS:-20000}" -rapid.seed "${SEED:-0}"
