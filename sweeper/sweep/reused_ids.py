"""Detects that the app has reused ids: the refund of the old session would look like that of the new one."""

from contextlib import suppress

from sweeper.core.errors import ConfigurationError
from sweeper.install.rotation import WHERE_ANEW
from sweeper.postgres.errors import Refusal, StatementError, TooSlow
from sweeper.sweep.owed import OwedReader

# one session that was started again is a case for `sessions.attempt`, and does not stop a run
_ENOUGH = 2


def require_own_ids(reader: OwedReader) -> None:
    """Check that the newest sessions are the ones that were refunded under their ids.

    Where sessions are started again, as they are without `sessions.attempt`, there are older ones beside them.

    Raises:
        ConfigurationError: most are, and no session is as old as the refunds.
    """
    mapping = reader.mapping
    if mapping.is_by_account or not mapping.starts_in_column:  # without an index in their order all would be read
        return
    # a row that cannot be read is isolated when it is paid
    with suppress(Refusal, StatementError, TooSlow):
        with reader.transaction.savepoint():
            row = reader.transaction.row(mapping.statement("find_reused"), reader.selection.binds)
        if row.reused < _ENOUGH or row.reused * 2 <= row.known or row.earliest <= row.refunded_until:
            return
        raise ConfigurationError(
            f"sessions.id = {mapping.key.id}: the ids of {mapping.sessions.name} started over. Of its {row.known} "
            f"newest sessions with an id that was refunded, {row.reused} were started after that refund, such as "
            f"{', '.join(row.samples)}, and no failed or running session is older. Nothing was paid. {WHERE_ANEW}",
            code="key_changed",
        )
