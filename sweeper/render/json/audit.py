"""An audit as one JSON document."""

from decimal import Decimal
from typing import Any

from sweeper.audit.result import AuditResult, TimeToRefund
from sweeper.core.results import Amount, Rate
from sweeper.render.json.common import amount_number, document
from sweeper.render.words import moment


def audit_document(result: AuditResult) -> str:

    def credits(value: Decimal) -> int | str:
        # an older mapping, or a manual edit, may have written a fraction into a ledger of whole credits
        return amount_number(value, integer=result.integer_amounts and value == value.to_integral_value())

    def both(amount: Amount) -> dict[str, Any]:
        return {"sessions": amount.sessions, "credits": credits(amount.credits)}

    period, position = result.period, result.position
    return document(
        "audit",
        as_of=moment(result.as_of),
        since=moment(result.since),
        until=moment(result.until),
        period={
            "refunded": both(period.refunded),
            "reversed": both(period.reversed),
            "adopted": both(period.adopted),
            "net_credits": credits(period.net_credits),
            "by_reason": {reason: both(amount) for reason, amount in period.by_reason.items()},
            "by_layer": {layer: both(amount) for layer, amount in period.by_layer.items()},
            "by_day": [{"day": day, **both(amount)} for day, amount in period.by_day.items()],
            "by_pool": {column: both(amount) for column, amount in period.by_pool.items()},
            "time_to_refund_seconds": _waits(period.time_to_refund),
            "largest_accounts": [
                {"account_id": account.account_id, **both(account.refunded)} for account in period.largest_accounts
            ],
        },
        rate=_rate(result.rate),
        position={place: both(amount) for place, amount in position.places.items()},
        lost=[{"month": lost.month, "reason": lost.reason, **both(lost.amount)} for lost in position.lost],
        control={"failed_and_stuck": both(position.total)},
        oldest_owed_seconds=_seconds(position.oldest_owed_seconds),
        findings=[
            {"code": found.code, "count": found.count, "samples": list(found.samples), "hint": found.hint}
            for found in result.findings
        ],
    )


def _waits(waits: TimeToRefund | None) -> dict[str, int | float | None]:
    if waits is None:
        return dict.fromkeys(("p50", "p95", "max"))
    return {"p50": _seconds(waits.p50), "p95": _seconds(waits.p95), "max": _seconds(waits.max)}


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "last_day": rate.last_day,
        "usual_per_day": None if rate.usual_per_day is None else round(rate.usual_per_day, 2),
        "layer_broke": rate.reason is not None,
        "reason": rate.reason,
    }


def _seconds(seconds: float | None) -> int | float | None:
    if seconds is None:
        return None
    return int(seconds) if seconds == int(seconds) else round(seconds, 3)
