# Vet and every package's tests, once, in every module: what a change needs at the least. See check.sh for the rest.
set -eu
cd "$(dirname "$0")/.."
. ci/step.sh
echo "vet and the tests of every module, once: some minutes on two cores, most of them the first time to compile"
for dir in $(sh ci/modules.sh); do
	step "vet and tests in $dir"
	(cd "$dir" && go vet ./... && go test -vet=off ./...)
done
step "all tests passed"
