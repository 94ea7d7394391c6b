"""Detects that the app has renamed its statuses: then no row has one that the file names, and nothing is ever owed."""

from contextlib import suppress

from sweeper.core.errors import ConfigurationError
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.sweep.owed import OwedReader

# fewer prove nothing, because the app may have just begun
_ENOUGH = 10
_SAMPLES = 5


def require_known_statuses(reader: OwedReader) -> None:
    """Check that some sessions since the floor have a status that the file names, if none is failed or running.

    Raises:
        ConfigurationError: of those looked at not one has; nobody could be paid anyway.
    """
    mapping = reader.mapping
    if mapping.is_sharded or mapping.lists["unindexed"]:  # it would read all sessions
        return
    # what cannot be read is found again when it is paid
    with suppress(Refusal, StatementError, TooSlow):
        with reader.transaction.savepoint():
            rows = reader.transaction.rows(mapping.statement("find_unknown_statuses"), reader.selection.binds)
        sessions = sum(row.sessions for row in rows)
        if sessions < _ENOUGH or any(row.known for row in rows):
            return
        seen = ", ".join(f"{row.status} ({row.sessions})" for row in rows[:_SAMPLES])
        raise ConfigurationError(
            f"no session of {mapping.sessions.name} is failed or running, and of {sessions} looked at none has a "
            f"status that the file names; they have {seen}. Nothing was paid. If the app has renamed its statuses, "
            "name the new ones in sessions.failed, running and succeeded, then run `sweeper install`",
            code="statuses_unknown",
        )
