"""The rehearsal of ``install``, whose role may read what a runner may not: its findings are stored."""

from contextlib import suppress
from datetime import datetime

from sweeper.check.context import CheckContext
from sweeper.check.rehearsal.rehearse import rehearse_in_full
from sweeper.check.rehearsal.stored_results import stored_json
from sweeper.check.result import Check, Status
from sweeper.config.model import Settings
from sweeper.install.state import open_mapping
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal, TooSlow
from sweeper.postgres.retries import retrying
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.timeouts import Timeouts

_TIMEOUTS = Timeouts(lock_ms=5_000, statement_ms=10_000)


def keep_rehearsal(database: Database, settings: Settings, as_of: datetime) -> list[Check]:
    """Rehearse the mapping that has just been installed, and store the findings; returns the items that fail."""
    with reported():
        mapping, installation = retrying(lambda: open_mapping(database, settings, guarded=False))
    context = CheckContext(database, settings, mapping, installation, "", as_of)
    items = rehearse_in_full(context)
    statement = mapping.statement("keep_rehearsal")

    def keep() -> None:
        for ascii_only in (False, True):
            with suppress(Busy, TooSlow, Refusal), database.transaction(timeouts=_TIMEOUTS) as transaction:
                transaction.rows(statement, {"rehearsal": stored_json(context, items, ascii_only=ascii_only)})
                break

    retrying(keep)
    return [item for item in items if item.status is Status.FAILURE]
