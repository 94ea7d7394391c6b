"""Explains many sessions with one statement each for their statuses, refunds, holds, verdicts, times and charges."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sweeper.app.mapping import Mapping
from sweeper.config.model import Settings
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.explain.events import history
from sweeper.explain.result import Explanation, Verdict
from sweeper.postgres.binds import text_array
from sweeper.postgres.errors import Refusal
from sweeper.postgres.transaction import Row, Transaction
from sweeper.sweep.owed import OwedReader
from sweeper.sweep.owed_list import OwedList
from sweeper.sweep.selection import Selection


@dataclass
class _Records:
    """What is known of a session without its mapped values; ``status`` is None if its row is gone."""

    status: Row | None = None
    refunds: list[Row] = field(default_factory=list)
    holds: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class _Answers:
    """One row for each session, by the requested id, or the error for those whose row the database refused."""

    rows: dict[str, Row]
    refusals: dict[str, Refusal]


class SessionExplainer:
    """Explains sessions within one transaction."""

    def __init__(
        self, transaction: Transaction, mapping: Mapping, settings: Settings, selection: Selection, floor: datetime
    ) -> None:
        self._transaction, self._mapping, self._settings = transaction, mapping, settings
        self._selection, self._floor = selection, floor

    def explain(self, session_ids: Sequence[str]) -> tuple[Explanation, ...]:
        """The explanations of these sessions, in their order; the ids must be distinct."""
        if self._mapping.knows_charges:
            reader = OwedReader(self._transaction, self._mapping, self._selection.only(tuple(session_ids)))
            self._selection = replace(self._selection, first_charge=reader.find_first_charge())
        records: dict[str, _Records] = {}
        for result in in_halves(session_ids, self._read_records, Refusal):
            if not isinstance(result, RefusedAlone):  # the database refuses an id that is not a uuid
                records.update(result)
        verdicts = self._ask("explain", [name for name, known in records.items() if known.status])
        judged = list(verdicts.rows)
        moments, charges = self._ask("explain_moments", judged).rows, self._ask("explain_charge", judged).rows
        holds = self._plan_holds([row for row in verdicts.rows.values() if row.verdict == Verdict.OWED])
        explanations = []
        for session_id in session_ids:
            explanation, known = self._unknown(session_id), records.get(session_id)
            if known is None:
                explanations.append(explanation)
                continue
            if known.status is None:
                explanation = self._gone(explanation, known)
            elif session_id in verdicts.refusals:
                explanation = replace(explanation, status=known.status.status)
                explanation = _refused(explanation, known, verdicts.refusals[session_id])
            else:
                row = verdicts.rows[session_id]
                explanation = self._with_moments(explanation, known, row, moments.get(session_id))
                explanation = _with_charge(explanation, charges.get(session_id))
                explanation = self._judge(explanation, known, row, holds.get(row.session_id))
            explanations.append(replace(explanation, history=history(explanation, known.refunds, known.holds)))
        return self._with_exclusions(explanations)

    def _with_exclusions(self, explanations: Sequence[Explanation]) -> tuple[Explanation, ...]:
        """Add what still excludes a session whose refund was taken back: a run by hand does not pay it either."""
        back = [one.session_id for one in explanations if one.verdict is Verdict.REVERSED and one.payable_again]
        if not back:
            return tuple(explanations)
        rows = self._ask("explain", back, payable_again=True).rows
        excluded = {session_id for session_id, row in rows.items() if row.verdict == Verdict.EXCLUDED}
        return tuple(
            replace(one, exclude=self._exclusion(one)) if one.session_id in excluded else one for one in explanations
        )

    def _exclusion(self, explanation: Explanation) -> str | None:
        conditions = self._settings.sessions
        return conditions.never if explanation.never else conditions.exclude

    def _unknown(self, session_id: str) -> Explanation:
        return Explanation(
            session_id=session_id,
            verdict=Verdict.UNKNOWN,
            as_of=self._selection.as_of,
            integer_amounts=self._mapping.integer_amounts,
            floor=self._floor,
            payable_again=self._settings.payable_again,
        )

    def _rows(self, statement: str, session_ids: Sequence[str], **more: object) -> Sequence[Row]:
        binds = {
            **self._selection.binds,
            **more,
            "session_ids": text_array(session_ids),
            "succeeded": list(self._settings.sessions.succeeded),
        }
        return self._transaction.rows(self._mapping.statement(statement), binds)

    def _read_records(self, session_ids: Sequence[str]) -> dict[str, _Records]:
        records = {session_id: _Records() for session_id in session_ids}
        with self._transaction.savepoint():
            for row in self._rows("find_statuses", session_ids):
                records[session_ids[row.place - 1]].status = row
            for row in self._rows("list_refunds_of_sessions", session_ids):
                records[session_ids[row.place - 1]].refunds.append(row)
            for row in self._rows("list_holds_of_sessions", session_ids):
                records[session_ids[row.place - 1]].holds.append(row)
        return records

    def _ask(self, statement: str, session_ids: Sequence[str], **more: object) -> _Answers:
        def ask(some: Sequence[str]) -> dict[str, Row]:
            with self._transaction.savepoint():
                return {some[row.place - 1]: row for row in self._rows(statement, some, **more)}

        answers = _Answers({}, {})
        for result in in_halves(session_ids, ask, Refusal):
            if isinstance(result, RefusedAlone):
                answers.refusals[result.item] = result.error
            else:
                answers.rows.update(result)
        return answers

    def _plan_holds(self, owed: Sequence[Row]) -> dict[str, str]:
        """Why a run would put owed sessions on hold, by id: the planned refund decides it, not the verdict."""
        if not owed:
            return {}
        selection = self._selection.only(tuple(row.session_id for row in owed))
        lists = (OwedList(self._transaction, self._mapping, part) for part in selection.parts())
        planned = [owed for one in lists for owed in one.iterate()]
        return {one.session_id: one.hold_reason for one in planned if one.hold_reason}

    def _gone(self, explanation: Explanation, known: _Records) -> Explanation:
        if known.refunds:
            return _as_refunded(explanation, known.refunds)
        if self._mapping.ledger is None:
            return explanation
        found = self._by_app(explanation)
        return replace(found, verdict=Verdict.REFUNDED) if found.refunded_by_app else explanation

    def _by_app(self, explanation: Explanation) -> Explanation:
        """Add what the app's own ledger has of its refund."""
        rows = self._rows("find_in_app_ledger", [explanation.session_id])
        amounts = [Decimal(row.amount) for row in rows if row.amount is not None]
        times = [row.booked_at for row in rows if row.booked_at is not None]
        return replace(
            explanation,
            refunded_by_app=bool(rows),
            booked=sum(amounts, Decimal(0)) if amounts else None,
            booked_at=times[-1] if times else None,
        )

    def _with_moments(self, explanation: Explanation, known: _Records, row: Row, moments: Row | None) -> Explanation:
        status = known.status.status if known.status else None
        running, attempt = bool(row.running), row.attempt
        limit = self._settings.policy.grace if row.failed else None
        if running:
            limit = self._settings.stuck_after(str(status))
        by_deadline = running and self._settings.sessions.stuck_at is not None
        explanation = replace(
            explanation, status=status, attempt=attempt, running=running, limit=limit, has_deadline=by_deadline
        )
        if moments is None:
            return explanation
        return replace(
            explanation,
            started_at=moments.started_at,
            active_at=None if by_deadline else moments.active_at,
            failed_at=moments.failed_at,
            due_at=_after(moments.failed_at or moments.active_at, limit),
        )

    def _judge(self, explanation: Explanation, known: _Records, row: Row, planned_hold: str | None) -> Explanation:
        explanation = replace(explanation, verdict=Verdict(row.verdict))
        if explanation.verdict is Verdict.REFUNDED:
            own = [refund for refund in known.refunds if refund.attempt == row.attempt]
            return _as_refunded(explanation, own) if own else self._by_app(explanation)
        if known.status and known.status.settled:
            return replace(explanation, verdict=Verdict(known.status.settled))
        if explanation.verdict is Verdict.HELD:
            standing = [hold for hold in known.holds if hold.attempt == row.attempt]
            return _as_held(explanation, standing, explanation.hold_reason)
        if explanation.verdict is Verdict.EXCLUDED:
            return replace(explanation, exclude=self._exclusion(explanation))
        if planned_hold:
            return replace(explanation, verdict=Verdict.HELD, hold_reason=planned_hold)
        return explanation


