"""A modality asks for its worklist every minute, all day: the same question is answered in the same way, in time."""
import statistics

import assay

WORKLIST = "ModalityWorklistInformationModelFind"
POLLS = 40


def what(match):
    """An answer as something that can be compared."""
    return repr(sorted(match.data_set.items(), key=lambda item: item[0]))


@assay.scenario(
    id="ps3.4/K.4.1/polling-statistics", role="requestor", tags="worklist script",
    title="The worklist polled many times answers the same each time, and as fast at the end as at the beginning",
    clause=("PS3.4", "K.4.1.3", "shall", "Each matching worklist item is answered by one pending response."),
    requirements=["net:068"],
    advice="Answers that come and go make technologists pick the wrong patient; look whether two systems feed the schedule. "
           "Answers that grow slower point at a connection or a query that is never closed in the RIS.",
    needs=["modality-worklist-scp"], timeout=180)
def polling_statistics(case):
    query = {"PatientName": "", "PatientID": "", "AccessionNumber": "", "RequestedProcedureID": "",
             "ScheduledProcedureStepSequence": [{"Modality": "", "ScheduledProcedureStepID": "",
                                                 "ScheduledProcedureStepStartDate": ""}]}
    association = case.associate(WORKLIST)
    seen = []  # distinct answers, in the order they came
    latencies = []
    for poll in range(POLLS):
        if poll % 10 == 9:  # as a modality does that is switched off and on
            association.release()
            association = case.associate(WORKLIST)
        entries = association.trace()["entries"]
        matches, final = association.find(query)
        sent = [entry for entry in association.trace()["entries"][len(entries):]
                if entry["kind"] == "message" and entry["name"] == "C-FIND-RQ"]
        latencies.append((final.seconds - sent[0]["seconds"]) * 1000)
        case.check(final.status == 0, f"poll {poll + 1} ends with {final.status:04X}H", "0000H", f"{final.status:04X}H")
        answer = sorted(what(match) for match in matches)
        case.check(len(set(answer)) == len(answer), f"poll {poll + 1} brings the same item twice",
                   f"{len(set(answer))} items", len(answer))
        if not seen or seen[-1] != answer:
            # A schedule may change meanwhile; that it changes and then changes back is no schedule.
            case.check(answer not in seen, f"poll {poll + 1} brings an answer that an earlier one brought, with another in "
                       "between", "the schedule", "answers that come and go")
            seen.append(answer)
    if len(seen) > 1:
        case.warn(f"the answers changed {len(seen) - 1} times in {POLLS} polls: somebody edits the schedule, or they are not "
                  "reliable", "one answer", f"{len(seen)} different ones")
    ordered = sorted(latencies)
    for name, value in (("items", len(seen[-1])), ("median-ms", statistics.median(ordered)),
                        ("p95-ms", ordered[int(len(ordered) * 0.95) - 1]), ("slowest-ms", ordered[-1])):
        case.observe(name, value if isinstance(value, int) else f"{value:.1f}")
    begin, end = statistics.median(latencies[:10]), statistics.median(latencies[-10:])
    if end > 5 * begin + 50:
        case.warn("the worklist grows slower from poll to poll", f"about {begin:.0f} ms", f"{end:.0f} ms")
    association.release()
