# Everything that must pass beside test.sh: lint, the tests with the race detector (where there is a C compiler), those
# of the insurance (build tag greenlet_chan), of the code for kqueue and of 32 bits, builds for other systems, every
# benchmark once, and the coverage of the core.
set -eu
cd "$(dirname "$0")/.."
. ci/step.sh
echo "everything that test.sh leaves out: about ten minutes on two cores"

step lint
sh ci/lint.sh

race=-race
if ! command -v "$(go env CC)" >/dev/null; then
	race=
	echo "no C compiler: the tests DO NOT run with the race detector"
fi
for dir in $(sh ci/modules.sh); do
	if [ -n "$race" ]; then
		step "tests in $dir with the race detector"
		(cd "$dir" && CGO_ENABLED=1 go test -vet=off -race ./...)
	fi
	step "tests in $dir with greenlet_chan"
	(cd "$dir" && go test -vet=off -tags greenlet_chan ./...)
done

step "tests of the code for kqueue, emulated"
if [ "$(go env GOHOSTOS)" = linux ]; then
	go test -vet=off -tags greenlet_kqueue ./green/...
	(cd green/http && go test -vet=off -tags greenlet_kqueue ./...)
else
	echo "not run: it takes Linux"
fi

step "tests on a processor of 32 bits, on which goroutines are not told apart"
if [ "$(go env GOHOSTARCH)-$(go env GOHOSTOS)" = amd64-linux ]; then
	CGO_ENABLED=0 GOARCH=386 go test -vet=off -short . ./generator ./internal/... ./tasklet ./green
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
	(cd "$dir" && go test -vet=off -short -run '^$' -bench . -benchtime 1x ./...)
done

step "coverage of the core"
sh ci/cover.sh
step "all checks passed"
