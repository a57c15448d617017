#!/bin/sh
# Starts DCMTK's dcmqrscp with a storage area of its own: start_dcmqrscp.sh FOLDER PORT AE-TITLE [OPTIONS]
# DESTINATION="TITLE, HOST, PORT" is an application it may move to, SECOND="..." another one.
set -eu
folder=$1/dcmqrscp-$2 port=$2 title=$3
shift 3
rm -rf "$folder"
mkdir -p "$folder/area"
cat > "$folder/dcmqrscp.cfg" <<CFG
NetworkTCPPort  = $port
MaxPDUSize      = 16384
MaxAssociations = 16
HostTable BEGIN
${DESTINATION:+destination = ($DESTINATION)}
${SECOND:+second = ($SECOND)}
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
$title $folder/area RW (200, 1024mb) ANY
AETable END
CFG
exec dcmqrscp "$@" -ta 20 -td 20 -c "$folder/dcmqrscp.cfg" "$port"
