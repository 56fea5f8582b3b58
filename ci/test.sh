# Everything that must pass: lint, tests (with the race detector where there is a C compiler), tests of the insurance
# (build tag greenlet_chan) and of the code for kqueue, builds for other systems, and every benchmark once.
set -eu
cd "$(dirname "$0")/.."
step() { printf '\n== %s (%s s)\n' "$*" "$(($(date +%s) - began))"; }
began=$(date +%s)

step lint
sh ci/lint.sh

race=-race
if ! command -v "$(go env CC)" >/dev/null; then
	race=
	echo "no C compiler: the tests run WITHOUT the race detector"
fi
for dir in $(sh ci/modules.sh); do
	step "tests in $dir"
	(cd "$dir" && go test ./...)
	[ -z "$race" ] || (cd "$dir" && CGO_ENABLED=1 go test -race ./...)
	step "tests in $dir with greenlet_chan"
	(cd "$dir" && go test -tags greenlet_chan ./...)
done

step "tests of the code for kqueue, emulated"
if [ "$(go env GOHOSTOS)" = linux ]; then
	go test -tags greenlet_kqueue ./green/...
	(cd green/http && go test -tags greenlet_kqueue ./...)
else
	echo "not run: it takes Linux"
fi

step "tests on a processor of 32 bits, on which goroutines are not told apart"
if [ "$(go env GOHOSTARCH)-$(go env GOHOSTOS)" = amd64-linux ]; then
	CGO_ENABLED=0 GOARCH=386 go test -short . ./generator ./internal/... ./tasklet ./green
else
	echo "not run: it takes linux/amd64"
fi

all=$(for dir in $(sh ci/modules.sh); do printf '%s/... ' "$dir"; done)
for os in linux darwin windows freebsd; do
	for arch in amd64 arm64; do
		step "build for $os/$arch"
		# shellcheck disable=SC2086 # one word for each module
		CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -o /dev/null $all
	done
done

for dir in $(sh ci/modules.sh); do
	step "benchmarks in $dir, once"
	(cd "$dir" && go test -short -run '^$' -bench . -benchtime 1x ./...)
done
step "all passed"
