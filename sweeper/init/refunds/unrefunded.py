"""Which of several statuses for a failure the app has never refunded: the work may still be tried again."""

from collections.abc import Sequence
from dataclasses import replace

from sweeper.config.parsing import OPEN_QUESTION
from sweeper.init.answers import Line
from sweeper.init.evidence import Evidence, expression
from sweeper.init.ledger.ledger import Ledger, session_key
from sweeper.init.refunds.marks import count_failures
from sweeper.init.sessions.sessions import Session
from sweeper.postgres.templates import quote_text

_ENOUGH = 3


def without_unrefunded(evidence: Evidence, session: Session, exclude: Sequence[Line], ledger: Ledger | None) -> Session:
    """The session with statuses left open of which the app has refunded none, while it refunds those of others."""
    status, failed = session.status, session.statuses["failed"]
    refunded = _refunded(session, exclude, ledger)
    if len(failed) < 2 or refunded is None or status.column is None:
        return session
    counts = {}
    for value in failed:
        of_value = f"{status.column.as_sql} = {quote_text(value)}"
        counts[value] = count_failures(evidence, session, refunded, of_value)
    if not any(marked >= _ENOUGH for _, marked in counts.values()):
        return session
    open_ones = tuple(value for value, (rows, marked) in counts.items() if rows >= _ENOUGH and not marked)
    kept = {**session.statuses, "failed": tuple(value for value in failed if value not in open_ones)}
    return replace(session, status=replace(status, statuses=kept, unsorted=(*status.unsorted, *open_ones)))


def _refunded(session: Session, exclude: Sequence[Line], ledger: Ledger | None) -> str | None:
    """A condition that is true of what the app has refunded itself, where that is certain."""
    for line in exclude:
        if isinstance(line.value, str) and not line.is_open and not line.proposed:
            return line.value
    if ledger is None or ledger.where in (OPEN_QUESTION, "true"):
        return None
    key = session_key(session, ledger)
    return expression(
        "refunded_in_ledger", ledger=ledger.table, session=ledger.link.column, key=key, refunds=ledger.where
    )
