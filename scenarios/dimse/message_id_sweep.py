"""Message IDs over their whole range: the response carries the one of its request."""
import assay


@assay.scenario(
    id="ps3.7/9.3.5.2/message-id-sweep", role="requestor", tags="dimse script",
    title="Every Message ID comes back: at the ends of its range, at the borders of its bytes, at random, and used again",
    clause=[("PS3.7", "9.3.5.2", "shall", "Message ID Being Responded To is the Message ID of the request."),
            ("PS3.7", "9.1", "shall", "A Message ID is free again once its operation is over.")],
    requirements=["net:018"],
    advice="A device that cuts Message IDs to a byte, or takes them as signed, works for an hour and then loses answers: let "
           "the caller open a new association more often until the vendor has mended it.",
    needs=["verification-scp"])
def message_id_sweep(case):
    borders = [1, 2, 127, 128, 255, 256, 257, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFEFF, 0xFF00, 0xFFFE, 0xFFFF, 0]
    ids = borders + case.random.sample(range(1, 0x10000), 100) + [1, 1, 0xFFFF, 0xFFFF]
    association = case.associate("Verification")
    for one in ids:
        answer = association.echo(message_id=one)
        case.check(answer.status == 0, f"C-ECHO with Message ID {one} is answered by {answer.status:04X}H", "0000H",
                   f"{answer.status:04X}H")
    case.observe("message-ids", len(ids))
    association.release()
