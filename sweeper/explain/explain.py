"""Why a session was, was not, or will be refunded: by the same rules, in the same SQL, as a run."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from sweeper.app.mapping import Mapping
from sweeper.config.settings import Settings
from sweeper.explain.result import AccountExplanation, Event, Explanation, Verdict
from sweeper.postgres.database import Database, Refusal, Row, Transaction, retrying
from sweeper.sweep.context import Request, prepare, read
from sweeper.sweep.owed import OwedReader, reading
from sweeper.sweep.run import exactly

_SESSIONS = 100
# what a run would go on to decide, did the floor not hide the session from it
_BEFORE_FLOOR = (Verdict.OWED, Verdict.IN_GRACE, Verdict.NOT_STUCK_YET)


class Explainer:
    """Explains sessions as of one moment."""

    def __init__(self, database: Database, settings: Settings, request: Request) -> None:
        """Check the installation and the file.

        Raises:
            ConfigurationError, FailedError: as a run would.
        """
        self._database, self._settings = database, settings
        with exactly():
            prepared, _ = prepare(database, settings, request)
        self._mapping, self._floor = prepared.mapping, prepared.floor
        # a hold is one, also when the next run would look at it again; and nothing is too old to ask for
        scope = replace(prepared.scope, since=self._floor, look_again=False)

        def ask(transaction: Transaction, mapping: Mapping) -> datetime | None:
            return OwedReader(transaction, mapping, scope).find_missing()

        with exactly():
            self._scope = replace(scope, missing_until=read(database, self._mapping, ask))

    def session(self, session_id: str) -> Explanation:
        """Explain one session, also one whose row is gone, or that never was."""

        def read() -> Explanation:
            with reading(self._database, self._mapping) as transaction:
                return self._explain(transaction, session_id)

        with exactly():
            return retrying(read)

    def account(self, account_id: str) -> AccountExplanation:
        """Explain the newest sessions of an account."""

        def read() -> AccountExplanation:
            with reading(self._database, self._mapping) as transaction:
                found = self._sessions_of(transaction, account_id)
                sessions = tuple(self._explain(transaction, found_id) for found_id in found[:_SESSIONS])
            return AccountExplanation(account_id, self._scope.as_of, sessions, more=len(found) > _SESSIONS)

        with exactly():
            return retrying(read)

    def _sessions_of(self, transaction: Transaction, account_id: str) -> list[str]:
        binds = {**self._scope.binds, "account_id": account_id, "page_size": _SESSIONS + 1}
        statement = self._mapping.statement("list_sessions_of_account")

        def ask(*, around_refused: bool) -> list[str]:
            with transaction.savepoint():
                rows = transaction.rows(statement, {**binds, "around_refused": around_refused})
            return [row.session_id for row in rows]

        with suppress(Refusal):
            return ask(around_refused=False)
        try:
            return ask(around_refused=True)
        except Refusal as refusal:
            if refusal.sqlstate == "22P02":  # no id of this app's
                return []
            raise

    def _explain(self, transaction: Transaction, session_id: str) -> Explanation:
        told = Explanation(
            session_id=session_id,
            verdict=Verdict.UNKNOWN,
            as_of=self._scope.as_of,
            integer_amounts=self._mapping.integer_amounts,
            floor=self._floor,
            payable_again=self._settings.payable_again,
        )
        try:
            with transaction.savepoint():
                found = self._rows(transaction, "find_sessions", session_id)
                refunds = self._rows(transaction, "list_refunds_of_session", session_id)
                holds = self._rows(transaction, "list_holds_of_session", session_id)
        except Refusal:  # such as a uuid that is none
            return told
        if not found:
            told = self._gone(transaction, told, refunds)
            return replace(told, history=tuple(_history(told, refunds, holds)))
        told = replace(told, status=found[0].status)
        try:
            with transaction.savepoint():
                (row,) = self._rows(transaction, "explain", session_id)
        except Refusal as refusal:
            told = self._refused(told, refunds, holds, refusal)
        else:
            told = self._judge(transaction, self._with_moments(transaction, told, row), row, refunds, holds)
        return replace(told, history=tuple(_history(told, refunds, holds)))

    def _rows(self, transaction: Transaction, statement: str, session_id: str) -> Sequence[Row]:
        binds = {**self._scope.binds, "session_id": session_id}
        return transaction.rows(self._mapping.statement(statement), binds)

    def _gone(self, transaction: Transaction, told: Explanation, refunds: Sequence[Row]) -> Explanation:
        if refunds:
            return _as_refunded(told, refunds)
        if self._mapping.ledger is None:
            return told
        (row,) = self._rows(transaction, "find_in_app_ledger", told.session_id)
        return replace(told, verdict=Verdict.REFUNDED, refunded_by_app=True) if row.found else told

    def _refused(
        self, told: Explanation, refunds: Sequence[Row], holds: Sequence[Row], refusal: Refusal
    ) -> Explanation:
        """The database cannot even tell what its row says: a run puts such a one on hold."""
        if refunds and all(hold.ended_at for hold in holds):
            return _as_refunded(told, refunds)
        if not self._is_live(told.status):
            return self._settled(told)
        return _as_held(told, holds, f"refused {refusal.sqlstate}")

    def _is_live(self, status: str | None) -> bool:
        return status in (*self._settings.sessions.failed, *self._settings.sessions.running)

    def _settled(self, told: Explanation) -> Explanation:
        succeeded = told.status in self._settings.sessions.succeeded
        return replace(told, verdict=Verdict.SUCCEEDED if succeeded else Verdict.UNKNOWN)

    def _with_moments(self, transaction: Transaction, told: Explanation, row: Row) -> Explanation:
        limit = None
        if row.failed:
            limit = self._settings.policy.grace
        elif row.running:
            limit = self._settings.stuck_after(str(told.status))
        told = replace(told, attempt=row.attempt, running=bool(row.running), limit=limit)
        try:
            with transaction.savepoint():
                (moments,) = self._rows(transaction, "explain_moments", told.session_id)
        except Refusal:
            return told
        return replace(
            told,
            started_at=moments.started_at,
            active_at=moments.active_at,
            failed_at=moments.failed_at,
            due_at=_after(moments.failed_at or moments.active_at, limit),
        )

    def _judge(
        self, transaction: Transaction, told: Explanation, row: Row, refunds: Sequence[Row], holds: Sequence[Row]
    ) -> Explanation:
        told = self._with_charge(transaction, replace(told, verdict=Verdict(row.verdict)))
        if told.verdict is Verdict.REFUNDED:
            own = [one for one in refunds if one.attempt == row.attempt]
            return _as_refunded(told, own) if own else replace(told, refunded_by_app=True)
        if not (row.failed or row.running):
            return self._settled(told)
        if told.verdict in _BEFORE_FLOOR and row.before_floor:
            return replace(told, verdict=Verdict.BEFORE_FLOOR)
        if told.verdict is Verdict.HELD:
            standing = [hold for hold in holds if hold.attempt == row.attempt]
            return _as_held(told, standing, told.hold_reason)
        if told.verdict is Verdict.EXCLUDED:
            return replace(told, exclude=self._settings.sessions.exclude)
        return self._as_owed(transaction, told) if told.verdict is Verdict.OWED else told

    def _with_charge(self, transaction: Transaction, told: Explanation) -> Explanation:
        try:
            with transaction.savepoint():
                (row,) = self._rows(transaction, "explain_charge", told.session_id)
        except Refusal:
            return told
        amount = None if row.amount is None else Decimal(row.amount)
        return replace(told, account_id=row.account_id, amount=amount, reason=row.reason, hold_reason=row.hold_reason)

    def _as_owed(self, transaction: Transaction, told: Explanation) -> Explanation:
        """What the plan of a run would say of it: whether it would be put on hold is decided there."""
        scope = self._scope.only((told.session_id,))
        for part in scope.parts():
            for planned in OwedReader(transaction, self._mapping, part).iterate():
                if planned.hold_reason:
                    return replace(told, verdict=Verdict.HELD, hold_reason=planned.hold_reason)
        return told


def _after(moment: datetime | None, limit: timedelta | None) -> datetime | None:
    try:
        return None if moment is None or limit is None else moment + limit
    except OverflowError:
        return None


def _as_refunded(told: Explanation, refunds: Sequence[Row]) -> Explanation:
    """By the latest of its refunds: what was taken back may have been paid again by a person."""
    last = refunds[-1]
    if last.reversed_at is not None:
        verdict = Verdict.REVERSED
    else:
        verdict = Verdict.ADOPTED if last.layer == "adopted" else Verdict.REFUNDED
    return replace(
        told,
        verdict=verdict,
        refund_id=last.refund_id,
        account_id=last.account_id,
        amount=Decimal(last.amount),
        reason=last.reason,
    )


def _as_held(told: Explanation, holds: Sequence[Row], otherwise: str | None) -> Explanation:
    standing = [hold.why for hold in holds if hold.ended_at is None]
    return replace(
        told, verdict=Verdict.HELD, on_hold=bool(standing), hold_reason=standing[-1] if standing else otherwise
    )


def _history(told: Explanation, refunds: Sequence[Row], holds: Sequence[Row]) -> Iterator[Event]:
    moments = {"started": told.started_at, "failed": told.failed_at}
    if told.active_at != told.started_at:
        moments["active"] = told.active_at
    events = [Event(at, name, {}) for name, at in moments.items() if at is not None]
    for hold in holds:
        facts = {"why": hold.why, "constraint": hold.constraint_name, "run_id": hold.run_id, "attempt": hold.attempt}
        events.append(Event(hold.first_seen, "held", facts))
        if hold.ended_at is not None:
            events.append(Event(hold.ended_at, "hold_ended", {"why": hold.why, "attempt": hold.attempt}))
    for refund in refunds:
        facts = {
            "refund_id": refund.refund_id,
            "amount": Decimal(refund.amount),
            "reason": refund.adopted_because or refund.reason,
            "layer": refund.layer,
            "run_id": refund.run_id,
            "account_id": refund.account_id,
            "attempt": refund.attempt,
        }
        events.append(Event(refund.created_at, "adopted" if refund.layer == "adopted" else "refunded", facts))
        if refund.reversed_at is not None:
            facts = {
                "refund_id": refund.refund_id,
                "amount": Decimal(refund.amount),
                "reason": refund.reversed_because,
                "made_by": refund.reversed_by,
            }
            events.append(Event(refund.reversed_at, "reversed", facts))
    yield from sorted(events, key=lambda event: event.at or told.as_of)
