"""Presentation contexts in every order and choice: what the device takes must be one of those offered, and the same each
time."""
import itertools

import assay

SYNTAXES = ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian", "JPEGLossless"]
UIDS = {"ImplicitVRLittleEndian": "1.2.840.10008.1.2", "ExplicitVRLittleEndian": "1.2.840.10008.1.2.1",
        "ExplicitVRBigEndian": "1.2.840.10008.1.2.2", "JPEGLossless": "1.2.840.10008.1.2.4.57"}
ALL = [chosen for count in range(1, len(SYNTAXES) + 1) for chosen in itertools.permutations(SYNTAXES, count)]


def answers(case, abstract, lists):
    """What the device chose for each list: a UID, or None where it refused; all in one association."""
    association = case.associate(*[{"abstract": abstract, "transfer": chosen, "required": False} for chosen in lists])
    chosen = {2 * i + 1: one for i, one in enumerate(lists)}
    found = {}
    for context in association.answer.contexts:
        number = context["id"]
        case.check(number in chosen and number not in found, f"context {number} is answered but was not proposed, or twice",
                   "one answer for each context", f"{number} again" if number in found else number)
        if context["result"] != 0:
            found[number] = None
            continue
        offered = [UIDS[one] for one in chosen[number]]
        case.check(context["transfer_syntax_items"] == 1, f"context {number} is accepted with more or less than one syntax",
                   "1 transfer syntax", context["transfer_syntax_items"])
        case.check(context["transfer"] in offered, f"context {number} is accepted in a syntax that was not offered",
                   " or ".join(offered), context["transfer"])
        found[number] = context["transfer"]
    case.check(len(found) == len(lists), "not every context is answered", len(lists), len(found))
    association.release()
    return [found[2 * i + 1] for i in range(len(lists))]


@assay.scenario(
    id="ps3.8/9.3.3.2/transfer-syntax-matrix", role="requestor", tags="association script",
    title="Of ${abstract} in every choice and order of transfer syntaxes, one that was offered is taken, the same each time",
    clause=[("PS3.8", "9.3.3.2", "shall",
             "An accepted context names exactly one transfer syntax, and one of those proposed for it."),
            ("PS3.8", "7.1.1.14", "statement", "Each context is answered by itself, accepted or refused.")],
    requirements=["net:126"],
    advice="A device whose choice depends on the neighbours of a context breaks for one partner and works for another: write "
           "down the lists of the report, and offer one syntax a context until its vendor has mended it.",
    needs=["${claim}"],
    parameters=[{"name": "verification", "abstract": "Verification", "claim": "verification-scp"},
                {"name": "ct", "abstract": "CTImageStorage", "claim": "sop-class:CTImageStorage:scp"}])
def transfer_syntax_matrix(case, abstract, claim):
    together = dict(zip(ALL, answers(case, abstract, ALL)))
    case.observe("accepted", f"{sum(one is not None for one in together.values())} of {len(ALL)} lists")
    taken = {one[0]: together[one] for one in ALL if len(one) == 1}
    for chosen, syntax in together.items():
        wanted = [one for one in chosen if taken[one] is not None]
        if syntax is None and wanted:
            case.warn(f"{' '.join(chosen)} is refused, though {wanted[0]} alone is accepted", "the context accepted", "refused")
        if syntax is not None:
            name = next(key for key, value in UIDS.items() if value == syntax)
            case.check(taken[name] is not None, f"{name} is taken out of {' '.join(chosen)} and refused alone",
                       "the same answer", "refused alone")
    # Among other neighbours, in another place, with another id: the same question has the same answer.
    for _ in range(3):
        lists = case.random.sample(ALL, 20)
        for chosen, syntax in zip(lists, answers(case, abstract, lists)):
            case.check(syntax == together[chosen], f"{' '.join(chosen)} is answered differently beside other contexts",
                       together[chosen] or "refused", syntax or "refused")


@assay.scenario(
    id="ps3.8/9.3.2.2/context-ids-shuffled", role="requestor", tags="association script",
    title="Any odd presentation context ids in any order are answered once each, and serve",
    clause=[("PS3.8", "9.3.2.2", "shall", "A presentation context id is an odd number from 1 to 255."),
            ("PS3.8", "9.3.3.2", "shall", "The answer to a context carries its id.")],
    requirements=["net:125"],
    advice="Some devices count contexts instead of reading their ids, and then answer on the wrong one: let the caller number "
           "its contexts 1, 3, 5 until the vendor has mended it.",
    needs=["verification-scp"])
def context_ids_in_any_order(case):
    for count in (1, 2, 7, 31, 64, 128):
        ids = case.random.sample(range(1, 256, 2), count)
        association = case.associate(*[{"id": one, "abstract": "Verification", "required": False} for one in ids])
        answered = [context["id"] for context in association.answer.contexts]
        case.check(sorted(answered) == sorted(ids), f"{count} contexts are not answered by their ids, once each",
                   sorted(ids), sorted(answered))
        accepted = [context["id"] for context in association.answer.contexts if context["result"] == 0]
        case.check(accepted, "none of the contexts for Verification is accepted", "at least one", "none")
        for one in case.random.sample(accepted, min(len(accepted), 8)):
            answer = association.echo(context=one)
            case.check(answer.context == one, "C-ECHO is answered on another presentation context", one, answer.context)
        association.release()
