#!/bin/sh
# Makes Assay's own SCUs act: act_modality.sh ACTION HOST PORT CALLED CALLING
set -eu
assay=${ASSAY_BIN:-assay}
peer=$4@$2:$3
case $1 in
  worklist) exec "$assay" modality --worklist "$peer" --ae-title "$5" ;;
  mpps)
    uid=$("$assay" mpps "$peer" create --calling-ae "$5" -k PatientID=P1 -k Modality=CT | sed -n 's/^create \([0-9.]*\):.*/\1/p')
    exec "$assay" mpps "$peer" set --calling-ae "$5" --uid "$uid" --status COMPLETED
    ;;
  echo) exec "$assay" echo "$2:$3" --called-ae "$4" --calling-ae "$5" ;;
  *) echo "no such action: $1" >&2; exit 2 ;;
esac
