# gofmt, vet and staticcheck for every module. The tools have a module of their own, so that nobody's build sees them.
set -eu
cd "$(dirname "$0")/.."
bad=$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l)
if [ -n "$bad" ]; then
	echo "not gofmt'd, run gofmt -w on: $bad" >&2
	exit 1
fi
GOWORK=off GOBIN="$PWD/bin" go -C tools install honnef.co/go/tools/cmd/staticcheck
for dir in $(sh ci/modules.sh); do
	echo "lint $dir"
	(cd "$dir" && go vet ./... && go vet -tags greenlet_chan,greenlet_kqueue ./... && "$OLDPWD/bin/staticcheck" ./...)
done
