"""Explanations as sentences and tables for a terminal."""

from decimal import Decimal

from rich.console import Console
from rich.table import Table

from sweeper.explain.result import AccountExplanation, Event, Explanation
from sweeper.render.explain_words import hold_words, sentence
from sweeper.render.terminal.table import safe
from sweeper.render.words import moment, number


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
            table.add_row(moment(event.at), safe(_happened(event)))
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
            moment(session.started_at) if session.started_at else "",
            "" if session.amount is None else number(session.amount),
        )
    console.print(table)
    console.print()
    if told.more:
        console.print(f"The newest {len(told.sessions)} of them.")
    console.print("`sweeper explain SESSION` tells why.")


def _happened(event: Event) -> str:
    facts = event.facts
    run = f", run {facts['run_id']}" if facts.get("run_id") else ""
    if event.event in ("refunded", "adopted", "reversed"):
        by = facts.get("made_by") or f"layer {facts.get('layer')}"
        return f"{event.event}: {number(Decimal(str(facts['amount'])))} credits, {by}{run}: {facts['reason']}"
    if event.event in ("held", "hold_ended"):
        return f"{event.event.replace('_', ' ')}: {hold_words(str(facts['why']))}{run}"
    return {"active": "last sign of life"}.get(event.event, event.event)
