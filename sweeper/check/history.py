"""What sweeper's own tables record about past runs: their outcome, holds, the horizon."""

from collections.abc import Iterator
from datetime import timedelta

from sweeper.check.context import CheckContext
from sweeper.check.result import Check, ok, warning
from sweeper.core.durations import describe_duration
from sweeper.install.state import Installation
from sweeper.postgres.templates import fill
from sweeper.sweep.horizon import policy_digest, usable_horizon

_LATE = timedelta(days=1)


def check_horizon(context: CheckContext, installation: Installation) -> Iterator[Check]:
    """Where the next run starts."""
    policy = context.settings.policy
    digest = policy_digest(policy, installation.floor(policy))
    horizon = usable_horizon(installation, digest, context.as_of)
    if horizon is not None:
        yield ok("horizon", f"everything older than {describe_duration(context.as_of - horizon.start)} is settled")
    elif installation.horizon is None:
        yield ok("horizon", "none yet: a run starts at the floor")
    else:
        yield ok("horizon", "the next run starts at the floor: a day has passed, or the policy has changed")


def check_books(context: CheckContext) -> Iterator[Check]:
    """Open holds, and the last complete run over everything."""
    with context.reading() as transaction:
        row = transaction.row(fill("read_books", context.mapping.slots), {"as_of": context.as_of})
    if row.holds:
        waiting = "1 session on hold waits" if row.holds == 1 else f"{row.holds} sessions on hold wait"
        yield warning(
            "holds", f"{waiting} for a decision, the oldest for "
            f"{describe_duration(context.as_of - row.oldest_hold)}",
            "sweeper run --dry-run shows them; then sweeper run --session ID, with --max-amount N for a larger one, or "
            "sweeper adopt --session ID --amount 0 --reason TEXT to waive it",
        )  # fmt: skip
    else:
        yield ok("holds", "none")
    if row.last_success is None and row.last_outcome is None:
        yield ok("last_run", "none yet")
    elif row.last_success is None or context.as_of - row.last_success > _LATE:
        when = "never" if row.last_success is None else f"{describe_duration(context.as_of - row.last_success)} ago"
        yield warning("last_run", f"the last completed run: {when}; the last of all: {row.last_outcome}", "sweeper run")
    else:
        yield ok("last_run", f"{describe_duration(context.as_of - row.last_success)} ago")
