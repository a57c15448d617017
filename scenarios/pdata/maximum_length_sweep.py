"""The maximum length that we announce, swept: every P-DATA-TF of the device must keep below it."""
import assay

LARGEST = 16384


@assay.scenario(
    id="ps3.8/D.1/smallest-maximum-length", role="requestor", tags="pdata script",
    title="The device keeps to every announced maximum length down to the smallest that it takes",
    clause=[("PS3.8", "D.1.1", "shall",
             "No P-DATA-TF is longer than the maximum length that its receiver announced; the length is not negotiated.")],
    requirements=["net:129"],
    advice="Small devices announce small lengths. One that sends longer PDUs is aborted by its partner in the middle of a "
           "transfer: raise the maximum length of the partner until the vendor has mended it.",
    needs=["verification-scp"], timeout=120)
def smallest_maximum_length(case):
    def works(length):
        """Whether an association and a C-ECHO work; that a PDU is too long is never right."""
        try:
            association = case.associate("Verification", max_length=length, within="dul-timeout")
        except assay.Unexpected:
            return False
        try:
            association.send("c-echo-rq")
            parts = []
            while True:
                one = association.expect("p-data", "a-abort", "closed", within="dul-timeout", judge=False)
                if one.name != "P-DATA-TF":
                    association.close()
                    return False
                case.check(one.length <= length, f"a P-DATA-TF is longer than the announced {length} bytes",
                           f"at most {length}", one.length)
                parts += one.values
                if parts and parts[-1]["control"] & 3 == 3:
                    break
        except assay.Unexpected:
            association.abort()
            return False
        association.release()
        return True

    case.check(works(LARGEST), f"C-ECHO does not work with a maximum length of {LARGEST}", "a C-ECHO-RSP", "none")
    low, high = 0, LARGEST  # low: not known to work; high: works
    tried = 0
    while high - low > 1:
        middle = (low + high) // 2
        tried += 1
        if works(middle):
            high = middle
        else:
            low = middle
    case.observe("smallest-maximum-length", high)
    case.observe("lengths-tried", tried)
    if high > 4096:
        case.warn(f"the device works with no maximum length below {high}", "any maximum length", f"{high} and more")
    case.check_health()
