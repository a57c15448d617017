#!/bin/sh
# Starts DCMTK's wlmscpfs with a worklist of its own: start_wlmscpfs.sh FOLDER PORT AE-TITLE
# It is empty, or has the .wl files of the folder ITEMS.
set -eu
folder=$1/wlm-$2
mkdir -p "$folder/$3"
: > "$folder/$3/lockfile"
[ -z "${ITEMS:-}" ] || cp "$ITEMS"/*.wl "$folder/$3/"
exec wlmscpfs -ta 20 -td 20 -dfp "$folder" "$2"
