# Drives the servers of greenlet serve beside the same programs on other systems, on the loopback interface only, and writes
# docs/benchmarks-load.md with its charts. On Debian, root gets what is missing installed; else it is only named, and the tables
# have what is there. LOAD_TIME (default 1s) is how long each step runs, LOAD_ROUNDS (default 3) how often, LOAD_CONNS with how
# many connections, and LOAD_DOCS the folder to write into; with LOAD_DOCS= nothing is written.
set -eu
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive
missing=
for pkg in python3-eventlet python3-gevent util-linux wrk; do
	dpkg-query -W -f '${Status}' "$pkg" 2>/dev/null | grep -q ' installed$' || missing="$missing $pkg"
done
if [ -n "$missing" ] && ! command -v apt-get >/dev/null; then
	echo "this is no Debian: what is measured is what is found on the path"
elif [ -n "$missing" ] && [ "$(id -u)" != 0 ]; then
	echo "not installed; for all figures, as root: apt-get install --no-install-recommends$missing"
elif [ -n "$missing" ]; then
	echo "installing$missing"
	apt-get update -qq || echo "apt-get update failed; trying with the lists there are" >&2
	for pkg in $missing; do # one by one: a release may lack one of them
		apt-get install -y -qq --no-install-recommends "$pkg" >/dev/null || echo "cannot install $pkg" >&2
	done
fi
conns=${LOAD_CONNS:-1,100,1000,10000}
# Servers and clients need a descriptor for each connection. If that is still too few, there are fewer connections, and the page
# says so.
ulimit -n "$(ulimit -H -n)"
docs=${LOAD_DOCS-docs}
case $docs in '' | /*) ;; *) docs=$PWD/$docs ;; esac
go build -o bin/greenlet ./cmd/greenlet
cd bench/load
go build -o ../../bin/load-gonet ./gonet
go build -o ../../bin/load .
exec ../../bin/load -greenlet ../../bin/greenlet -gonet ../../bin/load-gonet -docs "$docs" -time "${LOAD_TIME:-1s}" \
	-rounds "${LOAD_ROUNDS:-3}" -conns "$conns"
