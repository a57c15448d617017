"""C-FIND with every choice of keys: the answers are held against each other, so that no list of what the device holds is
needed beyond the five studies stored first."""
import itertools

import assay
from made_up_studies import CT, FIND, store

NEEDS = ("study-root-find-scp", "sop-class:CTImageStorage:scp")
GROUP_KEYS = {"QueryRetrieveLevel": "STUDY"}


def ask(association, keys):
    """The answers by Study Instance UID."""
    matches, final = association.find({**GROUP_KEYS, "StudyInstanceUID": "", **keys})
    if final.status != 0:
        raise assay.Failed(f"the query with {', '.join(keys) or 'no other key'} ended with {final.status:04X}H",
                           "0000H", f"{final.status:04X}H")
    return {match.get("StudyInstanceUID"): match.data_set for match in matches}


@assay.scenario(
    id="ps3.4/C.2.2.2.3/every-choice-of-return-keys", role="requestor", tags="query script",
    title="Whatever attributes are asked for with empty keys, the same studies come back, with the same values",
    clause=("PS3.4", "C.2.2.2.3", "shall",
            "A key of zero length matches every entity: it asks for a value and leaves out nobody."),
    requirements=["net:051", "data:R198"],
    advice="A device that loses studies when one more column is shown hides them from users: tell its vendor which key it "
           "is, and leave that key out of the query of the workstation until then.",
    needs=NEEDS)
def every_choice_of_return_keys(case):
    store(case, "RETURN")
    association = case.associate(FIND)
    keys = ["PatientName", "StudyDate", "AccessionNumber", "StudyID", "StudyTime"]
    narrow = {"PatientID": "ASSAY-RETURN-*"}
    first = ask(association, narrow)
    case.check(len(first) >= 5, "studies that were stored a moment ago are not found", "5 studies", f"{len(first)}")
    known = {}
    queries = 0
    for count in range(1, len(keys) + 1):
        for chosen in itertools.combinations(keys, count):
            answers = ask(association, {**narrow, **dict.fromkeys(chosen, "")})
            queries += 1
            missing = first.keys() - answers.keys()
            case.check(answers.keys() == first.keys(),
                       f"asked for {', '.join(chosen)} as well, other studies come back",
                       f"{len(first)} studies", f"{len(answers)}; missing: {', '.join(sorted(missing)) or 'none'}")
            for study, values in answers.items():
                for key in chosen:
                    if key not in values:
                        continue  # an optional key may be left out
                    before = known.setdefault((study, key), values[key])
                    case.check(before == values[key], f"{key} of one study depends on what else is asked for",
                               repr(before), f"{values[key]!r} with {', '.join(chosen)}")
    case.observe("queries", queries)
    association.release()


@assay.scenario(
    id="ps3.4/C.4.1.3.1.1/keys-narrow-together", role="requestor", tags="query script",
    title="Several matching keys together find what each of them finds alone, and nothing else",
    clause=[("PS3.4", "C.4.1.3.1.1", "shall",
             "An entity is a match when all the keys of the Identifier match it: the answer to several is what their "
             "single answers have in common."),
            ("PS3.4", "C.2.2.2.1", "shall", "Single value matching finds the entities that hold this value.")],
    requirements=["data:R199"],
    advice="Users combine name, date and number to find one study. Where the combination loses it or shows others, search by "
           "one key and tell the vendor the combination.",
    needs=NEEDS)
def keys_narrow_together(case):
    studies = store(case, "NARROW")
    ours = {study["StudyInstanceUID"] for study in studies}
    association = case.associate(FIND)
    keys = ["PatientID", "PatientName", "StudyDate", "AccessionNumber"]
    alone = {}
    for key in keys:
        for value in sorted({study[key] for study in studies}):
            # Only ours count: a device that was used before holds others with the same date.
            alone[key, value] = ask(association, {key: value}).keys() & ours
            held = {study["StudyInstanceUID"] for study in studies if study[key] == value}
            case.check(alone[key, value] == held, f"{key} = {value} alone does not find its studies",
                       f"{len(held)} studies", f"{len(alone[key, value])}")
    queries = 0
    for count in range(2, len(keys) + 1):
        for chosen in itertools.combinations(keys, count):
            for values in itertools.product(*[sorted({study[key] for study in studies}) for key in chosen]):
                query = dict(zip(chosen, values))
                if case.random.random() > 0.25:
                    continue
                both = ask(association, query).keys() & ours
                wanted = set.intersection(*[alone[pair] for pair in query.items()])
                queries += 1
                said = " and ".join(f"{key} = {value}" for key, value in query.items())
                case.check(both == wanted, f"{said} does not find what the single keys have in common",
                           f"{len(wanted)} studies", f"{len(both)}")
    case.observe("queries", queries)
    association.release()


@assay.scenario(
    id="ps3.7/9.3.2.3/cancel-at-each-match", role="requestor", tags="query cancel script",
    title="A C-CANCEL after any match ends the query once, and the association goes on",
    clause=[("PS3.7", "9.3.2.3", "shall", "A C-CANCEL has no response; the query it names ends by its final response."),
            ("PS3.4", "C.4.1.1.4", "shall", "FE00H says that matching was terminated by a cancel; 0000H that it was over.")],
    requirements=["net:092", "net:093"],
    advice="Users stop long lists. A device that sends no final response, or two, after a cancel blocks the workstation: "
           "ask its vendor.",
    needs=NEEDS, timeout=120)
def cancel_at_each_match(case):
    store(case, "CANCEL")
    association = case.associate(FIND)
    query = {"QueryRetrieveLevel": "STUDY", "PatientID": "ASSAY-CANCEL-*", "StudyInstanceUID": ""}
    whole, _ = association.find(query)
    cancelled = 0
    for after in range(len(whole) + 1):
        association.send("c-find-rq", data_set=query)
        seen = 0
        if after == 0:
            association.cancel()
        while True:
            answer = association.expect("c-find-rsp")
            if not answer.pending:
                break
            seen += 1
            case.check(seen <= len(whole), "a query that was cancelled brings more than the same query before",
                       f"at most {len(whole)} matches", seen)
            if seen == after:
                association.cancel()
        case.check(answer.status in (0x0000, 0xFE00), f"the query cancelled after match {after} ends otherwise",
                   "FE00H or 0000H", f"{answer.status:04X}H")
        cancelled += answer.status == 0xFE00
        # A second final response would come before this one's answer.
        again, _ = association.find(query)
        case.check(len(again) == len(whole), f"after a cancel at match {after} the same query finds something else",
                   f"{len(whole)} matches", len(again))
    case.observe("cancels-that-took-effect", f"{cancelled} of {len(whole) + 1}")
    association.release()
