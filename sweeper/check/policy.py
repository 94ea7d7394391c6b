"""Caps that are not set, and a grace that counts from the wrong moment."""

from collections.abc import Iterator

from sweeper.check.context import CheckContext, ok, warning
from sweeper.check.result import Check
from sweeper.core.durations import describe_duration


def check_caps(context: CheckContext) -> Iterator[Check]:
    """Whether a mistake could pay without bounds."""
    policy = context.settings.policy
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


def check_grace(context: CheckContext) -> Iterator[Check]:
    """Whether grace counts from the failure."""
    grace = describe_duration(context.settings.policy.grace)
    if not context.knows_failure:
        yield warning(
            "grace", f"{grace}, and it counts from the start of a session: one that ran longer and fails is owed at "
            "once, before the app's own layers had time to refund it",
            "map sessions.failed_at to when it failed",
        )  # fmt: skip
    else:
        yield ok("grace", f"{grace} from the failure")
