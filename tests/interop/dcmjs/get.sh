#!/bin/sh
# Puts dcmjs-dimse, in the versions that package-lock.json pins, into build/interop/dcmjs. Needs npm: Debian 12 has it in
# the packages nodejs and npm; Node.js of elsewhere brings it along and does not go together with Debian's npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=$here/../../../build/interop/dcmjs
mkdir -p "$target"
exec 9>"$target/.lock" # of several tests that want it at a time one fetches it
flock 9
cmp -s "$here/package-lock.json" "$target/installed.json" && exit 0
command -v npm >/dev/null || { echo "npm is not installed: apt-get install nodejs npm" >&2; exit 3; }
cp "$here/package.json" "$here/package-lock.json" "$target"
cd "$target"
timeout 90 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=20000 || {
  status=$?
  [ $status != 124 ] || echo "npm has not fetched it in 90 seconds" >&2
  exit $status
}
cp "$here/package-lock.json" installed.json
