#!/bin/sh
# Starts DCMTK's dcmprscp as the first printer of its own sample configuration: start_dcmprscp.sh FOLDER PORT AE-TITLE
set -eu
folder=$1/print-$2
mkdir -p "$folder/spool" "$folder/database"
sed -e "s/^Port = 10005/Port = $2/" -e "s/^Aetitle = IHEFULL/Aetitle = $3/" -e "s#^Directory = spool#Directory = $folder/spool#" \
    -e "s#^Directory = database#Directory = $folder/database#" /etc/dcmtk/dcmpstat.cfg > "$folder/dcmpstat.cfg"
cd "$folder"
exec dcmprscp -c dcmpstat.cfg -p IHEFULL
