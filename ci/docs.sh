# Renders docs and the reference of every package to static HTML in site/, and checks every link and anchor in it, but
# for those that lead to other sites. Needs Node.js and npm beside Go.
set -eu
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "npm is missing: the documentation site needs Node.js 20 or later" >&2; exit 1; }
rm -rf docs/site/src site
go run ./docs/site write docs/site/src
npm ci --prefix docs/site --ignore-scripts --no-audit --no-fund
npm run --prefix docs/site --silent build
npm run --prefix docs/site --silent links
go run ./docs/site check site
