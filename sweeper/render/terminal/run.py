"""A run or a dry run as tables for a terminal."""

from rich.console import Console

from sweeper.core.results import Outcome, Plan, RunResult
from sweeper.render.terminal.table import amounts_table, plain_table, safe, show_ids, show_notes
from sweeper.render.words import moment, number, plural


def show_run(console: Console, result: RunResult) -> None:
    _headline(console, result)
    if result.reasons:
        console.print(amounts_table("reason", result.reasons))
    if result.plan:
        _show_plan(console, result.plan)
    _notes(console, result)


def _headline(console: Console, result: RunResult) -> None:
    verb = "Would refund" if result.dry_run else "Refunded"
    refunds = result.refunds
    if refunds.sessions:
        console.print(
            f"{verb} {plural(refunds.sessions, 'session')}: {number(refunds.credits)} credits "
            f"to {plural(result.accounts, 'account')}."
        )
    else:
        console.print("Nothing to refund." if result.outcome is Outcome.COMPLETE else f"{verb} nothing.")


def _show_plan(console: Console, plan: Plan) -> None:
    if plan.by_age:
        console.print()
        console.print(amounts_table("owed for", plan.by_age))
    if plan.largest:
        table = plain_table("largest", "account", "reason", "credits")
        for refund in plan.largest:
            table.add_row(safe(refund.session_id), safe(refund.account_id), safe(refund.reason), number(refund.credits))
        console.print()
        show_ids(console, table)
    if plan.new_holds or plan.standing_holds:
        table = plain_table("on hold", "sessions", "such as")
        for why, amount in plan.new_holds.items():
            table.add_row(safe(f"{why} (new)"), number(amount.sessions), safe(", ".join(plan.new_hold_samples[why])))
        for why, sessions in plan.standing_holds.items():
            table.add_row(safe(why), number(sessions), safe(", ".join(plan.hold_samples[why])))
        console.print()
        console.print(table)
        console.print("`sweeper explain SESSION` shows why one is on hold.")


def _capped(result: RunResult) -> str:
    full = result.full_caps
    which = f" ({', '.join(full)})" if full else ""
    rest = f"{plural(result.remaining, 'session')} still owed. If these refunds are genuine,"
    if result.remaining and full and result.caps_by_hand.issuperset(full):
        return f"A cap stopped the run{which}: {rest} go on with `sweeper run`."
    rest += " raise the cap"
    if not result.remaining:
        rest = "what is left has to go on hold, and was not looked at. To see it now, raise the cap"
    flags = " ".join(f"--{name.replace('_', '-')} N" for name in full) or "--max-refunds N --max-credits N"
    return f"A cap stopped the run{which}: {rest} for one run: `sweeper run {flags}`."


def _notes(console: Console, result: RunResult) -> None:
    notes = []
    if result.plan and result.plan.left_by_caps.sessions:
        left = result.plan.left_by_caps
        notes.append(f"The caps would leave {plural(left.sessions, 'session')}, {number(left.credits)} credits.")
    elif result.outcome is Outcome.CAPPED:
        notes.append(_capped(result))
    if result.held and not result.dry_run:
        notes.append(f"{plural(result.held, 'session')} put on hold, for you to review (see `sweeper run --dry-run`).")
    if result.already_refunded:
        notes.append(f"{plural(result.already_refunded, 'session')} refunded by another run or layer in the meantime.")
    if result.skipped:
        notes.append(
            f"{plural(result.skipped, 'session')} skipped; the next run tries again. The app had them locked just now, "
            "or they took too long, or many others of their account went on hold."
        )
    if result.outcome is Outcome.INTERRUPTED:
        notes.append(f"Interrupted; the current batch was finished: {plural(result.remaining, 'session')} still owed.")
    if result.before_floor.sessions and result.floor:
        before = result.before_floor
        notes.append(
            f"Not touched, before the floor ({moment(result.floor)}): {plural(before.sessions, 'session')}, "
            f"{number(before.credits)} credits. To include them, set an earlier policy.since: it counts from the next "
            "run on. First `sweeper adopt` what the app refunded itself, unless `exclude` or a [ledger] shows it."
        )
    show_notes(console, notes)
