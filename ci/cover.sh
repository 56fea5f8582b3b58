# Prints the coverage of the root package and of internal/coro by the root module's tests, and fails below MIN per cent.
set -eu
cd "$(dirname "$0")/.."
min=${MIN:-95}
for pkg in . ./internal/coro; do
	go test -short -coverpkg="$pkg" -coverprofile=cover.out ./... >cover.tests.out || { cat cover.tests.out && exit 1; }
	total=$(go tool cover -func=cover.out | awk '/^total:/ {sub("%", "", $3); print $3}')
	echo "$pkg: $total % of statements"
	awk -v t="$total" -v m="$min" 'BEGIN {exit !(t >= m)}' || { echo "below $min %" >&2; exit 1; }
done
