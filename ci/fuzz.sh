# Runs every fuzz target for FUZZTIME (default 1m).
set -eu
cd "$(dirname "$0")/.."
time=${FUZZTIME:-1m}
for dir in $(sh ci/modules.sh); do
	(
		cd "$dir"
		for pkg in $(go list ./...); do
			listed=$(go test -list '^Fuzz' "$pkg") # on a line of its own, so that a package which does not compile ends this
			for target in $(echo "$listed" | grep '^Fuzz' || :); do
				echo "fuzz $pkg $target"
				# Ten steps of minimizing: with the default a run may end by running out of time while it minimizes.
				go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$pkg"
			done
		done
	)
done
