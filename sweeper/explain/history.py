"""The recorded runs, and the refunds of one of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import read, reading
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import ConfigurationError
from sweeper.core.results import Amount
from sweeper.explain.result import RunHistory, RunRecord, RunRefund
from sweeper.install.installed_mapping import open_mapping
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal
from sweeper.postgres.retries import retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.transaction import Row, Transaction

_PAGE_SIZE = 2000


def list_runs(database: Database, settings: Settings, *, limit: int | None) -> tuple[RunRecord, ...]:
    """The newest runs, or all that are recorded.

    Raises:
        ConfigurationError, FailedError: not installed, or the database cannot be used.
    """
    with exactly(), reported():
        mapping, _ = retrying(lambda: open_mapping(database, settings))
        return read(database, mapping, lambda opened: _read_runs(opened, mapping, None, limit))


@contextmanager
def open_run(database: Database, settings: Settings, run_id: str) -> Iterator[RunHistory]:
    """One run; its refunds can be read until the block ends.

    Raises:
        ConfigurationError: there is no such run.
    """
    with exactly(), reported():
        mapping, _ = retrying(lambda: open_mapping(database, settings))
        with reading(database, mapping) as transaction:
            try:
                with transaction.savepoint():
                    found = _read_runs(transaction, mapping, run_id, 1)
            except Refusal:  # not a uuid
                found = ()
            if not found:
                raise ConfigurationError(
                    f"{run_id}: there is no such run; `sweeper history` lists them", code="unknown_run"
                )
            (run,) = found
            *reasons, _ = transaction.rows(
                mapping.statement("read_run_totals"), {"run_id": run.run_id, "as_of": run.as_of}
            )
            yield RunHistory(
                run=run,
                reasons={row.reason: Amount.of(row) for row in reasons},
                refunds=_read_refunds(transaction, mapping, run.run_id, run.as_of),
            )


def _read_runs(
    transaction: Transaction, mapping: Mapping, run_id: str | None, limit: int | None
) -> tuple[RunRecord, ...]:
    rows = transaction.rows(mapping.statement("list_runs"), {"run_id": run_id, "page_size": limit})
    return tuple(_record(row, integer_amounts=mapping.integer_amounts) for row in rows)


def _record(row: Row, *, integer_amounts: bool) -> RunRecord:
    known = dict(row._mapping)
    refunds = Amount(known.pop("sessions"), Decimal(known.pop("credits")))
    taken_back = Amount(known.pop("reversed_sessions"), Decimal(known.pop("reversed_credits")))
    known["told"] = json.loads(row.told)
    return RunRecord(**known, refunds=refunds, reversed=taken_back, integer_amounts=integer_amounts)


def _read_refunds(transaction: Transaction, mapping: Mapping, run_id: str, as_of: datetime) -> Iterator[RunRefund]:
    after = None
    statement = mapping.statement("list_refunds_of_run")
    while True:
        binds = {"run_id": run_id, "run_as_of": as_of, "after": after, "page_size": _PAGE_SIZE}
        rows = transaction.rows(statement, binds)
        for row in rows:
            known = dict(row._mapping)
            yield RunRefund(credits=Decimal(known.pop("amount")), **known)
        if len(rows) < _PAGE_SIZE:
            return
        after = rows[-1].refund_id
