"""The rehearsal: compares a mapping with the app's own past, and finds a wrong one before it pays.

Each item reads only the newest rows. One that cannot read them says so, and stops no run: a run sets aside what
the database refuses. Where this role may not read all that an item needs, the result is that of `install`.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from sweeper.app.mapping import Mapping
from sweeper.check.context import CheckContext, not_checked
from sweeper.check.policy import check_caps
from sweeper.check.rehearsal.accounts.accounts import check_accounts
from sweeper.check.rehearsal.accounts.balance_moves import check_balances
from sweeper.check.rehearsal.charges.charges import check_charges
from sweeper.check.rehearsal.ledger.ledger import check_ledger
from sweeper.check.rehearsal.marks.marks import check_marks
from sweeper.check.rehearsal.past_refunds.past_refunds import check_past_refunds
from sweeper.check.rehearsal.samples import Samples, sampling
from sweeper.check.rehearsal.statuses.statuses import check_statuses
from sweeper.check.rehearsal.stored_results import StoredRehearsal, read_stored, stored_json, with_stored_result
from sweeper.check.rehearsal.times.deadlines import check_deadlines
from sweeper.check.rehearsal.times.running import check_active_at
from sweeper.check.rehearsal.times.zone import check_zone
from sweeper.check.result import Check, Status, warning, with_name
from sweeper.check.rights import tables_denied
from sweeper.check.rows import check_durations
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import SweeperError
from sweeper.install.installed_mapping import open_mapping
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal, StatementError, TooSlow
from sweeper.postgres.retries import retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.timeouts import Timeouts
from sweeper.sweep.rehearsal import REHEARSED, FailedItem

_TIMEOUTS = Timeouts(lock_ms=5_000, statement_ms=10_000)
# of so many sessions of a kind it reads, where more take too long
_FEW = 10
Item = Callable[[Samples], Iterator[Check]]

_ITEMS: tuple[Item, ...] = (
    check_statuses, check_past_refunds, check_charges, check_marks, check_ledger, check_accounts, check_balances,
    check_active_at, check_deadlines, check_durations, check_caps, check_zone,
)  # fmt: skip


def rehearse(context: CheckContext) -> Iterator[Check]:
    """Every item, in order; where this role may not read all that one needs, the result of `install`."""
    kept: StoredRehearsal | None = None
    for name, found in _check_items(context):
        if not (context.hidden or context.out_of_sight):
            yield from found
            continue
        kept = kept or retrying(partial(read_stored, context))
        yield from with_stored_result(context, name, found, kept)


def keep_rehearsal(database: Database, settings: Settings, as_of: datetime) -> list[Check]:
    """Rehearse the mapping that has just been installed, and store the findings; returns the items that fail."""
    with reported():
        mapping, installation = retrying(lambda: open_mapping(database, settings, guarded=False))
    context = CheckContext(database, settings, mapping, installation, "", as_of)
    read_in_full = (found for _, found in _check_items(context) if not (context.hidden or context.out_of_sight))
    items = [check for found in read_in_full for check in found]
    statement = mapping.statement("keep_rehearsal")

    def keep() -> None:
        for ascii_only in (False, True):
            with suppress(Busy, TooSlow, Refusal), database.transaction(timeouts=_TIMEOUTS) as transaction:
                transaction.rows(statement, {"rehearsal": stored_json(context, items, ascii_only=ascii_only)})
                break

    retrying(keep)
    return [item for item in items if item.status is Status.FAILURE]


def _check_items(context: CheckContext) -> Iterator[tuple[str, list[Check]]]:
    for name, look in zip(REHEARSED, _ITEMS, strict=True):
        context.hidden.clear()
        context.out_of_sight.clear()
        yield name, with_name(name, retrying(partial(check_item, context, look)))


def check_item(context: CheckContext, look: Item) -> list[Check]:
    """What an item finds, or why it could not be checked; of a few sessions, where more take too long."""
    try:
        return _check_item(context, look)
    except TooSlow as slow:
        if context.newest > _FEW:  # as where a large ledger has no index on the session: each one reads all of it
            few = context.known.setdefault(_FEW, {})  # other items need the same few
            return check_item(replace(context, newest=_FEW, known=few), look)
        return [_too_slow(context) or not_checked(slow)]


def _check_item(context: CheckContext, look: Item) -> list[Check]:
    try:
        with exactly(), sampling(context) as samples:  # exactly as in a run, so that `check` finds the same
            return list(look(samples))
    except Busy as busy:
        return [not_checked(busy)]
    except Refusal as refusal:
        return [_refused(refusal)]
    except StatementError as error:
        if error.code == "privilege":
            for table in tables_denied(context.database, error):
                context.hidden.setdefault(table, [])
            return [warning(f"not checked: {error.message}", "sweeper check, as a role that may read it")]
        return [_refused(error.refusal)]
    except ArithmeticError:  # a row has an infinity or a NaN
        return [warning("not checked: a number in the newest rows is not finite", "fix the row")]
    except SweeperError as error:
        if error.code == "mapping":
            return [warning(f"not checked: {error.message}", "fix the mapping, then: sweeper install")]
        raise


def _too_slow(context: CheckContext) -> Check | None:
    """What would make it quick: the indexes of an installation, or one on the sessions of the app's ledger."""
    if context.installation is None:
        return warning("not checked: reading it took too long", "sweeper install adds indexes; then: sweeper check")
    ledger, section = context.mapping.ledger, context.settings.ledger
    link = ledger.table.column(section.session) if ledger and section else None
    if ledger is None or link is None:
        return None
    with context.reading() as transaction:
        binds = {"table_oid": ledger.table.oid, "column_name": link.name}
        if transaction.row(context.mapping.statement("is_quick_by"), binds).quick:
            return None
    table = ledger.table.qualified
    said = f"not checked: reading it took too long; no index of {table} begins with {link.quoted}"
    return warning(said, f"CREATE INDEX CONCURRENTLY ON {table} ({link.quoted});")


def _refused(refusal: Refusal) -> Check:
    # not its message, which may repeat a row
    said = f"not checked: an expression of the mapping fails here (SQLSTATE {refusal.sqlstate})"
    return warning(said, "fix the expression")


def failed_items(database: Database, settings: Settings, as_of: datetime, mapping: Mapping) -> list[FailedItem]:
    """The items that fail: what stops a run until one has paid."""
    context = CheckContext(database, settings, mapping, None, "", as_of, is_brief=True)
    failed = [check for check in rehearse(context) if check.status is Status.FAILURE]
    return [FailedItem(check.name, check.message, check.fix) for check in failed]
