"""Takes refunds back in batches: writes reversals, and reduces the balances with them."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from sweeper.app.transactions import read
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import ConfigurationError
from sweeper.core.results import Amount
from sweeper.core.signals import Signals
from sweeper.corrections.correction import CorrectionRequest, CorrectionWork
from sweeper.corrections.result import BalanceChange, RevertResult
from sweeper.corrections.revert_batch import BatchReverter, reversal_is_refund, stopped_by_guard
from sweeper.corrections.revert_choice import Choice, require_reverse
from sweeper.postgres.binds import text_bytes
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.transaction import Row, Transaction

T = TypeVar("T")

# later passes retry what the app had locked during the first
_PASSES = 3
_WAIT_SECONDS = 0.3
_LARGEST = 10
# a refund's id in an array, with quotes
_REFUND_ID_BYTES = 40


class Revert(CorrectionWork[RevertResult]):
    """One `sweeper revert`: planned first, then done."""

    def __init__(self, database: Database, settings: Settings, request: CorrectionRequest, choice: Choice) -> None:
        """Check everything that can be checked before.

        Raises:
            ConfigurationError: no such run or session, only adopted refunds, or nothing would take a refund back.
            FailedError: the database cannot be used.
        """
        self._choice, self._payable_again = choice, settings.payable_again
        with exactly(), reported():
            super().__init__(database, choice.of_file(settings), request)
            self._reverter = BatchReverter(database, self._mapping, request, allow_negative=choice.allow_negative)
            self._read(lambda opened: require_reverse(opened, self._mapping, choice))
            found = self._find_run()
            self._run_as_of: datetime | None = found and found.as_of
            self._run_open = bool(found and found.open)
            self._require_refunds()
            self._other_amount = self._read(partial(self._has_other_amount, binds=self._selection.binds))
        self._start()

    def _start(self) -> None:
        super()._start()
        self._accounts: set[int] = set()
        self._balances: tuple[BalanceChange, ...] = ()
        self._other_file = False

    def _read(self, ask: Callable[[Transaction], T]) -> T:
        return read(self._database, self._mapping, ask)

    def _find_run(self) -> Row | None:
        run_id = self._choice.run_id
        if run_id is None:
            return None
        try:
            rows = self._read(lambda opened: opened.rows(self._mapping.statement("find_run"), {"run_id": run_id}))
        except Refusal:  # not a uuid
            rows = []
        if not rows:
            raise ConfigurationError(
                f"--run {run_id}: there is no such run; `sweeper history` lists them", code="unknown_run"
            )
        return rows[0]

    def _require_refunds(self) -> None:
        session_id = self._choice.session_id
        if session_id is None:
            return
        try:
            rows = self._read(self._page)
        except Refusal:  # such as a text that is not a uuid
            rows = []
        if not rows:
            raise ConfigurationError(
                f"--session {session_id}: sweeper's ledger has no refund of it, so there is none to take back",
                code="unknown_session",
            )
        if all(row.layer == "adopted" for row in rows):
            raise ConfigurationError(
                f"--session {session_id}: its refund was adopted: it was paid elsewhere, no credits moved here, and "
                "none can be taken back here",
                code="adopted",
            )

    def _has_other_amount(self, transaction: Transaction, binds: Mapping[str, object]) -> bool:
        """Whether the file gives another amount now for one of the sessions; no where that cannot be read."""
        if self._mapping.is_by_account:  # its sessions are on several nodes
            return False
        statement = self._mapping.statement("find_other_amount")
        try:
            with transaction.savepoint():
                return bool(transaction.row(statement, {**binds, **self._chosen()}).found)
        except (Refusal, StatementError, TooSlow):
            return False

    def _chosen(self) -> dict[str, object]:
        choice = self._choice
        return {"run_id": choice.run_id, "run_as_of": self._run_as_of, "session_id": choice.session_id}

    def _page(self, transaction: Transaction, after: str | None = None) -> Sequence[Row]:
        page = {"mapping": self._mapping.file_digest, "after": after, "page_size": self._page_size}
        return transaction.rows(self._mapping.statement("list_refunds_to_reverse"), self._chosen() | page)

    def plan(self) -> RevertResult:
        """What taking back would do now; nothing is written or locked."""
        with exactly(), reported():
            return self._read(self._plan)

    def _plan(self, transaction: Transaction) -> RevertResult:
        self._start()
        limits, after = self._reverter.limits(), None
        while rows := self._page(transaction, after):
            for row in rows:
                if row.reversed:
                    self._already += 1
                elif why := limits.take(row, row.balance, row.pools or ()):
                    self._leave(why, row, Decimal(row.amount))
                else:
                    self._count(row)
            after = rows[-1].refund_id
        self._balances = tuple(sorted(limits.changes.values(), key=lambda change: -change.credits)[:_LARGEST])
        return self._planned()

    def _work(self, signals: Signals) -> None:
        for number in range(_PASSES):
            if number:
                time.sleep(_WAIT_SECONDS)
            self._left, after = {}, None
            while rows := self._read(partial(self._page, after=after)):
                signals.check()
                self._already += sum(row.reversed for row in rows) if number == 0 else 0
                standing = [row for row in rows if not row.reversed]
                self._take_in_pieces(standing, signals)
                after = rows[-1].refund_id
            if "busy" not in self._left:
                return

    def _answer_bytes(self, row: Row) -> int:
        return _REFUND_ID_BYTES + text_bytes((row.session_id, row.account_id, row.amount, row.amount))

    def _write(self, rows: Sequence[Row], new_ids: Sequence[str]) -> None:
        taken, left = self._reverter.take(rows, new_ids)
        for row in rows:
            if row.refund_id in taken:
                self._count(row)
            elif why := left.get(row.refund_id):
                self._leave(why, row, Decimal(row.amount))
            else:  # another revert was first
                self._already += 1

    def _set_aside(self, row: Row, problem: Exception) -> None:
        if isinstance(problem, Refusal) and stopped_by_guard(problem):
            raise reversal_is_refund()
        super()._set_aside(row, problem)

    def _count(self, row: Row) -> None:
        self._done += Amount(1, Decimal(row.amount))
        self._other_file |= bool(row.other_file)
        self._accounts.add(hash(row.account_id))

    def _with_details(self, **common: Any) -> RevertResult:
        ledger = self._mapping.ledger
        return RevertResult(
            **common,
            run_id=self._choice.run_id,
            run_open=self._run_open,
            other_file=self._other_file,
            other_amount=self._other_amount,
            session_id=self._choice.session_id,
            accounts=len(self._accounts),
            already_reversed=self._already,
            balances=self._balances,
            writes_ledger=bool(ledger.reverse) if ledger else None,
            payable_again=self._payable_again,
        )
