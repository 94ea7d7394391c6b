"""Reverts and adoptions: as one JSON document, and as tables."""

import json
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from sweeper.core.results import Amount, Outcome
from sweeper.corrections.result import AdoptResult, BalanceChange, Correction, Left, RevertResult
from sweeper.render.json.document import SCHEMA_VERSION, amount_number, error_of, moment
from sweeper.render.terminal.explain import PAID_AGAIN
from sweeper.render.terminal.table import amounts_table, number, plural, safe

_WHY = {
    "below_zero": "the balance would go below zero (--allow-negative takes it all the same)",
    "account_gone": "the account is gone",
    "no_balance": "the account has no balance",
    "adopted": "adopted: no credits moved here",
    "busy": "the app had the account locked; run it again",
    "no_account": "no account: only an amount of 0 can be adopted",
    "bad_amount": "no amount, a negative or infinite one, or a fraction where credits are whole",
}


def revert_document(result: RevertResult) -> str:
    """The document of ``sweeper revert``."""
    document = {
        **_head("revert", result),
        "run_id": result.run_id,
        "session_id": result.session_id,
        "refunds": {**_both(result.refunds, result), "accounts": result.accounts},
        "already_reversed": result.already_reversed,
        "left": _left(result),
    }
    if result.dry_run:
        document["balances"] = [_change(change, result) for change in result.balances]
    return _finished(document, result)


def adopt_document(result: AdoptResult) -> str:
    """The document of ``sweeper adopt``."""
    document = {
        **_head("adopt", result),
        "adopted": _both(result.adopted, result),
        "statuses": {status: _both(amount, result) for status, amount in result.statuses.items()},
        "already_refunded": result.already_refunded,
        "left": _left(result),
        "samples": [
            {
                "session_id": sample.session_id,
                "account_id": sample.account_id,
                "status": sample.status,
                "credits": _credits(sample.credits, result),
            }
            for sample in result.samples
        ],
    }
    return _finished(document, result)


def _head(command: str, result: Correction) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "command": command,
        "dry_run": result.dry_run,
        "as_of": moment(result.as_of),
        "outcome": result.outcome.value,
        "reason": result.reason,
    }


def _finished(document: dict[str, Any], result: Correction) -> str:
    document["duration_seconds"] = round(result.duration_seconds, 3)
    if result.error:
        document["error"] = error_of(result.error)
    return json.dumps(document)


def _credits(value: Decimal, result: Correction) -> int | str:
    return amount_number(value, integer=result.integer_amounts)


def _both(amount: Amount | Left, result: Correction) -> dict[str, Any]:
    return {"sessions": amount.sessions, "credits": _credits(amount.credits, result)}


def _left(result: Correction) -> dict[str, Any]:
    return {why: {**_both(left, result), "samples": list(left.samples)} for why, left in result.left.items()}


def _change(change: BalanceChange, result: RevertResult) -> dict[str, Any]:
    # a balance is in the account table's own type, which may have decimals where amounts have none
    return {
        "account_id": change.account_id,
        "credits": _credits(change.credits, result),
        "before": _balance(change.before),
        "after": _balance(change.after),
    }


def _balance(value: Decimal | None) -> int | str | None:
    return None if value is None else amount_number(value, integer=value == value.to_integral_value())


def show_revert(console: Console, result: RevertResult) -> None:
    """Print what a revert would take back, or what it took."""
    verb = "Would take back" if result.dry_run else "Took back"
    refunds = result.refunds
    if refunds.sessions:
        console.print(
            f"{verb} {plural(refunds.sessions, 'refund')}: {number(refunds.credits)} credits "
            f"from {plural(result.accounts, 'account')}."
        )
    else:
        console.print(f"{verb} nothing.")
    if result.balances:
        console.print(_balances_table(result))
    _show_left(console, result)
    notes = []
    if result.accounts > len(result.balances) > 0:
        notes.append(f"And {plural(result.accounts - len(result.balances), 'account')} more, with less each.")
    if result.already_reversed:
        notes.append(f"{plural(result.already_reversed, 'refund')} taken back before: left as they are.")
    if result.writes_ledger is False and refunds.sessions:
        notes.append("The app's own ledger gets no row for this: [ledger.reverse] is not in the file.")
    if refunds.sessions:
        notes.append(PAID_AGAIN[result.payable_again])
    _show_notes(console, result, notes)


def _balances_table(result: RevertResult) -> Table:
    table = Table("account", box=None, pad_edge=False, header_style="bold")
    for heading in ("credits", "balance", "after"):
        table.add_column(heading, justify="right")
    for change in result.balances:
        balances = ("" if value is None else number(value) for value in (change.before, change.after))
        table.add_row(safe(change.account_id), number(-change.credits), *balances)
    return table


def show_adopt(console: Console, result: AdoptResult) -> None:
    """Print what an adoption would write down, or what it wrote."""
    verb = "Would adopt" if result.dry_run else "Adopted"
    if result.adopted.sessions:
        sessions, credits = plural(result.adopted.sessions, "session"), number(result.adopted.credits)
        console.print(f"{verb} {sessions} as refunded elsewhere: {credits} credits. No credits move.")
        console.print(amounts_table("status", result.statuses))
    else:
        console.print(f"{verb} nothing.")
    if result.samples:
        table = Table("such as", "account", "status", box=None, pad_edge=False, header_style="bold")
        table.add_column("credits", justify="right")
        for sample in result.samples:
            account = safe(sample.account_id or "")
            table.add_row(safe(sample.session_id), account, safe(sample.status), number(sample.credits))
        console.print()
        console.print(table)
    _show_left(console, result)
    notes = []
    if result.already_refunded:
        notes.append(f"{plural(result.already_refunded, 'session')} with a refund already: left as they are.")
    _show_notes(console, result, notes)


def _show_left(console: Console, result: Correction) -> None:
    if not result.left:
        return
    table = Table("left, because", box=None, pad_edge=False, header_style="bold")
    table.add_column("sessions", justify="right")
    table.add_column("credits", justify="right")
    table.add_column("such as")
    for why, left in result.left.items():
        reason = _WHY.get(why, f"the database {why}")
        table.add_row(safe(reason), number(left.sessions), number(left.credits), safe(", ".join(left.samples)))
    console.print()
    console.print(table)


def _show_notes(console: Console, result: Correction, notes: list[str]) -> None:
    if result.outcome is Outcome.INTERRUPTED:
        notes.append("Interrupted; the batch in hand was finished. Run it again for the rest.")
    if notes:
        console.print()
    for note in notes:
        console.print(note, soft_wrap=True)
