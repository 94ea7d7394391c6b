"""The history of a session: what happened to it, from the app's row, the holds and the refunds."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sweeper.explain.result import Event, Explanation
from sweeper.postgres.transaction import Row


def history(explanation: Explanation, refunds: Sequence[Row], holds: Sequence[Row]) -> tuple[Event, ...]:
    """Everything that is known to have happened, the oldest first."""
    events = [*_moments(explanation, refunds), *_holds(holds), *_refunds(refunds)]
    return tuple(sorted(events, key=lambda event: event.at))


def _moments(explanation: Explanation, refunds: Sequence[Row]) -> Iterator[Event]:
    moments = {"started": explanation.started_at, "failed": _failed_at(explanation, refunds)}
    if explanation.active_at != explanation.started_at:
        moments["active"] = explanation.active_at
    for name, at in moments.items():
        if at is not None:
            yield Event(at, name, {})


def _failed_at(explanation: Explanation, refunds: Sequence[Row]) -> datetime | None:
    """When it failed. One that its refund closed failed with that, whose time is that of its run."""
    failed_at = explanation.failed_at
    if failed_at is None:
        return None
    closed_at: datetime = next((refund.created_at for refund in refunds if refund.failed_at == failed_at), failed_at)
    return min(failed_at, closed_at)


def _holds(holds: Sequence[Row]) -> Iterator[Event]:
    for hold in holds:
        facts = {"why": hold.why, "constraint": hold.constraint_name, "run_id": hold.run_id, "attempt": hold.attempt}
        yield Event(hold.first_seen, "held", facts)
        if hold.ended_at is not None:
            yield Event(hold.ended_at, "hold_ended", {"why": hold.why, "attempt": hold.attempt})


def _refunds(refunds: Sequence[Row]) -> Iterator[Event]:
    for refund in refunds:
        facts = {
            "refund_id": refund.refund_id,
            "amount": Decimal(refund.amount),
            "reason": refund.adopted_because or refund.reason,
            "layer": refund.layer,
            "run_id": refund.run_id,
            "account_id": refund.account_id,
            "attempt": refund.attempt,
        }
        if refund.shares is not None:
            facts["shares"] = json.loads(refund.shares, parse_float=str)
        if refund.decided_by is not None:
            facts |= {"decided_by": refund.decided_by, "decided_because": refund.decided_because}
        yield Event(refund.created_at, "adopted" if refund.layer == "adopted" else "refunded", facts)
        if refund.reversed_at is not None:
            facts = {
                "refund_id": refund.refund_id,
                "amount": Decimal(refund.amount),
                "reason": refund.reversed_because,
                "made_by": refund.reversed_by,
            }
            yield Event(refund.reversed_at, "reversed", facts)
