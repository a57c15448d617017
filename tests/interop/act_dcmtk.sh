#!/bin/sh
# Makes DCMTK's tools act as SCU: act_dcmtk.sh ACTION HOST PORT CALLED CALLING FILE [OPTIONS FOR ALL TOOLS, SUCH AS +tls...]
set -eu
action=$1 host=$2 port=$3 called=$4 calling=$5 file=$6
shift 6
case $action in
  echo)  exec echoscu "$@" -to 3 -ta 3 -td 3 -aet "$calling" -aec "$called" "$host" "$port" ;;
  store) exec storescu "$@" -to 3 -ta 3 -td 3 -aet "$calling" -aec "$called" "$host" "$port" "$file" ;;
  find)  exec findscu "$@" -to 3 -ta 3 -td 3 -S -aet "$calling" -aec "$called" -k QueryRetrieveLevel=STUDY -k StudyInstanceUID -k PatientName "$host" "$port" ;;
  get)   exec getscu "$@" -to 3 -ta 3 -td 3 --ignore -S -aet "$calling" -aec "$called" -k QueryRetrieveLevel=STUDY -k StudyInstanceUID=1.2.826.0.1.3680043.10.999.55 "$host" "$port" ;;
  move)  exec movescu "$@" -to 3 -ta 3 -td 3 -S -aet "$calling" -aec "$called" -aem "$calling" -k QueryRetrieveLevel=STUDY -k StudyInstanceUID=1.2.826.0.1.3680043.10.999.55 "$host" "$port" ;;
  worklist) exec findscu "$@" -to 3 -ta 3 -td 3 -W -aet "$calling" -aec "$called" -k PatientName -k PatientID -k AccessionNumber -k StudyInstanceUID -k "ScheduledProcedureStepSequence[0].Modality=CT" -k "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate" -k "ScheduledProcedureStepSequence[0].ScheduledStationAETitle" "$host" "$port" ;;
  *) echo "no such action: $action" >&2; exit 2 ;;
esac
