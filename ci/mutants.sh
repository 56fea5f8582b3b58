# Puts faults into a copy of the repository, one at a time; the random programs of conformance must notice each within
# PROGRAMS of them (default 2000). MUTANT chooses those whose name contains it.
set -eu
cd "$(dirname "$0")/.."
go run ./conformance/mutants -programs "${PROGRAMS:-2000}" -only "${MUTANT:-}"
