"""The messages that a run sends, without those that another has sent within the hour."""

import json
from datetime import timedelta

from sweeper.app.transactions import app_transaction
from sweeper.config.model import Settings
from sweeper.core.results import Outcome, RunResult
from sweeper.ledger.rate import read_rate
from sweeper.monitoring.notices import Notice, notice_of_rate, notices_of, wanted
from sweeper.postgres.binds import text_array
from sweeper.postgres.database import Database
from sweeper.postgres.errors import STOPPED
from sweeper.postgres.retries import retrying
from sweeper.postgres.timeouts import Timeouts
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.context import RunRequest, prepare

# a finished run must not wait long for its messages
_TIMEOUTS = Timeouts(lock_ms=2_000, statement_ms=10_000, idle_ms=10_000)
_INSTANT = timedelta(microseconds=1)


def read_new_notices(
    database: Database, settings: Settings, request: RunRequest, result: RunResult, app: str
) -> list[Notice] | None:
    """The messages about this run, which count as sent from then on; None if the database cannot be reached."""
    if result.outcome is Outcome.INTERRUPTED:
        return []
    found = wanted(list(notices_of(result, app)), settings.notify.on)
    asks_for_rate = bool(result.refunds.sessions) and "layer_broke" in settings.notify.on
    if not (found or asks_for_rate):
        return []
    try:
        context = prepare(database, settings, request)
        mapping = context.mapping

        def claim() -> list[Notice]:
            with app_transaction(database, mapping, _TIMEOUTS) as transaction:
                notices = list(found)
                if asks_for_rate:
                    rate = read_rate(transaction, mapping, request.as_of + _INSTANT)
                    notices += [notice_of_rate(rate, app)] if rate.reason is not None else []
                if not notices:
                    return []
                transaction.rows(mapping.statement("lock_caps"))
                return _claimed(transaction, mapping.statement("claim_notices"), notices, result)

        return retrying(claim, attempts=1)
    except STOPPED:
        return None


def _claimed(transaction: Transaction, statement: str, notices: list[Notice], result: RunResult) -> list[Notice]:
    causes = text_array(tuple(notice.cause for notice in notices))
    rows = transaction.rows(statement, {"causes": causes, "run_id": result.run_id, "as_of": result.as_of})
    fresh = {cause for row in rows for cause in json.loads(row.causes)}
    return [notice for notice in notices if notice.cause in fresh]
