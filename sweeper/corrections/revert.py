"""Takes refunds back in batches: writes reversals, and reduces the balances with them."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

import uuid_utils

from sweeper.app.transactions import read
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.core.errors import ConfigurationError, SweeperError
from sweeper.core.results import Amount, Outcome
from sweeper.core.signals import Signals
from sweeper.corrections.context import (
    CorrectionRequest,
    add_left,
    finish,
    outcome_of,
    prepare_correction,
    take_in_pieces,
    why_left,
)
from sweeper.corrections.result import BalanceChange, Left, RevertResult
from sweeper.corrections.revert_batch import BatchReverter, reversal_is_refund, stopped_by_guard
from sweeper.corrections.revert_choice import Choice, require_reverse
from sweeper.postgres.binds import text_bytes
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.postgres.retries import retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.transaction import Row, Transaction

T = TypeVar("T")

# later passes retry what the app had locked during the first
_PASSES = 3
_WAIT_SECONDS = 0.3
_LARGEST = 10
# a refund's id in an array, with quotes
_REFUND_ID_BYTES = 40


def _answer(row: Row) -> int:
    """How many bytes of a result one refund takes."""
    return _REFUND_ID_BYTES + text_bytes((row.session_id, row.account_id, row.amount, row.amount))


class Revert:
    """One `sweeper revert`: planned first, then done."""

    def __init__(self, database: Database, settings: Settings, request: CorrectionRequest, choice: Choice) -> None:
        """Check everything that can be checked before.

        Raises:
            ConfigurationError: no such run or session, only adopted refunds, or nothing would take a refund back.
            FailedError: the database cannot be used.
        """
        self._database, self._request, self._choice = database, request, choice
        self._page_size, self._payable_again = settings.policy.batch_size, settings.payable_again
        with exactly(), reported():
            context = prepare_correction(database, choice.of_file(settings), request)
            self._mapping, self._surroundings = context.mapping, context.surroundings
            self._reverter = BatchReverter(database, self._mapping, request, allow_negative=choice.allow_negative)
            self._read(lambda opened: require_reverse(opened, self._mapping, choice))
            found = self._find_run()
            self._run_as_of: datetime | None = found and found.as_of
            self._run_open = bool(found and found.open)
            self._require_refunds()
            self._other_amount = self._read(partial(self._has_other_amount, binds=context.selection.binds))
        self._start()

    def _start(self) -> None:
        self._taken = Amount()
        self._accounts: set[int] = set()
        self._left: dict[str, Left] = {}
        self._already, self._other_file = 0, False

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
                    self._leave(why, row)
                else:
                    self._count(row)
            after = rows[-1].refund_id
        largest = sorted(limits.changes.values(), key=lambda change: -change.credits)[:_LARGEST]
        return self._result(outcome_of(self._left), dry_run=True, balances=tuple(largest))

    def execute(self, signals: Signals) -> RevertResult:
        """Take the refunds back.

        Raises:
            FailedError: the server cannot be written to. A failure after that is in the result.
        """
        with exactly(), reported():
            self._surroundings.require_writable()
            self._start()
            outcome, error = finish(lambda: self._passes(signals), lambda: self._left)
            return self._result(outcome, signal=signals.received, error=error)

    def _passes(self, signals: Signals) -> None:
        for number in range(_PASSES):
            if number:
                time.sleep(_WAIT_SECONDS)
            self._left, after = {}, None
            while rows := self._read(partial(self._page, after=after)):
                signals.check()
                self._already += sum(row.reversed for row in rows) if number == 0 else 0
                standing = [row for row in rows if not row.reversed]
                take = partial(self._take, signals=signals)
                take_in_pieces(self._database, self._mapping, standing, _answer, take, self._set_aside)
                after = rows[-1].refund_id
            if "busy" not in self._left:
                return

    def _take(self, rows: Sequence[Row], signals: Signals) -> None:
        signals.check()
        reversal_ids = [str(uuid_utils.uuid7()) for _ in rows]

        def attempt() -> None:
            with signals.shielded():
                taken, left = self._reverter.take(rows, reversal_ids)
                self._note(rows, taken, left)  # a signal that arrives now must not lose what is committed

        retrying(attempt)

    def _note(self, rows: Sequence[Row], taken: set[str], left: dict[str, str]) -> None:
        for row in rows:
            if row.refund_id in taken:
                self._count(row)
            elif why := left.get(row.refund_id):
                self._leave(why, row)
            else:  # another revert was first
                self._already += 1

    def _set_aside(self, row: Row, problem: Exception) -> None:
        if isinstance(problem, Refusal) and stopped_by_guard(problem):
            raise reversal_is_refund()
        add_left(self._left, why_left(problem), row.session_id, Amount(1, Decimal(row.amount)), problem)

    def _count(self, row: Row) -> None:
        self._taken += Amount(1, Decimal(row.amount))
        self._other_file |= bool(row.other_file)
        self._accounts.add(hash(row.account_id))

    def _leave(self, why: str, row: Row) -> None:
        add_left(self._left, why, row.session_id, Amount(1, Decimal(row.amount)))

    def _result(
        self,
        outcome: Outcome,
        *,
        dry_run: bool = False,
        balances: tuple[BalanceChange, ...] = (),
        signal: int | None = None,
        error: SweeperError | None = None,
    ) -> RevertResult:
        ledger = self._mapping.ledger
        return RevertResult(
            dry_run=dry_run,
            as_of=self._request.as_of,
            reason=self._request.reason,
            outcome=outcome,
            left=self._left,
            duration_seconds=time.monotonic() - self._request.asked_at,
            integer_amounts=self._mapping.integer_amounts,
            signal=signal,
            error=error,
            run_id=self._choice.run_id,
            run_open=self._run_open,
            other_file=self._other_file,
            other_amount=self._other_amount,
            session_id=self._choice.session_id,
            refunds=self._taken,
            accounts=len(self._accounts),
            already_reversed=self._already,
            balances=balances,
            writes_ledger=bool(ledger.reverse) if ledger else None,
            payable_again=self._payable_again,
        )
