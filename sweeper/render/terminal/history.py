"""The runs, and one run with its refunds, as tables for a terminal."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from sweeper.core.durations import describe_duration
from sweeper.explain.result import RunHistory, RunRecord, RunRefund
from sweeper.render.terminal.table import amounts_table, plain_table, safe, show_ids
from sweeper.render.words import moment, number, plural

SHOWN_RUNS, _SHOWN_REFUNDS = 20, 50
_DURATION = TypeAdapter(timedelta)
# the keys of a run's policy that are shown
_DURATIONS = ("stuck_after", "grace")
_POLICY = (*_DURATIONS, "max_refunds", "max_credits", "max_amount")


def show_runs(console: Console, runs: Sequence[RunRecord]) -> None:
    """Print the newest runs, two lines each, so that ids are whole and can be copied."""
    if not runs:
        console.print("No run yet.")
    for run in runs[:SHOWN_RUNS]:
        console.print(f"{moment(run.started_at)}  {_ending(run)}", soft_wrap=True)
        console.print(f"  {run.run_id}  {_did(run)}", soft_wrap=True)
    if len(runs) > SHOWN_RUNS:
        console.print(f"The newest {SHOWN_RUNS}; --json lists them all.")


def show_run_history(console: Console, history: RunHistory) -> None:
    """Print one run: its settings, what it did, how it ended, and the first of its refunds."""
    run = history.run
    table = plain_table()
    ended = "" if run.ended_at is None else moment(run.ended_at)
    for name, value in (
        ("run", run.run_id),
        ("started", moment(run.started_at)),
        ("ended", f"{ended} {_ending(run)}".strip()),
        ("by", f"{run.db_role} on {run.host}, version {run.version}"),
        ("settings", _settings(run.told)),
        ("decided by", _decision(run.told)),
        ("did", _did(run)),
    ):
        if value is not None:
            table.add_row(name, safe(value))
    console.print(table)
    if history.reasons:
        console.print()
        console.print(amounts_table("reason", dict(history.reasons)))
        console.print()
        show_ids(console, _refunds_table(list(islice(history.refunds, _SHOWN_REFUNDS))))
    if run.refunds.sessions > _SHOWN_REFUNDS:
        console.print(f"The first {_SHOWN_REFUNDS}; --json lists them all.")


def _refunds_table(refunds: Sequence[RunRefund]) -> Table:
    table = plain_table("session", "account", "reason", "credits", "")
    for refund in refunds:
        table.add_row(
            safe(refund.session_id),
            safe(refund.account_id),
            safe(refund.reason),
            number(refund.credits),
            "taken back" if refund.reversed else "",
        )
    return table


def _ending(run: RunRecord) -> str:
    if run.outcome is not None:
        return run.outcome
    return "died: no run is connected, and the ledger shows what it did" if run.died else "has not ended yet"


def _did(run: RunRecord) -> str:
    words = [f"{plural(run.refunds.sessions, 'session')}, {number(run.refunds.credits)} credits"]
    for count, what in ((run.held, "held"), (run.skipped, "skipped"), (run.remaining, "remaining")):
        if count:
            words.append(f"{number(count)} {what}")
    if run.reversed.sessions:
        words.append(f"{number(run.reversed.sessions)} taken back")
    return "; ".join(words)


def _decision(settings: Mapping[str, Any]) -> str | None:
    return f"{settings['by']}: {settings['reason']}" if settings.get("by") else None


def _settings(settings: Mapping[str, Any]) -> str:
    policy = settings.get("policy", {})
    words = [f"{name} {_value(name, policy[name])}" for name in _POLICY if policy.get(name) is not None]
    if settings.get("since"):
        words.append(f"since {settings['since']}")
    if settings.get("accepted"):
        words.append(f"accepted {', '.join(settings['accepted'])}")
    if settings.get("sessions"):
        words.append(f"only {', '.join(settings['sessions'][:3])}{'…' if len(settings['sessions']) > 3 else ''}")
    return ", ".join(words)


def _value(name: str, value: Any) -> str:
    if isinstance(value, dict):  # stuck_after by status
        return f"({', '.join(f'{status}: {_value(name, one)}' for status, one in value.items())})"
    if value is None:
        return "never"
    return describe_duration(_DURATION.validate_python(value)) if name in _DURATIONS else str(value)
