"""Caps that are missing or far above real charges, and a grace that counts from the wrong time."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from statistics import median

from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.reading import UNANSWERED
from sweeper.check.rehearsal.samples import SampledSession, Samples, named, number, sampling
from sweeper.check.result import Check, failure, ok, warning
from sweeper.core.durations import describe_duration

# fewer amounts do not show what is usual; an amount this many times the usual is not usual
_AMOUNTS_AT_LEAST, _TIMES = 10, 100


def check_caps(samples: Samples) -> Iterator[Check]:
    """Whether nothing limits what a mistake could pay."""
    policy = samples.settings.policy
    known = [] if policy.max_amount is not None else _known(samples)
    if huge := _huge(known):
        session_id, amount, usual = huge
        yield failure(
            f"policy.max_amount is not set, and session {session_id} would get {number(amount)}, more than "
            f"{_TIMES} times the usual {number(usual)}",
            "policy.max_amount: somewhat above the largest charge that is right; what is above it is put on hold",
        )
        return
    unset = [name for name in ("max_refunds", "max_credits", "max_amount") if getattr(policy, name) is None]
    if unset:
        listed = ", ".join(f"policy.{name}" for name in unset)
        most = "somewhat above the most that a bad day may owe"
        highest = max((one.amount for one in known), default=None)
        seen = "" if highest is None else f", which for the newest {len(known)} sessions is {number(highest)}"
        largest = (
            f"max_amount: somewhat above the largest charge that is right{seen}; then sweeper install, which refund() "
            "needs"
        )
        yield warning(
            f"without a limit: {listed}",
            "\n".join(f"policy.{largest}" if name == "max_amount" else f"policy.{name}: {most}" for name in unset),
        )
    else:
        yield ok(
            f"{policy.max_refunds:,} refunds and {policy.max_credits:,} credits in 24 hours, "
            f"{policy.max_amount:,} a refund"
        )


def _known(samples: Samples) -> list[SampledSession]:
    """The newest failed and running sessions that have an amount."""
    return [one for one in samples.look_at(samples.live()) if one.is_owed]  # what is not finite is put on hold


def _huge(known: Sequence[SampledSession]) -> tuple[str, Decimal, Decimal] | None:
    """A session whose refund would be far above others, that refund, and the usual amount."""
    if len(known) < _AMOUNTS_AT_LEAST:
        return None
    usual = median(one.amount for one in known)
    huge = [(one.amount, one.session_id) for one in known if one.unpaid and one.amount > usual * _TIMES]
    return (max(huge)[1], max(huge)[0], usual) if huge else None


def check_grace(context: CheckContext) -> Iterator[Check]:
    """Whether grace counts from the failure, by the file and in the rows."""
    grace = describe_duration(context.settings.policy.grace)
    own = context.settings.sessions
    if not context.knows_failure:
        yield warning(
            f"{grace}, and it counts from the start of a session: one that ran longer and fails is owed at "
            "once, before the app's own layers had time to refund it",
            "map sessions.failed_at to when it failed",
        )
        return
    owed, ended = list[str](), list[bool]()
    # that some rows fail is shown elsewhere
    with suppress(*UNANSWERED), sampling(context) as samples:
        owed = samples.list_owed() if context.reads_own_tables and own.failed_at else []
        failed_at = samples.expression("failed_at", own.failed_at) if owed else ""
        ended = [row.ended for row in samples.try_read("list_ends", owed, ended_at=failed_at)]
    if len(ended) >= _AMOUNTS_AT_LEAST and not any(ended):
        yield warning(
            f"{grace}, and sessions.failed_at = {own.failed_at!r} is null for all {len(owed)} that would be paid, such "
            f"as {named(owed)}: it counts from their start, or their last sign of life",
            "sessions.failed_at: when a session failed, also one that nobody has refunded yet",
        )
    else:
        yield ok(f"{grace} from the failure")
