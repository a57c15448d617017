"""Several associations at once, in an order that chance gives: what is said on one is answered on that one."""
import assay

WANTED = 6
STEPS = 120


@assay.scenario(
    id="ps3.8/7/associations-interleaved", role="requestor", tags="association script",
    title="Associations that are open at once do not touch each other, whatever the order (schedule ${schedule})",
    clause=[("PS3.8", "7", "statement", "Each association is by itself, with its own state."),
            ("PS3.7", "9.3.5.2", "shall", "The response goes out on the association of its request, with its message id.")],
    requirements=["net:018"],
    advice="A device that mixes up associations gives one user the answers of another. Let it serve one caller at a time until "
           "its vendor has mended it.",
    needs=["verification-scp"],
    parameters=[{"name": f"schedule-{i}", "schedule": i} for i in (1, 2, 3)], timeout=120)
def associations_interleaved(case, schedule):
    case.random.seed(f"{case.seed} {schedule}")
    idle = []
    for _ in range(WANTED):
        try:
            idle.append(case.associate("Verification", within=2.0))
        except assay.Unexpected:
            if not idle:
                raise
            break  # it serves no more at once: PS3.8 leaves that to the device
    case.observe("associations-at-once", len(idle))
    if len(idle) < 2:
        case.skip("the device serves one association at a time: there is nothing to mix up")
    waiting = {}  # connection -> message id asked for
    number = {one.name: case.random.randrange(1, 60000) for one in idle}
    for _ in range(STEPS):
        if idle and (not waiting or case.random.random() < 0.5):
            one = idle.pop(case.random.randrange(len(idle)))
            number[one.name] += case.random.randrange(1, 5)
            one.send("c-echo-rq", message_id=number[one.name])
            waiting[one] = number[one.name]
            continue
        one = case.random.choice(sorted(waiting, key=lambda each: each.name))
        answer = one.expect("c-echo-rsp")
        case.check(answer.MessageIDBeingRespondedTo == waiting[one], "an answer has another association's message id",
                   waiting[one], answer.MessageIDBeingRespondedTo)
        del waiting[one]
        idle.append(one)
    for one in sorted(waiting, key=lambda each: each.name):
        one.expect("c-echo-rsp")
    for one in case.random.sample(idle + list(waiting), len(idle) + len(waiting)):
        one.release(judge=True)
