"""Explanations as JSON documents."""

from decimal import Decimal
from typing import Any

from sweeper.explain.result import AccountExplanation, Event, Explanation, Verdict
from sweeper.render.explain_words import sentence
from sweeper.render.json.common import amount_number, document, moment_or_null
from sweeper.render.words import moment


def explain_document(explanation: Explanation) -> str:
    return document("explain", as_of=moment(explanation.as_of), **_session(explanation))


def account_document(explanation: AccountExplanation) -> str:
    return document(
        "explain",
        as_of=moment(explanation.as_of),
        account_id=explanation.account_id,
        sessions=[_session(session) for session in explanation.sessions],
        more=explanation.more,
    )


def _session(explanation: Explanation) -> dict[str, Any]:
    return {
        "session_id": explanation.session_id,
        "verdict": explanation.verdict.value,
        "message": sentence(explanation),
        "account_id": explanation.account_id,
        "status": explanation.status,
        "attempt": explanation.attempt,
        "amount": _credits(explanation.amount, explanation),
        "charged": _charged(explanation.charged),
        "reason": explanation.reason,
        "hold_reason": explanation.hold_reason if explanation.verdict is Verdict.HELD else None,
        "started_at": moment_or_null(explanation.started_at),
        "active_at": moment_or_null(explanation.active_at),
        "failed_at": moment_or_null(explanation.failed_at),
        "due_at": moment_or_null(explanation.due_at),
        "deadline": moment_or_null(explanation.due_at if explanation.has_deadline else None),
        "floor": moment(explanation.floor),
        "history": [_event(event, explanation) for event in explanation.history],
    }


def _event(event: Event, explanation: Explanation) -> dict[str, Any]:
    facts = {
        name: _credits(fact, explanation) if isinstance(fact, Decimal) else fact for name, fact in event.facts.items()
    }
    return {"at": moment(event.at), "event": event.event, **facts}


def _credits(amount: Decimal | None, explanation: Explanation) -> int | str | None:
    if amount is None:
        return None
    return str(amount) if not amount.is_finite() else amount_number(amount, integer=explanation.integer_amounts)


def _charged(amount: Decimal | None) -> int | str | None:
    if amount is None:
        return None
    # it may have more digits than an amount
    return amount_number(amount, integer=amount.is_finite() and amount == amount.to_integral_value())
