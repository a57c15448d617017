#!/bin/sh
# Starts Orthanc with a storage area of its own and without HTTP: start_orthanc.sh FOLDER PORT AE-TITLE
set -eu
folder=$1/orthanc-$2
mkdir -p "$folder/storage"
cat > "$folder/orthanc.json" <<CFG
{ "Name": "interop", "StorageDirectory": "$folder/storage", "IndexDirectory": "$folder/storage", "DicomAet": "$3",
  "DicomPort": $2, "DicomServerEnabled": true, "DicomCheckCalledAet": false, "DicomCheckModalityHost": false,
  "DicomScpTimeout": 10, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowFind": true,
  "DicomAlwaysAllowGet": true, "DicomAlwaysAllowMove": true, "DicomAlwaysAllowFindWorklist": true, "DicomThreadsCount": 8,
  "HttpServerEnabled": false, "DicomModalities": {}, "Plugins": [] }
CFG
exec Orthanc "$folder/orthanc.json"
