#!/bin/sh
# Makes CTN's tools act as SCU: act_ctn.sh ACTION HOST PORT CALLED CALLING FILE
set -eu
action=$1 host=$2 port=$3 called=$4 calling=$5 file=$6
case $action in
  echo)  exec dicom_echo -a "$calling" -c "$called" "$host" "$port" ;;
  store) exec send_image -a "$calling" -c "$called" -q "$host" "$port" "$file" ;;
  *) echo "no such action: $action" >&2; exit 2 ;;
esac
