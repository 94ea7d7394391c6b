"""What a run left behind, for monitoring: how much is owed, since when, and how much is on hold."""

from sweeper.app.transactions import app_transaction
from sweeper.config.model import Settings
from sweeper.core.results import Backlog, Outcome, RunResult
from sweeper.postgres.database import Database
from sweeper.postgres.errors import STOPPED
from sweeper.postgres.retries import retrying
from sweeper.postgres.timeouts import Timeouts
from sweeper.sweep.context import RunRequest, prepare

# a finished run must not wait long for its own monitoring
_TIMEOUTS = Timeouts(statement_ms=10_000)


def read_backlog(database: Database, settings: Settings, request: RunRequest, result: RunResult) -> Backlog | None:
    """Read what the run's result does not have: after a run that paid everything, only the number of holds.

    None when it cannot be read in time, which does not change the outcome of the run.
    """
    if result.outcome is Outcome.INTERRUPTED:  # the user who stopped it is waiting
        return None
    settled = result.outcome is not Outcome.FAILED and result.remaining == 0
    try:
        context = prepare(database, settings, request)
        mapping, selection = context.mapping, context.selection

        def read() -> Backlog:
            with app_transaction(database, mapping, _TIMEOUTS, read_only=True) as transaction:
                if settled:
                    return Backlog(0, 0.0, transaction.row(mapping.statement("count_holds")).held)
                row = transaction.row(mapping.statement("read_backlog"), selection.binds)
                return Backlog(row.sessions, row.oldest_seconds, row.held)

        return retrying(read, attempts=1)
    except STOPPED:
        return None
