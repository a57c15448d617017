#!/bin/sh
# Starts DCMTK's wlmscpfs with an empty worklist of its own: start_wlmscpfs.sh FOLDER PORT AE-TITLE
set -eu
folder=$1/wlm-$2
mkdir -p "$folder/$3"
: > "$folder/$3/lockfile"
exec wlmscpfs -ta 20 -td 20 -dfp "$folder" "$2"
