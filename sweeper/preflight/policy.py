"""What the file leaves open to harm: caps, grace, and workers that nobody stops."""

from collections.abc import Iterator

from sweeper.check_result import Check
from sweeper.functions import has_fence
from sweeper.preflight.ground import Ground, ok, spoken, warning


def check_caps(ground: Ground) -> Iterator[Check]:
    """Whether a mistake could pay without bounds."""
    policy = ground.settings.policy
    unset = [name for name in ("max_refunds", "max_credits", "max_amount") if getattr(policy, name) is None]
    if unset:
        listed = ", ".join(f"policy.{name}" for name in unset)
        yield warning(
            "caps", f"without a limit: {listed}", f"set {listed}: somewhat above the most that a bad day may owe"
        )
    else:
        yield ok(
            "caps",
            f"{policy.max_refunds} refunds and {policy.max_credits} credits in 24 hours, {policy.max_amount} a refund",
        )


def check_grace(ground: Ground) -> Iterator[Check]:
    """Whether grace counts from the failure."""
    grace = spoken(ground.settings.policy.grace)
    if not ground.knows_failure:
        yield warning(
            "grace", f"{grace}, and it counts from the start of a session: one that ran longer and fails is owed at "
            "once, before the app's own layers had their time",
            "map sessions.failed_at to when it failed",
        )  # fmt: skip
    else:
        yield ok("grace", f"{grace} from the failure")


def check_fence(ground: Ground) -> Iterator[Check]:
    """Whether a worker that is only slow could go on with a session that was closed as stuck."""
    with ground.reading() as transaction:
        fenced = has_fence(transaction, ground.mapping)
    if fenced:
        yield ok("fence", "in place: a refunded session can neither go on nor succeed")
    elif ground.has_heartbeat or not ground.settings.sessions.running:
        yield ok("fence", "none; a heartbeat tells a stuck session from a slow one")
    else:
        yield warning(
            "fence", "no fence and no heartbeat: a slow session is taken for a stuck one, and its worker may finish "
            "what was refunded",
            "sweeper install --fence, or map a heartbeat to sessions.active_at",
        )  # fmt: skip
