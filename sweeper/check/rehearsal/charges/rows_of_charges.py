"""Whether rows of a table that the amount does not read are the charges, and sessions that would be paid have none."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain

from sweeper.app.catalog import Column, Table
from sweeper.check.rehearsal.accounts.balance_moves import are_balances_explained
from sweeper.check.rehearsal.ledger.app_ledger import app_ledger, of_these_sessions, read_charges
from sweeper.check.rehearsal.marks.row_amounts import row_amounts
from sweeper.check.rehearsal.samples import Samples, named
from sweeper.check.result import Check, warning
from sweeper.postgres.templates import fill_expression
from sweeper.postgres.transaction import Row

_ENOUGH, _NEARLY_ALL, _ODD = 3, 0.9, 0.05
# the name of a table, its charge as SQL, if that can be said in the file, and what `read_charges` is given
_Charges = tuple[str, str, dict[str, object]]


def check_rows_of_charges(samples: Samples) -> Iterator[Check]:
    """Sessions without a row, while those of all that run and of nearly all others add up to the amount.

    A row that a running session has is no trace of how it ended. Such rows may also be written after the charge, by
    the worker, and for a part of all charges alone.
    """
    own = samples.own
    if samples.mapping.is_by_account:
        return
    for name, charge, given in chain(_of_ledger(samples), _of_tables(samples)):
        both = samples.running, samples.failed
        running, failed = (read_charges(samples.try_read, some[:200], **given) for some in both)
        without = _uncharged(running, failed)
        # where the balances have moved by the amounts, these were charged as well
        if without and not are_balances_explained(samples):
            yield warning(
                f"the rows of {name} come to sessions.amount = {own.amount!r} for {len(_same(running))} of "
                f"{len(running)} sessions that run and {len(_same(failed))} of {len(failed)} that failed, and "
                f"{len(without)} that would be paid have none, such as {named(without)}: were they ever charged?",
                f'sessions.charged = "{charge}"' if charge else f"sessions.charged: what the rows of {name} took",
            )
            return


def _of_ledger(samples: Samples) -> Iterator[_Charges]:
    """The rows of the app's ledger that are no refunds, where no amount has a sign."""
    ledger = app_ledger(samples)
    if ledger is None or not ledger.amounts or ledger.table.name.lower() in samples.own.amount.lower():
        return
    amount = ledger.amounts[0]
    given = {"amount_column": amount, "unsigned": True}
    yield ledger.table.name, "", {**given, "qualifiers": of_these_sessions(samples, amount, unsigned=True)}
    # charges may have the session's id as their own, and refunds name it elsewhere
    unique, mapping = samples.unique_names(ledger.table), samples.mapping
    types = [one.base_type for one in mapping.sessions.columns.values() if one.quoted == mapping.slots["key"]]
    for one in samples.readable(ledger.table):
        if one.name in unique and one.base_type in types:
            link = {"ledger_session": f"l.{one.quoted}", "ledger_session_eq": samples.equal(one)}
            yield ledger.table.name, "", {**given, **link, "ledger_session_as": ""}


def _of_tables(samples: Samples) -> Iterator[_Charges]:
    for table, link in _tables(samples, samples.own.amount.lower()):
        for amount in _amounts(samples, table, link):
            key = samples.mapping.slots["key"]
            slots = {"price": amount, "parts": table.qualified, "session": link.quoted, "key": key}
            charge = fill_expression("of_parts", slots)
            yield table.name, charge, {"charged": charge}


def _tables(samples: Samples, amount: str) -> Iterator[tuple[Table, Column]]:
    """Tables with a foreign key to the sessions, except the ledger and what the amount reads."""
    mapping = samples.mapping
    known = {mapping.sessions.oid, mapping.ledger.table.oid if mapping.ledger else 0}
    known |= {row.oid for row in samples.tables() if row.table_name.lower() in amount}
    for table, link, key in samples.referring_tables(mapping.sessions, known):
        if key.quoted == mapping.slots["key"] and link.base_type == key.base_type:
            yield table, link


def _amounts(samples: Samples, table: Table, link: Column) -> list[str]:
    key = samples.key_of(table)
    if key is None or not samples.sees(table, [key, link]):
        return []
    return [item["column"] for item in row_amounts(samples, table, (key, link)) or ()]


def _same(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.charged is not None and Decimal(row.charged) == Decimal(row.amount)]


def _uncharged(running: Sequence[Row], failed: Sequence[Row]) -> list[str]:
    """The failed sessions without a row, where the rows are those of charges."""
    without = [row for row in failed if row.charged is None]
    rows = [row for row in (*running, *failed) if row.charged is not None]
    same, at_start = _same(rows), [row for row in running if row.charged is not None]
    if len(at_start) < max(_ENOUGH, len(running) * _NEARLY_ALL) or len(same) < len(rows) * _NEARLY_ALL:
        return []
    if len(_same(failed)) < _ENOUGH or len({row.amount for row in same}) < _ENOUGH:
        return []
    first = min(row.started_at for row in failed if row.charged is not None)  # older rows may be gone
    found = [row.session_id for row in without if row.started_at >= first]
    return found if len(found) >= max(_ENOUGH, len(failed) * _ODD) else []
