# Measures this library beside other systems and writes docs/benchmarks.md with its charts. On Debian, root gets what is
# missing installed; else it is only named, and the table has what is there. ARGS are for bench/peers, see its main.go.
set -eu
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive
missing=
for pkg in g++ libboost-context-dev lua5.4 luajit pypy3 python3-eventlet python3-gevent python3-greenlet ruby; do
	dpkg-query -W -f '${Status}' "$pkg" 2>/dev/null | grep -q ' installed$' || missing="$missing $pkg"
done
if [ -n "$missing" ] && ! command -v apt-get >/dev/null; then
	echo "this is no Debian: the systems that are measured are those found on the path"
elif [ -n "$missing" ] && [ "$(id -u)" != 0 ]; then
	echo "not installed; for all figures, as root: apt-get install --no-install-recommends$missing"
elif [ -n "$missing" ]; then
	echo "installing$missing"
	apt-get update -qq || echo "apt-get update failed; trying with the lists there are" >&2
	for pkg in $missing; do # one by one: a release may lack one of them
		apt-get install -y -qq --no-install-recommends "$pkg" >/dev/null || echo "cannot install $pkg" >&2
	done
fi
cd bench/peers
go build -o ../../bin/bench-peers .
exec ../../bin/bench-peers -docs ../../docs ${ARGS:-}
