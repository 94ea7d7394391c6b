"""Explanations: as one JSON document, and as sentences for a terminal."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from sweeper.explain.result import AccountExplanation, Event, Explanation, Verdict
from sweeper.render.json.document import SCHEMA_VERSION, amount_number, moment
from sweeper.render.terminal.table import number, plural, safe

_HOLDS = {
    "refund_missing": "a run since then paid more refunds than the ledger still has, and it may be one of them",
    "no_account": "it has no account, or the account is gone",
    "no_started_at": "it does not say when it started",
    "amount_not_finite": "its amount is not a finite number",
    "amount_negative": "its amount is negative",
    "amount_above_max": "its amount is above policy.max_amount",
    "amount_rounded": "the balance or the ledger would round its amount",
}


# whether a person may pay a session again whose refund was taken back
PAID_AGAIN = {
    True: "No program pays it again; a person can, with `sweeper run --session ID`.",
    False: "No program pays it again: the app's own ledger still has the refund, and its guard allows one.",
}


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
    return {"at": _moment(event.at), "event": event.event, **facts}


def _credits(amount: Decimal | None, told: Explanation) -> int | str | None:
    if amount is None:
        return None
    return str(amount) if not amount.is_finite() else amount_number(amount, integer=told.integer_amounts)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


def show_explanation(console: Console, told: Explanation) -> None:
    """Print why a session was, was not, or will be refunded, and what happened to it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    lines = [("session", told.session_id), ("account", told.account_id), ("status", told.status)]
    if told.amount is not None:
        lines.append(("credits", number(told.amount)))
    lines.append(("verdict", told.verdict.value))
    for name, value in lines:
        if value is not None:
            table.add_row(name, safe(value))
    console.print(table)
    console.print()
    console.print(safe(sentence(told)), soft_wrap=True)
    if told.history:
        table = Table(box=None, pad_edge=False, show_header=False)
        for event in told.history:
            table.add_row(_moment(event.at) or "", safe(_happened(event)))
        console.print()
        console.print(table)


def show_account(console: Console, told: AccountExplanation) -> None:
    """Print the newest sessions of an account, one line each."""
    if not told.sessions:
        console.print("No session of this account has failed, is running or was refunded.")
        return
    table = Table("session", "status", "verdict", "started", box=None, pad_edge=False, header_style="bold")
    table.add_column("credits", justify="right")
    for session in told.sessions:
        table.add_row(
            safe(session.session_id),
            safe(session.status or "gone"),
            session.verdict.value,
            _moment(session.started_at) or "",
            "" if session.amount is None else number(session.amount),
        )
    console.print(table)
    console.print()
    if told.more:
        console.print(f"The newest {len(told.sessions)} of them.")
    console.print("`sweeper explain SESSION` tells why.")


def sentence(told: Explanation) -> str:
    """The rule behind a verdict, with its numbers."""
    words = {
        Verdict.REFUNDED: _refunded,
        Verdict.REVERSED: lambda told: f"The refund was taken back. {PAID_AGAIN[told.payable_again]}",
        Verdict.ADOPTED: lambda _: "Adopted: a person wrote down that it was paid elsewhere. No credits moved here.",
        Verdict.OWED: lambda told: f"{_since(told)} The next run refunds it.",
        Verdict.IN_GRACE: _waiting,
        Verdict.NOT_STUCK_YET: _waiting,
        Verdict.HELD: _held,
        Verdict.EXCLUDED: lambda told: f"The mapping says never to refund it: {told.exclude}.",
        Verdict.UNCHARGED: lambda _: "Nothing was charged: the mapping gives no amount, or zero.",
        Verdict.SUCCEEDED: lambda told: f"It succeeded: its status is {told.status}.",
        Verdict.BEFORE_FLOOR: _before_floor,
        Verdict.UNKNOWN: _unknown,
    }
    return words[told.verdict](told)


def _refunded(told: Explanation) -> str:
    if told.refunded_by_app:
        return "The app's own ledger has its refund."
    refund = [event for event in told.history if event.facts.get("refund_id") == told.refund_id][-1]
    run = f" of run {refund.facts['run_id']}" if refund.facts["run_id"] else ""
    return f"Refunded on {_moment(refund.at)} by the layer {refund.facts['layer']}{run}, because of {told.reason}."


def _since(told: Explanation) -> str:
    what, limit = ("no sign of life for", "stuck_after") if told.running else ("failed", "grace")
    since = told.active_at if told.running else told.failed_at
    if since is None or told.limit is None:
        return "It is owed."
    ago = _duration(told.as_of - since)
    return f"{what.capitalize()} {ago}{'' if told.running else ' ago'}, {limit} is {_duration(told.limit)}."


def _waiting(told: Explanation) -> str:
    if told.due_at is None:
        return "It does not say since when it shows no sign of life, so no run can call it stuck."
    then = "refunds it" if told.hold_reason is None else f"puts it on hold: {_why(told.hold_reason)}"
    return f"{_since(told)} A run from {_moment(told.due_at)} on {then}."


def _held(told: Explanation) -> str:
    pays = {"amount_above_max": " --max-amount N` pays it", "refund_missing": "` pays it, again if it was refunded"}
    again = f"--session ID{pays.get(told.hold_reason or '', '` looks again')}"
    end = f"A person decides: `sweeper run {again}, `sweeper adopt --session ID --amount 0` waives it."
    state = "On hold" if told.on_hold else "The next run puts it on hold"
    return f"{state}: {_why(told.hold_reason or '')}. {end}"


def _why(hold_reason: str) -> str:
    if hold_reason.startswith("refused"):
        return f"the database refused its row (SQLSTATE {hold_reason.removeprefix('refused').strip() or 'unknown'})"
    return _HOLDS.get(hold_reason, hold_reason)


def _before_floor(told: Explanation) -> str:
    return (
        f"It started before the floor, {moment(told.floor)}, and no run looks at it. A person can refund it with "
        "`sweeper run --session ID`; policy.since lets all that old in."
    )


def _unknown(told: Explanation) -> str:
    if told.status is not None:
        return f"Its status, {told.status}, is none of those in the file: no run looks at it."
    return "There is no such session, and no refund of one."


def _happened(event: Event) -> str:
    facts = event.facts
    run = f", run {facts['run_id']}" if facts.get("run_id") else ""
    if event.event in ("refunded", "adopted", "reversed"):
        by = facts.get("made_by") or f"layer {facts.get('layer')}"
        return f"{event.event}: {number(Decimal(str(facts['amount'])))} credits, {by}{run}: {facts['reason']}"
    if event.event in ("held", "hold_ended"):
        return f"{event.event.replace('_', ' ')}: {_why(str(facts['why']))}{run}"
    return {"active": "last sign of life"}.get(event.event, event.event)


def _duration(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if abs(seconds) < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120 and minutes % 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2880 else plural(minutes // 1440, "day")
