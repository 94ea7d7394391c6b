"""Reverts and adoptions as tables for a terminal."""

from rich.console import Console
from rich.table import Table

from sweeper.core.results import Outcome
from sweeper.corrections.result import AdoptResult, Correction, RevertResult
from sweeper.render.explain_words import PAID_AGAIN
from sweeper.render.terminal.table import amounts_table, plain_table, safe, show_ids, show_notes
from sweeper.render.words import number, plural

_WHY = {
    "below_zero": "the balance, or one of its pools, would go below zero (--allow-negative takes it anyway)",
    "account_gone": "the account is gone",
    "no_balance": "the account has no balance",
    "adopted": "adopted: no credits moved here",
    "busy": "the app had the account locked; run it again",
    "no_account": "no account: only an amount of 0 can be adopted",
    "ambiguous_id": "several sessions have this id: only an amount of 0 can be adopted",
    "no_attempt": "sessions.attempt is null: write it into the row",
    "bad_amount": "no amount, a negative or infinite one, or a fraction where credits are whole",
}


def show_revert(console: Console, result: RevertResult) -> None:
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
        show_ids(console, _balances_table(result))
    _show_left(console, result)
    notes = []
    if result.accounts > len(result.balances) > 0:
        notes.append(f"And {plural(result.accounts - len(result.balances), 'account')} more, with less each.")
    if result.already_reversed:
        notes.append(f"Already taken back before: {plural(result.already_reversed, 'refund')}.")
    if result.run_open:
        notes.append(
            "This run has not ended. If its process still runs, stop it and revert again: what it pays after this is "
            "not taken back."
        )
    if result.other_file:
        notes.append(
            "This was paid by another file. What a revert moves back is what the file says now: compare the tables and "
            "columns of [accounts] and [ledger] in both."
        )
    if result.other_amount:
        notes.append(
            "The file gives another amount for some of these sessions now. A revert moves back the number that was "
            "refunded: where the app has changed its unit since, such as from credits to cents, that is another value."
        )
    if result.writes_ledger is False and refunds.sessions:
        notes.append("The app's own ledger gets no row for this: [ledger.reverse] is not in the file.")
    if refunds.sessions:
        notes.append(PAID_AGAIN[result.payable_again])
    _show_notes(console, result, notes)


def _balances_table(result: RevertResult) -> Table:
    table = plain_table("account", "credits", "balance", "after")
    for change in result.balances:
        balances = ("" if value is None else number(value) for value in (change.before, change.after))
        table.add_row(safe(change.account_id), number(-change.credits), *balances)
    return table


def show_adopt(console: Console, result: AdoptResult) -> None:
    verb = "Would adopt" if result.dry_run else "Adopted"
    if result.refunds.sessions:
        sessions, credits = plural(result.refunds.sessions, "session"), number(result.refunds.credits)
        if result.refunds.credits:
            console.print(f"{verb} {sessions} as refunded elsewhere: {credits} credits. No credits move.")
        else:
            console.print(f"{'Would waive' if result.dry_run else 'Waived'} {sessions}: nothing is paid for it.")
        console.print(amounts_table("status", result.statuses))
    else:
        console.print(f"{verb} nothing.")
    if result.samples:
        table = plain_table("such as", "account", "status", "credits")
        for sample in result.samples:
            account = safe(sample.account_id or "")
            table.add_row(safe(sample.session_id), account, safe(sample.status), number(sample.credits))
        console.print()
        show_ids(console, table)
    _show_left(console, result)
    notes = []
    if result.already_refunded:
        notes.append(f"{plural(result.already_refunded, 'session')} with a refund already: left as they are.")
    _show_notes(console, result, notes)


def _show_left(console: Console, result: Correction) -> None:
    if not result.left:
        return
    table = plain_table("left, because", "sessions", "credits", "such as")
    for why, left in result.left.items():
        reason = _WHY.get(why, f"the database {why}")
        if left.message:
            reason = left.message if why == "refused" else f"{reason}: {left.message}"
        table.add_row(safe(reason), number(left.sessions), number(left.credits), safe(", ".join(left.samples)))
    console.print()
    show_ids(console, table)


def _show_notes(console: Console, result: Correction, notes: list[str]) -> None:
    if result.outcome is Outcome.INTERRUPTED:
        notes.append("Interrupted; the current batch was finished. Run it again for the rest.")
    show_notes(console, notes)
