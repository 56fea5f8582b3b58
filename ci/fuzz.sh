# Runs every fuzz target, and the property tests with many more programs, for FUZZTIME (default 1m) each.
set -eu
cd "$(dirname "$0")/.."
time=${FUZZTIME:-1m}
for dir in $(sh ci/modules.sh); do
	(
		cd "$dir"
		for pkg in $(go list ./...); do
			for target in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || :); do
				echo "fuzz $pkg $target"
				go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$pkg"
			done
		done
	)
done
