"""Explanations as sentences and tables for a terminal."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console

from sweeper.explain.result import AccountExplanation, Event, Explanation
from sweeper.render.explain_words import hold_words, sentence
from sweeper.render.terminal.table import plain_table, safe, show_ids
from sweeper.render.words import moment, number


def show_explanation(console: Console, explanation: Explanation) -> None:
    """Print why a session was, was not, or will be refunded, and what happened to it."""
    table = plain_table()
    lines = [("session", explanation.session_id), ("account", explanation.account_id), ("status", explanation.status)]
    if explanation.amount is not None:
        lines.append(("credits", number(explanation.amount)))
    # where the app has refunded it, the books may have nothing left of the charge: the sentence says what was refunded
    if explanation.charged is not None and not explanation.refunded_by_app:
        lines.append(("charged", number(explanation.charged)))
    lines.append(("verdict", explanation.verdict.value))
    for name, value in lines:
        if value is not None:
            table.add_row(name, safe(value))
    console.print(table)
    console.print()
    console.print(safe(sentence(explanation)), soft_wrap=True)
    if explanation.history:
        table = plain_table()
        for event in explanation.history:
            table.add_row(moment(event.at), safe(_happened(event)))
        console.print()
        console.print(table)


def show_reasons(console: Console, explanations: Sequence[Explanation], *, dry_run: bool) -> None:
    """Print why some named sessions were not refunded, a line each."""
    if explanations:
        console.print()
        console.print("Would not be refunded:" if dry_run else "Not refunded:")
    for explanation in explanations:
        line = f"{explanation.session_id}: {sentence(explanation)}"
        console.print(safe(line), soft_wrap=True)


def show_account(console: Console, explanation: AccountExplanation) -> None:
    if not explanation.sessions:
        console.print("No session of this account has failed, is running or was refunded.")
        return
    table = plain_table("session", "status", "verdict", "started", "credits")
    for session in explanation.sessions:
        table.add_row(
            safe(session.session_id),
            safe(session.status or "gone"),
            session.verdict.value,
            moment(session.started_at) if session.started_at else "",
            "" if session.amount is None else number(session.amount),
        )
    show_ids(console, table)
    console.print()
    which = f"The newest {len(explanation.sessions)} sessions" if explanation.more else "All sessions"
    console.print(f"{which} of this account that failed, are running or were refunded.", soft_wrap=True)
    console.print(
        "The last to start, or to be refunded, comes first. `sweeper explain SESSION` shows why.", soft_wrap=True
    )


def _happened(event: Event) -> str:
    facts = event.facts
    run = f", run {facts['run_id']}" if facts.get("run_id") else ""
    if event.event in ("refunded", "adopted", "reversed"):
        by = facts.get("made_by") or f"layer {facts.get('layer')}"
        credits = f"{number(Decimal(str(facts['amount'])))} credits{_shares(facts.get('shares'))}"
        decided = f" (decided by {facts['decided_by']}: {facts['decided_because']})" if facts.get("decided_by") else ""
        return f"{event.event}: {credits}, {by}{run}: {facts['reason']}{decided}"
    if event.event in ("held", "hold_ended"):
        run = f" by run {facts['run_id']}" if facts.get("run_id") else ""
        said = "held" if event.event == "held" else "hold ended; its reason was"
        return f"{said}{run}: {hold_words(str(facts['why']))}"
    return {"active": "last sign of life"}.get(event.event, event.event)


def _shares(shares: object) -> str:
    """What each column of the account took, where the file says so."""
    if not isinstance(shares, dict):
        return ""
    return f" ({', '.join(f'{column} {number(Decimal(str(share)))}' for column, share in shares.items())})"