def _refused(explanation: Explanation, known: _Records, refusal: Refusal) -> Explanation:
    """The explanation of a session whose row cannot be read: a run puts it on hold, unless it is settled."""
    if known.refunds and all(hold.ended_at for hold in known.holds):
        return _as_refunded(explanation, known.refunds)
    if known.status and known.status.settled:
        return replace(explanation, verdict=Verdict(known.status.settled))
    return _as_held(explanation, known.holds, f"refused {refusal.sqlstate}")


def _with_charge(explanation: Explanation, charge: Row | None) -> Explanation:
    if charge is None:
        return explanation
    return replace(
        explanation,
        account_id=charge.account_id,
        amount=_decimal(charge.amount),
        charged=_decimal(charge.charged),
        reason=charge.reason,
        hold_reason=charge.hold_reason,
        never=bool(charge._mapping.get("never")),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _after(moment: datetime | None, limit: timedelta | None) -> datetime | None:
    try:
        return None if moment is None or limit is None else moment + limit
    except OverflowError:
        return None


def _as_refunded(explanation: Explanation, refunds: Sequence[Row]) -> Explanation:
    """The explanation by the latest refund: after a reversal, a user may have paid the session again."""
    last = refunds[-1]
    if last.reversed_at is not None:
        verdict = Verdict.REVERSED
    else:
        verdict = Verdict.ADOPTED if last.layer == "adopted" else Verdict.REFUNDED
    return replace(
        explanation,
        verdict=verdict,
        refund_id=last.refund_id,
        account_id=last.account_id,
        amount=Decimal(last.amount),
        charged=_decimal(last.charged),
        reason=last.reason,
    )


def _as_held(explanation: Explanation, holds: Sequence[Row], otherwise: str | None) -> Explanation:
    standing = [hold.why for hold in holds if hold.ended_at is None]
    return replace(
        explanation, verdict=Verdict.HELD, on_hold=bool(standing), hold_reason=standing[-1] if standing else otherwise
    )
