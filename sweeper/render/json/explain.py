"""Explanations as JSON documents."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from sweeper.explain.result import AccountExplanation, Event, Explanation, Verdict
from sweeper.render.explain_words import sentence
from sweeper.render.json.common import SCHEMA_VERSION, amount_number
from sweeper.render.words import moment


def explain_document(told: Explanation) -> str:
    """The document of ``sweeper explain SESSION``."""
    head = {"schema_version": SCHEMA_VERSION, "command": "explain", "as_of": moment(told.as_of)}
    return json.dumps({**head, **_session(told)})


def account_document(told: AccountExplanation) -> str:
    """The document of ``sweeper explain --account ID``."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "command": "explain",
        "as_of": moment(told.as_of),
        "account_id": told.account_id,
        "sessions": [_session(session) for session in told.sessions],
        "more": told.more,
    }
    return json.dumps(document)


def _session(told: Explanation) -> dict[str, Any]:
    return {
        "session_id": told.session_id,
        "verdict": told.verdict.value,
        "message": sentence(told),
        "account_id": told.account_id,
        "status": told.status,
        "attempt": told.attempt,
        "amount": _credits(told.amount, told),
        "reason": told.reason,
        "hold_reason": told.hold_reason if told.verdict is Verdict.HELD else None,
        "started_at": _moment(told.started_at),
        "active_at": _moment(told.active_at),
        "failed_at": _moment(told.failed_at),
        "due_at": _moment(told.due_at),
        "floor": moment(told.floor),
        "history": [_event(event, told) for event in told.history],
    }


def _event(event: Event, told: Explanation) -> dict[str, Any]:
    facts = {name: _credits(fact, told) if isinstance(fact, Decimal) else fact for name, fact in event.facts.items()}
    return {"at": moment(event.at), "event": event.event, **facts}


def _credits(amount: Decimal | None, told: Explanation) -> int | str | None:
    if amount is None:
        return None
    return str(amount) if not amount.is_finite() else amount_number(amount, integer=told.integer_amounts)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)
