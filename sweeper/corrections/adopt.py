"""Records refunds that the app paid before there was a ledger: no credits move, and the guard covers them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sweeper.app.catalog import NUMBER_TYPES
from sweeper.app.expression import as_number, check_type
from sweeper.app.reader import Reader
from sweeper.app.transactions import read
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.results import Amount
from sweeper.core.signals import Signals
from sweeper.corrections.adopt_batch import record
from sweeper.corrections.correction import CorrectionRequest, CorrectionWork
from sweeper.corrections.result import AdoptResult, AdoptSample
from sweeper.postgres.binds import text_array
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.owed import OwedReader

_SAMPLES = 5
# what the server sends for each refund that it recorded: a row with its id
_ROW_BYTES = 50


@dataclass(frozen=True)
class Choice:
    """Which sessions to adopt, and what was paid for each; by default what the mapping says is owed."""

    where: str | None = None
    session_id: str | None = None
    amount: str | None = None


class Adoption(CorrectionWork[AdoptResult]):
    """One `sweeper adopt`: planned first, then done."""

    def __init__(self, database: Database, settings: Settings, request: CorrectionRequest, choice: Choice) -> None:
        """Check everything that can be checked before.

        Raises:
            ConfigurationError: no such session, or `--where` or `--amount` is not SQL over the session row.
            FailedError: the database cannot be used.
        """
        self._choice = choice
        with exactly(), reported():
            super().__init__(database, settings, request, () if choice.session_id is None else (choice.session_id,))
            # adopted refunds are usually older than the floor
            self._everything = replace(self._selection, floor=datetime.min.replace(tzinfo=UTC))
            # read-only, here and wherever this SQL is sent, because it must not change anything
            slots = read(database, self._mapping, self._read_choice)
            self._list = self._mapping.statement("list_adoptable", slots)
            # a waived session may be on hold because its account cannot be read
            self._list_without_account = self._mapping.statement("list_adoptable", {**slots, "adopted_account": "NULL"})
        self._start()

    def _start(self) -> None:
        super()._start()
        self._statuses: dict[str, Amount] = {}
        self._samples: list[AdoptSample] = []

    def _read_choice(self, transaction: Transaction) -> dict[str, str]:
        sessions, choice = self._mapping.sessions, self._choice
        condition, amount = "true", self._mapping.slots["amount"]
        reader = Reader(transaction, self._mapping.schema)
        if choice.where is not None:
            condition = reader.condition("--where", choice.where, sessions, "s")
        if choice.amount is not None:
            expression = as_number(reader.expression("--amount", choice.amount, sessions))
            check_type("--amount", choice.amount, expression, NUMBER_TYPES)
            amount = expression.sql
        account = f"({self._mapping.slots['account']})"
        return {"condition": condition, "adopted_amount": amount, "adopted_account": account}

    def plan(self) -> AdoptResult:
        """What would be recorded now; nothing is written or locked."""
        with exactly(), reported():
            self._start()
            self._pages(self._count)
            return self._planned()

    def _work(self, signals: Signals) -> None:
        self._pages(lambda rows: self._take_in_pieces(rows, signals))

    def _pages(self, use: Callable[[Sequence[Row]], None]) -> None:
        """Read page after page, each in its own transaction, and pass on what can be adopted."""
        after = None
        while rows := self._page(after):
            fit, waived = [], set[str]()
            ambiguous = self._find_ambiguous(rows)
            for row in rows:
                if row.refunded:
                    self._already += 1
                elif why := self._unfit(row, ambiguous):
                    self._leave(why, row, Decimal(0))
                elif row.session_id not in waived:
                    fit.append(row)
                    waived |= {row.session_id} & ambiguous
            use(fit)
            after = rows[-1].session_id

    def _page(self, after: str | None) -> Sequence[Row]:
        binds = {"session_id": self._choice.session_id, "after": after, "page_size": self._page_size}
        try:
            return read(self._database, self._mapping, lambda opened: opened.rows(self._list, binds))
        except Refusal:
            if self._choice.session_id is None:
                raise
            return read(self._database, self._mapping, lambda opened: opened.rows(self._list_without_account, binds))

    def _find_ambiguous(self, rows: Sequence[Row]) -> frozenset[str]:
        """Which of these ids are in several partitions: a refund has one account and one amount."""
        if self._mapping.is_by_account or not self._mapping.has_shared_ids:
            return frozenset()
        reader = partial(OwedReader, mapping=self._mapping, selection=self._everything)
        session_ids = {row.session_id for row in rows}
        return read(self._database, self._mapping, lambda opened: reader(opened).find_ambiguous(session_ids))

    def _unfit(self, row: Row, ambiguous: frozenset[str]) -> str | None:
        if row.attempt is None:
            return "no_attempt"
        amount = Decimal("NaN") if row.amount is None else Decimal(row.amount)
        if not amount.is_finite() or amount < 0:
            return "bad_amount"
        if self._mapping.integer_amounts and amount != amount.to_integral_value():
            return "bad_amount"
        if amount and row.session_id in ambiguous:
            return "ambiguous_id"
        return "no_account" if row.account_id is None and amount else None

    def _answer_bytes(self, row: Row) -> int:  # noqa: ARG002 - the same for each
        return _ROW_BYTES

    def _write(self, rows: Sequence[Row], new_ids: Sequence[str]) -> None:
        binds = {
            "refund_ids": text_array(new_ids),
            "session_ids": [row.session_id for row in rows],
            "account_ids": [row.account_id for row in rows],
            "attempts": [row.attempt for row in rows],
            "amounts": [row.amount for row in rows],
            "reason": self._request.reason,
            "as_of": self._request.as_of,
        }
        written = record(self._database, self._mapping, binds)
        adopted = [row for row, refund_id in zip(rows, new_ids, strict=True) if refund_id in written]
        self._count(adopted)
        self._already += len(rows) - len(adopted)  # refunded in the meantime

    def _count(self, rows: Sequence[Row]) -> None:
        for row in rows:
            one, status = Amount(1, Decimal(row.amount)), str(row.status)
            self._done += one
            self._statuses[status] = self._statuses.get(status, Amount()) + one
            if len(self._samples) < _SAMPLES:
                self._samples.append(AdoptSample(row.session_id, row.account_id, status, one.credits))

    def _with_details(self, **common: Any) -> AdoptResult:
        return AdoptResult(
            **common, statuses=self._statuses, already_refunded=self._already, samples=tuple(self._samples)
        )
