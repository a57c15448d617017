#!/bin/sh
# Starts CTN's simple_storage: start_simple_storage.sh FOLDER PORT AE-TITLE
set -eu
folder=$1/ctn-$2
mkdir -p "$folder"
exec simple_storage -c "$3" -x "$folder" -s "$2"
