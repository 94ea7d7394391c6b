"""The app's ledger: its columns for the amount and the account, and which of its rows are about the sessions."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sweeper.app.catalog import Column, Table, has_subquery
from sweeper.app.over_refund import names_in
from sweeper.app.slots.ledger_columns import amount_columns
from sweeper.check.rehearsal.samples import Samples
from sweeper.config.model import LedgerSection
from sweeper.postgres.templates import Slots
from sweeper.postgres.transaction import Row

# a condition that compares one column with a literal, alone or among others that all must be true
_EQUALITY = re.compile(
    r"""[\w."]+(?:::[\w."]+)?\s*=\s*(?:'(?:[^']|'')*'(?:::[\w."]+)?|-?\d+|true|false)""", re.IGNORECASE
)
# the time of a refund, perhaps cast, and not one that is some days later
_MOMENT = re.compile(
    r"[\s(]*(refund\.)?at(\s+at\s+time\s+zone\s+'[^']*'|\s*::\s*timestamp[\w ]*(\(\d\)[\w ]*)?|[\s)])*", re.IGNORECASE
)
_MOST = 0.8


@dataclass(frozen=True)
class AppLedger:
    """The app's ledger, its section of the file, the column to sort its rows by, and the value of each column."""

    table: Table
    section: LedgerSection
    key: Column | None
    values: Mapping[Column, str]

    @property
    def amounts(self) -> list[Column]:
        """The columns for the amount of a refund."""
        named = {column: self.values[column] for column in self._naming("amount") if column.is_number}
        return amount_columns(named)

    @property
    def account(self) -> Column | None:
        return next(iter(self._naming("account_id")), None)

    @property
    def moment(self) -> Column | None:
        """The column for when a row was written, not for when it expires, or for its month."""
        return next((one for one, value in self.values.items() if one.is_time and _MOMENT.fullmatch(value)), None)

    def _naming(self, name: str) -> list[Column]:
        """The columns whose value names this, except values that read other tables."""
        return [one for one, value in self.values.items() if name in names_in(value) and not has_subquery(value)]


def app_ledger(samples: Samples) -> AppLedger | None:
    ledger, section = samples.mapping.ledger, samples.settings.ledger
    if ledger is None or section is None:
        return None
    written = ((ledger.table.column(text), value) for text, value in section.insert.items())
    values = {column: value for column, value in written if column is not None}
    return AppLedger(ledger.table, section, samples.key_of(ledger.table), values)


def account_of_rows(samples: Samples, table: Table) -> Column | None:
    """The column for the account of a table's rows: that called as the sessions', or the only key of accounts."""
    ledger, accounts = app_ledger(samples), samples.accounts
    if ledger is not None and ledger.table.oid == table.oid and ledger.account:
        return next(iter(samples.seen(table, [ledger.account])), None)
    payer = samples.sessions.column(samples.own.account)
    links = [row.column_name for row in samples.references(of=table, to=accounts)] if accounts else []
    links = [payer.name] if payer is not None and payer.name in table.columns else links
    if len(links) != 1:  # one of several may be the other side of the row, or who made it
        return None
    return next(iter(samples.seen(table, [table.columns[links[0]]])), None)


def read_charges(read: Callable[..., list[Row]], session_ids: Sequence[str], **given: object) -> list[Row]:
    """What was charged for sessions that are not refunded: by ``charged``, or by ``amount_column`` of the ledger.

    ``read`` is that of the samples, or `try_read`.
    """
    given = {"charged": None, "amount_column": None, "qualifiers": [], "unsigned": False, **given}
    return read("compare_charges", session_ids, **given)


def amounts_taken(samples: Samples, usual: Sequence[Slots] = ()) -> dict[str, Decimal]:
    """The amounts of sessions that would be paid all that the ledger took for them: no refund is subtracted.

    Where amounts have no sign, charges are the rows of a ``usual`` kind, that of sessions that succeeded.
    """
    ledger = app_ledger(samples)
    if ledger is None or not ledger.amounts:
        return {}
    given = {"amount_column": ledger.amounts[0], "qualifiers": usual, "unsigned": bool(usual)}
    rows = read_charges(samples.read, samples.failed, **given)
    pairs = {row.session_id: (Decimal(row.amount), Decimal(row.charged)) for row in rows if row.charged is not None}
    return {one: amount for one, (amount, charged) in pairs.items() if amount == charged}


def of_these_sessions(samples: Samples, amount: Column, *, unsigned: bool = False) -> list[Slots]:
    """Conditions of `ledger.where` that are true of the charges of nearly all sessions, as slots.

    Rows of which they are not true are about something else, and may have a session's number by chance. Where amounts
    are ``unsigned``, all but refunds are charges.
    """
    own = samples.settings.ledger
    where = ((own.past and own.past.where) or own.where) if own else ""
    parts = re.split(r"\band\b", where, flags=re.IGNORECASE)
    equalities = filter(None, (_EQUALITY.fullmatch(part.strip()) for part in parts))
    conditions: list[Slots] = [{"qualifier": match[0], "place": str(place)} for place, match in enumerate(equalities)]
    if not conditions:
        return []
    given = {"amount_column": amount, "qualifiers": conditions, "unsigned": unsigned}
    rows = samples.read("count_qualified", samples.failed, **given)
    met = [sum(row.met[place] for row in rows) for place in range(len(conditions))]
    return [one for one, count in zip(conditions, met, strict=True) if rows and count >= len(rows) * _MOST]
